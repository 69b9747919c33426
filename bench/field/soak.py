"""Finishes interviews and sends them while everything fails at random; then counts: none lost, none twice, none empty.

Run: `.venv/bin/python -m bench.field.soak [--faults N] [--seed N]`. Faults: a request that never arrives or breaks off
at any byte, a reply that is lost or breaks off at any byte, a server killed before, while or after it commits, a page
crashed, a browser killed, two windows that send at once, a new edition taking over, a full disk, a clock that jumps.
Each round prints a line; five minutes without one end the run with the stack of every thread.
"""

from __future__ import annotations

import argparse
import faulthandler
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Playwright

from bench.field.site import make_records, running
from bench.field.verdict import verdict
from tests.browser.tablet_site import PIN, Site, Tablet

_MODULES = "Promise.all(['main', 'records'].map(one => import(document.body.dataset.base + `/js/field/${one}.js`)))"
_SEND = f"""async tries => {{
  const [{{ app }}, {{ queue }}] = await {_MODULES}
  for (; tries > 0; tries--) {{
    app.sender.pause = 1
    await app.sender.send()
    if (!(await queue(app.session.person.id)).length) return
    await new Promise(resolve => setTimeout(resolve, 3))
  }}
}}"""
_JUMP = "hours => { const now = Date.now.bind(Date); Date.now = () => now() + hours * 3_600_000 }"
_UPDATE = "() => navigator.serviceWorker.getRegistration().then(found => found.update()).then(() => 0, () => 0)"
_BATCH = 10
_TRIES = 25
_CUTS = ("before", "after", "request", "request", "reply", "reply")
_KILLS = 1 / 25
_SILENCE = 300
"""Seconds after which a step that does not end is a hang: the run stops and prints where it stands."""

_START = f"() => {{ ({_SEND})({_TRIES}).catch(() => {{}}) }}"


