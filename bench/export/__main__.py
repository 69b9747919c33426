"""How long the answers of 10,000 households with rosters take to become CSV files. Peer: ODK Central, 12 seconds.

Run: `.venv/bin/python -m bench.export [--records N] [--database sqlite postgresql] [--labels vi]`.
"""

from __future__ import annotations

import argparse
import io
import tempfile
import time
import zipfile
from pathlib import Path

from alembic import command as alembic
from sqlalchemy.orm import Session

from bench.ingest import households
from survey.cli.setup import alembic_config
from survey.db import Database
from survey.export import answers
from survey.model.actor import SYSTEM
from survey.model.base import utc_now
from survey.operations import examination, records, submissions
from tests.postgres import Cluster

_BATCH = 500


def main() -> None:
    """Store the households, export them three times and print the quickest."""
    options = _options()
    documents, publish = households.prepare(options.records)
    for kind in options.database:
        cluster = Cluster() if kind == "postgresql" else None
        with tempfile.TemporaryDirectory() as folder:
            url = cluster.start() if cluster else f"sqlite:///{Path(folder) / 'survey.db'}"
            alembic.upgrade(alembic_config(url), "head")
            database = Database(url)
            with database.transaction() as session:
                publish(session)
                _store(session, documents)
            print(f"{kind:10}  {_measure(database, options)}")
            database.dispose()
        if cluster:
            cluster.stop()


def _store(session: Session, documents: list[bytes]) -> None:
    """Write the documents as records, judged as any other."""
    for start in range(0, len(documents), _BATCH):
        versions = []
        for xml in documents[start : start + _BATCH]:
            examined = examination.examine(session, xml, *examination.read(xml), utc_now())
            round_ = submissions.round_of(session, examined.form_version_id, None)
            versions.append(submissions.version_of(examined, round_, None, SYSTEM, channel="openrosa", device="bench"))
        records.store_new(session, versions)


def _measure(database: Database, options: argparse.Namespace) -> str:
    """Return seconds and processor seconds of the quickest of three exports, and what came out."""
    times = []
    for _ in range(3):
        file = io.BytesIO()
        wall, processor = time.perf_counter(), time.process_time()
        with database.transaction() as session:
            count = answers.export(
                session, SYSTEM, "B", kind="household", file=file, is_approved=False, language=options.labels
            )
        times.append((time.perf_counter() - wall, time.process_time() - processor))
    with zipfile.ZipFile(file) as archive:
        sizes = ", ".join(f"{entry.filename} {entry.file_size / 1e6:.1f} MB" for entry in archive.infolist())
    wall, processor = min(times)
    return f"{count} records in {wall:.2f} s ({processor:.2f} s of CPU): {sizes}"


def _options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=10_000)
    parser.add_argument("--database", nargs="+", default=["sqlite", "postgresql"])
    parser.add_argument("--labels", default="")
    return parser.parse_args()


if __name__ == "__main__":
    main()
