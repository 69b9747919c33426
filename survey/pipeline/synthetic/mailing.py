"""Letters and messages of the synthetic round: who was written to, who entered, who refused, what came back.

Everything leads to `example.vn`, and nothing leaves: messages are settled here as a mail server would settle them.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from survey.model import Invitation, MailMessage, Round
from survey.model.actor import SYSTEM
from survey.operations import invitations, mail, mail_wording, reminders
from survey.operations.invitations import ZONE
from survey.operations.mail import Fate
from survey.pipeline.synthetic.chance import choices
from survey.query.invitations import InvitedUnit, invited_units

_DAYS_BEFORE = 40
_EVERY_BOUNCED = 45
_STILL_WAITING = 4
_REFUSALS = (
    "Doanh nghiệp báo qua điện thoại: không tham gia khảo sát.",
    "Doanh nghiệp đang làm thủ tục giải thể, từ chối trả lời.",
    "Người đại diện từ chối, không nêu lý do.",
)
SENDER = reminders.Sender("SỞ KHOA HỌC VÀ CÔNG NGHỆ", "0292 3 820 123", "https://phieuso.example.vn")


def send_out(session: Session, round_code: str, *, seed: int) -> None:
    """Give a built round its letters and one wave of reminders; the same seed makes the same states."""
    survey_round = session.scalars(select(Round).where(Round.code == round_code)).one()
    posted = datetime.combine(survey_round.starts_on, time(8), ZONE)
    invited = update(Invitation).where(Invitation.round_id == survey_round.id)
    session.execute(invited.values(letter_at=posted, created_at=posted))
    units = invited_units(session, survey_round.id)
    _enter(session, units, seed)
    silent = [unit for unit in units if unit.kind == "enterprise" and unit.state == "sent"]
    for unit, reason in zip(silent[10::17], _REFUSALS, strict=False):
        invitations.refuse(session, SYSTEM, survey_round.id, [unit.sample_unit_id], reason=reason)
    _remind(session, survey_round)


def _enter(session: Session, units: list[InvitedUnit], seed: int) -> None:
    """Set when each unit that answered had entered, and let a few others have only looked."""
    rng = choices(seed, "entering")
    looked = 0
    for unit in units:
        began = unit.answered_at - timedelta(minutes=rng.randint(12, 90)) if unit.answered_at else None
        if began is None and unit.letter_at and looked < len(units) // 60:
            looked += 1
            began = unit.letter_at + timedelta(days=rng.randint(2, 20), minutes=rng.randint(0, 540))
        if began is not None:
            session.get_one(Invitation, unit.invitation_id).claimed_at = began


def _remind(session: Session, survey_round: Round) -> None:
    """Send the first reminder, six weeks before the end, as a mail server would have settled it."""
    reminders.set_step(
        session,
        SYSTEM,
        survey_round.id,
        "reminder-1",
        days_before=_DAYS_BEFORE,
        is_active=True,
        wording=mail_wording.REMINDER,
    )
    day = datetime.combine(survey_round.ends_on - timedelta(days=_DAYS_BEFORE), time(7, 30), ZONE)
    reminders.remind(session, SYSTEM, survey_round.id, SENDER, now=day)
    query = select(MailMessage).where(MailMessage.round_id == survey_round.id).order_by(MailMessage.id)
    messages = list(session.scalars(query))
    for number, message in enumerate(messages, start=1):
        message.created_at = day
        mail.settle(session, message.id, _fate(number, len(messages)), day + timedelta(minutes=5))


def _fate(number: int, total: int) -> Fate:
    if number % _EVERY_BOUNCED == 0:
        return Fate("bounced", "550 5.1.1 Recipient address rejected: user unknown")
    if number > total - _STILL_WAITING:
        return Fate("delayed", "451 4.7.1 Greylisted, please try again later")
    return Fate("sent")
