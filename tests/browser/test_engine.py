# ruff: noqa: E501 - tables are wider than a line
"""The JavaScript engine means what the Python engine means: the shared cases, and whole random interviews, in Chromium."""

from __future__ import annotations

import gzip
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from survey.questionnaire.closure import compile_expression
from survey.questionnaire.evaluate import evaluate
from survey.questionnaire.instrument import Instrument, Question
from survey.questionnaire.judge import judge
from survey.questionnaire.program import program
from survey.questionnaire.to_client import payload
from survey.questionnaire.xform import CompiledForm, compile_form
from survey.questionnaire.xpath import parse
from tests.browser.engine import ENGINE, engine_page, run
from tests.questionnaire.interviews import NOW, random_answers
from tests.questionnaire.random_expressions import random_expression
from tests.questionnaire.test_against_javarosa import ADDED, DEVICES, LISTS, NESTED
from tests.questionnaire.test_expressions import CASES, DOCUMENT, same, written
from tests.questionnaire.tiny import form

pytestmark = pytest.mark.browser
FORMS = sorted((Path(__file__).parents[2] / "forms").glob("*.csv"))
INTERVIEWS = 60
EXPRESSIONS = 3000

_SEEN = """
const seen = form => ({
  answers: form.answers(),
  findings: form.findings().map(f => [f.severity, f.path, f.code, f.message, f.value, f.reason]),
  asked: [...form.walk()].map(({ path, node, row }) => [path, form.say(node, row), form.say(node, row, 'hint', 'en'),
    form.rule(node, row, 'required'), form.rule(node, row, 'readonly'),
    node.choices ? form.offered(node, row, 'en').map(c => [c.value, c.label]) : null]),
});
"""


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with engine_page() as opened:
        yield opened


def test_javascript_agrees_with_the_case_file(page: Page) -> None:
    compiled = compile_form(CASES / DOCUMENT["form"])
    made = program(compiled.instrument)
    cases = [[at, made.resolve(parse(x), re.sub(r"\[\d+\]", "", at))] for at, x, _ in DOCUMENT["cases"]]
    script = """
      const form = new Form(model)
      form.load(answers)
      return cases.map(([at, x]) => {
        const v = compile(x)(form.locate(at).row, form.around)
        return (v instanceof Moment ? 'moment' : { string: 'text', number: 'number', boolean: 'truth' }[typeof v]) + ':' + text(v)
      })"""
    found = run(page, script, model=payload(compiled.instrument), answers=DOCUMENT["answers"], cases=cases)
    wrong = [(*case, one) for case, one in zip(DOCUMENT["cases"], found, strict=True) if not same(one, case[2])]
    assert wrong == []


def test_javascript_agrees_on_random_expressions(page: Page) -> None:
    compiled = compile_form(CASES / DOCUMENT["form"])
    evaluation = evaluate(compiled.instrument, DOCUMENT["answers"], now=NOW)
    texts = [random_expression(random.Random(seed)) for seed in range(EXPRESSIONS)]
    expressions = [evaluation.program.resolve(parse(one), "probe") for one in texts]
    script = """
      const form = new Form(model)
      form.load(answers)
      return expressions.map(x => {
        const v = compile(x)(form.root, form.around)
        return (v instanceof Moment ? 'moment' : { string: 'text', number: 'number', boolean: 'truth' }[typeof v]) + ':' + text(v)
      })"""
    given = {"model": payload(compiled.instrument), "answers": DOCUMENT["answers"], "expressions": expressions}
    found = run(page, script, **given)
    ours = [written(compile_expression(one)(evaluation.root, evaluation.around)) for one in expressions]
    assert [(x, a, b) for x, a, b in zip(texts, ours, found, strict=True) if not same(a, b)] == []


def python_sees(instrument: Instrument, raw: dict[str, Any]) -> dict[str, Any]:
    verdict = judge(instrument, raw, now=NOW, today=NOW.astimezone().date())
    evaluation = verdict.evaluation
    asked = []
    for path, node, row in evaluation.walk():
        choices = None
        if isinstance(node, Question) and node.choices:
            choices = [[c.value, c.label["en"]] for c in evaluation.offered(node, row)]
        rules = [isinstance(node, Question) and evaluation.rule(node, row, name) for name in ("required", "readonly")]
        hint = evaluation.text(node, row, "hint", "en")
        asked.append([path, evaluation.text(node, row, "label", "vi"), hint, *rules, choices])
    found = [f for f in verdict.findings if f.code not in ("rows", "roster", "unknown")]
    findings = [[f.severity, f.path, f.code, f.message["vi"], f.value, f.reason] for f in found]
    return {"answers": verdict.answers, "asked": asked, "findings": findings}


