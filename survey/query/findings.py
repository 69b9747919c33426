"""Reads of the edited findings of a run: what counts now, and who wrote it when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.model import Account, FindingEdit


@dataclass(frozen=True, slots=True)
class Edited:
    """The text of one place as it counts now, empty where what was generated counts again; who wrote it when."""

    id: int
    place: str
    text: str
    by: str
    made_at: datetime


def edited(session: Session, run_id: int, *, language: str) -> dict[str, Edited]:
    """Return the last edit of every place of a run's report."""
    query = (
        select(FindingEdit, Account.name)
        .outerjoin(Account, Account.id == FindingEdit.made_by)
        .where(FindingEdit.run_id == run_id, FindingEdit.language == language)
        .order_by(FindingEdit.id)
    )
    return {
        edit.place: Edited(edit.id, edit.place, edit.text, name or "", edit.made_at)
        for edit, name in session.execute(query)
    }


def history(session: Session, run_id: int, *, language: str) -> tuple[Edited, ...]:
    """Return every edit of a run's report, newest first."""
    query = (
        select(FindingEdit, Account.name)
        .outerjoin(Account, Account.id == FindingEdit.made_by)
        .where(FindingEdit.run_id == run_id, FindingEdit.language == language)
        .order_by(FindingEdit.id.desc())
    )
    return tuple(
        Edited(edit.id, edit.place, edit.text, name or "", edit.made_at) for edit, name in session.execute(query)
    )
