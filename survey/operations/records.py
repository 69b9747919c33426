"""Write one received version of a record: a handful of plain inserts, none of which can make a duplicate.

An identifier that somebody else has just used makes `store` return None; the caller then answers as the slower of two.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import CursorResult, Table, and_, bindparam, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from survey.model import Base, Destruction, Submission
from survey.model.base import random_key


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a record as it is written."""

    round_id: int
    unit_kind: str
    sample_unit_id: int | None
    form_version_id: int
    instance_id: str
    deprecated_id: str | None
    sha256: str
    document: bytes
    answers: Mapping[str, Any]
    sealed: Mapping[str, str]
    findings: list[dict[str, Any]]
    outcome: str
    consent_version: str
    channel: str
    account_id: int | None
    device: str | None
    moment: datetime
    file_names: tuple[str, ...] = field(default=())

    @property
    def error_count(self) -> int:
        """Return the number of broken rules."""
        return sum(finding["severity"] == "error" for finding in self.findings)

    @property
    def warning_count(self) -> int:
        """Return the number of unlikely answers."""
        return len(self.findings) - self.error_count


def store(session: Session, version: Version, previous: Submission | None) -> tuple[str, int] | None:
    """Write a version, new or following `previous` (locked by the caller); return record id and version number."""
    number = previous.revision_count + 1 if previous else 1
    submission_id = previous.id if previous else _new_submission(session, version)
    if submission_id is None:
        return None
    revision_id = _new_revision(session, version, submission_id, number)
    if revision_id is None:
        return None
    if previous is not None:
        session.execute(update(Submission).where(Submission.id == submission_id).values(_state(version, number)))
    if version.file_names:
        names = [{"revision_id": revision_id, "name": name} for name in version.file_names]
        session.execute(_ATTACHMENT, names)
    return submission_id, number


def store_new(session: Session, versions: Sequence[Version]) -> list[str] | None:
    """Write several new records, each with one version and no correction; return their ids in the same order.

    None when an identifier is taken or given twice; the caller then has to undo what was written so far.
    """
    inserts = _inserts(session)
    submissions = [_submission_values(version) for version in versions]
    ids = [str(values["id"]) for values in submissions]
    if _written(session, inserts.submissions, submissions) < len(ids):
        return None
    keys = [random_key() for _ in versions]
    revisions = [_revision_values(version, id_, 1, key) for version, id_, key in zip(versions, ids, keys, strict=True)]
    if _written(session, inserts.revisions, revisions) < len(ids):
        return None
    session.execute(_IDENTITY, [_sealed_values(version, key) for version, key in zip(versions, keys, strict=True)])
    _expect_files(session, [version for version in versions if version.file_names])
    return ids


def is_erased(session: Session, submission_id: str) -> bool:
    """Tell whether who stands behind a record was destroyed, with it alone or with its whole round."""
    return session.scalar(_ERASED, {"submission_id": submission_id}) is not None


def _written(session: Session, statement: Any, rows: Sequence[Mapping[str, Any]]) -> int:
    """Insert rows and return how many of them were written."""
    result = session.execute(statement, rows, execution_options={"preserve_rowcount": True})
    assert isinstance(result, CursorResult)  # noqa: S101 - an insert has one
    return result.rowcount


def _expect_files(session: Session, versions: Sequence[Version]) -> None:
    """Write the names of the files that new records speak of."""
    if not versions:
        return
    sought = select(_REVISION.c.instance_id, _REVISION.c.id)
    found = session.execute(sought.where(_REVISION.c.instance_id.in_([version.instance_id for version in versions])))
    numbers = {row.instance_id: row.id for row in found}
    names = [
        {"revision_id": numbers[version.instance_id], "name": name}
        for version in versions
        for name in version.file_names
    ]
    session.execute(_ATTACHMENT, names)


def _new_submission(session: Session, version: Version) -> str | None:
    """Insert a record; None when its identifier is taken."""
    found: str | None = session.scalar(_inserts(session).submission, _submission_values(version))
    return found


def _new_revision(session: Session, version: Version, submission_id: str, number: int) -> int | None:
    """Insert a version with its identity apart; None when its identifier is taken."""
    key = random_key()
    row = session.execute(_inserts(session).revision, _revision_values(version, submission_id, number, key)).first()
    if row is None:
        return None
    session.execute(_IDENTITY, _sealed_values(version, key))
    return int(row.id)


def _submission_values(version: Version) -> dict[str, Any]:
    """Return the columns of a new record."""
    return {
        "id": random_key(),
        "round_id": version.round_id,
        "unit_kind": version.unit_kind,
        "sample_unit_id": version.sample_unit_id,
        "root_id": version.instance_id,
        "channel": version.channel,
        "account_id": version.account_id,
        "created_at": version.moment,
        **_state(version, 1),
    }


def _revision_values(version: Version, submission_id: str, number: int, key: str) -> dict[str, Any]:
    """Return the columns of a version."""
    return {
        "submission_id": submission_id,
        "number": number,
        "form_version_id": version.form_version_id,
        "instance_id": version.instance_id,
        "deprecated_id": version.deprecated_id,
        "sha256": version.sha256,
        "answers": version.answers,
        "findings": version.findings,
        "identity_key": key,
        "channel": version.channel,
        "account_id": version.account_id,
        "device": version.device,
        "consent_version": version.consent_version,
        "received_at": version.moment,
    }


def _sealed_values(version: Version, key: str) -> dict[str, Any]:
    """Return the columns of a version's identity."""
    return {"key": key, "values": version.sealed, "document": version.document}


def _state(version: Version, number: int) -> dict[str, Any]:
    """Return the columns of a record that follow its newest version."""
    return {
        "state": "received",
        "outcome": version.outcome,
        "revision_count": number,
        "error_count": version.error_count,
        "warning_count": version.warning_count,
        "updated_at": version.moment,
    }


@dataclass(frozen=True, slots=True)
class _Inserts:
    """The inserts of one kind of database that do nothing where a unique value is already taken.

    Those of one row return what it got; those of several only count, which drivers send in one go.
    """

    submission: Any
    revision: Any
    submissions: Any
    revisions: Any


_ERASED = (
    select(Destruction.id)
    .join(
        Submission,
        or_(
            Destruction.submission_id == Submission.id,
            and_(Destruction.submission_id.is_(None), Destruction.round_id == Submission.round_id),
        ),
    )
    .where(Submission.id == bindparam("submission_id"))
    .limit(1)
)
_SUBMISSION: Table = Base.metadata.tables["submission"]
_REVISION: Table = Base.metadata.tables["revision"]
_IDENTITY = insert(Base.metadata.tables["identity"])
_ATTACHMENT = insert(Base.metadata.tables["attachment"])
_BY_DIALECT = {
    dialect.__name__.rsplit(".", 1)[-1]: _Inserts(
        dialect.insert(_SUBMISSION).on_conflict_do_nothing().returning(_SUBMISSION.c.id),
        dialect.insert(_REVISION).on_conflict_do_nothing().returning(_REVISION.c.id, _REVISION.c.submission_id),
        dialect.insert(_SUBMISSION).on_conflict_do_nothing(),
        dialect.insert(_REVISION).on_conflict_do_nothing(),
    )
    for dialect in (postgresql, sqlite)
}


def _inserts(session: Session) -> _Inserts:
    """Return the inserts for a session's database."""
    return _BY_DIALECT[session.get_bind().dialect.name]
