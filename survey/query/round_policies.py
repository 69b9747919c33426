"""The consent texts of a round as they were shown, with how many questionnaires were answered under each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from survey.model import Account, ConsentText, FormVersion, Revision, Round, Submission


@dataclass(frozen=True, slots=True)
class ConsentVersion:
    """One version: its text, since when, and its records.

    `form_version_id` names the questionnaire that carries the text of a version which was not written for the round.
    """

    version: str
    text: str
    since: datetime | None
    by: str
    records: int
    in_force: bool
    form_version_id: int | None = None


def consent_versions(session: Session, round_: Round) -> list[ConsentVersion]:
    """Return the versions written for a round, the latest first, then those that only questionnaires name."""
    counted = (
        select(
            Revision.consent_version,
            func.count(Revision.submission_id.distinct()),
            func.max(Revision.form_version_id),
        )
        .join(Submission, Submission.id == Revision.submission_id)
        .where(Submission.round_id == round_.id, Revision.consent_version != "")
        .group_by(Revision.consent_version)
    )
    found = {row[0]: (row[1], row[2]) for row in session.execute(counted)}
    query = (
        select(ConsentText, Account.name)
        .outerjoin(Account, Account.id == ConsentText.created_by)
        .where(ConsentText.round_id == round_.id)
        .order_by(ConsentText.id.desc())
    )
    written = [
        ConsentVersion(
            row.version,
            row.text,
            row.created_at,
            name or "",
            found.pop(row.version, (0, None))[0],
            row.version == round_.consent_version,
        )
        for row, name in session.execute(query)
    ]
    named = [
        ConsentVersion(v, "", None, "", n, in_force=False, form_version_id=f) for v, (n, f) in sorted(found.items())
    ]
    return written + named


def published_forms(session: Session) -> list[tuple[int, str]]:
    """Return (number, words) of every published questionnaire, the newest version of each form first."""
    columns = (FormVersion.id, FormVersion.form_id, FormVersion.version, FormVersion.title)
    query = select(*columns).order_by(FormVersion.form_id, FormVersion.published_at.desc(), FormVersion.id.desc())
    return [(row.id, f"{row.title} – {row.form_id} {row.version}") for row in session.execute(query)]
