"""Quality flags of a round: the list, those of one record, how many of each rule. Reads figures, never names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, case, func, or_, select
from sqlalchemy.orm import Session, aliased

from survey.model import Account, FrameUnit, QualityFlag, QualityRun, SampleUnit, Submission
from survey.query.paging import SIZE, Page, bounded
from survey.query.scope import Communes, within

STATES = ("open", "dismissed", "cleared")
_Sender = aliased(Account)
_Decider = aliased(Account)
_WEIGHT = case({"error": 0, "warning": 1, "note": 2}, value=QualityFlag.severity, else_=3)


@dataclass(frozen=True, slots=True)
class Flags:
    """Which flags a list shows; an empty value does not narrow."""

    state: str = "open"
    severity: str = ""
    rule: str = ""
    account_id: int | None = None


@dataclass(frozen=True, slots=True)
class Flag:
    """One flag: its rule and figures, the record or the enumerator it is about, and what was decided."""

    id: int
    rule: str
    severity: str
    figures: dict[str, Any]
    state: str
    submission_id: str | None
    unit_code: str
    record_state: str
    person: str
    found_at: datetime
    reason: str
    decided_by: str
    decided_at: datetime | None


def flags(
    session: Session, round_id: int, communes: Communes, sought: Flags, *, page: int = 1, size: int = SIZE
) -> Page[Flag]:
    """Return one page of the flags within reach, the gravest first; two queries."""
    query = _narrowed(_lines(round_id, communes), sought)
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    number = bounded(page, total, size)
    rows = session.execute(query.order_by(*_ORDER).offset((number - 1) * size).limit(size))
    return Page([Flag(*row) for row in rows], number, total, size)


def everything(session: Session, round_id: int, communes: Communes, sought: Flags) -> list[Flag]:
    """Return every flag within reach that fits, for a file."""
    return [Flag(*row) for row in session.execute(_narrowed(_lines(round_id, communes), sought).order_by(*_ORDER))]


def flag(session: Session, round_id: int, communes: Communes, flag_id: int) -> Flag | None:
    """Return one flag within reach; None when there is none."""
    row = session.execute(_lines(round_id, communes).where(QualityFlag.id == flag_id)).first()
    return Flag(*row) if row is not None else None


def flags_of(session: Session, submission_id: str) -> list[Flag]:
    """Return the flags of one record that are open or were dismissed, the gravest first."""
    query = _columns().where(QualityFlag.submission_id == submission_id, QualityFlag.state != "cleared")
    return [Flag(*row) for row in session.execute(query.order_by(*_ORDER))]


def counts_of(session: Session, submission_ids: Sequence[str]) -> dict[str, int]:
    """Return the number of open flags of each record, notes left aside."""
    query = (
        select(QualityFlag.submission_id, func.count())
        .where(QualityFlag.submission_id.in_(submission_ids), QualityFlag.state == "open")
        .where(QualityFlag.severity != "note")
        .group_by(QualityFlag.submission_id)
    )
    found = session.execute(query) if submission_ids else ()
    return {str(row[0]): int(row[1]) for row in found}


def counts(session: Session, round_id: int, communes: Communes) -> dict[tuple[str, str], int]:
    """Return the number of flags within reach by rule and state."""
    lines = _lines(round_id, communes).subquery()
    query = select(lines.c.rule, lines.c.state, func.count()).group_by(lines.c.rule, lines.c.state)
    return {(rule, state): number for rule, state, number in session.execute(query)}


def last_run(session: Session, round_id: int) -> QualityRun | None:
    """Return the newest run of the rules."""
    return session.scalar(
        select(QualityRun).where(QualityRun.round_id == round_id).order_by(QualityRun.id.desc()).limit(1)
    )


def flagged_people(session: Session, round_id: int, communes: Communes) -> list[tuple[int, str]]:
    """Return who sent flagged records or is flagged, by name."""
    lines = _lines(round_id, communes).add_columns(_Sender.id.label("person_id")).subquery()
    query = select(lines.c.person_id, lines.c.person).where(lines.c.person_id.is_not(None)).distinct()
    return sorted(((row[0], row[1]) for row in session.execute(query)), key=lambda pair: pair[1])


_ORDER = (_WEIGHT, QualityFlag.rule, QualityFlag.id)


def _columns() -> Select[*tuple[Any, ...]]:
    person = func.coalesce(QualityFlag.account_id, Submission.account_id)
    return (
        select(
            QualityFlag.id,
            QualityFlag.rule,
            QualityFlag.severity,
            QualityFlag.figures,
            QualityFlag.state,
            QualityFlag.submission_id,
            func.coalesce(FrameUnit.code, "").label("unit_code"),
            func.coalesce(Submission.state, "").label("record_state"),
            func.coalesce(_Sender.name, "").label("person"),
            QualityFlag.found_at,
            QualityFlag.reason,
            func.coalesce(_Decider.name, "").label("decided_by"),
            QualityFlag.decided_at,
        )
        .select_from(QualityFlag)
        .outerjoin(Submission, Submission.id == QualityFlag.submission_id)
        .outerjoin(SampleUnit, SampleUnit.id == Submission.sample_unit_id)
        .outerjoin(FrameUnit, FrameUnit.id == SampleUnit.frame_unit_id)
        .outerjoin(_Sender, _Sender.id == person)
        .outerjoin(_Decider, _Decider.id == QualityFlag.decided_by)
    )


def _lines(round_id: int, communes: Communes) -> Select[*tuple[Any, ...]]:
    """Return the query of a round's flags within reach; flags at people belong to the whole round only."""
    query = _columns().where(QualityFlag.round_id == round_id)
    return within(query, FrameUnit.commune_code, communes)


def _narrowed(query: Select[*tuple[Any, ...]], sought: Flags) -> Select[*tuple[Any, ...]]:
    if sought.state:
        query = query.where(QualityFlag.state == sought.state)
    if sought.severity:
        query = query.where(QualityFlag.severity == sought.severity)
    if sought.rule:
        query = query.where(QualityFlag.rule == sought.rule)
    if sought.account_id is not None:
        mine = or_(QualityFlag.account_id == sought.account_id, Submission.account_id == sought.account_id)
        query = query.where(mine)
    return query
