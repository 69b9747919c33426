"""What the office changed in a record's answers, version by version. Never reads names, phones or addresses."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from survey.model import Account, AnswerCorrection


@dataclass(frozen=True, slots=True)
class Corrected:
    """One answer changed in the office: `number` is the version that the change made."""

    number: int
    path: str
    before: str
    after: str
    reason: str
    by: str
    at: datetime


def corrected(session: Session, submission_id: str) -> list[Corrected]:
    """Return every answer that the office changed in a record, oldest first."""
    query = (
        select(
            AnswerCorrection.revision_number,
            AnswerCorrection.path,
            AnswerCorrection.before,
            AnswerCorrection.after,
            AnswerCorrection.reason,
            func.coalesce(Account.name, ""),
            AnswerCorrection.at,
        )
        .outerjoin(Account, Account.id == AnswerCorrection.account_id)
        .where(AnswerCorrection.submission_id == submission_id)
        .order_by(AnswerCorrection.id)
    )
    return [Corrected(*row) for row in session.execute(query)]
