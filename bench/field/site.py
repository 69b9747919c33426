"""A site for measurements, a line as slow as a rural network, and records made in the tablet's own database."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from alembic import command as alembic
from playwright.sync_api import Page, Playwright, sync_playwright

from survey.cli.setup import alembic_config
from survey.model import Revision, Submission
from tests.browser.tablet_site import ROOT, Line, Site

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


class QuickSite(Site):
    """A site whose server is back within milliseconds after it was killed."""

    parent: subprocess.Popen[str] | None = None
    life = 0

    def start(self) -> None:
        """Start a life of the server and wait until it answers."""
        if self.parent is None:
            command = [sys.executable, "-m", "bench.field.stand_in", str(self.port)]
            environment = {**os.environ, "PHIEU_SO_INSTANCE": str(self.folder)}
            pipe = subprocess.PIPE
            self.parent = subprocess.Popen(command, env=environment, cwd=ROOT, stdin=pipe, stdout=pipe, text=True)
        self._say(self.edition)
        self.life = int(self._hear())
        for _ in range(2000):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.005)
        raise TimeoutError("the server did not start")

    def kill(self) -> None:
        """Kill the life of the server as a power cut would."""
        if self.life:
            os.kill(self.life, signal.SIGKILL)
            self._hear()
            self.life = 0

    def heal(self) -> None:
        """Start the server when it is dead, mend the line and forget what was sent so far."""
        if not self.life:
            self.start()
        self.before = (self._count(Submission), self._count(Revision))

    def close(self) -> None:
        """End everything."""
        super().close()
        if self.parent is not None and self.parent.stdin is not None:
            self.parent.stdin.close()
            self.parent.wait()

    def _say(self, line: str) -> None:
        if self.parent is not None and self.parent.stdin is not None:
            self.parent.stdin.write(line + "\n")
            self.parent.stdin.flush()

    def _hear(self) -> str:
        if self.parent is None or self.parent.stdout is None:
            raise RuntimeError("the server has no parent")
        return self.parent.stdout.readline().strip()


@contextlib.contextmanager
def running(*, is_quick: bool = False) -> Iterator[tuple[Playwright, Site, Path]]:
    """Yield a browser driver, a site whose server runs (a quick one can be killed often), and an empty folder."""
    with tempfile.TemporaryDirectory() as name, sync_playwright() as driver:
        folder = Path(name)
        alembic.upgrade(alembic_config(f"sqlite:///{folder / 'template.db'}"), "head")
        site = (QuickSite if is_quick else Site)(folder / "instance", folder / "template.db")
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
