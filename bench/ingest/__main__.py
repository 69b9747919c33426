"""Ingest over OpenRosa with full durability and everything that `receive` does, on PostgreSQL and on SQLite.

Run: `.venv/bin/python -m bench.ingest [--records N] [--clients N] [--workers N] [--threads N] [--database …]`, with
`--plain` for the short household of 12 and 5 × 14 questions that the bar names, or with `--kill` (the server is killed
while clients send), `--identical` (20 identical posts at once, 25 times), `--start` (how long the server takes to
answer). Peer (cannot run here): ODK Central with 4 workers on 2 cores takes 33 to 62 a
second for long and 40 to 120 while clients run, and spends 20 to 30 ms of CPU a submission.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from alembic import command as alembic
from sqlalchemy import func, select

from bench.ingest import households, load, plain, server
from survey.cli.setup import alembic_config
from survey.config import write_default
from survey.db import Database
from survey.model import Revision
from survey.model.actor import SYSTEM
from survey.operations import accounts, devices
from survey.questionnaire import instance
from tests.killed_server import Server, run
from tests.postgres import Cluster


@dataclass(frozen=True)
class Site:
    """A prepared instance: its folder, database, submission path, and the database server's process (0: none)."""

    kind: str
    folder: Path
    url: str
    path: str
    process: int


def main() -> None:
    """Measure each database and print a line for it."""
    options = _options()
    measure = {"kill": _kill, "identical": _identical, "start": _start}.get(options.what, _rate)
    with tempfile.TemporaryDirectory() as form:
        documents, publish = (
            plain.prepare(options.records, Path(form)) if options.plain else households.prepare(options.records)
        )
        print(f"{options.records} records of {len(documents[0]):,} bytes, {options.clients} clients")
        for kind in options.database:
            with tempfile.TemporaryDirectory() as folder, _database(kind, Path(folder)) as (url, process):
                site = Site(kind, Path(folder), url, _prepare(Path(folder), url, publish), process)
                print(f"{kind:10}  {measure(site, documents, options)}")


def _rate(site: Site, documents: list[bytes], options: argparse.Namespace) -> str:
    """Send every document once; return rate, response times, CPU a submission and what was stored."""
    with server.running(site.folder, site.url, *_serving(options)) as (application, port):
        load.send(port, site.path, documents[:50], 2)
        roots = [application.pid, *([site.process] if site.process else [])]
        before = [server.cpu_seconds(root) for root in roots]
        outcome = load.send(port, site.path, documents[50:], options.clients)
        used = [server.cpu_seconds(root) - start for root, start in zip(roots, before, strict=True)]
    each = [1000 * seconds / len(outcome.times) for seconds in used]
    return (
        f"{outcome.rate:7.0f}/s  p50 {outcome.quantile(0.5):6.1f} ms  p95 {outcome.quantile(0.95):6.1f} ms  "
        f"CPU {sum(each):5.2f} ms each ({' + '.join(f'{one:.2f}' for one in each)})  {dict(outcome.statuses)}  "
        f"stored {_stored(site.url)} of {len(documents)}"
    )


def _kill(site: Site, documents: list[bytes], options: argparse.Namespace) -> str:
    """Kill the server while clients send and retry; return what was lost, doubled or changed."""
    named = {instance.parse(document).instance_id: document for document in documents}
    outcome = run(Server(site.folder, site.url, *_serving(options)), site.path, named, site.url, kills=options.kills)
    return (
        f"killed {outcome.kills} times, {len(outcome.acknowledged)} acknowledged {dict(outcome.statuses)}, "
        f"{outcome.retries} tries again: {outcome.lost} lost, {outcome.doubled} doubled, {outcome.changed} changed, "
        f"{outcome.broken_events} events of the log broken"
    )


def _identical(site: Site, documents: list[bytes], options: argparse.Namespace) -> str:
    """Post the same document 20 times at once, in 25 rounds; return how often each status came."""
    statuses: Counter[int] = Counter()
    with server.running(site.folder, site.url, *_serving(options)) as (_, port), ThreadPoolExecutor(20) as pool:
        for document in documents[:25]:
            for outcome in pool.map(lambda one: load.send(port, site.path, [one], 1), [document] * 20):
                statuses += outcome.statuses
    return f"{dict(statuses)}, stored {_stored(site.url)}"


def _start(site: Site, _documents: list[bytes], options: argparse.Namespace) -> str:
    """Start the server five times; return the seconds until it answers, and the CPU seconds of all its processes."""
    seconds, used = [], []
    for _ in range(5):
        begin = time.perf_counter()
        with server.running(site.folder, site.url, *_serving(options)) as (application, _port):
            seconds.append(time.perf_counter() - begin)
            used.append(server.cpu_seconds(application.pid))
    return f"answers after {min(seconds):.2f} to {max(seconds):.2f} s, CPU {min(used):.2f} to {max(used):.2f} s"


def _serving(options: argparse.Namespace) -> list[str]:
    """Return the options of `survey serve`."""
    return ["--workers", str(options.workers), "--threads", str(options.threads)]


def _prepare(folder: Path, url: str, publish: Callable) -> str:  # type: ignore[type-arg]
    """Migrate, publish the questionnaire in an open round and enrol a device; return its submission path."""
    write_default(folder)
    for name in ("media", "snapshots", "reports"):
        (folder / name).mkdir(exist_ok=True)
    alembic.upgrade(alembic_config(url), "head")
    database = Database(url)
    with database.transaction() as session:
        publish(session)
        account = accounts.create_account(session, SYSTEM, username="bench", name="Bench", password="bench-bench")
        accounts.grant_role(session, SYSTEM, account.id, "enumerator")
        _, token = devices.enrol(session, SYSTEM, account_id=account.id, name="bench")
    database.dispose()
    return f"/openrosa/key/{token}/submission"


def _stored(url: str) -> int:
    """Return the number of stored versions."""
    database = Database(url)
    with database.reading() as session:
        count = session.scalar(select(func.count()).select_from(Revision)) or 0
    database.dispose()
    return count


@contextmanager
def _database(kind: str, folder: Path) -> Iterator[tuple[str, int]]:
    """Yield the address of a durable database and its server's process (0 for SQLite)."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'survey.db'}", 0
        return
    cluster = Cluster(durable=True)
    try:
        yield cluster.start(), cluster.process
    finally:
        cluster.stop()


def _options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=3000)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--threads", type=int, default=8)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--database", nargs="+", default=["postgresql", "sqlite"])
    parser.add_argument("--plain", action="store_true", help="the short household of the bar, not our questionnaire")
    for what in ("kill", "identical", "start"):
        parser.add_argument(f"--{what}", dest="what", action="store_const", const=what)
    return parser.parse_args()


if __name__ == "__main__":
    main()
