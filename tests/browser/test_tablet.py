"""The tablet in a real browser with a real server process: whatever fails, no record is lost and none comes twice."""

from __future__ import annotations

import io
import threading
import time
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Playwright
from playwright.sync_api import TimeoutError as PlaywrightTimeout
from sqlalchemy import select

from survey.model import Attachment, Identity, Revision, Submission
from tests.browser.tablet_fixtures import enrolled, playwright, site, tablet, whole_site
from tests.browser.tablet_site import PIN, Site, Tablet

__all__ = ["enrolled", "playwright", "site", "tablet", "whole_site"]
pytestmark = pytest.mark.browser


def test_days_without_network_then_everything_is_sent_once(site: Site, tablet: Tablet) -> None:
    site.line.is_cut = True
    page = tablet.page.reload()
    assert page is not None
    assert page.from_service_worker
    assert "script-src 'self'" in page.headers["content-security-policy"]
    tablet.press(PIN)
    tablet.begin()
    tablet.answer(size="3", name="Trần Thị Đào")
    tablet.close()
    tablet.open()
    tablet.unlock()
    tablet.begin(name="Đang làm")
    assert tablet.page.get_by_label("Họ và tên chủ hộ").input_value() == "Trần Thị Đào"
    tablet.page.get_by_label("Hộ có bao nhiêu người?").fill("5")
    tablet.saved()
    tablet.finish()
    tablet.wait_unsent(1)
    assert site.submissions() == 0
    site.line.is_cut = False
    tablet.send()
    tablet.wait_unsent(0)
    assert (site.submissions(), site.revisions()) == (1, 1)
    newest = site.newest()
    assert newest.answers["head"]["size"] == "5"
    (row,) = tablet.rows()
    assert (row["state"], row["holds"]) == ("sent", False)
    with site.database.reading() as session:
        assert session.get_one(Identity, newest.identity_key).values == {"head/name": "Trần Thị Đào"}


def test_a_line_that_falls_silent_in_the_middle_of_an_answer_is_given_up(site: Site, tablet: Tablet) -> None:
    tablet.finish_offline()
    tablet.page.goto("about:blank")
    tablet.page.clock.install()
    site.line.is_cut = False
    stalled = threading.Event()

    def stall_once(method: str, path: str) -> str:
        if method != "PUT" or stalled.is_set():
            return ""
        stalled.set()
        return "stall"

    site.line.fault = stall_once
    tablet.unlock()
    assert stalled.wait(30)
    tablet.page.wait_for_timeout(500)
    assert tablet.page.locator("#unsent").inner_text() == "Đang gửi…"
    tablet.page.clock.fast_forward(61_000)
    tablet.wait_unsent(1)
    tablet.page.clock.fast_forward(5_000)
    tablet.wait_unsent(0, timeout=30_000)
    site.line.mended.set()
    assert (site.submissions(), site.revisions()) == (1, 1)


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_server_that_dies_while_receiving_gets_one_row(site: Site, tablet: Tablet, moment: str) -> None:
    site.line.fault = lambda method, path: moment if method == "PUT" and "records" in path else ""
    site.line.on_fault = site.kill
    tablet.begin()
    tablet.answer()
    tablet.finish()
    tablet.wait_unsent(1)
    deadline = time.monotonic() + 10
    while site.process is not None and time.monotonic() < deadline:
        tablet.page.wait_for_timeout(50)
    assert site.process is None
    assert site.revisions() == (1 if moment == "after" else 0)
    site.line.fault = lambda _method, _path: ""
    site.start()
    tablet.send()
    tablet.wait_unsent(0)
    assert (site.submissions(), site.revisions()) == (1, 1)
    assert [status for method, _, status in site.line.log if method == "PUT"][-1] == (202 if moment == "after" else 201)


def test_a_tablet_that_dies_with_a_queued_record_still_has_it(site: Site, tablet: Tablet) -> None:
    tablet.finish_offline()
    tablet.kill()
    tablet.open()
    tablet.unlock()
    tablet.wait_unsent(1)
    site.line.is_cut = False
    tablet.send()
    tablet.wait_unsent(0)
    assert (site.submissions(), site.revisions()) == (1, 1)