class Soak:
    """One tablet, one server, and a source of misfortune."""

    def __init__(self, driver: Playwright, site: Site, folder: Path, seed: int) -> None:
        self.site = site
        self.chance = random.Random(seed)
        self.met: Counter[str] = Counter()
        self.made: set[str] = set()
        self.is_armed = False
        self.reviving = threading.Lock()
        site.line.fault = self.fault
        site.line.on_fault = self.perhaps_kill
        self.tablet = Tablet(driver, site, folder / "profile")
        self.tablet.enrol()
        self.steps: dict[str, tuple[int, Callable[[], None]]] = {
            "sent through": (60, self._send),
            "page left": (8, self._leave),
            "page crashed": (5, self._crash),
            "two windows": (6, self._two_windows),
            "disk full": (8, self._fill_disk),
            "clock jumped": (6, self._jump),
            "edition changed": (3, self._change_edition),
            "browser killed": (3, self._kill_browser),
        }

    def fault(self, method: str, path: str) -> str:
        """Decide what befalls one request."""
        if not self.is_armed or method not in {"PUT", "POST"} or self.chance.random() > 0.6:
            return ""
        kind = self.chance.choice(_CUTS)
        what = "file" if "/files/" in path else "record" if "/records/" in path else "hello"
        self.met[f"{what}: {kind}"] += 1
        if self.chance.random() < _KILLS:
            self.met["server killed while it works"] += 1
            threading.Timer(self.chance.random() / 50, self.revive).start()
        return f"{kind} {self.chance.random() ** 0.5:.4f}" if kind in {"request", "reply"} else kind

    def perhaps_kill(self) -> None:
        """Kill the server at one fault in twenty-five: before it has the request, or after it has committed."""
        if self.chance.random() < _KILLS:
            self.met["server killed before or after"] += 1
            self.revive()

    def revive(self) -> None:
        """Kill the server and start it again."""
        with self.reviving:
            self.site.kill()
            self.site.start()

    def round(self) -> None:
        """Finish a few interviews and send them under fire."""
        self.made |= set(make_records(self.tablet.page, _BATCH, with_file=self.chance.random() < 0.7))
        self.is_armed = True
        for _ in range(4):
            names, weights = zip(*((name, weight) for name, (weight, _) in self.steps.items()), strict=True)
            name = self.chance.choices(names, weights)[0]
            if name != "sent through":
                self.met[name] += 1
            try:
                self.steps[name][1]()
            except PlaywrightError:
                self._unlock()
        self.is_armed = False

    def _send(self) -> None:
        self.tablet.page.evaluate(_SEND, _TRIES)

    def _leave(self) -> None:
        self._begin_sending()
        self._unlock()

    def _begin_sending(self) -> None:
        self.tablet.page.evaluate(_START)
        time.sleep(self.chance.random() / 4)

    def _crash(self) -> None:
        self._begin_sending()
        dead, self.tablet.page = self.tablet.page, self.tablet.context.new_page()
        try:
            dead.goto("chrome://crash", timeout=2000)
        except PlaywrightError:
            dead.close()
        self._unlock()

    def _two_windows(self) -> None:
        first, second = self.tablet.page, self.tablet.context.new_page()
        self.tablet.page = second
        self._unlock()
        self.tablet.page = first
        self._begin_sending()
        second.evaluate(_SEND, _TRIES)
        second.close()

    def _fill_disk(self) -> None:
        link = self.tablet.context.new_cdp_session(self.tablet.page)
        origin = self.site.address.removesuffix("/field/app/")
        link.send("Storage.overrideQuotaForOrigin", {"origin": origin, "quotaSize": 1000})
        try:
            self.tablet.page.evaluate(_SEND, 5)
        finally:
            link.send("Storage.overrideQuotaForOrigin", {"origin": origin})

    def _jump(self) -> None:
        self.tablet.page.evaluate(_JUMP, self.chance.choice([-50_000, -24, -1, 1, 24, 9000]))
        self._send()

    def _change_edition(self) -> None:
        self.site.edition = f"e{self.met['edition changed']}"
        self.revive()
        self._begin_sending()
        self.tablet.page.evaluate(_UPDATE)
        self._unlock()

    def _kill_browser(self) -> None:
        self._begin_sending()
        self.tablet.kill()
        self.tablet.open()
        self._unlock()

    def _unlock(self) -> None:
        armed, self.is_armed = self.is_armed, False
        for _ in range(3):
            try:
                self.tablet.page.goto("about:blank")
                self.tablet.page.goto(self.site.address)
                self.tablet.press(PIN)
                self.tablet.page.locator("#unsent").wait_for(timeout=5000)
                break
            except PlaywrightError:
                self.tablet.page = self.tablet.context.new_page()
        self.is_armed = armed

    def drain(self) -> None:
        """Let everything arrive in peace, in a page that never met a fault."""
        self.is_armed = False
        self.revive()
        self._unlock()
        self.tablet.page.evaluate(_SEND, 200)
        self.tablet.wait_unsent(0, timeout=120_000)


def main() -> None:
    """Inject at least the wanted number of faults and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--faults", type=int, default=500)
    parser.add_argument("--seed", type=int, default=128)
    options = parser.parse_args()
    faulthandler.dump_traceback_later(_SILENCE, exit=True)
    with running(is_quick=True) as (driver, site, folder):
        soak = Soak(driver, site, folder, options.seed)
        begun = time.monotonic()
        while soak.met.total() < options.faults:
            faulthandler.dump_traceback_later(_SILENCE, exit=True)
            soak.round()
            print(f"{time.monotonic() - begun:6.0f} s: {soak.met.total()} faults, {len(soak.made)} records", flush=True)
        soak.drain()
        faulthandler.cancel_dump_traceback_later()
        print(f"{soak.met.total()} faults in {time.monotonic() - begun:.0f} s, seed {options.seed}")
        for name, count in sorted(soak.met.items()):
            print(f"  {name}: {count}")
        found = verdict(site, soak.made)
        print(", ".join(f"{name} {count}" for name, count in found.items()))
        soak.tablet.close()
        if found["lost"] or found["twice"] or found["held"] or found["files missing, empty or other"]:
            raise SystemExit(1)


if __name__ == "__main__":
    main()
