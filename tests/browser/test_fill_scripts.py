"""What scripts add: rules while typing, autosave, conflicts side by side, nothing lost without a network, few bytes."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect
from sqlalchemy import select

from survey.model import Draft
from tests.browser.live import Opener, Site, as_enumerator, as_unit, assert_accessible, pick

pytestmark = pytest.mark.browser
CASES = Path(__file__).resolve().parents[1] / "cases"
REVENUE = "interview-enterprise-revenue"


def visit_page(page: Page, site: Site) -> Page:
    """Open the second section of the first household's interview."""
    as_enumerator(page).goto(f"/field/areas/{site.scene.area}")
    page.click(f"#h{site.scene.households[0]} button.button >> nth=0")
    page.goto(re.sub(r"section/\w+", "section/visit", page.url))
    page.wait_for_selector("html[data-live]")
    return page


def firm_page(page: Page, site: Site) -> Page:
    """Open the first part of an enterprise's questionnaire after consent."""
    as_unit(page, site.scene.codes["enterprise"])
    page.click('form[action="/portal/start"] button')
    for name in ("visit-operating_status", "consent_section-consent"):
        pick(page, name, "1")
        with page.expect_navigation():
            page.click(".fill__next")
    page.wait_for_selector("html[data-live]")
    return page


def stored(site: Site, *path: str) -> Any:
    """Return an answer of the only draft."""
    with site.database.reading() as session:
        value: Any = session.scalars(select(Draft)).one().answers
    for name in path:
        value = value.get(name, "")
    return value


def test_what_is_typed_before_the_scripts_have_come_is_saved_too(opener: Opener, site: Site) -> None:
    page = firm_page(opener(), site)
    late: list[Route] = []
    page.route("**/joined/fill.js", lambda route: late.append(route))
    page.reload(wait_until="commit")
    page.fill(f'[name="{REVENUE}"]', "1200")
    page.wait_for_timeout(200)
    assert page.get_attribute("html", "data-live") is None
    late[0].continue_()
    expect(page.locator("#saved")).to_have_text(re.compile(r"^Đã lưu \d\d:\d\d$"), timeout=5000)
    page.wait_for_timeout(2500)
    assert stored(site, "interview", "enterprise", "revenue") == "1200"


def test_answers_save_themselves_within_five_seconds_and_say_so(opener: Opener, site: Site) -> None:
    page = visit_page(opener(), site)
    page.fill('[name="visit-visit_no"]', "2")
    pick(page, "visit-contact", "22")
    expect(page.locator("#saved")).to_have_text(re.compile(r"^Đã lưu \d\d:\d\d$"), timeout=5000)
    expect(page.locator('.q[data-name="visit-contact_note"]')).to_be_visible()
    page.wait_for_timeout(2500)
    assert (stored(site, "visit", "visit_no"), stored(site, "visit", "contact")) == ("2", "22")


def test_messages_come_while_typing_and_go_when_it_is_right(opener: Opener, site: Site) -> None:
    page = visit_page(opener(), site)
    box, message = page.locator('[name="visit-visit_no"]'), page.locator("#q-visit-visit_no-problem")
    box.fill("99")
    box.blur()
    expect(message).to_have_text("Số lần đến hộ từ 1 đến 20.")
    assert_accessible(page)
    box.fill("1.5")
    box.blur()
    expect(message).to_contain_text("1,5 hay 15?")
    box.fill("7")
    box.blur()
    expect(message).to_be_hidden()
    expect(page.locator("#q-visit-visit_no-warning")).to_contain_text("Đến hộ trên 5 lần")
    expect(page.locator('[name="visit-visit_no_reason"]')).to_be_visible()
    assert_accessible(page)


def test_amounts_are_grouped_and_said_in_words(opener: Opener, site: Site) -> None:
    page = firm_page(opener(width=1440, height=900), site)
    box = page.locator(f'[name="{REVENUE}"]')
    box.fill("1234567")
    expect(page.locator(f"#q-{REVENUE}-echo")).to_contain_text("một nghìn hai trăm ba mươi tư tỷ")
    box.blur()
    expect(box).to_have_value("1.234.567")
    expect(page.locator('.q[data-name="interview-enterprise-revenue_band"]')).to_be_hidden()


def test_choices_follow_the_answers(opener: Opener, site: Site) -> None:
    page = firm_page(opener(width=1440, height=900), site)
    options = page.locator('[name="interview-enterprise-vsic_section"] option')
    expect(options).to_have_count(1)
    pick(page, "interview-enterprise-vsic_version", "2018")
    expect(options).to_have_count(22)
    pick(page, "interview-enterprise-vsic_version", "2025")
    expect(options).to_have_count(23)


