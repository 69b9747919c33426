"""The real household questionnaire on a tablet, from the first screen to the stored record."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright
from sqlalchemy.orm import undefer

from survey.model import Identity
from survey.operations import forms, identity
from survey.questionnaire import instance
from tests.browser.tablet_filling import fill_household
from tests.browser.tablet_site import Site, Tablet

pytestmark = pytest.mark.browser


@pytest.fixture
def site(sqlite_template: Path, tmp_path: Path) -> Iterator[Site]:
    """Return a site with the real household questionnaire."""
    made = Site(tmp_path / "instance", sqlite_template)
    made.heal()
    yield made
    made.close()


def _assert_accessible(tablet: Tablet) -> None:
    found = Axe().run(tablet.page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]})
    assert not found.response["violations"], found.generate_report()


def test_a_household_is_interviewed_without_network_and_says_what_the_server_would_say(
    site: Site, tmp_path: Path
) -> None:
    with sync_playwright() as driver:
        tablet = Tablet(driver, site, tmp_path / "profile")
        tablet.page.goto(site.address)
        tablet.page.get_by_label("Tên đăng nhập").wait_for()
        _assert_accessible(tablet)
        tablet.enrol_here("an", "204719")
        _assert_accessible(tablet)
        site.line.is_cut = True
        tablet.page.locator("a.place", has_text="Ấp Nhà Thật").click()
        tablet.page.locator("a.button--row", has_text="Trần Văn Hộ 1").click()
        tablet.page.get_by_role("button", name="Bắt đầu phỏng vấn").click()
        tablet.page.locator(".fill").wait_for()
        _assert_accessible(tablet)
        assert fill_household(tablet) > 70
        tablet.page.get_by_role("button", name="Hoàn thành phiếu").click()
        tablet.wait_unsent(1)
        site.line.is_cut = False
        tablet.send()
        tablet.wait_unsent(0)
        tablet.close()
    _assert_the_server_agrees(site)


def _assert_the_server_agrees(site: Site) -> None:
    """Compare the tablet's document with what the server's engine makes of it."""
    assert (site.submissions(), site.revisions()) == (1, 1)
    newest = site.newest()
    assert newest.findings == []
    assert newest.answers["closing"]["result_code"] == "11"
    with site.database.reading() as session:
        sealed = session.get_one(Identity, newest.identity_key, options=[undefer(Identity.document)])
        instrument = forms.instrument_of(session, newest.form_version_id)
    assert "Trần Văn Hộ" in sealed.values.values()
    sent = instance.parse(sealed.document or b"")
    given = instance.shape(instrument, sent.answers)
    stored = identity.merge(newest.answers, dict(sealed.values))
    assert _filled({**given, "meta": {}}) == _filled({**stored, "meta": {}})
    again = instance.parse(instance.serialise(instrument, given, instance_id=sent.instance_id))
    assert again.answers == sent.answers
    assert (again.form_id, again.version, again.instance_id) == (sent.form_id, sent.version, sent.instance_id)


def _filled(value: object) -> object:
    """Leave out what has no answer."""
    if isinstance(value, dict):
        return {name: inner for name, one in value.items() if (inner := _filled(one)) not in ("", {}, [])}
    return [_filled(one) for one in value] if isinstance(value, list) else value
