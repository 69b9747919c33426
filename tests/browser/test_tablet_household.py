"""The real household questionnaire on a tablet, from the first screen to the stored record."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright
from sqlalchemy import select
from sqlalchemy.orm import undefer

from survey.model import Attachment, Identity
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
        _assert_the_roster_names_people(tablet)
        _assert_the_language_changes_in_mid_interview(tablet)
        tablet.page.get_by_role("button", name="Hoàn thành phiếu").click()
        tablet.wait_unsent(1)
        site.line.is_cut = False
        tablet.send()
        tablet.wait_unsent(0)
        tablet.close()
    _assert_the_server_agrees(site)


def _choose_section(tablet: Tablet, name: str) -> None:
    tablet.page.locator(".sections").click()
    tablet.page.locator("dialog .button--row", has_text=name).first.click()
    tablet.page.locator("dialog").wait_for(state="detached")


def _assert_the_roster_names_people(tablet: Tablet) -> None:
    _choose_section(tablet, "Thành viên hộ")
    names = tablet.page.locator(".card__name")
    names.first.wait_for()
    assert names.all_inner_texts() == ["Trần Văn Hộ, 46 tuổi", "Nguyễn Thị Lúa, 42 tuổi"]
    assert tablet.page.locator(".body > .button--wide").inner_text().endswith("Thành viên hộ")
    _assert_accessible(tablet)


def _assert_the_language_changes_in_mid_interview(tablet: Tablet) -> None:
    tablet.page.get_by_role("button", name="English").click()
    tablet.page.get_by_role("heading", name="Part II. Household members").wait_for()
    assert tablet.page.locator(".card__name").first.inner_text() == "Trần Văn Hộ, 46 years old"
    tablet.page.get_by_role("button", name="Tiếng Việt").click()
    tablet.page.get_by_role("heading", name="Phần II. Thành viên hộ").wait_for()
    _choose_section(tablet, "Kiểm tra")
    _assert_accessible(tablet)


def _assert_the_events_tell_when_and_how_often(site: Site, revision_id: int) -> None:
    """Read the record's events: the zone of the tablet, a clock that nobody can set, how often an answer changed."""
    with site.database.reading() as session:
        query = select(Attachment).where(Attachment.revision_id == revision_id, Attachment.name == "audit.csv")
        digest = session.scalars(query).one().sha256
    assert digest
    text = (site.config.media / digest[:2] / digest).read_text(encoding="utf-8")
    assert "Trần Văn Hộ" not in text
    events = list(csv.DictReader(io.StringIO(text)))
    kinds = [event["event"] for event in events]
    assert (kinds[0], kinds[-1]) == ("form start", "form finalize")
    assert {event["tz-offset-minutes"] for event in events} == {"420"}
    steady = [int(event["steady-ms"]) for event in events]
    assert steady == sorted(steady)
    answered = {event["node"]: event for event in events if event["event"] == "question"}
    born = answered["/data/interview/member[1]/birth_year"]
    assert int(born["start"]) <= int(born["end"])
    assert int(born["changes"]) >= 1


def _assert_the_server_agrees(site: Site) -> None:
    """Compare the tablet's document with what the server's engine makes of it."""
    assert (site.submissions(), site.revisions()) == (1, 1)
    newest = site.newest()
    assert newest.findings == []
    assert newest.answers["closing"]["result_code"] == "11"
    _assert_the_events_tell_when_and_how_often(site, newest.id)
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
