"""Takes a checked frame file in: adds new units, mends known ones, in the caller's transaction. Deletes nothing."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from survey.errors import Problem
from survey.model import FrameUnit, Identity
from survey.model.actor import Actor
from survey.model.base import random_key
from survey.operations import audit, planning
from survey.operations.frame_files import Check
from survey.operations.planning import FrameEntry

T = TypeVar("T")
_BATCH = 5_000
_KEEP = 24 * 3600
_DIGEST = re.compile(r"[0-9a-f]{64}")


def take_in(session: Session, actor: Actor, round_id: int, checked: Check) -> Iterator[tuple[int, int]]:
    """Write what a check found, yielding (units written, units in all) after each batch.

    Raises bad-frame before anything is written when the check found a fault.
    """
    if checked.faults:
        first = checked.faults[0]
        raise Problem(
            "bad-frame", column=first.head, count=len(checked.faults), example=f"{first.row}", remedy=first.code
        )
    whole, done = len(checked.added) + len(checked.changed), 0
    for batch in _batches(checked.added):
        done += planning.import_frame(session, actor, round_id, checked.kind, batch)
        yield done, whole
    areas = _area_ids(session, round_id) if checked.kind == "household" else {}
    for changes in _batches(checked.changed):
        _mend(session, areas, changes)
        done += len(changes)
        yield done, whole
    if checked.changed:
        audit.record(session, actor, "frame.update", "round", round_id, kind=checked.kind, units=len(checked.changed))


def keep(folder: Path, content: bytes) -> str:
    """Keep an uploaded file between its check and its import and return its SHA-256; old ones are thrown away."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for stale in folder.iterdir():
        if time.time() - stale.stat().st_mtime > _KEEP:
            stale.unlink(missing_ok=True)
    digest = hashlib.sha256(content).hexdigest()
    path = folder / digest
    path.touch(mode=0o600)
    path.write_bytes(content)
    return digest


def kept(folder: Path, digest: str) -> bytes:
    """Return an uploaded file again; raises no-file when it was not kept or is gone."""
    path = folder / digest
    if not _DIGEST.fullmatch(digest) or not path.is_file():
        raise Problem("no-file", name=digest[:12])
    return path.read_bytes()


def drop(folder: Path, digest: str) -> None:
    """Throw an uploaded file away: it names people."""
    if _DIGEST.fullmatch(digest):
        (folder / digest).unlink(missing_ok=True)


def _mend(session: Session, areas: dict[str, int], changes: Sequence[tuple[int, FrameEntry]]) -> None:
    """Write over known units what their rows say; what a row leaves empty stays."""
    rows = {row.id: row for row in _rows(session, [unit_id for unit_id, _entry in changes])}
    keys = [row.identity_key for row in rows.values() if row.identity_key]
    named = {row.key: row.values for row in session.scalars(select(Identity).where(Identity.key.in_(keys)))}
    units: list[dict[str, Any]] = []
    known: list[dict[str, Any]] = []
    fresh: list[dict[str, Any]] = []
    for unit_id, entry in changes:
        row = rows[unit_id]
        identity_key = row.identity_key
        if entry.identity and identity_key is None:
            identity_key = random_key()
            fresh.append({"key": identity_key, "values": dict(entry.identity)})
        elif entry.identity and identity_key is not None:
            known.append({"key": identity_key, "values": {**named.get(identity_key, {}), **entry.identity}})
        units.append(
            {
                "id": unit_id,
                "commune_code": entry.commune_code,
                "parent_id": areas.get(entry.parent_code, row.parent_id),
                "stratum": entry.stratum,
                "size": float(entry.size),
                "attributes": {**row.attributes, **entry.attributes},
                "identity_key": identity_key,
            }
        )
    if fresh:
        session.execute(insert(Identity), fresh)
    if known:
        session.execute(update(Identity), known)
    session.execute(update(FrameUnit), units)


def _rows(session: Session, ids: Sequence[int]) -> Iterator[FrameUnit]:
    for part in _batches(ids, 500):
        yield from session.scalars(select(FrameUnit).where(FrameUnit.id.in_(part)))


def _area_ids(session: Session, round_id: int) -> dict[str, int]:
    query = select(FrameUnit.code, FrameUnit.id).where(FrameUnit.round_id == round_id, FrameUnit.kind == "area")
    return {row.code: row.id for row in session.execute(query)}


def _batches(items: Sequence[T], size: int = _BATCH) -> Iterator[list[T]]:
    rest = iter(items)
    while part := list(islice(rest, size)):
        yield part
