"""The register of requests, the log of incidents, proofs of destruction, and the data flow drawn from the product.

Reads no identity: who made a request is read through operations, which writes that into the log.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from survey.model import (
    Account,
    Base,
    DataRequest,
    Destruction,
    FormVersion,
    FrameUnit,
    Grant,
    Incident,
    Round,
    RoundFormUse,
    SampleUnit,
    Submission,
)
from survey.query.paging import SIZE, Page, bounded
from survey.questionnaire.instrument import Instrument

STATES = ("open", "received", "acknowledged", "done", "refused")


@dataclass(frozen=True, slots=True)
class Sought:
    """Which requests a list shows; an empty value does not narrow, `open` is received or acknowledged."""

    state: str = "open"
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Request:
    """One line of the register."""

    id: int
    kind: str
    received_on: date
    channel: str
    content: str
    state: str
    reply_due: date
    due: date
    replied_on: date | None
    closed_on: date | None
    outcome: str
    submission_id: str | None
    unit_code: str
    round_code: str
    recorded_by: str

    @property
    def next_due(self) -> date:
        """Return the day on which something has to be done next."""
        return self.due if self.replied_on else min(self.reply_due, self.due)

    def is_overdue(self, today: date) -> bool:
        """Tell whether the law's day has passed without the reply or the outcome."""
        if self.closed_on is not None:
            return self.closed_on > self.due
        return today > self.next_due


def requests(session: Session, sought: Sought, *, page: int = 1, size: int = SIZE) -> Page[Request]:
    """Return one page of the register: open requests by what is due next, closed ones newest first; two queries."""
    query = _requests()
    if sought.state == "open":
        query = query.where(DataRequest.closed_on.is_(None))
    elif sought.state:
        query = query.where(DataRequest.state == sought.state)
    if sought.kind:
        query = query.where(DataRequest.kind == sought.kind)
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    number = bounded(page, total, size)
    urgent = func.coalesce(DataRequest.replied_on, DataRequest.reply_due), DataRequest.due
    order = urgent if sought.state == "open" else (DataRequest.id.desc(),)
    rows = session.execute(query.order_by(*order, DataRequest.id).offset((number - 1) * size).limit(size))
    return Page([Request(*row) for row in rows], number, total, size)


def request(session: Session, request_id: int) -> Request | None:
    """Return one request; None when there is none."""
    row = session.execute(_requests().where(DataRequest.id == request_id)).first()
    return Request(*row) if row is not None else None


def _requests() -> Any:
    return (
        select(
            DataRequest.id,
            DataRequest.kind,
            DataRequest.received_on,
            DataRequest.channel,
            DataRequest.content,
            DataRequest.state,
            DataRequest.reply_due,
            DataRequest.due,
            DataRequest.replied_on,
            DataRequest.closed_on,
            DataRequest.outcome,
            DataRequest.submission_id,
            func.coalesce(FrameUnit.code, ""),
            func.coalesce(Round.code, ""),
            func.coalesce(Account.name, ""),
        )
        .select_from(DataRequest)
        .outerjoin(Submission, Submission.id == DataRequest.submission_id)
        .outerjoin(Round, Round.id == Submission.round_id)
        .outerjoin(SampleUnit, SampleUnit.id == Submission.sample_unit_id)
        .outerjoin(FrameUnit, FrameUnit.id == SampleUnit.frame_unit_id)
        .outerjoin(Account, Account.id == DataRequest.recorded_by)
    )


def overdue(session: Session, today: date) -> int:
    """Return how many open requests have passed the law's day."""
    late = or_(DataRequest.due < today, DataRequest.replied_on.is_(None) & (DataRequest.reply_due < today))
    query = select(func.count()).select_from(DataRequest).where(DataRequest.closed_on.is_(None), late)
    return session.scalar(query) or 0


def incidents(session: Session) -> list[Incident]:
    """Return every incident, open ones first, the newest first."""
    return list(session.scalars(select(Incident).order_by(Incident.closed_at.is_not(None), Incident.id.desc())))


@dataclass(frozen=True, slots=True)
class Proof:
    """One destruction as it is shown."""

    id: int
    scope: str
    round_code: str
    request_id: int | None
    counts: dict[str, int]
    keys: int
    keys_sha256: str
    by: str
    at: datetime


def proofs(session: Session, *, request_id: int | None = None) -> list[Proof]:
    """Return the proofs of destruction, the newest first; those of one request where it is given."""
    query = (
        select(
            Destruction.id,
            Destruction.scope,
            func.coalesce(Round.code, ""),
            Destruction.request_id,
            Destruction.counts,
            Destruction.keys,
            Destruction.keys_sha256,
            func.coalesce(Account.name, ""),
            Destruction.at,
        )
        .outerjoin(Round, Round.id == Destruction.round_id)
        .outerjoin(Account, Account.id == Destruction.account_id)
        .order_by(Destruction.id.desc())
    )
    if request_id is not None:
        query = query.where(Destruction.request_id == request_id)
    return [Proof(*row) for row in session.execute(query)]


@dataclass(frozen=True, slots=True)
class UsedForm:
    """A form version that a round asks, for the data flow."""

    round_code: str
    unit_kind: str
    form_version_id: int
    title: str
    version: str


def used_forms(session: Session) -> list[UsedForm]:
    """Return the form versions in use in rounds that are not archived."""
    query = (
        select(Round.code, RoundFormUse.unit_kind, FormVersion.id, FormVersion.title, FormVersion.version)
        .join(RoundFormUse, RoundFormUse.round_id == Round.id)
        .join(FormVersion, FormVersion.id == RoundFormUse.form_version_id)
        .where(Round.state != "archived")
        .order_by(Round.id.desc(), RoundFormUse.id)
    )
    return [UsedForm(*row) for row in session.execute(query)]


def role_counts(session: Session) -> dict[str, int]:
    """Return how many active accounts hold each role."""
    query = (
        select(Grant.role, func.count(Grant.account_id.distinct()))
        .join(Account, Account.id == Grant.account_id)
        .where(Account.state == "active")
        .group_by(Grant.role)
    )
    return {str(row[0]): int(row[1]) for row in session.execute(query)}


def marked_questions(instrument: Instrument) -> tuple[Sequence[str], Sequence[str]]:
    """Return the paths of the questions that a form marks as identity, and as sensitive."""
    questions = [question for question, _ in instrument.questions() if question.is_asked]
    return [q.path for q in questions if q.identity], [q.path for q in questions if q.sensitive]


def tables_with_keys() -> list[str]:
    """Return the tables that lead to `identity` by a random key, from the tables as they are."""
    return sorted(table.name for table in Base.metadata.sorted_tables if "identity_key" in table.columns)


def identities(session: Session) -> int:
    """Return how many identities are held now."""
    return session.scalar(select(func.count()).select_from(Base.metadata.tables["identity"])) or 0
