"""The pages of letters, messages and verification in a real browser: accessible, and fitting every screen."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, sync_playwright
from werkzeug.serving import make_server

from survey.app import create_app
from survey.config import Config
from survey.db import Database
from survey.model.actor import SYSTEM
from survey.operations import accounts, invitations, reminders
from tests.browser.test_office import _ARGUMENTS, _CHROMIUM, SCREENS
from tests.operations.self_report import invited_round, school_answers
from tests.web.office_round import PASSWORD

pytestmark = pytest.mark.browser

_HERE = "/office/rounds/MOI"


@pytest.fixture(scope="module")
def served(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """Serve a round with letters, a message, a refusal and an answer; return its address and the answer's id."""
    folder = tmp_path_factory.mktemp("letters")
    file = folder / "survey.db"
    file.write_bytes(sqlite_template.read_bytes())
    database = Database(f"sqlite:///{file}")
    with database.transaction() as session:
        survey_round, units = invited_round(session, {"DN1": "dn1@example.vn"})
        account = accounts.create_account(session, SYSTEM, username="so", name="Lê Thị Thống Kê", password=PASSWORD)
        accounts.grant_role(session, SYSTEM, account.id, "statistician")
        invitations.issue(session, SYSTEM, survey_round.id, invitations.fresh([units["DN1"], units["DN2"]]))
        sender = reminders.Sender("SỞ", "0292", "https://phieuso.example.vn")
        reminders.invite_by_mail(session, SYSTEM, survey_round.id, [units["DN1"]], sender)
        invitations.refuse(session, SYSTEM, survey_round.id, [units["DN2"]], reason="Từ chối qua điện thoại")
        record = school_answers(session, survey_round, units["GD1"])
    database.dispose()
    config = Config(instance=folder, database_url=f"sqlite:///{file}", secret_key="browser", secure_cookies=False)
    server = make_server("127.0.0.1", 0, create_app(config), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", record
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def page(served: tuple[str, str]) -> Iterator[Page]:
    """Return a page that is signed in as the statistician."""
    path = str(_CHROMIUM) if _CHROMIUM.exists() else None
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(_ARGUMENTS))
        opened = browser.new_context(base_url=served[0], locale="vi-VN").new_page()
        opened.goto("/auth/sign-in")
        opened.fill("#username", "so")
        opened.fill("#password", PASSWORD)
        opened.click("main button[type=submit]")
        opened.wait_for_load_state()
        yield opened
        browser.close()


def _clean(page: Page) -> None:
    """Expect no violation, and no sideways scrolling on any screen."""
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]})
    assert found.violations_count == 0, found.generate_report()
    for width, height in SCREENS.values():
        page.set_viewport_size({"width": width, "height": height})
        beside = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert beside <= 0, (page.url, width, beside)


@pytest.mark.parametrize("name", ["invitations", "messages", "verification?state=all", "verification/{record}"])
def test_the_pages_are_accessible_and_fit_every_screen(page: Page, served: tuple[str, str], name: str) -> None:
    page.goto(f"{_HERE}/{name.format(record=served[1])}")
    page.evaluate("document.querySelectorAll('main details').forEach((each) => (each.open = true))")
    _clean(page)


def test_letters_are_made_with_the_keyboard_alone(page: Page) -> None:
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(f"{_HERE}/invitations?kind=enterprise&state=not-sent")
    page.locator("input[name=all]").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/letters**")
    _clean(page)
    page.locator("main form button").first.focus()
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    assert Path(download.value.path()).read_bytes().startswith(b"%PDF")
    page.goto(f"{_HERE}/invitations?state=not-sent&kind=enterprise")
    assert page.locator(".empty").count() == 1
