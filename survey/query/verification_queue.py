"""Institutions' records that wait for verification, and the evidence files of one version. Never reads names."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from survey.model import Attachment, FrameUnit, Revision, SampleUnit, Submission, Verification
from survey.query.scope import Communes, within
from survey.reference import units
from survey.reference.institution import COMPONENTS
from survey.text import clean, fold

STATES = ("unverified", "begun", "verified")


@dataclass(frozen=True, slots=True)
class Waiting:
    """One institution's record: how many components of its present version have a finding."""

    submission_id: str
    unit_code: str
    commune_code: str
    review_state: str
    updated_at: datetime
    found: int

    @property
    def state(self) -> str:
        """Return how far verification has come, one of `STATES`."""
        if self.found >= len(COMPONENTS):
            return "verified"
        return "begun" if self.found else "unverified"

    @property
    def commune(self) -> units.OldCommune:
        """Return the old commune of the institution."""
        return units.old_commune(self.commune_code)


@dataclass(frozen=True, slots=True)
class Evidence:
    """A file that a version refers to; `size` is None until it has arrived."""

    id: int
    name: str
    sha256: str | None
    size: int | None


def records(session: Session, round_id: int, communes: Communes = None) -> list[Waiting]:
    """Return the answered records of a round's institutions by unit code, narrowed to communes; one query."""
    newest = (
        select(Revision.submission_id, func.max(Revision.id).label("revision_id"))
        .group_by(Revision.submission_id)
        .subquery()
    )
    made = (
        select(Verification.revision_id, func.count(func.distinct(Verification.component)).label("found"))
        .group_by(Verification.revision_id)
        .subquery()
    )
    query = (
        select(
            Submission.id,
            FrameUnit.code,
            FrameUnit.commune_code,
            Submission.state,
            Submission.updated_at,
            func.coalesce(made.c.found, 0),
        )
        .join(newest, newest.c.submission_id == Submission.id)
        .outerjoin(made, made.c.revision_id == newest.c.revision_id)
        .join(SampleUnit, SampleUnit.id == Submission.sample_unit_id)
        .join(FrameUnit, FrameUnit.id == SampleUnit.frame_unit_id)
        .where(Submission.round_id == round_id, Submission.unit_kind == "institution", Submission.outcome == "11")
        .where(Submission.state.in_(("received", "approved")))
        .order_by(FrameUnit.code, Submission.id)
    )
    return [Waiting(*row) for row in session.execute(within(query, FrameUnit.commune_code, communes))]


def chosen(rows: list[Waiting], state: str, text: str) -> list[Waiting]:
    """Return the records in a state whose code or commune holds some words, written with or without accents."""
    words = fold(clean(text)).split()
    return [
        row
        for row in rows
        if state in ("", row.state) and all(word in fold(f"{row.unit_code} {row.commune.name}") for word in words)
    ]


def evidence(session: Session, submission_id: str) -> tuple[Evidence, ...]:
    """Return the files of a record's present version by name."""
    newest = select(func.max(Revision.id)).where(Revision.submission_id == submission_id).scalar_subquery()
    query = select(Attachment).where(Attachment.revision_id == newest).order_by(Attachment.name)
    return tuple(Evidence(row.id, row.name, row.sha256, row.size) for row in session.scalars(query))
