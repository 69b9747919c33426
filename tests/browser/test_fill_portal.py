"""The portal in a real browser: every generated page accessible in both languages, no mouse, the time that is left."""

from __future__ import annotations

from datetime import timedelta
from itertools import cycle

import pytest
from playwright.sync_api import Page as TabPage
from playwright.sync_api import expect
from sqlalchemy import select, update

from survey import i18n
from survey.model import Draft, Invitation, Revision, SignInSession
from survey.model.actor import Actor
from survey.model.base import utc_now
from survey.operations import drafts, portal_sessions
from survey.operations.drafts import Cell, Edit
from survey.web.fill.build import Page
from survey.web.fill.parts import Part
from survey.web.fill.sheet import Sheet
from tests.browser.live import Opener, Site, as_unit, assert_accessible

pytestmark = pytest.mark.browser
OPENED = {
    "enterprise": {
        "visit/operating_status": "1",
        "consent_section/consent": "1",
        "interview/digital/econtract": "1",
        "interview/finance/va_source": "1",
        "interview/retail_section/retail": "1",
    },
    "institution": {
        "visit/operating_status": "1",
        "consent_section/consent": "1",
        "interview/institution/kind": "7",
        "interview/governance/governance_level": "1",
        "interview/governance/governance_evidence": "1 2",
        "interview/index_4725/index_done": "1",
    },
}
"""Answers that open as many questions as can be."""


def opened(site: Site, kind: str) -> list[str]:
    """Open a unit's questionnaire with those answers and return sections that have every kind of question in it."""
    with site.database.transaction() as session:
        unit = getattr(site.scene, kind)
        invitation = session.scalars(select(Invitation).where(Invitation.sample_unit_id == unit)).one()
        actor = Actor(kind="invitation", invitation_id=invitation.id, sample_unit_id=unit, round_id=invitation.round_id)
        draft = drafts.open_or_create(session, actor, unit)
        work = drafts.opened(session, actor, draft.id)
        edits = [Edit(path, Cell(value), work.contents.cell(path)) for path, value in OPENED[kind].items()]
        saved = drafts.save(session, actor, draft.id, edits)
        assert len(saved.written) == len(edits)
        sheet = Sheet(saved.work, "vi", utc_now())
        return distinct({part.name: kinds_on(sheet, part) for part in sheet.parts})


def kinds_on(sheet: Sheet, part: Part) -> frozenset[tuple[object, ...]]:
    """Return the kinds of field that stand on the page of a section, told apart by all that its markup depends on."""
    views = Page(sheet, part).visible()
    return frozenset(
        (
            *(v.kind, v.input_mode, v.input_type, v.is_long, v.is_drop_down, v.is_readonly, v.is_amount, v.is_filtered),
            *(bool(words) for words in (v.suffix, v.hint, v.guidance, v.warning, v.reason, v.problems)),
        )
        for v in views
    )


def distinct(kinds: dict[str, frozenset[tuple[object, ...]]]) -> list[str]:
    """Return sections that have every kind among them, those with the most new ones first."""
    chosen: list[str] = []
    missing = frozenset[tuple[object, ...]]().union(*kinds.values())
    while missing:
        best = max(kinds, key=lambda name: len(kinds[name] & missing))
        chosen.append(best)
        missing -= kinds[best]
    return chosen


@pytest.mark.parametrize("kind", ["enterprise", "institution"])
def test_the_sections_are_accessible_in_both_languages(opener: Opener, site: Site, kind: str) -> None:
    parts = opened(site, kind)
    assert len(parts) >= 2
    page = as_unit(opener(width=1440, height=900), site.scene.codes[kind])
    languages = cycle(i18n.LANGUAGES if kind == "enterprise" else reversed(i18n.LANGUAGES))
    for part, language in zip(parts, languages, strict=False):
        page.goto(f"/portal/questionnaire/section/{part}?lang={language}")
        page.wait_for_selector("html[data-live]")
        assert page.evaluate("document.documentElement.lang") == language
        assert page.url.split("?")[0].endswith(f"/section/{part}")
        assert_accessible(page)
    page.goto("/portal/questionnaire/check")
    assert_accessible(page)


