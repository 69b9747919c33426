"""How fast the tablet's own page answers: the hundredth row of a roster, a keystroke in the real questionnaire."""

from __future__ import annotations

from statistics import median

from playwright.sync_api import Page

from tests.browser.tablet_site import Tablet

_BEGIN = """async count => {
  const base = document.body.dataset.base + '/js/field/'
  const [{ app }, records] = await Promise.all(['main.js', 'records.js'].map(name => import(base + name)))
  const form = app.work.forms.find(one => one.form_id !== 'tiny')
  const place = app.work.places.find(one => one.round === form.round), stop = place.stops[0]
  const member = Array.from({ length: count }, (_, i) => (
    { member_name: 'Nguyễn Văn ' + i, sex: '1', birth_month: '6', birth_year: String(1950 + i % 60) }))
  const answers = { visit: { contact: '10' }, consent_section: { consent: '1', consent_sensitive: '1' },
    interview: { household: { member_count: String(count) }, member } }
  const made = await records.create(app.session, { unit: stop.id, round: place.round, form: form.id },
    { code: stop.code, known: stop.known, answers })
  return made.row.id
}"""
_ADD = """async () => {
  const begun = performance.now()
  document.querySelector('.body > .button--wide').click()
  await new Promise(done => requestAnimationFrame(() => setTimeout(done)))
  return [performance.now() - begun, document.querySelectorAll('.card').length]
}"""
_TYPE = """async times => {
  const field = document.querySelector('.body input[type=text]'), taken = [], blocked = []
  new PerformanceObserver(list => blocked.push(...list.getEntries().map(one => one.duration)))
    .observe({ type: "longtask" })
  field.focus()
  for (let i = 0; i < times; i++) {
    const begun = performance.now()
    field.value += 'a'
    field.dispatchEvent(new InputEvent('input', { bubbles: true }))
    await new Promise(done => requestAnimationFrame(() => setTimeout(done)))
    taken.push(performance.now() - begun)
    await new Promise(done => setTimeout(done, 250))
  }
  return [taken, Math.max(0, ...blocked)]
}"""


def add_hundredth_row(tablet: Tablet) -> float:
    """Return the milliseconds from the tap on "add" until the hundredth card is laid out, processor slowed 4 times."""
    _open_roster(tablet, 99)
    _slow(tablet.page, 4)
    taken, cards = tablet.page.evaluate(_ADD)
    _slow(tablet.page, 1)
    if cards != 100:
        raise RuntimeError(f"{cards} cards instead of 100")
    return float(taken)


def keystroke(tablet: Tablet, times: int = 15) -> tuple[float, float]:
    """Return the median milliseconds from a key in a household of five to the next frame, and the longest block after
    one, processor slowed six times.
    """
    _open_roster(tablet, 5)
    tablet.page.locator(".card__open").first.click()
    tablet.page.locator(".body input[type=text]").first.wait_for()
    _slow(tablet.page, 6)
    taken, blocked = tablet.page.evaluate(_TYPE, times)
    _slow(tablet.page, 1)
    return median(taken), float(blocked)


def _open_roster(tablet: Tablet, rows: int) -> None:
    number = tablet.page.evaluate(_BEGIN, rows)
    tablet.page.goto(f"{tablet.site.address}#/fill/{number}")
    tablet.page.locator(".sections").click()
    tablet.page.locator("dialog .button--row", has_text="Thành viên hộ").first.click()
    tablet.page.locator(".card").nth(rows - 1).wait_for()
    tablet.saved()


def _slow(page: Page, rate: int) -> None:
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": rate})