def differences(page: Page, compiled: CompiledForm, seeds: range) -> list[Any]:
    interviews = [random_answers(compiled.instrument, seed) for seed in seeds]
    script = f"""{_SEEN}
      const form = new Form(model, {{ now: () => new Date(now), today }})
      return interviews.map(answers => {{ form.load(answers); return seen(form) }})"""
    day = NOW.astimezone().date().isoformat()
    now = NOW.timestamp() * 1000
    theirs = run(page, script, model=payload(compiled.instrument), interviews=interviews, now=now, today=day)
    wrong: list[Any] = []
    for seed, raw, one in zip(seeds, interviews, theirs, strict=True):
        ours = python_sees(compiled.instrument, raw)
        for key in ("answers", "asked", "findings"):
            if ours[key] != one[key]:
                wrong.append((seed, key, _first(ours[key], one[key])))
    return wrong


def _first(ours: Any, theirs: Any) -> Any:
    if isinstance(ours, dict):
        return [(k, ours.get(k), theirs.get(k)) for k in {*ours, *theirs} if ours.get(k) != theirs.get(k)][:2]
    return [(a, b) for a, b in zip(ours, theirs, strict=False) if a != b][:1] or (len(ours), len(theirs))


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_real_instruments_mean_the_same_in_the_browser(page: Page, path: Path) -> None:
    assert differences(page, compile_form(path), range(INTERVIEWS)) == []


@pytest.mark.parametrize(("survey", "lists"), [(NESTED, LISTS), (ADDED, DEVICES)], ids=["counted", "extended"])
def test_nested_rosters_mean_the_same_in_the_browser(page: Page, survey: str, lists: str) -> None:
    assert differences(page, form(survey, lists), range(INTERVIEWS)) == []


def test_answers_of_the_wrong_form_are_refused_alike(page: Page) -> None:
    kinds = ("integer", "decimal", "date", "time", "dateTime", "geopoint", "file")
    rows = "\n".join(f"| {kind} | q_{kind} | Q |" for kind in kinds)
    compiled = form(f"| type | name | label |\n{rows}")
    texts = [
        "1",
        "-2.5",
        "1,5",
        "abc",
        "2026-02-29",
        "2026-11-23",
        "25:00",
        "08:30",
        "2026-11-23T08:30:00.000+07:00",
        "9.5 105",
        "95 10",
        "a/b",
    ]
    for text in texts:
        raw = {f"q_{kind}": text for kind in kinds}
        ours = {f.path: f.code for f in judge(compiled.instrument, raw, now=NOW).findings}
        script = "const form = new Form(model); form.load(raw); return Object.fromEntries(form.findings().map(f => [f.path, f.code]))"
        assert run(page, script, model=payload(compiled.instrument), raw=raw) == ours, text


def test_a_person_fills_changes_their_mind_and_nothing_is_lost(page: Page) -> None:
    compiled = form(
        """
        | type         | name | label | relevant | calculation    | default |
        | integer      | n    | N     |          |                | 3       |
        | begin_group  | g    | G     | ${n} > 2 |                |         |
        | text         | a    | A     |          |                |         |
        | end_group    |      |       |          |                |         |
        | begin_repeat | m    | M     |          |                |         |
        | text         | who  | Tên   |          |                | x       |
        | end_repeat   |      |       |          |                |         |
        | calculate    | lot  |       |          | once(random()) |         |
        | calculate    | rows |       |          | count(${m})    |         |
        """
    )
    script = """
      const form = new Form(model, { random: () => 0.25 })
      form.start()
      const steps = [form.answers()]
      form.set('g/a', 'giữ lại'); form.set('n', '1'); steps.push(form.answers()); form.set('n', '5'); steps.push(form.answers())
      const added = form.addRow('m'); form.set(added + '/who', 'B'); form.removeRow('m[1]'); steps.push(form.answers())
      return { steps, added, asked: form.relevant('m'), missing: form.locate('m[9]/who'), get: form.get('m[1]/who') }"""
    found = run(page, script, model=payload(compiled.instrument))
    first, without, back, last = found["steps"]
    assert (first["n"], first["m"], first["lot"], first["rows"]) == ("3", [{"who": "x"}], "0.25", "1")
    assert "g" not in without
    assert back["g"] == {"a": "giữ lại"}
    assert (found["added"], last["m"], last["rows"], last["lot"]) == ("m[2]", [{"who": "B"}], "1", "0.25")
    assert (found["asked"], found["missing"], found["get"]) == (True, None, "B")


def test_the_engine_stays_small() -> None:
    lines = [line.strip() for path in sorted(ENGINE.glob("*.js")) for line in path.read_text("utf-8").splitlines()]
    bare = "\n".join(line for line in lines if line and not line.startswith(("//", "import ")))
    assert len(gzip.compress(bare.encode(), 9)) <= 6.75 * 1024


def test_a_model_of_one_language_is_smaller_and_computes_the_same(page: Page) -> None:
    compiled = compile_form(FORMS[1])
    raw = random_answers(compiled.instrument, 1)
    script = "const form = new Form(model); form.load(raw); return [form.answers(), form.findings().map(f => [f.path, f.code])]"
    both, one = (run(page, script, model=payload(compiled.instrument, language), raw=raw) for language in (None, "vi"))
    assert both[1] == one[1]
    assert both[0].keys() == one[0].keys()
    assert len(str(payload(compiled.instrument, "vi"))) < 0.8 * len(str(payload(compiled.instrument)))
