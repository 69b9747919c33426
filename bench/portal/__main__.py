"""Run `python -m bench.portal fill|kill|page`: saves of many at once, a draft after kill -9, the longest page."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
from alembic import command as alembic
from sqlalchemy import select

from bench.ingest.server import cpu_seconds, running
from bench.portal.browser import Respondent
from bench.portal.page import page
from bench.portal.round import Firm, firms
from survey.cli.setup import alembic_config
from survey.config import write_default
from survey.db import Database
from survey.model import Draft
from tests.postgres import Cluster


def fill(count: int, seconds: int, pause: float) -> None:
    """Let enterprises save on PostgreSQL, one save each in every `pause` seconds, and compare with what is stored.

    All of them open their page first; the processor time is that of the server's processes from then on, without the
    database's own.
    """
    cluster = Cluster(durable=True)
    url = cluster.start()
    try:
        with tempfile.TemporaryDirectory() as folder:
            _fill(Path(folder), url, count, seconds, pause)
    finally:
        cluster.stop()


def _fill(folder: Path, url: str, count: int, seconds: int, pause: float) -> None:
    write_default(folder)
    alembic.upgrade(alembic_config(url), "head")
    database = Database(url)
    found = firms(database, count)
    took: list[float] = []
    acknowledged: dict[str, str] = {}
    failed: list[str] = []

    def work(number: int, firm: Firm, port: int, ready: threading.Barrier) -> None:
        respondent = Respondent(port, firm.token)
        time.sleep(pause * number / count)
        try:
            respondent.open()
            ready.wait()
            until, value = time.monotonic() + seconds, 0
            time.sleep(pause * number / count)
            while time.monotonic() < until:
                value += 1
                took.append(respondent.save(str(value)))
                acknowledged[firm.draft_id] = str(value)
                time.sleep(max(0.0, pause - took[-1]))
        except (OSError, RuntimeError, ValueError) as error:
            ready.abort()
            failed.append(str(error))

    with running(folder, url) as (process, port):
        ready = threading.Barrier(count + 1)
        threads = [threading.Thread(target=work, args=(n, f, port, ready)) for n, f in enumerate(found)]
        for thread in threads:
            thread.start()
        ready.wait()
        before = cpu_seconds(process.pid)
        for thread in threads:
            thread.join()
        used = cpu_seconds(process.pid) - before
    with database.reading() as session:
        kept = {draft.id: draft.answers["interview"]["enterprise"] for draft in session.scalars(select(Draft))}
    lost = [key for key, value in acknowledged.items() if kept[key].get("employees") != value]
    database.dispose()
    p50, p95, p99 = np.percentile(np.array(took) * 1000, [50, 95, 99])
    print(
        f"{count} enterprises, {len(took)} saves in {seconds} s: p50 {p50:.0f} ms, p95 {p95:.0f} ms, p99 {p99:.0f} ms"
    )
    print(f"server CPU {used:.1f} s = {1000 * used / len(took):.1f} ms a save; lost {len(lost)}, failed {len(failed)}")
    if failed:
        print(f"first failure: {failed[0]}")


def kill() -> None:
    """Kill the server with SIGKILL right after a save is acknowledged and read the draft again, on SQLite."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_default(folder)
        url = f"sqlite:///{folder / 'survey.db'}"
        alembic.upgrade(alembic_config(url), "head")
        [firm] = firms(Database(url), 1)
        survived = 0
        for value in range(1, 4):
            with running(folder, url) as (process, port):
                respondent = Respondent(port, firm.token)
                respondent.shown = str(value - 1) if value > 1 else ""
                respondent.open()
                respondent.save(str(value))
                for pid in _family(process.pid):
                    os.kill(pid, signal.SIGKILL)
            with Database(url).reading() as session:
                stored = session.get_one(Draft, firm.draft_id).answers["interview"]["enterprise"]["employees"]
            survived += stored == str(value)
        print(f"kill -9 after an acknowledged save: {survived} of 3 drafts as saved")


def _family(pid: int) -> list[int]:
    """Return a process and everything that it started."""
    listed = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False).stdout.split()
    return [pid, *(child for each in listed for child in _family(int(each)))]


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="bench.portal")
    parser.add_argument("what", choices=("fill", "kill", "page"))
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--pause", type=float, default=5.0)
    given = parser.parse_args()
    if given.what == "fill":
        fill(given.count, given.seconds, given.pause)
    elif given.what == "kill":
        kill()
    else:
        page()


if __name__ == "__main__":
    main()
