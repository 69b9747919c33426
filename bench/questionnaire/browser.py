"""The JavaScript engine in Chromium, slowed down as a cheap tablet would be.

print(f"  keystroke to layout, 6x        {key['median']:6.1f} ms, best {key['best']:.1f} (goal 20)")
"""

from __future__ import annotations

import gzip
from typing import Any

from playwright.sync_api import Page

from bench.questionnaire.server import FORMS, busiest
from survey.questionnaire.to_client import payload
from survey.questionnaire.xform import compile_form
from survey.web.lean import lean
from tests.browser.engine import ENGINE, engine_page, run
from tests.questionnaire.tiny import form

_RECOMPUTE = """
const form = new Form(model); form.load(answers)
for (let i = 0; i < 100; i++) form.recompute()
const start = performance.now()
for (let i = 0; i < 1000; i++) form.recompute()
return { recompute: (performance.now() - start) / 1000, asked: [...form.walk()].filter(p => p.node.asked).length }
"""

_KEYSTROKE = """
const form = new Form(model); form.load(answers)
const texts = [...form.walk()].filter(p => p.node.asked && p.node.kind === 'text'), path = texts[0].path
document.body.innerHTML = '<input id=key>'
const shown = new Map()
const paint = () => {
  const seen = new Set()
  for (const { path, node, row } of form.walk()) {
    if (!node.asked) continue
    seen.add(path)
    let box = shown.get(path)
    if (!box) {
      box = document.body.appendChild(document.createElement('div'))
      box.append(document.createElement('label'), document.createElement('span'))
      shown.set(path, box)
    }
    const words = [form.say(node, row), form.offered(node, row).map(c => c.label).join(' · ')]
    words.forEach((text, i) => { if (box.children[i].textContent !== text) box.children[i].textContent = text })
  }
  for (const [path, box] of shown) if (!seen.has(path)) { box.remove(); shown.delete(path) }
}
paint()
const input = document.querySelector('#key'), times = []
for (let i = 0; i < 15; i++) {
  await new Promise(done => setTimeout(done, 30))
  const start = performance.now()
  input.value += 'a'
  form.set(path, input.value)
  paint()
  document.body.offsetHeight
  times.push(performance.now() - start)
}
times.sort((a, b) => a - b)
return { questions: shown.size, best: times[0], median: times[7] }
"""

_ROSTER = """
const form = new Form(model), times = []
let shown
for (let round = 0; round < 5; round++) {
  form.start()
  while (form.get('rows') < 99) form.addRow('m')
  const start = performance.now()
  form.set(form.addRow('m') + '/who', 'Người thứ một trăm')
  shown = [...form.walk()].map(({ node, row }) => form.say(node, row))
  times.push(performance.now() - start)
}
return { milliseconds: times.sort((a, b) => a - b)[2], texts: shown.length }
"""

_LIST = """
const fold = s => s.toLowerCase().replaceAll('đ', 'd').normalize('NFD').replace(/[\\u0300-\\u036f]/g, '')
const timed = run => { const start = performance.now(); run(); return performance.now() - start }
const median = run => [1, 2, 3, 4, 5].map(() => timed(run)).sort((a, b) => a - b)[2]
const form = new Form(model)
let items, folded, found, offered, turn = 0
const open = median(() => { items = form.offered(form.nodes.all, form.root); folded = items.map(c => fold(c.label)) })
const search = median(() => {
  const wanted = fold('ấp đông 15')
  found = items.filter((c, i) => folded[i].includes(wanted))
})
const cascade = median(() => { form.set('district', 'D' + turn++); offered = form.offered(form.nodes.unit, form.root) })
return { all: items.length, open, search, found: found.length, cascade, offered: offered.length }
"""


def throttled(page: Page, rate: int) -> None:
    """Slow the processor of a page down."""
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": rate})


def size() -> tuple[int, int]:
    """Return the gzip size of the engine as it is served, and of its source with comments, each as one file."""
    sources = [path.read_bytes() for path in sorted(ENGINE.glob("*.js"))]
    return _gzip(b"".join(lean(".js", source) for source in sources)), _gzip(b"".join(sources))


def _gzip(content: bytes) -> int:
    return len(gzip.compress(content, 9))


def roster_form() -> Any:
    """Return a questionnaire whose roster the user extends: ten questions a row."""
    rows = "\n".join(f"| integer | q{i} | Câu {i} của ${{who}} | | |" for i in range(9))
    return form(
        f"""
        | type         | name | label | calculation    | relevant |
        | begin_repeat | m    | Người |                |          |
        | text         | who  | Tên   |                |          |
        {rows}
        | calculate    | one  |       | coalesce(${{q1}}, 0) |    |
        | end_repeat   |      |       |                |          |
        | calculate    | rows |       | count(${{m}})  |          |
        | calculate    | sum  |       | sum(${{one}})  |          |
        """
    )


def list_form() -> Any:
    """Return a questionnaire with a list of 16,000 units."""
    lines = [f"u{i},Ấp Đông {i % 160} xã {i // 160},D{i % 75}" for i in range(16_000)]
    media = {"units.csv": ("name,label,district\n" + "\n".join(lines)).encode()}
    return form(
        """
        | type                           | name     | label | choice_filter          |
        | text                           | district | Huyện |                        |
        | select_one_from_file units.csv | all      | Ấp    |                        |
        | select_one_from_file units.csv | unit     | Ấp    | district = ${district} |
        """,
        "",
        media,
    )


def report() -> None:
    """Print what the engine costs in Chromium."""
    made = compile_form(FORMS / "household.csv").instrument
    answers, model = busiest(made), payload(made)
    with engine_page() as page:
        free = run(page, _RECOMPUTE, model=model, answers=answers)
        throttled(page, 6)
        slow = run(page, _RECOMPUTE, model=model, answers=answers)
        key = run(page, _KEYSTROKE, model=model, answers=answers)
        throttled(page, 4)
        roster = run(page, _ROSTER, model=payload(roster_form().instrument))
        throttled(page, 1)
        units = payload(list_form().instrument)
        throttled(page, 4)
        found = run(page, _LIST, model=units)
    served, source = size()
    print(f"household of ten in Chromium, {free['asked']} questions asked")
    print(f"  full recompute                 {free['recompute']:6.2f} ms; 6x throttle {slow['recompute']:.2f} (goal 1)")
    print(f"  keystroke to layout, 6x        {key['median']:6.1f} ms, best {key['best']:.1f} (goal 20)")
    print(f"  100th row of a roster, 4x      {roster['milliseconds']:6.1f} ms ({roster['texts']} nodes; goal 100)")
    print(f"  open {found['all']} choices, 4x       {found['open']:6.1f} ms; search {found['search']:.1f} (goal 200)")
    print(f"  cascade to {found['offered']} of them, 4x    {found['cascade']:6.1f} ms")
    print(f"engine: {served} bytes gzip as served, {source} as source (goal 6144)")
