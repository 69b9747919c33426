"""How long each list page of the office takes over a round of 100,000 questionnaires: the server's time, no network.

Run: `.venv/bin/python -m bench.office [--records N] [--database sqlite|postgresql] [--repeat N] [--keep FOLDER]`.
The bar is 300 ms a page. Something is written before each call, so that no count can be kept, unless `--quiet`.
`--keep` leaves the SQLite round in a folder and takes it from there the next time.
"""

from __future__ import annotations

import argparse
import re
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command as alembic
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, text

from bench.office.round import CODE, PASSWORD, build
from survey.app import create_app
from survey.cli.setup import alembic_config
from survey.config import Config
from survey.db import Database
from survey.model.actor import SYSTEM
from survey.operations import audit
from tests.postgres import Cluster

BAR = 300.0
_HERE = f"/office/rounds/{CODE}"
PAGES = (
    f"{_HERE}/overview",
    f"{_HERE}/fieldwork",
    f"{_HERE}/fieldwork?q=nhon+nghia",
    f"{_HERE}/fieldwork?district=932&standing=under-way",
    f"{_HERE}/fieldwork/1",
    f"{_HERE}/review",
    f"{_HERE}/review?state=all",
    f"{_HERE}/review?state=all&order=newest",
    f"{_HERE}/review?state=all&page=2000",
    f"{_HERE}/review?state=approved&kind=household",
    f"{_HERE}/review?state=all&district=932",
    f"{_HERE}/review?state=all&findings=errors",
    f"{_HERE}/review?state=all&findings=none",
    f"{_HERE}/review?state=all&q=nhon+nghia",
    f"{_HERE}/review?state=all&q=lan",
    f"{_HERE}/review?state=all&q=31339",
    "/office/system/log",
    "/office/system/log?action=sign-in",
    "/office/system/log?subject=submission&page=3000",
)


def main() -> None:
    """Measure every page on each database and print a line for it."""
    options = _options()
    for kind in options.database:
        with tempfile.TemporaryDirectory() as scratch:
            folder = options.keep or Path(scratch)
            folder.mkdir(parents=True, exist_ok=True)
            with _url(kind, folder) as url:
                _fill(url, options.records)
                _measure(kind, folder, url, options.repeat, not options.quiet)


def _measure(kind: str, folder: Path, url: str, repeat: int, fresh: bool) -> None:
    app = create_app(Config(instance=folder, database_url=url, secret_key="bench", secure_cookies=False))
    client = _signed_in(app)
    over = 0
    with _counting(app) as statements:
        for address in PAGES:
            times, cpu, asked, size, status = _time(client, address, repeat, statements, fresh)
            over += statistics.median(times) > BAR
            print(
                f"{kind:10}  median {statistics.median(times):6.0f} ms  least {min(times):6.0f}  CPU {cpu:5.0f}  "
                f"{asked:2d} queries  {size / 1000:6.0f} kB  {status}  {address}"
            )
    print(f"{kind}: {over} of {len(PAGES)} pages over {BAR:.0f} ms")
    app.extensions["survey.db"].dispose()


def _time(
    client: FlaskClient, address: str, repeat: int, statements: list[str], fresh: bool
) -> tuple[list[float], float, int, int, int]:
    """Return wall times, mean processor time, queries, size and status of a page; the first call is not counted."""
    answer = client.get(address)
    times = []
    statements.clear()
    database = client.application.extensions["survey.db"]
    cpu = 0.0
    for _turn in range(repeat):
        if fresh:
            with database.transaction() as session:
                audit.record(session, SYSTEM, "bench", "round", CODE)
        begin, processor = time.perf_counter(), time.process_time()
        answer = client.get(address)
        cpu += 1000 * (time.process_time() - processor) / repeat
        times.append(1000 * (time.perf_counter() - begin))
    return times, cpu, len(statements) // repeat, len(answer.data), answer.status_code


@contextmanager
def _counting(app: Flask) -> Iterator[list[str]]:
    statements: list[str] = []
    engine = app.extensions["survey.db"].engine

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith(("SELECT", "WITH")):
            statements.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield statements
    event.remove(engine, "before_cursor_execute", note)


def _signed_in(app: Flask) -> FlaskClient:
    client = app.test_client()
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/auth/sign-in").text)
    data = {"csrf_token": found.group(1) if found else "", "username": "admin", "password": PASSWORD}
    if client.post("/auth/sign-in", data=data).status_code != 302:
        raise SystemExit("the administrator could not sign in")
    return client


@contextmanager
def _url(kind: str, folder: Path) -> Iterator[str]:
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'large.db'}"
        return
    cluster = Cluster()
    try:
        yield cluster.start()
    finally:
        cluster.stop()


def _fill(url: str, records: int) -> None:
    """Migrate and fill a database, unless it is filled already."""
    alembic.upgrade(alembic_config(url), "head")
    database = Database(url)
    with database.reading() as session:
        is_filled = bool(session.scalar(text("SELECT count(*) FROM round")))
    if not is_filled:
        begin = time.perf_counter()
        with database.transaction() as session:
            build(session, records=records)
        print(f"built {records} records in {time.perf_counter() - begin:.0f} s")
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))
    database.dispose()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--database", nargs="+", choices=("sqlite", "postgresql"), default=("sqlite", "postgresql"))
    parser.add_argument("--quiet", action="store_true", help="write nothing between two calls of a page")
    return parser.parse_args()


if __name__ == "__main__":
    main()