def test_the_pages_around_the_questionnaire_are_accessible(opener: Opener, site: Site) -> None:
    page = opener(width=390, height=844)
    languages = cycle(i18n.LANGUAGES)

    def visit(page: TabPage, address: str) -> None:
        page.goto(f"{address}?lang={next(languages)}")
        assert_accessible(page)

    for address in ("/portal/", "/portal/register", "/portal/section/closed"):
        visit(page, address)
    opened(site, "enterprise")
    as_unit(page, site.scene.codes["enterprise"])
    for address in ("/portal/home", "/portal/account", "/portal/sections/digital/pass-on"):
        visit(page, address)
    page.fill("#name", "Chị Hoa")
    page.click("form:has(#name) button[type=submit]")
    link = page.inner_text(".token-link")
    assert_accessible(page)
    visit(page, "/portal/home")
    expect(page.locator("main")).to_contain_text("Chị Hoa")
    helper = opener(width=390, height=844)
    visit(helper, link)
    helper.click("main button[type=submit]")
    helper.wait_for_selector("html[data-live]")
    assert_accessible(helper)
    visit(helper, "/portal/section/done")


def reach(page: TabPage, selector: str) -> None:
    """Press Tab until an element has the focus."""
    for _ in range(60):
        if page.evaluate("s => document.activeElement?.matches(s) ?? false", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{selector} cannot be reached with the keyboard on {page.url}")


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_questionnaire_is_answered_and_sent_without_a_mouse(opener: Opener, site: Site, scripts: bool) -> None:
    page = opener(scripts=scripts, width=1440, height=900)
    code = site.scene.codes["enterprise"]
    page.goto("/portal/")
    reach(page, "#login")
    page.keyboard.type(code.login)
    page.keyboard.press("Tab")
    page.keyboard.type(code)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    reach(page, 'form[action="/portal/start"] button')
    with page.expect_navigation():
        page.keyboard.press("Enter")
    reach(page, 'input[name="visit-operating_status"]')
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    expect(page.locator('input[name="visit-operating_status"][value="2"]')).to_be_checked()
    for _ in range(6):
        if page.url.split("?")[0].endswith("/check"):
            break
        reach(page, ".fill__next")
        with page.expect_navigation():
            page.keyboard.press("Enter")
    reach(page, "button.fill__next")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.locator(".receipt__number")).to_contain_text("DT-2026-")
    if scripts:
        assert_accessible(page)
    with site.database.reading() as session:
        assert session.scalars(select(Revision.number)).all() == [1]


def test_a_double_press_sends_once(opener: Opener, site: Site) -> None:
    opened(site, "enterprise")
    with site.database.transaction() as session:
        draft = session.scalars(select(Draft)).one()
        actor = Actor(kind="invitation", invitation_id=1, sample_unit_id=draft.sample_unit_id, round_id=draft.round_id)
        path = "visit/operating_status"
        drafts.save(session, actor, draft.id, [Edit(path, Cell("2"), Cell("1"))])
    page = as_unit(opener(), site.scene.codes["enterprise"])
    page.goto("/portal/questionnaire/check")
    with page.expect_navigation():
        page.dblclick("button.fill__next")
    expect(page.locator(".receipt__number")).to_be_visible()
    with site.database.reading() as session:
        assert session.scalars(select(Revision.number)).all() == [1]


def test_the_page_warns_before_the_session_ends_and_lets_go_on(opener: Opener, site: Site) -> None:
    opened(site, "enterprise")
    page = as_unit(opener(), site.scene.codes["enterprise"])
    seen = utc_now() - portal_sessions.IDLE_LIMIT + timedelta(seconds=100)
    page.goto("/portal/questionnaire/section/digital")
    page.wait_for_selector("html[data-live]")
    expect(page.locator("#clock")).to_be_hidden()
    with site.database.transaction() as session:
        session.execute(update(SignInSession).values(seen_at=seen))
    page.clock.install()
    page.reload()
    page.wait_for_selector("html[data-live]")
    with site.database.transaction() as session:
        session.execute(update(SignInSession).values(seen_at=seen))
    page.clock.fast_forward("50:00")
    expect(page.locator("#clock")).to_be_visible()
    assert_accessible(page)
    page.click("[data-stay]")
    expect(page.locator("#clock")).to_be_hidden()
    with site.database.reading() as session:
        assert session.scalars(select(SignInSession.seen_at)).one() > seen
