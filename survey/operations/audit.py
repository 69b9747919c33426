"""Write and verify the audit log. Every write and every read of identified data records one event here."""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, insert, select, text
from sqlalchemy.orm import Session

from survey.model import AuditEvent
from survey.model.actor import Actor
from survey.model.base import utc_now

GENESIS = "0" * 64
_CHAINS = 16
_LOCK_SPACE = 128_2022
_COLUMNS = tuple(column.name for column in AuditEvent.__table__.columns if column.name != "id")
_INSERT = insert(AuditEvent.metadata.tables["audit_event"])
_END = (
    select(AuditEvent.position, AuditEvent.hash)
    .where(AuditEvent.chain == bindparam("chain"))
    .order_by(AuditEvent.position.desc())
    .limit(1)
)


def record(session: Session, actor: Actor, action: str, subject_kind: str, subject_id: object, **details: Any) -> None:
    """Append one event to the log, chained by hash to the one before it, in the caller's transaction."""
    chain, position, previous = _end_of_chain(session)
    event = AuditEvent(
        chain=chain,
        position=position + 1,
        at=utc_now(),
        actor=actor.key,
        action=action,
        subject_kind=subject_kind,
        subject_id=str(subject_id),
        address=actor.address,
        details=details,
        previous_hash=previous,
    )
    event.hash = digest(event)
    session.execute(_INSERT, {name: getattr(event, name) for name in _COLUMNS})
    session.info["audit_end"] = (session.get_transaction(), chain, event.position, event.hash)


def digest(event: AuditEvent) -> str:
    """Return the SHA-256 over an event's content and the hash before it."""
    content = [
        event.chain,
        event.position,
        event.at.isoformat(),
        event.actor,
        event.action,
        event.subject_kind,
        event.subject_id,
        event.address,
        event.details,
        event.previous_hash,
    ]
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
    """Return chain, position and hash to go on from; a transaction stays with the chain it claimed first."""
    transaction, *end = session.info.get("audit_end", (None, 0, 0, GENESIS))
    if transaction is not None and transaction is session.get_transaction():
        return end[0], end[1], end[2]
    chain = _claim_chain(session)
    row = session.execute(_END, {"chain": chain}).first()
    return (chain, row.position, row.hash) if row else (chain, 0, GENESIS)


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
