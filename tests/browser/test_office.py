"""The office in a real browser: no accessibility violation, no sideways scrolling, nothing refused by the policy."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright
from werkzeug.serving import make_server

from survey.app import create_app
from survey.config import Config
from survey.db import Database
from survey.model import Round
from survey.model.actor import Actor, RoleGrant
from survey.operations import review
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
    config = Config(instance=folder, database_url=url, secret_key="browser", secure_cookies=False, live_streams=50)
    config.reports.mkdir()
    server = make_server("127.0.0.1", 0, create_app(config), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", made
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def served_database(served: tuple[str, Staffed], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """Return the database of the served round."""
    folder = next(tmp_path_factory.getbasetemp().glob("office*/survey.db"))
    database = Database(f"sqlite:///{folder}")
    yield database
    database.dispose()


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
    "assignments": f"{_ROUND}/assignments",
    "proposed assignment": f"{_ROUND}/assignments/proposal?scope=all",
    "waiting times": f"{_ROUND}/review/ageing",
    "no waiting times": f"{_ROUND}/review/ageing?waited=3",
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
    page.wait_for_selector("#panel[open]")


def test_a_slash_goes_to_the_search_and_a_question_mark_names_the_keys(page: Page, staffed: Staffed) -> None:
    page.goto(_address("queue", staffed))
    page.keyboard.press("/")
    page.keyboard.type("j?")
    assert page.input_value("#q") == "j?"
    page.keyboard.press("Tab")
    page.locator("main h1").click()
    page.keyboard.press("?")
    assert page.locator("#keys-help[open] kbd").count() == 6
    assert _violations(page) == []
    page.keyboard.press("Escape")
    assert page.locator("#keys-help[open]").count() == 0


def test_a_row_opens_beside_the_queue_and_escape_returns_to_it(page: Page, staffed: Staffed) -> None:
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(_address("queue", staffed))
    link = page.locator("table[data-keys] tbody th a").first
    link.click()
    page.locator("#panel h1").wait_for()
    assert link.inner_text() in page.locator("#panel h1").inner_text()
    assert page.url.endswith("review?state=all")
    assert _violations(page) == []
    page.keyboard.press("Escape")
    page.wait_for_selector("#panel:not([open])", state="attached")
    assert page.evaluate("document.activeElement.textContent") == link.inner_text()


def test_a_list_without_a_file_of_its_own_offers_what_it_shows(page: Page, staffed: Staffed) -> None:
    page.goto(_address("log", staffed))
    assert page.locator("main button.link-button").count() == 0
    page.evaluate("""async () => {
        document.querySelectorAll("main a[href*='.csv']").forEach((link) => link.remove());
        const office = document.querySelector("script[src*='office.js']").src;
        (await import(office.replace("office.js", "csv.js"))).offerFile(document);
    }""")
    with page.expect_download() as download:
        page.locator("main button.link-button").click()
    rows = download.value.path().read_text(encoding="utf-8-sig").splitlines()
    assert len(rows) == page.locator("main table.sticky tr").count()


def test_an_area_is_dragged_or_chosen_to_another_person(page: Page, staffed: Staffed) -> None:
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(_address("assignments", staffed))
    area, lan, an = staffed.areas[staffed.here.code], staffed.people["lan"], staffed.people["an"]
    card = page.locator(f"[data-area]:has(select[name=to-{area}])")
    card.drag_to(page.locator(f"[data-holder='{an}'] h3"), source_position={"x": 12, "y": 6})
    assert page.input_value(f"select[name=to-{area}]") == str(an)
    assert page.locator(f"[data-holder='{an}'] [data-area]").count() == 2
    assert page.locator("[data-changed]").inner_text().startswith("1 ")
    page.locator(f"select[name=to-{area}]").select_option(str(lan))
    assert page.locator(f"[data-holder='{lan}'] select[name=to-{area}]").count() == 1
    page.locator(f"select[name=to-{area}]").select_option("")
    page.click("#assign button[type=submit]")
    page.wait_for_load_state()
    assert page.locator(f"[data-holder=''] select[name=to-{area}]").count() == 1


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


def test_a_decision_beside_the_queue_goes_on_to_the_next_record_and_the_queue_is_fresh(
    page: Page, staffed: Staffed
) -> None:
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(f"/office/rounds/{staffed.code}/review?state=received")
    waiting = page.locator("table[data-keys] tbody tr").count()
    first = page.locator("table[data-keys] tbody th a").first
    unit = first.inner_text()
    first.click()
    page.locator("#panel button[value=approve]").click()
    page.wait_for_function(
        "unit => !document.querySelector('#panel [data-panel-body]').shadowRoot"
        ".querySelector('h1')?.textContent.includes(unit)",
        arg=unit,
    )
    with page.expect_navigation():
        page.keyboard.press("Escape")
    assert page.locator("table[data-keys] tbody tr").count() == waiting - 1
    assert unit not in page.locator("main").inner_text()


def test_the_overview_follows_what_happens_without_reloading(
    page: Page, served: tuple[str, Staffed], served_database: Database
) -> None:
    made = served[1]
    page.goto(_address("overview", made))
    line = page.locator(f'li[data-live-line="district:{made.there.code}"] [data-live-count=done]')
    waiting = page.locator("[data-live-figure=waiting]")
    done, before = int(line.inner_text()), int(waiting.inner_text())
    page.evaluate("window.unchanged = true")
    with served_database.transaction() as session:
        boss = Actor("account", made.people["statistician"], grants=(RoleGrant("statistician", made.round_id, None),))
        review.reject(session, boss, made.records["waiting-there"], expected_revision=1, remark="Nhầm hộ")
    expect(line).to_have_text(str(done - 1), timeout=15_000)
    expect(waiting).to_have_text(str(before - 1))
    expect(page.locator("[data-live-time]")).to_have_text(re.compile(r"^\d\d:\d\d:\d\d$"))
    expect(page.locator("[data-live-note]")).to_contain_text("8")
    assert page.evaluate("window.unchanged")
    assert _violations(page) == []
