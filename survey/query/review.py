"""The review queue and one record with its versions and acts of review. Never reads names, phones or addresses."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, tuple_
from sqlalchemy.orm import Session, undefer

from survey.model import (
    Account,
    Attachment,
    FormVersion,
    FrameUnit,
    QualityFlag,
    ReviewEvent,
    Revision,
    SampleUnit,
    Submission,
)
from survey.query.paging import SIZE, Page, bounded
from survey.query.scope import Communes, narrowed
from survey.reference import units
from survey.text import clean, fold

STATES = ("received", "returned", "approved", "rejected")
FINDINGS = ("errors", "warnings", "none", "flags")
ORDERS = ("oldest", "newest")
Rows = Select[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Filters:
    """What of a round's records a queue shows; an empty value does not narrow."""

    state: str = "received"
    kind: str = ""
    district: str = ""
    findings: str = ""
    text: str = ""
    order: str = "oldest"


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One record in the queue."""

    id: str
    kind: str
    state: str
    outcome: str
    channel: str
    error_count: int
    warning_count: int
    revision_count: int
    created_at: datetime
    updated_at: datetime
    unit_code: str
    commune_code: str
    account_id: int | None
    sender: str

    @property
    def commune(self) -> units.OldCommune | None:
        """Return the old commune of the unit; None for a record without a unit."""
        return units.old_commune(self.commune_code) if self.commune_code else None

    @property
    def district(self) -> units.District | None:
        """Return the old district of the unit."""
        return units.district(self.commune.district_code) if self.commune else None


@dataclass(frozen=True, slots=True)
class Version:
    """One received version of a record."""

    number: int
    form_version_id: int
    instance_id: str
    sha256: str
    channel: str
    sender: str
    device: str | None
    received_at: datetime
    answers: dict[str, Any]
    findings: list[dict[str, Any]]
    identity_key: str
    files: tuple[tuple[str, bool], ...] = ()
    """Names of the files that the answers refer to, and whether each has arrived."""


@dataclass(frozen=True, slots=True)
class Act:
    """One act of review; `number` is the version that it was about."""

    action: str
    number: int
    remark: str
    remarks: dict[str, str]
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Record:
    """One record: its line of the queue, its versions (newest first) and what reviewers did (newest first)."""

    head: QueueRow
    round_id: int
    frame_identity_key: str | None
    form_title: str
    form_version: str
    versions: tuple[Version, ...]
    acts: tuple[Act, ...]

    @property
    def newest(self) -> Version:
        """Return the present version."""
        return self.versions[0]

    def version(self, number: int) -> Version | None:
        """Return the version with a number."""
        return next((version for version in self.versions if version.number == number), None)

    @property
    def open_remarks(self) -> dict[str, str]:
        """Return the remarks of the last act where it sent the record back."""
        last = self.acts[0] if self.acts else None
        return last.remarks if last is not None and last.action == "return" else {}


def queue(
    session: Session,
    round_id: int,
    communes: Communes,
    filters: Filters,
    *,
    page: int = 1,
    size: int = SIZE,
) -> Page[QueueRow]:
    """Return one page of the records that fit the filters; three queries at most.

    The total comes from the counts by state, which the page of the queue asks for anyway: records are counted once.
    """
    conditions = _conditions(session, round_id, communes, replace(filters, state=""))
    by_state = counts_by_state(session, round_id, communes, filters, conditions=conditions)
    total = by_state[filters.state] if filters.state else sum(by_state.values())
    if filters.state:
        conditions = [*conditions, Submission.state == filters.state]
    number = bounded(page, total, size)
    ids = select(Submission.id).where(*conditions).order_by(*_order(filters)).offset((number - 1) * size).limit(size)
    query = _lines().where(Submission.id.in_(ids)).order_by(*_order(filters))
    return Page([QueueRow(*row) for row in session.execute(query)], number, total, size)


def everything(session: Session, round_id: int, communes: Communes, filters: Filters) -> list[QueueRow]:
    """Return every record that fits the filters, for a file."""
    query = _lines().where(*_conditions(session, round_id, communes, filters)).order_by(*_order(filters))
    return [QueueRow(*row) for row in session.execute(query)]


def clean_records(
    session: Session, round_id: int, communes: Communes, filters: Filters, *, limit: int
) -> list[tuple[str, int]]:
    """Return (number, version) of the waiting records that fit the filters and in which nothing was found.

    Nothing was found: no error, no warning, and no open quality flag but notes; the oldest first, `limit` at most.
    """
    conditions = _conditions(session, round_id, communes, replace(filters, state="received", findings="none"))
    query = select(Submission.id, Submission.revision_count).where(*conditions, ~_is_flagged())
    rows = session.execute(query.order_by(*_order(filters)).limit(limit))
    return [(row[0], row[1]) for row in rows]


def _is_flagged() -> ColumnElement[bool]:
    """Tell whether a record has an open quality flag that is more than a note."""
    flags = select(QualityFlag.id).where(
        QualityFlag.submission_id == Submission.id, QualityFlag.state == "open", QualityFlag.severity != "note"
    )
    return flags.exists()


def next_in_queue(session: Session, round_id: int, communes: Communes, filters: Filters, after: QueueRow) -> str | None:
    """Return the record that follows another in the queue, whether or not that one is still in it."""
    here = tuple_(Submission.updated_at, Submission.id)
    there = (after.updated_at, after.id)
    beyond = here > there if filters.order != "newest" else here < there
    conditions = _conditions(session, round_id, communes, filters)
    return session.scalar(select(Submission.id).where(*conditions, beyond).order_by(*_order(filters)).limit(1))


def counts_by_state(
    session: Session,
    round_id: int,
    communes: Communes,
    filters: Filters,
    *,
    conditions: list[ColumnElement[bool]] | None = None,
) -> dict[str, int]:
    """Return how many records there are in each state under the other filters; a reading session counts once."""
    sought = replace(filters, state="", order="")
    key = (session.get_transaction(), round_id, communes, sought)
    kept: tuple[Any, dict[str, int]] | None = session.info.get("counts_by_state")
    if kept is None or kept[0] != key or key[0] is None or _is_writing(session):
        conditions = conditions or _conditions(session, round_id, communes, sought)
        query = select(Submission.state, func.count()).where(*conditions).group_by(Submission.state)
        found = {row[0]: row[1] for row in session.execute(query)}
        kept = session.info["counts_by_state"] = (key, {state: found.get(state, 0) for state in STATES})
    return dict(kept[1])


def _is_writing(session: Session) -> bool:
    """Tell whether a session may change what it reads."""
    return bool(session.connection().get_execution_options().get("writing"))


def record(session: Session, submission_id: str, communes_of_round: Any) -> Record | None:
    """Return a record with everything a reviewer sees; None when there is none within reach.

    `communes_of_round` is called with the record's round and returns the reach there; five queries.
    """
    row = session.execute(_lines().add_columns(*_EXTRA).where(Submission.id == submission_id)).first()
    if row is None:
        return None
    *line, round_id, identity_key = row
    head = QueueRow(*line)
    communes = communes_of_round(round_id)
    if communes is not None and head.commune_code not in communes:
        return None
    versions = _versions(session, submission_id)
    form = session.get_one(FormVersion, versions[0].form_version_id)
    acts = _acts(session, submission_id)
    return Record(head, round_id, identity_key, form.title, form.version, versions, acts)


_EXTRA = (Submission.round_id, FrameUnit.identity_key)


def _lines() -> Rows:
    """Return the query of queue lines: records with their unit, place and sender."""
    return (
        select(
            Submission.id,
            Submission.unit_kind,
            Submission.state,
            Submission.outcome,
            Submission.channel,
            Submission.error_count,
            Submission.warning_count,
            Submission.revision_count,
            Submission.created_at,
            Submission.updated_at,
            func.coalesce(FrameUnit.code, ""),
            func.coalesce(FrameUnit.commune_code, ""),
            Submission.account_id,
            func.coalesce(Account.name, ""),
        )
        .select_from(Submission)
        .outerjoin(SampleUnit, SampleUnit.id == Submission.sample_unit_id)
        .outerjoin(FrameUnit, FrameUnit.id == SampleUnit.frame_unit_id)
        .outerjoin(Account, Account.id == Submission.account_id)
    )


def _conditions(session: Session, round_id: int, communes: Communes, filters: Filters) -> list[ColumnElement[bool]]:
    """Return what a record must fulfil; places are looked up once as units, not joined to every record."""
    found: list[ColumnElement[bool]] = [Submission.round_id == round_id]
    reached = narrowed(communes, filters.district)
    if reached is not None:
        found.append(Submission.sample_unit_id.in_(_units(round_id, FrameUnit.commune_code.in_(sorted(reached)))))
    if filters.state:
        found.append(Submission.state == filters.state)
    if filters.kind:
        found.append(Submission.unit_kind == filters.kind)
    if filters.findings:
        found.append(_with_findings(filters.findings))
    if text := fold(clean(filters.text)):
        found.append(_matches(session, round_id, text))
    return found


def _units(round_id: int, condition: ColumnElement[bool]) -> Any:
    """Return the query of the sampled units of a round whose place or code fulfils a condition."""
    query = select(SampleUnit.id).join(FrameUnit, FrameUnit.id == SampleUnit.frame_unit_id)
    return query.where(SampleUnit.round_id == round_id, condition)


def _with_findings(findings: str) -> ColumnElement[bool]:
    if findings == "errors":
        return Submission.error_count > 0
    if findings == "flags":
        return _is_flagged()
    if findings == "warnings":
        return and_(Submission.error_count == 0, Submission.warning_count > 0)
    return and_(Submission.error_count == 0, Submission.warning_count == 0)


def _matches(session: Session, round_id: int, text: str) -> ColumnElement[bool]:
    """Match a folded text against unit codes, places and senders; names of respondents are not read."""
    places = [c.code for c in units.old_communes() if text in fold(c.name)]
    people = [row.id for row in session.execute(select(Account.id, Account.name)) if text in fold(row.name)]
    code = func.lower(FrameUnit.code).contains(text, autoescape=True)
    found = _units(round_id, or_(code, FrameUnit.commune_code.in_(places)))
    return or_(Submission.sample_unit_id.in_(found), Submission.account_id.in_(people))


def _order(filters: Filters) -> tuple[Any, Any]:
    if filters.order == "newest":
        return Submission.updated_at.desc(), Submission.id.desc()
    return Submission.updated_at, Submission.id


def _versions(session: Session, submission_id: str) -> tuple[Version, ...]:
    query = (
        select(Revision, func.coalesce(Account.name, ""))
        .outerjoin(Account, Account.id == Revision.account_id)
        .where(Revision.submission_id == submission_id)
        .options(undefer(Revision.answers), undefer(Revision.findings))
        .order_by(Revision.number.desc())
    )
    rows = session.execute(query).all()
    files = _files(session, [revision.id for revision, _ in rows])
    return tuple(_version(revision, sender, files.get(revision.id, ())) for revision, sender in rows)


def _version(revision: Revision, sender: str, files: tuple[tuple[str, bool], ...]) -> Version:
    return Version(
        number=revision.number,
        form_version_id=revision.form_version_id,
        instance_id=revision.instance_id,
        sha256=revision.sha256,
        channel=revision.channel,
        sender=sender,
        device=revision.device,
        received_at=revision.received_at,
        answers=revision.answers,
        findings=list(revision.findings),
        identity_key=revision.identity_key,
        files=files,
    )


def _files(session: Session, revision_ids: list[int]) -> dict[int, tuple[tuple[str, bool], ...]]:
    query = select(Attachment).where(Attachment.revision_id.in_(revision_ids)).order_by(Attachment.name)
    found: dict[int, tuple[tuple[str, bool], ...]] = {}
    for each in session.scalars(query):
        found[each.revision_id] = (*found.get(each.revision_id, ()), (each.name, each.sha256 is not None))
    return found


def _acts(session: Session, submission_id: str) -> tuple[Act, ...]:
    query = (
        select(ReviewEvent, Revision.number, Account.name)
        .join(Revision, Revision.id == ReviewEvent.revision_id)
        .join(Account, Account.id == ReviewEvent.account_id)
        .where(ReviewEvent.submission_id == submission_id)
        .order_by(ReviewEvent.at.desc(), ReviewEvent.id.desc())
    )
    return tuple(
        Act(event.action, number, event.remark, dict(event.remarks), name, event.at)
        for event, number, name in session.execute(query)
    )
