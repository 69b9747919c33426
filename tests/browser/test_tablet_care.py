"""How a tablet cares for what only it has: lasting storage, room, its own copy, the end of a day, being cleared."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, Playwright, expect
from sqlalchemy import select

from survey.model import Account, Device, Quarantine
from survey.operations import accounts, quarantine
from survey.operations import tablet as operations
from tests.browser.tablet_fixtures import enrolled, playwright, site, tablet, whole_site
from tests.browser.tablet_site import PIN, Site, Tablet

__all__ = ["enrolled", "playwright", "site", "tablet", "whole_site"]
pytestmark = pytest.mark.browser

_COPY = """async () => {
  const root = await navigator.storage.getDirectory(), found = []
  for await (const [name, handle] of root) found.push([name, await (await handle.getFile()).text()])
  return found.filter(([name]) => name.startsWith('phieu-so-'))
}"""
_LOSE = """() => new Promise((resolve, reject) => {
  const request = indexedDB.deleteDatabase('phieu-so-field')
  request.onsuccess = resolve
  request.onerror = reject
})"""
_HIDE = """() => {
  Object.defineProperty(document, 'hidden', { configurable: true, get: () => true })
  document.dispatchEvent(new Event('visibilitychange'))
  delete document.hidden
}"""


def test_without_lasting_storage_no_work_is_fetched_but_what_is_here_is_finished_and_sent(
    site: Site, tablet: Tablet
) -> None:
    tablet.close()
    tablet.open(is_lasting=False)
    tablet.unlock()
    tablet.page.locator(".notice--wrong").wait_for()
    site.line.log.clear()
    tablet.page.get_by_role("button", name="Tải công việc").click()
    tablet.page.locator(".note--wrong").wait_for()
    assert site.line.count("GET", "/api/work") == 0
    tablet.begin()
    tablet.answer()
    tablet.finish()
    tablet.wait_unsent(0)
    assert (site.submissions(), site.revisions()) == (1, 1)


def test_with_less_than_500_megabytes_free_there_are_no_photos_and_everything_else_goes_on(
    site: Site, tablet: Tablet
) -> None:
    link = tablet.context.new_cdp_session(tablet.page)
    used = tablet.page.evaluate("navigator.storage.estimate().then(found => found.usage)")
    origin = site.address.removesuffix("/field/app/")
    link.send("Storage.overrideQuotaForOrigin", {"origin": origin, "quotaSize": used + 490_000_000})
    tablet.page.reload()
    tablet.press(PIN)
    tablet.begin()
    expect(tablet.page.locator("input[type=file]")).to_be_disabled()
    assert tablet.page.locator(".q .wrong").get_by_text("ảnh").is_visible()
    link.send("Storage.overrideQuotaForOrigin", {"origin": origin, "quotaSize": used + 800_000_000})
    tablet.page.reload()
    tablet.press(PIN)
    tablet.begin(name="Đang làm")
    expect(tablet.page.locator("input[type=file]")).to_be_enabled()


def _copied(page: Page, *, at: str) -> None:
    """Wait until the end-of-day screen names the time of the tablet's own copy."""
    page.wait_for_function(f"() => ({_COPY})().then(found => found.length === 1 && found[0][1].length > 0)")
    page.goto(page.url.split("#")[0] + "#/day")
    page.locator("dd", has_text=f"{at}, 1 ").wait_for()


def test_an_evening_copy_brings_everything_back_after_the_database_was_lost(site: Site, tablet: Tablet) -> None:
    site.line.is_cut = True
    tablet.begin()
    tablet.answer(size="8", name="Nguyễn Đức Thử")
    assert tablet.page.evaluate(_COPY) == []
    tablet.page.clock.set_system_time("2026-11-24T17:05:00+07:00")
    tablet.page.reload()
    tablet.press(PIN)
    tablet.page.locator(".fill").wait_for()
    _copied(tablet.page, at="24/11/2026 17:05")
    ((name, text),) = tablet.page.evaluate(_COPY)
    assert name.startswith("phieu-so-")
    assert "Nguyễn Đức Thử" not in text
    site.line.is_cut = False
    tablet.page.goto(f"{site.address}app.webmanifest")
    tablet.page.evaluate(_LOSE)
    tablet.enrol()
    tablet.begin(name="Đang làm")
    assert tablet.page.get_by_label("Hộ có bao nhiêu người?").input_value() == "8"
    assert tablet.page.get_by_label("Họ và tên chủ hộ").input_value() == "Nguyễn Đức Thử"


