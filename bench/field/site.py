"""A site for measurements, a line as slow as a rural network, and records made in the tablet's own database."""

from __future__ import annotations

import contextlib
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from alembic import command as alembic
from playwright.sync_api import Page, Playwright, sync_playwright

from survey.cli.setup import alembic_config
from tests.browser.tablet_site import Line, Site

_SLICE = 1500
"""Bytes that one answer may send before others have their turn, as packets would."""

_MAKE = """async ([count, withFile]) => {
  const base = document.body.dataset.base + '/js/field/'
  const [{ app }, records, work, { Interview }] = await Promise.all(
    ['main.js', 'records.js', 'work.js', 'interview.js'].map(name => import(base + name)))
  const place = app.work.places[0], stop = place.stops[0], form = app.work.forms.find(one => one.round === place.round)
  const model = await work.model(form.id), made = []
  for (let i = 0; i < count; i++) {
    const record = await records.create(app.session, { unit: stop.id, round: place.round, form: form.id },
      { code: stop.code, known: stop.known })
    const interview = new Interview(app.session, record, model, null)
    interview.set('head/size', String(1 + i % 9))
    interview.set('head/name', 'Người thứ ' + i)
    if (withFile) {
      const bytes = crypto.getRandomValues(new Uint8Array(2000 + i * 911 % 30000))
      const name = record.row.id + '.jpg'
      await records.putFile(app.session, record.row.id, name, new Blob([bytes], { type: 'image/jpeg' }))
      interview.set('head/photo', name)
    }
    await interview.keep()
    await interview.finish()
    made.push(interview.content.instance)
  }
  return made
}"""


def make_records(page: Page, count: int, *, with_file: bool = False) -> list[str]:
    """Finish interviews of the first household in the page that is unlocked; return their identifiers."""
    made: list[str] = page.evaluate(_MAKE, [count, with_file])
    return made


@contextlib.contextmanager
def running() -> Iterator[tuple[Playwright, Site, Path]]:
    """Yield a browser driver, a site whose server runs, and an empty folder."""
    with tempfile.TemporaryDirectory() as name, sync_playwright() as driver:
        folder = Path(name)
        alembic.upgrade(alembic_config(f"sqlite:///{folder / 'template.db'}"), "head")
        site = Site(folder / "instance", folder / "template.db")
        site.heal()
        try:
            yield driver, site, folder
        finally:
            site.close()


class SlowLine:
    """Makes a line answer late and share a narrow band; a stand-in for a network that also slows the worker."""

    def __init__(self, line: Line, *, latency: float, bytes_per_second: float) -> None:
        self.latency = latency
        self.rate = bytes_per_second
        self.busy = threading.Lock()
        self.fetch = line.fetch
        line.fetch = self._slowly  # type: ignore[method-assign]

    def _slowly(
        self, method: str, path: str, body: bytes, headers: dict[str, str]
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        found = self.fetch(method, path, body, headers)
        time.sleep(self.latency)
        left = len(found[2]) + len(body) + 400
        while left > 0:
            with self.busy:
                time.sleep(min(left, _SLICE) / self.rate)
            left -= _SLICE
        return found