def test_a_tablet_that_dies_in_mid_interview_keeps_every_saved_answer(site: Site, tablet: Tablet) -> None:
    tablet.begin()
    tablet.answer(size="6", name="Lê Văn Út")
    tablet.kill()
    tablet.open()
    tablet.unlock()
    tablet.begin(name="Đang làm")
    assert tablet.page.get_by_label("Hộ có bao nhiêu người?").input_value() == "6"
    assert tablet.page.get_by_label("Họ và tên chủ hộ").input_value() == "Lê Văn Út"


def test_two_windows_make_one_attempt_and_one_interview(site: Site, tablet: Tablet) -> None:
    tablet.finish_offline()
    second = tablet.context.new_page()
    first, tablet.page = tablet.page, second
    tablet.unlock()
    tablet.wait_unsent(1)

    def slowly(method: str, path: str) -> str:
        time.sleep(0.4 if method == "PUT" else 0)
        return ""

    site.line.fault = slowly
    site.line.is_cut = False
    script = "import(document.body.dataset.base + '/js/field/main.js').then(({ app }) => { app.sender.send() })"
    first.evaluate(script)
    second.evaluate(script)
    tablet.wait_unsent(0)
    first.wait_for_timeout(600)
    assert site.line.count("PUT", "/records/") == 1
    assert (site.submissions(), site.revisions()) == (1, 1)
    tablet.begin()
    address = second.url
    first.goto(address)
    first.get_by_text("Phiếu đang mở ở cửa sổ khác").wait_for()


def test_a_full_disk_is_told_and_nothing_typed_is_lost(site: Site, tablet: Tablet) -> None:
    tablet.begin()
    tablet.answer(size="4")
    used = tablet.page.evaluate("navigator.storage.estimate().then(found => found.usage)")
    tablet.close()
    tablet.open()
    link = tablet.context.new_cdp_session(tablet.page)
    origin = site.address.removesuffix("/field/app/")
    link.send("Storage.overrideQuotaForOrigin", {"origin": origin, "quotaSize": used + 80_000})
    tablet.unlock()
    tablet.begin(name="Đang làm")
    long = "Nguyễn Thị " * 9000
    tablet.page.get_by_label("Họ và tên chủ hộ").fill(long)
    tablet.page.locator("#rescue").wait_for()
    assert tablet.page.get_by_label("Họ và tên chủ hộ").input_value() == long
    link.send("Storage.overrideQuotaForOrigin", {"origin": origin})
    tablet.page.locator("#rescue").wait_for(state="detached")
    tablet.saved()
    tablet.kill()
    tablet.open()
    tablet.unlock()
    tablet.begin(name="Đang làm")
    assert tablet.page.get_by_label("Họ và tên chủ hộ").input_value() == long.strip()


def _reopen_until_changed(tablet: Tablet, site: Site, before: str | None) -> None:
    """Open the application as often as a person would: a browser may let go of a closed page a little later."""
    for _ in range(5):
        tablet.page.goto("about:blank")
        tablet.page.goto(site.address)
        try:
            tablet.page.wait_for_function(
                "before => (document.body?.dataset.build ?? before) !== before", arg=before, timeout=5000
            )
        except PlaywrightTimeout:
            continue
        return
    raise AssertionError("the new edition never took over")


def test_a_new_edition_waits_for_the_interview_to_end(site: Site, tablet: Tablet) -> None:
    before = tablet.page.locator("body").get_attribute("data-build")
    tablet.begin()
    tablet.answer(size="2")
    site.kill()
    site.edition = f"next{time.monotonic_ns()}"
    site.start()
    tablet.page.wait_for_function(
        """async () => {
          const registration = await navigator.serviceWorker.getRegistration()
          await registration.update()
          return !!registration.waiting
        }"""
    )
    assert (
        tablet.page.evaluate("import(document.body.dataset.base + '/js/field/main.js').then(main => main.takeOver())")
        is False
    )
    assert tablet.page.locator("body").get_attribute("data-build") == before
    tablet.page.get_by_label("Hộ có bao nhiêu người?").fill("3")
    tablet.saved()
    tablet.page.goto(f"{site.address}#/home")
    _reopen_until_changed(tablet, site, before)
    tablet.unlock()
    tablet.begin(name="Đang làm")
    assert tablet.page.get_by_label("Hộ có bao nhiêu người?").input_value() == "3"
    tablet.finish()
    tablet.wait_unsent(0)
    assert site.submissions() == 1


