"""Files that come with submissions: content under its hash on disk, the sender's name only as data.

A file is on disk, flushed, before the row that names it is committed; the same content is stored once.
"""

from __future__ import annotations

import hashlib
import os
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from survey.errors import Problem
from survey.model import Attachment, Revision
from survey.model.actor import Actor
from survey.model.base import utc_now
from survey.operations import audit, records


def attach(session: Session, actor: Actor, store: Path, *, instance_id: str, name: str, content: bytes) -> bool:
    """Store one file of a received version; return False when the same file was already here.

    A file that the document does not name is kept too. Refuses an empty file and other content under a used name.
    """
    outcome = attach_all(session, actor, store, instance_id=instance_id, files=[(name, content)])
    if outcome.refusals:
        raise outcome.refusals[0]
    return outcome.new > 0


@dataclass(frozen=True, slots=True)
class Attached:
    """What became of several files: how many were new, and why others were refused."""

    new: int
    refusals: tuple[Problem, ...]


def attach_all(
    session: Session, actor: Actor, store: Path, *, instance_id: str, files: Iterable[tuple[str, bytes]]
) -> Attached:
    """Store the files of a received version that can be stored; a refused one does not keep the others out.

    Raises not-found when the version has not come. Of a record that was erased no file is kept any more.
    """
    revision = session.execute(select(Revision.id, Revision.submission_id).filter_by(instance_id=instance_id)).first()
    if revision is None:
        raise Problem("not-found")
    if records.is_erased(session, revision.submission_id):
        return Attached(0, ())
    rows = {_plain(row.name): row for row in _rows(session, revision.id)}
    new, refusals = 0, []
    for name, content in files:
        row = rows.setdefault(_plain(name), Attachment(revision_id=revision.id, name=name))
        try:
            new += _attach(session, actor, store, row, name, content)
        except Problem as problem:
            refusals.append(problem)
    session.flush()
    return Attached(new, tuple(refusals))


def _attach(session: Session, actor: Actor, store: Path, row: Attachment, name: str, content: bytes) -> bool:
    """Put a file on disk and name it in its row; False when it was here already."""
    if not content:
        raise Problem("empty-file", name=name)
    sha256 = hashlib.sha256(content).hexdigest()
    if row.sha256 == sha256:
        return False
    if row.sha256 is not None:
        raise Problem("file-conflict", name=name)
    put(store, sha256, content)
    row.sha256, row.size, row.received_at = sha256, len(content), utc_now()
    session.add(row)
    audit.record(session, actor, "attachment.receive", "revision", row.revision_id, sha256=sha256)
    return True


def missing(session: Session, instance_id: str) -> tuple[str, ...]:
    """Return the names of the files that a received version refers to and that have not come."""
    query = (
        select(Attachment.name)
        .join(Revision, Revision.id == Attachment.revision_id)
        .where(Revision.instance_id == instance_id, Attachment.sha256.is_(None))
        .order_by(Attachment.name)
    )
    return tuple(session.scalars(query))


def present(session: Session, revision_id: int) -> dict[str, str]:
    """Return the files of a received version that have come, as name → SHA-256."""
    query = select(Attachment.name, Attachment.sha256).where(Attachment.revision_id == revision_id)
    return {name: sha256 for name, sha256 in session.execute(query) if sha256 is not None}


def carry_forward(session: Session, instance_id: str) -> None:
    """Give a correction the files that it still names and that came with the version it corrects."""
    newer, older = aliased(Revision), aliased(Revision)
    query = select(newer.id, older.id).join(older, older.instance_id == newer.deprecated_id)
    found = session.execute(query.where(newer.instance_id == instance_id)).first()
    if found is None:
        return
    kept = {row.name: row for row in session.scalars(select(Attachment).where(Attachment.revision_id == found[1]))}
    for row in session.scalars(select(Attachment).where(Attachment.revision_id == found[0])):
        source = kept.get(row.name)
        if row.sha256 is None and source is not None and source.sha256 is not None:
            row.sha256, row.size, row.received_at = source.sha256, source.size, source.received_at
    session.flush()


def note(session: Session, instance_id: str, files: Mapping[str, Mapping[str, Any]]) -> None:
    """Mark files of a received version as come that were stored before it was sent: SHA-256 and size by name."""
    revision_id = session.scalar(select(Revision.id).where(Revision.instance_id == instance_id))
    for row in session.scalars(select(Attachment).where(Attachment.revision_id == revision_id)):
        if row.name in files:
            row.sha256, row.size = files[row.name]["sha256"], files[row.name]["size"]
            row.received_at = utc_now()
    session.flush()


def put(store: Path, sha256: str, content: bytes) -> Path:
    """Write content under its hash so that a crash leaves either the whole file or none."""
    path = store / sha256[:2] / sha256
    if path.exists():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(f".{os.getpid()}.part")
    with partial.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)
    return path


def _rows(session: Session, revision_id: int) -> Iterable[Attachment]:
    """Return the rows of a version's files."""
    return session.scalars(select(Attachment).where(Attachment.revision_id == revision_id))


def _plain(name: str) -> str:
    """Return a name in the one normal form in which names are compared."""
    return unicodedata.normalize("NFC", name)
