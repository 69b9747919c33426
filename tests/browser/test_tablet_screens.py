"""Every screen of the tablet at two sizes and in both languages: accessible, within the page, large enough."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.tablet_fixtures import enrolled, playwright, site, tablet, whole_site
from tests.browser.tablet_site import PIN, Site, Tablet

__all__ = ["enrolled", "playwright", "site", "tablet", "whole_site"]
pytestmark = pytest.mark.browser

SIZES = {"tablet": (800, 1280), "telephone": (390, 844)}
_WCAG = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
_SMALL = """() => [...document.querySelectorAll('button, a.button, a.place, select, input:not(.hidden-file)')]
  .filter(one => one.offsetParent && !['radio', 'checkbox'].includes(one.type))
  .filter(one => one.getBoundingClientRect().height < 47.5).map(one => one.outerHTML.slice(0, 120))"""


def _assert_sound(page: Page, name: str) -> None:
    page.wait_for_function("() => !document.querySelector('#notes .note')")
    found = Axe().run(page, options=_WCAG)
    assert not found.response["violations"], f"{name}: {found.generate_report()}"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{name} is wider than the screen"
    assert page.evaluate(_SMALL) == [], f"{name} has something too small for a thumb"


def _screens(tablet: Tablet, site: Site) -> Iterator[str]:
    """Go from screen to screen and yield the name of each."""
    page = tablet.page
    page.goto(site.address)
    page.locator(".keys").wait_for()
    yield "PIN"
    page.locator("main .plain").first.click()
    page.locator("input[name=username]").wait_for()
    yield "sign in"
    page.locator("main .plain").first.click()
    tablet.press(PIN)
    page.locator("a.place").first.wait_for()
    yield "home"
    page.locator("a.place", has_text="Ấp Nhà Thật").click()
    page.locator("a.button--row").first.wait_for()
    yield "place"
    page.locator("a.button--row").first.click()
    page.locator("main section .button--quiet").click()
    page.locator("dialog").wait_for()
    yield "visit"
    page.locator("dialog input[type=datetime-local]").fill("2026-11-25T08:30")
    page.locator("dialog .button").last.click()
    page.locator("main .plain-list li").wait_for()
    yield "unit"
    page.locator(".button--main").click()
    page.locator(".fill").wait_for()
    yield "questions"
    page.locator(".sections").click()
    page.locator("dialog").wait_for()
    yield "sections"
    page.locator("dialog .button--row").last.click()
    page.locator("dialog").wait_for(state="detached")
    yield "end"
    for name in ("home", "day", "more", "more/journal"):
        page.goto(f"{site.address}#/{name}")
        page.locator(".top").wait_for()
        page.wait_for_timeout(300)
        yield name


@pytest.mark.parametrize(("size", "language"), [("telephone", "vi"), ("tablet", "en")])
def test_every_screen_is_accessible_and_fits(site: Site, tablet: Tablet, size: str, language: str) -> None:
    tablet.page.evaluate("language => localStorage.setItem('phieu-so.language', language)", language)
    tablet.close()
    width, height = SIZES[size]
    tablet.open(is_lasting=size == "tablet", width=width, height=height)
    seen = []
    for name in _screens(tablet, site):
        _assert_sound(tablet.page, name)
        seen.append(name)
    assert len(seen) == 13


def test_a_tablet_that_several_people_use_asks_who_is_there(site: Site, tablet: Tablet) -> None:
    tablet.page.reload()
    tablet.page.get_by_role("button", name="Điều tra viên khác").click()
    tablet.enrol_here("lan", "975310")
    tablet.page.reload()
    tablet.page.get_by_role("button", name="Võ Thị Lan").wait_for()
    _assert_sound(tablet.page, "who")
