"""The JavaScript engine in a real Chromium: one page, no network, the modules served from the source tree."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, Route, sync_playwright

ENGINE = Path(__file__).parents[2] / "survey" / "static" / "js" / "engine"
CHROMIUM = Path("/usr/bin/chromium")
_QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]
_SETUP = """async () => {
  for (const name of ['form', 'closure', 'value']) Object.assign(window, await import(`/${name}.js`))
}"""


@contextmanager
def engine_page() -> Iterator[Page]:
    """Open a page whose global names are the exports of the engine."""
    with sync_playwright() as playwright:
        path = str(CHROMIUM) if CHROMIUM.exists() else None
        browser = playwright.chromium.launch(executable_path=path, args=_QUIET)
        page = browser.new_page()
        page.route("**/*", _serve)
        page.goto("http://engine.test/")
        page.evaluate(_SETUP)
        yield page
        browser.close()


def _serve(route: Route) -> None:
    name = route.request.url.rsplit("/", 1)[1]
    if name:
        route.fulfill(path=ENGINE / name, content_type="text/javascript")
    else:
        route.fulfill(body="<!doctype html><title>engine</title>", content_type="text/html")


def run(page: Page, script: str, **given: Any) -> Any:
    """Run a script body with the given values as its variables."""
    return page.evaluate(f"async ({{ {', '.join(given)} }}) => {{ {script} }}", given)
