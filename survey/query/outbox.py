"""The outbox of a round as the office sees it: which message is about which unit, what became of it. No addresses."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import String, cast, func, select
from sqlalchemy.orm import Session

from survey.model import FrameUnit, Invitation, MailMessage, SampleUnit
from survey.query.paging import SIZE, Page, bounded
from survey.query.scope import Communes, within


@dataclass(frozen=True, slots=True)
class Message:
    """One message about an invited unit."""

    id: int
    kind: str
    unit_code: str
    state: str
    attempts: int
    reason: str
    created_at: datetime
    next_at: datetime
    sent_at: datetime | None


def messages(session: Session, round_id: int, communes: Communes = None, *, page: int = 1) -> Page[Message]:
    """Return one page of a round's messages about invitations, newest first; two queries."""
    query = within(_base(round_id), FrameUnit.commune_code, communes)
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    number = bounded(page, total)
    rows = session.execute(query.order_by(MailMessage.id.desc()).offset((number - 1) * SIZE).limit(SIZE))
    return Page([Message(*row) for row in rows], number, total)


def round_of(session: Session, message_id: int) -> int | None:
    """Return the round of a message, None where there is no such message."""
    return session.scalar(select(MailMessage.round_id).where(MailMessage.id == message_id))


def _base(round_id: int) -> Any:
    return (
        select(
            MailMessage.id,
            MailMessage.kind,
            FrameUnit.code,
            MailMessage.state,
            MailMessage.attempts,
            MailMessage.reason,
            MailMessage.created_at,
            MailMessage.next_at,
            MailMessage.sent_at,
        )
        .join(Invitation, cast(Invitation.id, String) == MailMessage.subject_id)
        .join(SampleUnit, SampleUnit.id == Invitation.sample_unit_id)
        .join(FrameUnit, FrameUnit.id == SampleUnit.frame_unit_id)
        .where(MailMessage.round_id == round_id, MailMessage.subject_kind == "invitation")
    )