def test_a_tablet_in_the_wrong_year_is_told_and_its_record_is_taken(site: Site, tablet: Tablet) -> None:
    tablet.page.clock.set_system_time("2020-02-03T08:00:00+07:00")
    tablet.page.reload()
    tablet.press(PIN)
    tablet.begin()
    tablet.answer()
    tablet.finish()
    tablet.wait_unsent(0)
    tablet.page.goto(f"{site.address}#/more/journal")
    tablet.page.get_by_text("Đồng hồ của máy lệch").first.wait_for()
    assert site.submissions() == 1
    with site.database.reading() as session:
        newest = session.scalars(select(Submission.created_at).order_by(Submission.created_at.desc()).limit(1)).one()
        assert newest.year >= 2026


def test_a_late_save_never_overwrites_a_finished_record(site: Site, tablet: Tablet) -> None:
    site.line.is_cut = True
    tablet.begin()
    tablet.answer()
    tablet.page.evaluate(
        """async () => {
          const base = document.body.dataset.base + '/js/field/'
          const [{ app }, records] = await Promise.all([import(base + 'main.js'), import(base + 'records.js')])
          const id = location.hash.split('/')[2]
          globalThis.late = await records.open(app.session, id)
          globalThis.save = () => records.save(app.session, late.row, late.content)
            .then(() => 'written', error => error.constructor.name)
        }"""
    )
    tablet.finish()
    tablet.wait_unsent(1)
    (queued,) = tablet.rows()
    assert tablet.page.evaluate("save()") == "Stale"
    tablet.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    tablet.page.wait_for_timeout(300)
    assert tablet.rows() == [queued]
    site.line.is_cut = False
    tablet.send()
    tablet.wait_unsent(0)
    assert (site.submissions(), site.revisions()) == (1, 1)


def test_wrong_pins_slow_down_and_the_disk_holds_no_name(site: Site, tablet: Tablet) -> None:
    site.line.is_cut = True
    tablet.begin()
    tablet.answer(name="Quách Bí Danh")
    tablet.close()
    stored = b"".join(
        path.read_bytes() for path in tablet.profile.rglob("*") if path.is_file() and "IndexedDB" in str(path)
    )
    assert len(stored) > 10_000
    for name in ("Quách Bí Danh", "Chủ hộ", "Ấp 1", "Trần Văn Hộ"):
        assert name.encode() not in stored
        assert name.encode("utf-16-le") not in stored
    tablet.open()
    tablet.page.goto(site.address)
    for _ in range(3):
        tablet.press("111222")
        tablet.page.wait_for_function("() => !document.querySelector('.dot--full')")
    tablet.page.get_by_role("alert").get_by_text("Hãy chờ").wait_for()
    tablet.page.reload()
    tablet.press(PIN)
    tablet.page.get_by_role("alert").get_by_text("Hãy chờ").wait_for()
    assert tablet.page.locator("#unsent").count() == 0
    tablet.page.wait_for_timeout(5200)
    tablet.press(PIN)
    tablet.page.locator("#unsent").wait_for()


def test_a_returned_record_comes_back_with_its_remark_and_is_sent_as_a_new_version(
    playwright: Playwright, site: Site, tmp_path: Path
) -> None:
    tablet = Tablet(playwright, site, tmp_path / "lan")
    tablet.enrol("lan")
    tablet.begin(name="Trả lại")
    assert tablet.page.locator(".q--remark").get_by_text("Đếm lại số người").is_visible()
    assert tablet.page.get_by_label("Họ và tên chủ hộ").input_value() == "Bí Mật"
    tablet.page.get_by_label("Hộ có bao nhiêu người?").fill("6")
    tablet.saved()
    tablet.finish()
    tablet.wait_unsent(0)
    assert (site.submissions(), site.revisions()) == (0, 1)
    assert site.staff is not None
    with site.database.reading() as session:
        record = session.get_one(Submission, site.staff.records["returned-here"])
        assert (record.state, record.revision_count) == ("received", 2)
    tablet.close()


