"""The office in a real browser: no accessibility violation, no sideways scrolling, nothing refused by the policy."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright
from werkzeug.serving import make_server

from survey.app import create_app
from survey.config import Config
from survey.db import Database
from survey.model import Round
from tests.web.office_round import PASSWORD, Staffed, staffed_round

pytestmark = pytest.mark.browser

_CHROMIUM = Path("/usr/bin/chromium")
_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
SCREENS = {"desk": (1440, 900), "tablet": (800, 1280), "phone": (390, 844)}


@pytest.fixture(scope="module")
def staffed(served: tuple[str, Staffed]) -> Staffed:
    """Return the numbers of the round that is served."""
    return served[1]


@pytest.fixture(scope="module")
def served(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Staffed]]:
    """Serve a staffed round and return its address and numbers."""
    folder = tmp_path_factory.mktemp("office")
    database_file = folder / "survey.db"
    database_file.write_bytes(sqlite_template.read_bytes())
    url = f"sqlite:///{database_file}"
    database = Database(url)
    with database.transaction() as session:
        made = staffed_round(session)
        session.get_one(Round, made.round_id).is_synthetic = True
    database.dispose()
    config = Config(instance=folder, database_url=url, secret_key="browser", secure_cookies=False)
    config.reports.mkdir()
    server = make_server("127.0.0.1", 0, create_app(config), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", made
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Start the browser once."""
    path = str(_CHROMIUM) if _CHROMIUM.exists() else None
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(_ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def page(chromium: Browser, served: tuple[str, Staffed]) -> Iterator[Page]:
    """Return a page that is signed in as the administrator."""
    context = chromium.new_context(base_url=served[0], locale="vi-VN")
    opened = context.new_page()
    opened.goto("/auth/sign-in")
    opened.fill("#username", "admin")
    opened.fill("#password", PASSWORD)
    opened.click("main button[type=submit]")
    opened.wait_for_url("**/overview")
    yield opened
    context.close()


_ROUND = "/office/rounds/{code}"
PAGES = {
    "overview": f"{_ROUND}/overview",
    "fieldwork": f"{_ROUND}/fieldwork",
    "area": f"{_ROUND}/fieldwork/{{area}}",
    "queue": f"{_ROUND}/review?state=all",
    "empty queue": f"{_ROUND}/review?state=rejected",
    "record": f"{_ROUND}/review/{{wrong}}",
    "returned record": f"{_ROUND}/review/{{returned}}",
    "results": f"{_ROUND}/results",
    "rounds": "/office/rounds",
    "round": _ROUND,
    "new round": "/office/rounds/new",
    "round settings": f"{_ROUND}/settings",
    "frames": f"{_ROUND}/frames",
    "draws": f"{_ROUND}/draws",
    "sample sizes": f"{_ROUND}/draws/size?domain=district&total=2&minimum=0",
    "sampled units": f"{_ROUND}/draws/2",
    "devices": "/office/system/devices",
    "held back": "/office/quarantine",
    "second factor": "/auth/account/second-factor",
    "accounts": "/office/system",
    "account": "/office/system/accounts/{person}",
    "new account": "/office/system/accounts/new",
    "log": "/office/system/log",
    "own account": "/auth/account",
}


def _address(name: str, made: Staffed) -> str:
    return PAGES[name].format(
        code=made.code,
        area=made.areas[made.here.code],
        wrong=made.records["wrong-here"],
        returned=made.records["returned-here"],
        person=made.people["supervisor"],
    )


def _violations(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{each['id']}: {node['html'][:160]}" for each in found for node in each["nodes"]]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_accessible_and_fits_every_screen(page: Page, staffed: Staffed, name: str) -> None:
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text) if message.type == "error" else None)
    for width, height in SCREENS.values():
        page.set_viewport_size({"width": width, "height": height})
        page.goto(_address(name, staffed))
        sideways = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert sideways == 0, (name, width)
    assert _violations(page) == []
    assert refused == []


def test_the_way_in_is_accessible(chromium: Browser, served: tuple[str, Staffed]) -> None:
    context = chromium.new_context(base_url=served[0])
    page = context.new_page()
    page.goto("/auth/sign-in")
    assert _violations(page) == []
    page.click("main button[type=submit]")
    assert page.locator("[aria-invalid=true]").count() == 2
    assert _violations(page) == []
    context.close()


def test_the_first_tab_skips_to_the_content(page: Page, staffed: Staffed) -> None:
    page.goto(_address("queue", staffed))
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_ticked_areas_are_counted_and_shift_ticks_a_run(page: Page, staffed: Staffed) -> None:
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(_address("fieldwork", staffed))
    boxes = page.locator("input[name=area]")
    boxes.first.click()
    assert page.locator("[data-count]").inner_text() == "Đã chọn 1 địa bàn"
    boxes.last.click(modifiers=["Shift"])
    assert page.locator("[data-count]").inner_text() == f"Đã chọn {boxes.count()} địa bàn"


def test_j_and_k_walk_the_queue(page: Page, staffed: Staffed) -> None:
    page.goto(_address("queue", staffed))
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    assert page.evaluate("document.activeElement.closest('tr').rowIndex") == 1
    page.keyboard.press("Enter")
    page.wait_for_url("**/review/*")


def test_rejecting_asks_first_and_a_no_changes_nothing(page: Page, staffed: Staffed) -> None:
    page.goto(_address("record", staffed))
    page.fill("#remark", "Phiếu trùng")
    page.once("dialog", lambda dialog: dialog.dismiss())
    page.click("button[value=reject]")
    assert page.url.endswith(staffed.records["wrong-here"])
    assert page.input_value("#remark") == "Phiếu trùng"


def test_a_record_is_returned_with_a_remark_at_its_field(page: Page, staffed: Staffed) -> None:
    page.goto(_address("record", staffed))
    page.click("#a-head-size summary")
    page.fill("textarea[name='remark:head/size']", "Đếm lại")
    page.click("button[value=return]")
    page.wait_for_load_state()
    assert "Đã trả lại phiếu" in page.locator("[role=status]").inner_text()
