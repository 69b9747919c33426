"""Finishes interviews and sends them while everything fails at random; then counts: none lost, none twice, none empty.

Run: `.venv/bin/python -m bench.field.soak [--faults N] [--seed N]`. A fault is a request that never arrives, a reply
that never comes back, a server killed before or after it has committed, a browser killed, a page reloaded while it
sends, or two windows sending at once.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import time
from collections import Counter
from pathlib import Path

from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Playwright
from sqlalchemy import select

from bench.field.site import make_records, running
from survey.model import Attachment, Quarantine, Revision
from tests.browser.tablet_site import PIN, Site, Tablet

_SEND = "import(document.body.dataset.base + '/js/field/main.js').then(({ app }) => app.sender.send())"
_START = "import(document.body.dataset.base + '/js/field/main.js').then(({ app }) => { app.sender.send() })"
_BATCH = 10


class Soak:
    """One tablet, one server, and a source of misfortune."""

    def __init__(self, driver: Playwright, site: Site, folder: Path, seed: int) -> None:
        self.site = site
        self.chance = random.Random(seed)
        self.met: Counter[str] = Counter()
        self.made: set[str] = set()
        self.dead = False
        site.line.fault = self.fault
        site.line.on_fault = self.perhaps_kill
        self.armed = False
        self.tablet = Tablet(driver, site, folder / "profile")
        self.tablet.enrol()

    def fault(self, method: str, path: str) -> str:
        """Decide what befalls one request."""
        if not self.armed or method not in {"PUT", "POST"} or self.chance.random() > 0.35:
            return ""
        kind = self.chance.choice(["before", "after"])
        what = "file" if "/files/" in path else "record" if "/records/" in path else "hello"
        self.met[f"{what} cut {kind}"] += 1
        return kind

    def perhaps_kill(self) -> None:
        """Kill the server at one fault in twelve."""
        if self.chance.random() < 1 / 12:
            self.met["server killed"] += 1
            self.dead = True
            self.site.kill()

    def round(self) -> None:
        """Finish a few interviews and try to send them under fire."""
        self.made |= set(make_records(self.tablet.page, _BATCH, with_file=self.chance.random() < 0.5))
        self.armed = True
        for _ in range(12):
            self._step()
            if self.dead:
                self.site.start()
                self.dead = False
        self.armed = False

    def _step(self) -> None:
        page, dice = self.tablet.page, self.chance.random()
        try:
            if dice < 0.05:
                self._kill_browser()
            elif dice < 0.10:
                page.evaluate(_START)
                self._reload()
            elif dice < 0.16:
                self._two_windows()
            else:
                page.evaluate(_SEND)
        except PlaywrightError:
            self._reload()

    def _kill_browser(self) -> None:
        self.met["browser killed"] += 1
        self.tablet.page.evaluate(_START)
        time.sleep(self.chance.random() / 5)
        self.tablet.kill()
        self.tablet.open()
        self._unlock()

    def _reload(self) -> None:
        self.met["page reloaded"] += 1
        self._unlock()

    def _unlock(self) -> None:
        self.tablet.page.goto("about:blank")
        self.tablet.page.goto(self.site.address)
        self.tablet.press(PIN)
        self.tablet.page.locator("#unsent").wait_for()

    def _two_windows(self) -> None:
        self.met["two windows"] += 1
        first, second = self.tablet.page, self.tablet.context.new_page()
        self.tablet.page = second
        self._unlock()
        self.tablet.page = first
        first.evaluate(_START)
        second.evaluate(_SEND)
        second.close()

    def drain(self) -> None:
        """Let everything arrive in peace."""
        self.armed = False
        for _ in range(3):
            self.tablet.page.evaluate(_SEND)
        self.tablet.wait_unsent(0, timeout=120_000)

    def verdict(self) -> dict[str, int]:
        """Compare what was finished with what the server has."""
        with self.site.database.reading() as session:
            query = select(Revision.id, Revision.instance_id).where(Revision.instance_id.in_(self.made))
            found = {instance: number for number, instance in session.execute(query)}
            files = (
                session.execute(select(Attachment).where(Attachment.revision_id.in_(found.values()))).scalars().all()
            )
            held = len(session.scalars(select(Quarantine)).all())
            twice = self.site.revisions() - len(found)
        return {
            "finished": len(self.made),
            "lost": len(self.made - set(found)),
            "twice": twice,
            "held": held,
            "files": len(files),
            "files empty or other": sum(not self._is_whole(file) for file in files),
        }

    def _is_whole(self, file: Attachment) -> bool:
        if not file.sha256:
            return False
        path = self.site.config.media / file.sha256[:2] / file.sha256
        return path.exists() and hashlib.sha256(path.read_bytes()).hexdigest() == file.sha256 and bool(file.size)


def main() -> None:
    """Inject at least the wanted number of faults and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--faults", type=int, default=100)
    parser.add_argument("--seed", type=int, default=128)
    options = parser.parse_args()
    with running() as (driver, site, folder):
        soak = Soak(driver, site, folder, options.seed)
        begun = time.monotonic()
        while sum(soak.met.values()) < options.faults:
            soak.round()
        soak.drain()
        print(f"{sum(soak.met.values())} faults in {time.monotonic() - begun:.0f} s, seed {options.seed}")
        for name, count in sorted(soak.met.items()):
            print(f"  {name}: {count}")
        verdict = soak.verdict()
        print(", ".join(f"{name} {count}" for name, count in verdict.items()))
        soak.tablet.close()
        if verdict["lost"] or verdict["twice"] or verdict["files empty or other"]:
            raise SystemExit(1)


if __name__ == "__main__":
    main()
