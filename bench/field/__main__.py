"""Weight, cold start, answering, reopening and memory of the tablet's application.

Run: `.venv/bin/python -m bench.field [--records N]`; the soak is `python -m bench.field.soak`.
The line has 400 kbit/s and 300 ms and slows pages and worker alike; the processor of the page is slowed six times by
Chromium. Over plain http a browser takes gzip only; brotli, which a tablet gets over https, is computed.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
from pathlib import Path

from playwright.sync_api import CDPSession, Page

from bench.field.answering import add_hundredth_row, keystroke
from bench.field.site import SlowLine, make_records, running
from survey.app import create_app
from survey.questionnaire.to_client import payload
from survey.questionnaire.xform import compile_form
from survey.web.compress import Packed, pack
from survey.web.tablet.assets import Edition, read_edition
from tests.browser.tablet_site import ROOT, Site, Tablet

_WATCH = """new MutationObserver(() => {
  if (window.seenAt || !document.querySelector('SHOWN')) return
  requestAnimationFrame(() => { window.seenAt ||= performance.now() })
}).observe(document, { childList: true, subtree: true })"""
_BARS = {
    "wire KB": 60,
    "cold start s": 2.5,
    "100th roster row ms": 100,
    "keystroke ms": 50,
    "memory MB": 100,
    "reopened offline s": 0.5,
}


def main() -> None:
    """Measure and print one line a figure, with the bar it is held against."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=200)
    records = parser.parse_args().records
    with running() as (driver, site, folder):
        weigh(site)
        site.line.fetch("GET", "/field/app/", b"", {})
        site.line.sizes.clear()
        SlowLine(site.line, latency=0.3, bytes_per_second=50_000)
        tablet = Tablet(driver, site, folder / "profile")
        cold_start(tablet)
        tablet.enrol_here("an", "204719")
        answer(tablet)
        memory(tablet, records)
        reopen(tablet)
        tablet.close()


def weigh(site: Site) -> None:
    """Print what a first visit and the household questionnaire transfer."""
    app = create_app(site.config)
    with app.test_request_context():
        edition = read_edition(Path(app.static_folder or ""))
    instrument = compile_form(ROOT / "forms/household.csv").instrument
    document = json.dumps(payload(instrument), ensure_ascii=False, separators=(",", ":")).encode()
    parts = {"application": _first_visit(edition), "questionnaire": [pack(document, "application/json")]}
    for name, packed in parts.items():
        print(f"{name}: {_kilobytes(packed, 'brotli')} KB brotli, {_kilobytes(packed, 'gzip')} KB gzip")
    everything = [one for packed in parts.values() for one in packed]
    _against("wire KB", sum(len(one.brotli) for one in everything) / 1000, "brotli")


def _first_visit(edition: Edition) -> list[Packed]:
    """Return what a browser fetches before the application runs from its own cache."""
    return [edition.porch, edition.files["js/field/boot.js"], edition.worker, edition.pack]


def _kilobytes(packed: list[Packed], form: str) -> str:
    return f"{sum(len(getattr(one, form)) for one in packed) / 1000:.1f}"


def cold_start(tablet: Tablet) -> None:
    """Print how long a first visit takes until somebody can type."""
    tablet.page.add_init_script(_WATCH.replace("SHOWN", "input[name=username]"))
    _throttled(tablet.page)
    tablet.page.goto(tablet.site.address, wait_until="commit")
    _against("cold start s", _seen(tablet.page), "400 kbit/s, 300 ms, CPU/6")
    for path, size in tablet.site.line.sizes.items():
        print(f"  {re.sub('[0-9a-f]{12}', '…', path)}: {size:,} bytes")


def answer(tablet: Tablet) -> None:
    """Print how fast the interview answers on the tablet's own page, with the household questionnaire."""
    tablet.site.line.is_cut = True
    _against("100th roster row ms", add_hundredth_row(tablet), "tap to layout, CPU/4")
    taken, blocked = keystroke(tablet)
    _against("keystroke ms", taken, f"key to frame, household of five, CPU/6; longest block after one {blocked:.0f} ms")
    tablet.page.goto(f"{tablet.site.address}#/home")
    tablet.page.locator("#unsent").wait_for()


def reopen(tablet: Tablet) -> None:
    """Print how long the application takes to show the PIN pad without a network, in a browser started that moment."""
    tablet.site.line.is_cut = True
    taken = []
    for _ in range(5):
        tablet.close()
        tablet.open()
        taken.append(_reopened(tablet))
    _against("reopened offline s", sorted(taken)[2], "CPU/6, browser started that moment, median of 5")


def _reopened(tablet: Tablet) -> float:
    tablet.page.add_init_script(_WATCH.replace("SHOWN", ".keys"))
    _throttled(tablet.page)
    tablet.page.goto(tablet.site.address, wait_until="commit")
    return _seen(tablet.page)


def _seen(page: Page) -> float:
    """Return the seconds from the start of the visit until the awaited element stood on the page.

    The driver asks late: asking at once would run the driver's own script of 40 KB in the page while it starts.
    """
    page.wait_for_timeout(2000)
    page.wait_for_function("() => window.seenAt", timeout=60_000)
    return float(page.evaluate("() => window.seenAt")) / 1000


def memory(tablet: Tablet, records: int) -> None:
    """Print what the page holds with queued records, and how fast they are sent."""
    tablet.site.line.is_cut = True
    make_records(tablet.page, records)
    tablet.page.reload()
    tablet.press("204719")
    tablet.wait_unsent(records)
    link = tablet.context.new_cdp_session(tablet.page)
    link.send("HeapProfiler.collectGarbage")
    heap = _heap(link)
    renderer = _renderer_megabytes(tablet.profile)
    _against(
        "memory MB", renderer, f"private memory of the page's process; script heap {heap:.1f} MB; {records} queued"
    )


def _throttled(page: Page) -> None:
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": 6})


def _heap(link: CDPSession) -> float:
    link.send("Performance.enable")
    metrics = {one["name"]: one["value"] for one in link.send("Performance.getMetrics")["metrics"]}
    return float(metrics["JSHeapUsedSize"]) / 1e6


def _renderer_megabytes(profile: Path) -> float:
    """Return the private memory of the largest renderer of a profile's browser."""
    listed = subprocess.run(["pgrep", "-f", f"type=renderer.*{profile}"], capture_output=True, text=True, check=False)
    found = [0.0]
    for number in listed.stdout.split():
        text = Path(f"/proc/{number}/smaps_rollup").read_text(encoding="ascii")
        found.append(sum(int(size) for size in re.findall(r"^Private_\w+:\s+(\d+) kB", text, re.MULTILINE)) / 1000)
    return max(found)


def _against(name: str, value: float, remark: str) -> None:
    verdict = "holds" if value < _BARS[name] else "MISSED"
    print(f"{name}: {value:.2f} (bar {_BARS[name]}: {verdict}) {remark}")


if __name__ == "__main__":
    main()
