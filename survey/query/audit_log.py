"""Searches the audit log: who did or read what, when. Reads only; the chain is written and verified in operations."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from survey.model import Account, AuditEvent
from survey.query.paging import SIZE, Page, bounded


@dataclass(frozen=True, slots=True)
class Sought:
    """What to look for; an empty value does not narrow. `until` is exclusive."""

    account_id: int | None = None
    action: str = ""
    subject_kind: str = ""
    subject_id: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class LoggedEvent:
    """One event; `who` is the account's name where the actor is an account, else the actor's key."""

    id: int
    at: datetime
    actor: str
    who: str
    action: str
    subject_kind: str
    subject_id: str
    address: str
    details: dict[str, Any]


def events(session: Session, sought: Sought, *, page: int = 1, size: int = SIZE) -> Page[LoggedEvent]:
    """Return one page of matching events, newest first; three queries."""
    chosen = _chosen(sought)
    total = session.scalar(select(func.count()).select_from(chosen.subquery())) or 0
    number = bounded(page, total, size)
    rows = _slice(session, chosen, (number - 1) * size, size, total)
    names = _names(session, {row.actor for row in rows})
    return Page([_event(row, names) for row in rows], number, total, size)


def actions(session: Session) -> list[str]:
    """Return every action that stands in the log."""
    return list(session.scalars(select(AuditEvent.action).distinct().order_by(AuditEvent.action)))


def _slice(session: Session, chosen: Select[AuditEvent], first: int, size: int, total: int) -> list[AuditEvent]:
    """Return rows of the list, newest first, counted from the nearer end, so late pages are as cheap as early ones."""
    count = min(size, total - first)
    if first <= total // 2:
        return list(session.scalars(chosen.order_by(AuditEvent.id.desc()).offset(first).limit(count)))
    later = chosen.order_by(AuditEvent.id).offset(total - first - count).limit(count)
    return list(session.scalars(later))[::-1]


def _chosen(sought: Sought) -> Select[AuditEvent]:
    query = select(AuditEvent)
    if sought.account_id is not None:
        query = query.where(AuditEvent.actor == f"account:{sought.account_id}")
    for column, value in (
        (AuditEvent.action, sought.action),
        (AuditEvent.subject_kind, sought.subject_kind),
        (AuditEvent.subject_id, sought.subject_id),
    ):
        if value:
            query = query.where(column == value)
    if sought.since is not None:
        query = query.where(AuditEvent.at >= sought.since)
    return query.where(AuditEvent.at < sought.until) if sought.until is not None else query


def _names(session: Session, actors: set[str]) -> dict[str, str]:
    ids = [int(key.partition(":")[2]) for key in actors if key.startswith("account:")]
    rows = session.execute(select(Account.id, Account.name).where(Account.id.in_(ids))) if ids else ()
    return {f"account:{account_id}": name for account_id, name in rows}


def _event(row: AuditEvent, names: dict[str, str]) -> LoggedEvent:
    return LoggedEvent(
        id=row.id,
        at=row.at,
        actor=row.actor,
        who=names.get(row.actor, row.actor),
        action=row.action,
        subject_kind=row.subject_kind,
        subject_id=row.subject_id,
        address=row.address,
        details=row.details,
    )
