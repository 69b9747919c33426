"""Write and verify the audit log. Every write and every read of identified data records one event here."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import bindparam, insert, select, text
from sqlalchemy.orm import Session

from survey.model import AuditEvent
from survey.model.actor import Actor
from survey.model.base import utc_now

GENESIS = "0" * 64
_CHAINS = 16
_LOCK_SPACE = 128_2022
_HASHED = (
    "chain",
    "position",
    "at",
    "actor",
    "action",
    "subject_kind",
    "subject_id",
    "address",
    "details",
    "previous_hash",
)
"""The columns that an event's hash covers, in their order."""
_INSERT = insert(AuditEvent.metadata.tables["audit_event"])
_END = (
    select(AuditEvent.position, AuditEvent.hash)
    .where(AuditEvent.chain == bindparam("chain"))
    .order_by(AuditEvent.position.desc())
    .limit(1)
)


class Event(NamedTuple):
    """What an event says: the act, the kind and number of its subject, details."""

    action: str
    subject_kind: str
    subject_id: object
    details: Mapping[str, Any]


def record(
    session: Session,
    actor: Actor,
    action: str,
    subject_kind: str,
    subject_id: object,
    details: Mapping[str, Any] | None = None,
    /,
    **more: Any,
) -> None:
    """Append one event to the log, chained by hash to the one before it, in the caller's transaction."""
    record_all(session, [(actor, Event(action, subject_kind, subject_id, {**(details or {}), **more}))])


def record_all(session: Session, events: Sequence[tuple[Actor, Event]]) -> None:
    """Append several events in order, as if each had been recorded alone."""
    chain, position, previous = _end_of_chain(session)
    rows = []
    for actor, event in events:
        position += 1
        row = {
            "chain": chain,
            "position": position,
            "at": utc_now(),
            "actor": actor.key,
            "action": event.action,
            "subject_kind": event.subject_kind,
            "subject_id": str(event.subject_id),
            "address": actor.address,
            "details": event.details,
            "previous_hash": previous,
        }
        previous = row["hash"] = _digest(row)
        rows.append(row)
    session.execute(_INSERT, rows if len(rows) > 1 else rows[0])
    session.info["audit_end"] = (_whereabouts(session), chain, position, previous)


def digest(event: AuditEvent) -> str:
    """Return the SHA-256 over an event's content and the hash before it."""
    return _digest({name: getattr(event, name) for name in _HASHED})


def _digest(event: Mapping[str, Any]) -> str:
    """Return the SHA-256 over the hashed columns of an event in their order."""
    content = [event[name].isoformat() if name == "at" else event[name] for name in _HASHED]
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Verification:
    """What checking the log found: the number of events and the ids of those that do not hold."""

    events: int
    broken: tuple[int, ...]


def verify(session: Session) -> Verification:
    """Recompute every hash of the log and name the events that were changed, inserted or removed."""
    broken, count = [], 0
    expected: dict[int, tuple[int, str]] = {}
    query = select(AuditEvent).order_by(AuditEvent.chain, AuditEvent.position).execution_options(yield_per=1000)
    for event in session.scalars(query):
        position, previous = expected.get(event.chain, (0, GENESIS))
        count += 1
        if event.position != position + 1 or event.previous_hash != previous or event.hash != digest(event):
            broken.append(event.id)
        expected[event.chain] = (event.position, event.hash)
    return Verification(count, tuple(broken))


def _end_of_chain(session: Session) -> tuple[int, int, str]:
    """Return chain, position and hash to go on from; a transaction stays with the chain it claimed first.

    What was remembered inside a savepoint is asked for again outside it, because the savepoint may have been undone.
    """
    (transaction, savepoint), chain, *end = session.info.get("audit_end", ((None, None), 0, 0, GENESIS))
    here, at = _whereabouts(session)
    is_mine = transaction is not None and transaction is here
    if is_mine and savepoint is at:
        return chain, end[0], end[1]
    chain = chain if is_mine else _claim_chain(session)
    row = session.execute(_END, {"chain": chain}).first()
    return (chain, row.position, row.hash) if row else (chain, 0, GENESIS)


def _whereabouts(session: Session) -> tuple[object, object]:
    """Return the transaction and the savepoint that a session is in."""
    return session.get_transaction(), session.get_nested_transaction()


def _claim_chain(session: Session) -> int:
    """Take the lock of a free chain on PostgreSQL; SQLite has one writer and so one chain."""
    if session.get_bind().dialect.name != "postgresql":
        return 0
    start = secrets.randbelow(_CHAINS)
    for step in range(_CHAINS):
        chain = (start + step) % _CHAINS
        if session.scalar(text("SELECT pg_try_advisory_xact_lock(:space, :chain)"), _lock(chain)):
            return chain
    session.execute(text("SELECT pg_advisory_xact_lock(:space, :chain)"), _lock(start))
    return start


def _lock(chain: int) -> dict[str, int]:
    """Return the two numbers that name a chain's advisory lock."""
    return {"space": _LOCK_SPACE, "chain": chain}