def test_leaving_the_application_with_unsent_work_makes_a_copy_at_once(site: Site, tablet: Tablet) -> None:
    tablet.page.clock.set_system_time("2026-11-24T09:30:00+07:00")
    tablet.finish_offline()
    assert tablet.page.evaluate(_COPY) == []
    tablet.page.evaluate(_HIDE)
    _copied(tablet.page, at="24/11/2026 09:30")
    with tablet.page.expect_download() as waiting:
        tablet.page.locator(".row--fill .button").first.click()
    assert waiting.value.suggested_filename.startswith("phieu-so-ban-sao-")
    with tablet.page.expect_download() as waiting:
        tablet.page.locator(".row--fill .button").last.click()
    assert waiting.value.suggested_filename.startswith("phieu-so-nhat-ky-")


def test_an_enumerator_leaves_a_tablet_only_after_everything_was_sent(
    playwright: Playwright, site: Site, tmp_path: Path
) -> None:
    tablet = Tablet(playwright, site, tmp_path / "leaving")
    tablet.enrol()
    tablet.finish_offline()
    tablet.page.goto(f"{site.address}#/day")
    leave = tablet.page.locator(".list .button--row").last
    leave.click()
    tablet.page.locator(".note--wrong").wait_for()
    assert len(tablet.rows()) == 1
    site.line.is_cut = False
    tablet.send()
    tablet.wait_unsent(0)
    tablet.page.goto(f"{site.address}#/day")
    leave.click()
    tablet.page.locator("dialog .button--danger").click()
    tablet.page.get_by_label("Tên đăng nhập").wait_for()
    assert tablet.rows() == []
    with site.database.reading() as session:
        newest = session.scalars(select(Device).order_by(Device.id.desc())).first()
        assert newest is not None
        assert newest.revoked_at is not None
    tablet.close()


def test_a_tablet_that_must_be_cleared_hands_over_everything_first_and_says_so(
    playwright: Playwright, site: Site, tmp_path: Path
) -> None:
    tablet = Tablet(playwright, site, tmp_path / "cleared")
    tablet.enrol()
    tablet.finish_offline()
    tablet.page.goto(f"{site.address}#/home")
    tablet.page.locator("a.place", has_text="Ấp Nhà Thật").click()
    tablet.page.locator("a.button--row", has_text="Trần Văn Hộ 1").click()
    tablet.page.locator(".button--main").click()
    tablet.saved()
    assert site.staff is not None
    with site.database.transaction() as session:
        device = session.scalars(select(Device).order_by(Device.id.desc())).first()
        assert device is not None
        device_id = device.id
        boss = accounts.actor_of(session, session.get_one(Account, site.staff.people["admin"]))
        operations.order_wipe(session, boss, device_id)
    tablet.page.goto(f"{site.address}#/home")
    tablet.page.get_by_role("button", name="Gửi phiếu").click()
    tablet.page.locator(".note--wrong").wait_for()
    assert {row["state"] for row in tablet.rows()} == {"queued", "draft"}
    site.line.is_cut = False
    tablet.send()
    tablet.page.locator(".notice").wait_for()
    tablet.page.get_by_label("Tên đăng nhập").wait_for()
    assert tablet.rows() == []
    assert tablet.page.evaluate(_COPY) == []
    assert site.submissions() == 1
    with site.database.transaction() as session:
        held = session.scalars(select(Quarantine).where(Quarantine.device_id == device_id)).one()
        assert (held.code, held.state) == ("unfinished", "waiting")
        assert "<head_name>Trần Văn Hộ 1</head_name>".encode() in quarantine.document_of(session, boss, held.id)
        assert session.get_one(Device, device_id).wiped_at is not None
    tablet.close()
