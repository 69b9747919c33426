"""A running site over a staged round and a Chromium to visit it with: what journeys in the browser need."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, Page, sync_playwright
from werkzeug.serving import make_server

from survey.db import Database
from tests.web.filling import PASSWORD, Scene, stage

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WCAG = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
Opener = Callable[..., Page]


@dataclass(frozen=True)
class Site:
    """The address of a running site and what is in it."""

    url: str
    scene: Scene
    database: Database


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Return one browser for a module."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def site(app: Flask) -> Iterator[Site]:
    """Return a site that serves from a thread until the test is over."""
    database: Database = app.extensions["survey.db"]
    scene = stage(database)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Site(f"http://127.0.0.1:{server.server_port}", scene, database)
    server.shutdown()
    thread.join(timeout=5)
    server.server_close()


@pytest.fixture
def opener(chromium: Browser, site: Site) -> Iterator[Opener]:
    """Return a function that opens a page of its own; errors of scripts and of the security policy fail the test."""
    contexts, wrong = [], []

    def note(kind: str, text: str) -> None:
        expected = "status of 4" in text or "ERR_INTERNET_DISCONNECTED" in text or "ERR_CONNECTION" in text
        if kind == "error" and not expected:
            wrong.append(text)

    def open_page(*, scripts: bool = True, width: int = 800, height: int = 1280) -> Page:
        context = chromium.new_context(
            viewport={"width": width, "height": height}, java_script_enabled=scripts, locale="vi-VN", base_url=site.url
        )
        context.set_default_timeout(10_000)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: note(message.type, message.text))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not wrong


def as_enumerator(page: Page) -> Page:
    """Sign the enumerator in."""
    page.goto("/auth/sign-in")
    page.fill("[name=username]", "dieutra")
    page.fill("[name=password]", PASSWORD)
    page.click("main button[type=submit]")
    return page


def as_unit(page: Page, code: str) -> Page:
    """Enter the portal with the code of a letter."""
    page.goto("/portal/")
    page.fill("#login", getattr(code, "login", ""))
    page.fill("#code", code)
    page.click("form.code-entry button[type=submit]")
    return page


def press_continue(page: Page) -> None:
    """Press Continue and wait for the next page."""
    with page.expect_navigation():
        page.click(".fill__next")


def pick(page: Page, name: str, value: str) -> None:
    """Choose an answer."""
    page.check(f'input[name="{name}"][value="{value}"]')


def assert_accessible(page: Page) -> None:
    """Fail on any violation that axe finds on the page, drawn whole: what a sticky bar hides can be scrolled to."""
    size = page.viewport_size or {"width": 1280, "height": 720}
    whole = page.evaluate("document.documentElement.scrollHeight")
    page.set_viewport_size({"width": size["width"], "height": max(size["height"], whole)})
    results = Axe().run(page, options=WCAG)
    page.set_viewport_size(size)
    assert results.violations_count == 0, results.generate_report()