def test_a_copy_in_a_file_is_restored_by_the_same_person_on_another_tablet_only(
    playwright: Playwright, site: Site, tablet: Tablet, tmp_path: Path
) -> None:
    tablet.finish_offline()
    tablet.page.goto(f"{site.address}#/more")
    with tablet.page.expect_download() as waiting:
        tablet.page.get_by_role("button", name="Sao lưu phiếu chưa gửi ra tệp").click()
    copy = tmp_path / "copy.bin"
    waiting.value.save_as(copy)
    assert "Nguyễn Đức Thử".encode() not in copy.read_bytes()
    tablet.close()
    site.line.is_cut = False
    for username, said, sent in (("lan", "Bản sao này của điều tra viên khác", 0), ("an", "Đã khôi phục 1 phiếu", 1)):
        other = Tablet(playwright, site, tmp_path / username)
        other.enrol(username)
        other.page.goto(f"{site.address}#/more")
        other.page.locator("input[type=file]").set_input_files(copy)
        other.page.locator("dialog .button:not(.button--quiet)").click()
        other.page.get_by_text(said).wait_for()
        other.send()
        other.wait_unsent(0)
        assert site.submissions() == sent
        other.close()
    tablet.open()
    tablet.unlock()
    tablet.wait_unsent(0)
    assert (site.submissions(), site.revisions()) == (1, 1)


def test_two_enumerators_on_one_tablet_do_not_see_each_other(site: Site, tablet: Tablet) -> None:
    tablet.finish_offline()
    site.line.is_cut = False
    site.line.fault = lambda method, _path: "before" if method == "PUT" else ""
    tablet.page.reload()
    tablet.page.get_by_role("button", name="Điều tra viên khác").click()
    tablet.enrol_here("lan", "975310")
    tablet.wait_unsent(0)
    site.line.fault = lambda _method, _path: ""
    tablet.page.reload()
    tablet.page.get_by_role("button", name="Nguyễn Văn An").get_by_text("Chưa gửi: 1").wait_for()
    tablet.page.get_by_role("button", name="Nguyễn Văn An").click()
    tablet.press("975310")
    tablet.page.get_by_text("Mã PIN không đúng").wait_for()
    tablet.press(PIN)
    tablet.wait_unsent(0)
    assert site.submissions() == 1


def test_a_photo_is_made_small_and_travels_with_its_record(site: Site, tablet: Tablet) -> None:
    picture = io.BytesIO()
    Image.effect_noise((2400, 1800), 60).convert("RGB").save(picture, "JPEG", quality=95)
    tablet.begin()
    tablet.answer()
    tablet.page.locator("input[type=file]").set_input_files(
        {"name": "nhà.jpg", "mimeType": "image/jpeg", "buffer": picture.getvalue()}
    )
    tablet.page.locator("canvas.preview").wait_for()
    lost: list[str] = []

    def lose_the_first_reply(method: str, path: str) -> str:
        if method == "PUT" and "/files/" in path and not lost:
            lost.append(path)
            return "after"
        return ""

    site.line.fault = lose_the_first_reply
    tablet.finish()
    tablet.wait_unsent(0)
    assert len(lost) == 1
    with site.database.reading() as session:
        query = select(Attachment).join(Revision, Revision.id == Attachment.revision_id)
        (photo,) = session.scalars(query.where(Revision.id == site.newest().id))
        assert photo.sha256
        content = (site.config.media / photo.sha256[:2] / photo.sha256).read_bytes()
    assert len(content) == photo.size
    assert len(content) < 700_000
    assert max(Image.open(io.BytesIO(content)).size) == 1024
