"""The weight and speed of the longest section for a browser on a slow line, at its first visit and again."""

from __future__ import annotations

import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

from alembic import command as alembic
from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

from bench.ingest.server import running
from bench.portal.round import Firm, sections
from survey.cli.setup import alembic_config
from survey.config import write_default
from survey.db import Database
from tests.browser.live import ARGUMENTS, CHROMIUM

_LINE = {"offline": False, "latency": 300, "downloadThroughput": 50_000, "uploadThroughput": 50_000}
_PAINT = "() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
_ADDRESS = "/portal/questionnaire/section/"


def page(count: int = 5) -> None:
    """Load the longest section in Chromium at 400 kbit/s and 300 ms and say bytes and times, the median of some visits.

    The server has answered once before: what it makes at its first request is made. The line is that of the browser's
    developer tools, where the wait comes before every reply and opening a connection costs nothing.
    """
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        write_default(folder)
        url = f"sqlite:///{folder / 'survey.db'}"
        alembic.upgrade(alembic_config(url), "head")
        found = sections(Database(url))
        with running(folder, url, "--workers", "1") as (_process, port):
            root = f"http://127.0.0.1:{port}"
            weights = {at: _weight(root + _ADDRESS + part, firm) for at, (firm, part) in enumerate(found)}
            firm, part = found[max(weights, key=weights.__getitem__)]
            print(f"longest of {len(found)} sections: {part}, {max(weights.values())} bytes of HTML")
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
            visits = [_visits(browser, root, part, firm) for _ in range(count + 1)][1:]
            for at, title in enumerate(("first visit", "next section or return")):
                _say(title, sorted((visit[at] for visit in visits), key=lambda seen: float(seen["live"])))
            browser.close()


def _weight(address: str, firm: Firm) -> int:
    """Return how many bytes a section's page has before compression."""
    request = urllib.request.Request(address, headers={"Cookie": f"session={firm.token}"})
    with urllib.request.urlopen(request) as answer:
        return len(answer.read())


def _visits(browser: Browser, root: str, part: str, firm: Firm) -> list[dict[str, Any]]:
    """Visit a section with an empty cache and then with a full one; return what each took."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.add_cookies([{"name": "session", "value": firm.token, "url": root}])
    tab = context.new_page()
    devtools = context.new_cdp_session(tab)
    devtools.send("Network.enable")
    devtools.send("Network.emulateNetworkConditions", _LINE)
    seen = [_visit(tab, devtools, root + _ADDRESS + part) for _ in range(2)]
    context.close()
    return seen


def _visit(tab: Page, devtools: CDPSession, address: str) -> dict[str, Any]:
    received: list[float] = []
    requests: dict[str, list[Any]] = {}
    devtools.on("Network.requestWillBeSent", lambda e: requests.update({e["requestId"]: [e["request"]["url"], e]}))
    devtools.on("Network.loadingFinished", lambda e: received.append(e["encodedDataLength"]))
    devtools.on("Network.loadingFinished", lambda e: requests.get(e["requestId"], []).append(e))
    start = time.perf_counter()
    tab.goto(address, wait_until="commit")
    tab.wait_for_function(_PAINT)
    tab.wait_for_selector("html[data-live]")
    live = time.perf_counter() - start
    tab.wait_for_load_state("networkidle")
    whole = [r for r in requests.values() if len(r) == 3]
    first = min(r[1]["timestamp"] for r in whole)
    return {
        "bytes": sum(received),
        "paint": tab.evaluate(_PAINT) / 1000,
        "live": live,
        "chain": [
            f"{r[0].rsplit('/', 1)[-1]:20} {r[1]['timestamp'] - first:5.2f} to {r[2]['timestamp'] - first:5.2f} s, "
            f"{r[2]['encodedDataLength'] / 1000:5.1f} kB"
            for r in whole
        ],
    }


def _say(title: str, seen: list[dict[str, Any]]) -> None:
    middle = seen[len(seen) // 2]
    print(
        f"{title}: {middle['bytes'] / 1000:.1f} kB, form on the screen and usable {middle['paint']:.2f} s, "
        f"scripts live {middle['live']:.2f} s (of {len(seen)} visits: {seen[0]['live']:.2f} to {seen[-1]['live']:.2f})"
    )
    for line in middle["chain"]:
        print(f"  {line}")
