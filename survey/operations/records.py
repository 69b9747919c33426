"""Write one received version of a record: a handful of plain inserts, none of which can make a duplicate.

An identifier that somebody else has just used makes `store` return None; the caller then answers as the slower of two.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Table, insert, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from survey.model import Attachment, Base, Submission
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
        session.execute(insert(Attachment), names)
    return submission_id, number


def _new_submission(session: Session, version: Version) -> str | None:
    """Insert a record; None when its identifier is taken."""
    values = {
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
    found: str | None = session.scalar(_inserts(session).submission, values)
    return found


def _new_revision(session: Session, version: Version, submission_id: str, number: int) -> int | None:
    """Insert a version with its identity apart; None when its identifier is taken."""
    key = random_key()
    values = {
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
    found: int | None = session.scalar(_inserts(session).revision, values)
    if found is not None:
        sealed = {"key": key, "values": version.sealed, "document": version.document}
        session.execute(_IDENTITY, sealed)
    return found


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
    """The inserts of one kind of database that do nothing where a unique value is already taken."""

    submission: Any
    revision: Any


_SUBMISSION: Table = Base.metadata.tables["submission"]
_REVISION: Table = Base.metadata.tables["revision"]
_IDENTITY = insert(Base.metadata.tables["identity"])
_BY_DIALECT = {
    dialect.__name__.rsplit(".", 1)[-1]: _Inserts(
        dialect.insert(_SUBMISSION).on_conflict_do_nothing().returning(_SUBMISSION.c.id),
        dialect.insert(_REVISION).on_conflict_do_nothing().returning(_REVISION.c.id),
    )
    for dialect in (postgresql, sqlite)
}


def _inserts(session: Session) -> _Inserts:
    """Return the inserts for a session's database."""
    return _BY_DIALECT[session.get_bind().dialect.name]
