"""Ingest over OpenRosa with full durability and everything that `receive` does, on PostgreSQL and on SQLite.

Run: `.venv/bin/python -m bench.ingest [--records N] [--clients N] [--workers N] [--database sqlite|postgresql]`.
Peer (cannot run here): ODK Central with 4 workers on 2 cores takes 40 to 120 a second while clients run and spends
20 to 30 ms of CPU a submission.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command as alembic
from sqlalchemy import func, select

from bench.ingest import households, load, server
from survey.cli.setup import alembic_config
from survey.config import write_default
from survey.db import Database
from survey.model import Revision
from survey.model.actor import SYSTEM
from survey.operations import accounts, devices
from tests.postgres import Cluster


def main() -> None:
    """Measure each database and print a line for it."""
    options = _options()
    documents, publish = households.prepare(options.records)
    print(f"{options.records} records of {len(documents[0]):,} bytes, {options.clients} clients")
    for kind in options.database:
        with tempfile.TemporaryDirectory() as folder, _database(kind, Path(folder)) as (url, process):
            _measure(kind, Path(folder), url, process, documents, publish, options)


def _measure(kind, folder, url, process, documents, publish, options) -> None:  # type: ignore[no-untyped-def]
    """Load one database and print rate, response times, CPU a submission and what was stored."""
    path = _prepare(folder, url, publish)
    begin = time.perf_counter()
    with server.running(folder, url, "--workers", str(options.workers), "--threads", str(options.threads)) as (
        application,
        port,
    ):
        start = time.perf_counter() - begin
        load.send(port, path, documents[:50], 2)
        roots = [application.pid, *([process] if process else [])]
        before = server.cpu_seconds(*roots)
        outcome = load.send(port, path, documents[50:], options.clients)
        cpu = server.cpu_seconds(*roots) - before
    stored = _stored(url)
    print(
        f"{kind:10}  {outcome.rate:7.0f}/s  p50 {outcome.quantile(0.5):6.1f} ms  p95 {outcome.quantile(0.95):6.1f} ms  "
        f"CPU {1000 * cpu / len(outcome.times):5.2f} ms each  start {start:.2f} s  {dict(outcome.statuses)}  "
        f"stored {stored} of {len(documents)}"
    )


def _prepare(folder: Path, url: str, publish) -> str:  # type: ignore[no-untyped-def]
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
    parser.add_argument("--threads", type=int, default=16)
    parser.add_argument("--database", nargs="+", default=["postgresql", "sqlite"])
    return parser.parse_args()


if __name__ == "__main__":
    main()