def test_a_clash_shows_both_values_and_asks(opener: Opener, site: Site) -> None:
    mine, theirs = visit_page(opener(), site), visit_page(opener(), site)
    theirs.fill('[name="visit-visit_no"]', "4")
    expect(theirs.locator("#saved")).to_contain_text("Đã lưu")
    theirs.wait_for_timeout(2000)
    mine.fill('[name="visit-visit_no"]', "3")
    box = mine.locator('.q[data-name="visit-visit_no"] .q__conflict')
    expect(box).to_be_visible()
    expect(box.locator("[data-stored]")).to_have_text("4")
    expect(box.locator("[data-mine]")).to_have_text("3")
    assert_accessible(mine)
    assert stored(site, "visit", "visit_no") == "4"
    box.locator("[data-keep]").click()
    expect(box).to_have_count(0)
    mine.wait_for_timeout(2500)
    assert stored(site, "visit", "visit_no") == "3"


def test_nothing_is_lost_while_there_is_no_network(opener: Opener, site: Site) -> None:
    page = visit_page(opener(), site)
    page.context.set_offline(True)
    page.fill('[name="visit-visit_no"]', "3")
    expect(page.locator("#saved")).to_contain_text("mất kết nối")
    page.context.set_offline(False)
    expect(page.locator("#saved")).to_have_text(re.compile("^Đã lưu"), timeout=9000)
    assert stored(site, "visit", "visit_no") == "3"


def test_the_enter_key_goes_on_and_the_keyboard_reaches_everything(opener: Opener, site: Site) -> None:
    page = visit_page(opener(), site)
    page.focus('[name="visit-visit_no"]')
    page.keyboard.type("1")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(page.locator('input[name="visit-contact"][value="10"]')).to_be_checked()
    page.focus('[name="visit-visit_no"]')
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.url.endswith("/section/consent_section")


def test_targets_are_large_and_letters_readable(opener: Opener, site: Site) -> None:
    page = visit_page(opener(width=390, height=844), site)
    heights = page.eval_on_selector_all(
        ".fill__page button:not(.visually-hidden):not(.link-button), .fill__page .tick, .fill__page .q__line input",
        "all => all.filter(e => e.offsetParent).map(e => e.getBoundingClientRect().height)",
    )
    assert heights
    assert min(heights) >= 48
    assert page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)") == 18
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_numbers_and_words_of_the_scripts_are_those_of_the_server(opener: Opener, site: Site) -> None:
    page = opener()
    page.goto("/portal/")
    numbers = json.loads((CASES / "typed_numbers.json").read_text(encoding="utf-8"))
    read = page.evaluate(
        "async texts => { const m = await import('/static/js/fill/numbers.js'); return texts.map(m.readNumber); }",
        [case["typed"] for case in numbers],
    )
    assert read == [case["lexical"] for case in numbers]
    amounts = json.loads((CASES / "amounts.json").read_text(encoding="utf-8"))
    said = page.evaluate(
        "async all => { const m = await import('/static/js/fill/words.js');"
        " return all.map(x => [m.dongInWords(x, 'vi'), m.dongInWords(x, 'en')]); }",
        [case["millions"] for case in amounts],
    )
    assert said == [[case["vi"], case["en"]] for case in amounts]


def test_the_longest_page_is_small_with_everything_that_it_loads(opener: Opener, site: Site) -> None:
    page = visit_page(opener(), site)
    pick(page, "visit-contact", "10")
    page.fill('[name="visit-visit_no"]', "1")
    go_on(page)
    pick(page, "consent_section-consent", "1")
    pick(page, "consent_section-consent_sensitive", "1")
    go_on(page)
    page.goto(page.url.replace("section/household", "section/member"))
    with page.expect_navigation():
        page.click('[value="add:interview/member"]')
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.setCacheDisabled", {"cacheDisabled": True})
    received: list[float] = []
    session.on("Network.loadingFinished", lambda event: received.append(event["encodedDataLength"]))
    page.reload(wait_until="networkidle")
    assert len(received) >= 5
    assert sum(received) <= 60_000


def go_on(page: Page) -> None:
    """Press Continue once the scripts are there, and wait for the next page."""
    page.wait_for_selector("html[data-live]")
    with page.expect_navigation():
        page.click(".fill__next")
