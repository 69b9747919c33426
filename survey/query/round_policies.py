"""The consent texts of a round as they were shown, with how many questionnaires were answered under each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from survey.model import Account, ConsentText, FormVersion, Revision, Round, Submission


@dataclass(frozen=True, slots=True)
class ConsentVersion:
    """One version: its text ("" where the text stands in the questionnaire itself), since when, and its records."""

    version: str
    text: str
    since: datetime | None
    by: str
    records: int
    in_force: bool


def consent_versions(session: Session, round_: Round) -> list[ConsentVersion]:
    """Return the versions written for a round, the latest first, then those that only questionnaires name."""
    counted = (
        select(Revision.consent_version, func.count(Revision.submission_id.distinct()))
        .join(Submission, Submission.id == Revision.submission_id)
        .where(Submission.round_id == round_.id, Revision.consent_version != "")
        .group_by(Revision.consent_version)
    )
    records = {row[0]: row[1] for row in session.execute(counted)}
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
            records.pop(row.version, 0),
            row.version == round_.consent_version,
        )
        for row, name in session.execute(query)
    ]
    return written + [ConsentVersion(v, "", None, "", n, in_force=False) for v, n in sorted(records.items())]


def published_forms(session: Session) -> list[tuple[int, str]]:
    """Return (number, words) of every published questionnaire, the newest version of each form first."""
    columns = (FormVersion.id, FormVersion.form_id, FormVersion.version, FormVersion.title)
    query = select(*columns).order_by(FormVersion.form_id, FormVersion.published_at.desc(), FormVersion.id.desc())
    return [(row.id, f"{row.title} – {row.form_id} {row.version}") for row in session.execute(query)]
