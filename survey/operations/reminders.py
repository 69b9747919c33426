"""E-mail to invited units: invitations on request, reminders on the days of the round's schedule.

A reminder is said once per unit and step, and to nobody who has answered, refused, lost the way in or whose address
bounced. Messages wait in the outbox; those of units that settled meanwhile are taken back before they leave.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.errors import Problem
from survey.model import MailMessage, MailStep, Round
from survey.model.actor import Actor
from survey.model.base import utc_now
from survey.operations import audit, invitations, mail, mail_wording
from survey.operations.invitations import ZONE
from survey.operations.mail_wording import Wording
from survey.query.drafts import deadline
from survey.query.invitations import SETTLED, InvitedUnit, invited_units

INVITATION = "invitation"
DEFAULT_DAYS = {"reminder-1": 14, "reminder-2": 7, "reminder-3": 2}
_MOST_DAYS = 90


@dataclass(frozen=True, slots=True)
class Step:
    """One message of the schedule; `days_before` is None for the invitation."""

    name: str
    days_before: int | None
    is_active: bool
    wording: Wording


@dataclass(frozen=True, slots=True)
class Sender:
    """Who writes, and where the portal is: `address` is the public address without a path."""

    agency: str
    hotline: str
    address: str

    @property
    def portal(self) -> str:
        """Return the address where a code is entered."""
        return f"{self.address.rstrip('/')}/portal/"


def schedule(session: Session, round_id: int) -> list[Step]:
    """Return the messages of a round: the invitation, then the reminders, the round's own words where it has some."""
    stored = {row.name: row for row in session.scalars(select(MailStep).where(MailStep.round_id == round_id))}
    steps = [Step(INVITATION, None, True, mail_wording.INVITATION)]
    steps += [Step(name, days, True, mail_wording.REMINDER) for name, days in DEFAULT_DAYS.items()]
    return [_stored(stored[step.name]) if step.name in stored else step for step in steps]


def set_step(
    session: Session,
    actor: Actor,
    round_id: int,
    name: str,
    *,
    days_before: int | None,
    is_active: bool,
    wording: Wording,
) -> None:
    """Change one message of a round's schedule: its day, whether it goes out, its words in both languages."""
    known = {step.name for step in schedule(session, round_id)}
    if name not in known:
        raise Problem("not-found")
    if (days_before is None) != (name == INVITATION) or not 0 <= (days_before or 0) <= _MOST_DAYS:
        raise Problem("bad-value", name="days_before", value=days_before, expected=f"0–{_MOST_DAYS}")
    mail_wording.check(wording)
    row = session.scalar(select(MailStep).where(MailStep.round_id == round_id, MailStep.name == name))
    if row is None:
        row = MailStep(round_id=round_id, name=name)
        session.add(row)
    row.days_before, row.is_active, row.updated_at = days_before, is_active, utc_now()
    row.wording = {language: dict(texts) for language, texts in wording.items()}
    session.flush()
    audit.record(session, actor, "mail.schedule", "round", round_id, step=name, days=days_before, active=is_active)


def preview(survey_round: Round, step: Step, sender: Sender, language: str) -> tuple[str, str]:
    """Return subject and body as an imagined unit would read them."""
    link = f"{sender.address.rstrip('/')}{invitations.link_path('…')}"
    values = _values(survey_round, sender, "Công ty TNHH Ví Dụ", "DN00000", link, step.days_before or 0)
    return mail_wording.filled(step.wording, language, values)


def invite_by_mail(
    session: Session, actor: Actor, round_id: int, unit_ids: Iterable[int], sender: Sender
) -> dict[str, int]:
    """Queue an invitation for each unit with an address; return counts: queued, and why others got none."""
    survey_round = _open_round(session, round_id)
    step = schedule(session, round_id)[0]
    counts: Counter[str] = Counter()
    for unit in invited_units(session, round_id, unit_ids=unit_ids):
        hindrance = _hindrance(unit)
        if not hindrance and any(m.state == "queued" and m.kind == _kind(step) for m in unit.mails):
            hindrance = "waiting"
        if not hindrance:
            invitation = invitations.ensure(session, actor, unit.sample_unit_id)
            hindrance = _write(session, actor, survey_round, unit, invitation.id, step, sender, once=None)
        counts[hindrance or "queued"] += 1
    return dict(counts)


def remind(
    session: Session, actor: Actor, round_id: int, sender: Sender, *, now: datetime | None = None
) -> dict[str, int]:
    """Queue the reminder that is due today, once per unit; return counts: queued, taken-back and why others got none.

    Of several steps that are due the latest one alone is sent. Units invited since its day wait for the next one.
    """
    moment = now or utc_now()
    counts: Counter[str] = Counter({"taken-back": take_back_settled(session, actor, round_id)})
    survey_round = _open_round(session, round_id)
    step = due_step(session, survey_round, moment)
    if step is None:
        return dict(counts)
    for unit in invited_units(session, round_id):
        if (
            unit.invitation_id is None
            or unit.invited_at is None
            or _local(unit.invited_at) >= day_of(survey_round, step)
        ):
            counts["not-invited"] += 1
            continue
        once = f"invitation:{unit.invitation_id}:{step.name}"
        hindrance = _hindrance(unit)
        if not hindrance and _is_said(session, once):
            hindrance = "said"
        if not hindrance:
            left = (deadline(survey_round) - _local(moment)).days
            hindrance = _write(
                session, actor, survey_round, unit, unit.invitation_id, step, sender, once=once, days=left
            )
        counts[hindrance or "queued"] += 1
    return dict(counts)


def due_step(session: Session, survey_round: Round, moment: datetime) -> Step | None:
    """Return the reminder whose day has come last, None before the first and after the round's last day."""
    today = _local(moment)
    if today > deadline(survey_round):
        return None
    steps = [s for s in schedule(session, survey_round.id) if s.days_before is not None and s.is_active]
    due = [step for step in steps if day_of(survey_round, step) <= today]
    return min(due, key=lambda step: step.days_before or 0, default=None)


def day_of(survey_round: Round, step: Step) -> date:
    """Return the day on which a message of the schedule is due."""
    return deadline(survey_round) - timedelta(days=step.days_before or 0)


def take_back_settled(session: Session, actor: Actor, round_id: int) -> int:
    """Take unsent messages of units that have answered, refused or lost the way in out of the outbox."""
    waiting = select(MailMessage.subject_id).where(
        MailMessage.round_id == round_id, MailMessage.subject_kind == "invitation", MailMessage.state == "queued"
    )
    ids = {int(number) for number in session.scalars(waiting)}
    if not ids:
        return 0
    settled = [u for u in invited_units(session, round_id) if u.invitation_id in ids and u.state in SETTLED]
    return sum(mail.cancel(session, actor, subject_kind="invitation", subject_id=u.invitation_id) for u in settled)


def _hindrance(unit: InvitedUnit) -> str:
    """Return why a unit gets no message, empty when it may."""
    if unit.state in SETTLED:
        return "settled"
    if not unit.email:
        return "no-address"
    return "bounced" if unit.email_bounced else ""


def _write(
    session: Session,
    actor: Actor,
    survey_round: Round,
    unit: InvitedUnit,
    invitation_id: int,
    step: Step,
    sender: Sender,
    *,
    once: str | None,
    days: int | None = None,
) -> str:
    """Queue one message with a fresh personal link; return why it could not be, empty when it was."""
    try:
        address = mail.usable_address(unit.email)
    except Problem:
        return "bad-address"
    token = invitations.issue_link(session, actor, invitation_id)
    link = f"{sender.address.rstrip('/')}{invitations.link_path(token)}"
    language = "en" if unit.attributes.get("language") == "en" else "vi"
    left = days if days is not None else step.days_before or 0
    subject, body = mail_wording.filled(
        step.wording, language, _values(survey_round, sender, unit.name, unit.code, link, left)
    )
    mail.queue(
        session,
        actor,
        to=address,
        subject=subject,
        body=body,
        kind=_kind(step),
        subject_id=invitation_id,
        locale=language,
        round_id=survey_round.id,
        once=once,
    )
    return ""


def _values(survey_round: Round, sender: Sender, name: str, unit_code: str, link: str, days: int) -> Mapping[str, str]:
    return {
        "name": name,
        "unit": unit_code,
        "round": survey_round.title,
        "deadline": f"{deadline(survey_round):%d/%m/%Y}",
        "days": str(days),
        "link": link,
        "portal": sender.portal,
        "agency": sender.agency,
        "hotline": sender.hotline,
    }


def _kind(step: Step) -> str:
    return f"invitation.{step.name}"


def _is_said(session: Session, once: str) -> bool:
    return session.scalar(select(MailMessage.id).where(MailMessage.once == once)) is not None


def _open_round(session: Session, round_id: int) -> Round:
    survey_round = session.get_one(Round, round_id)
    if survey_round.state != "open":
        raise Problem("round-closed", round=survey_round.title)
    return survey_round


def _local(moment: datetime) -> date:
    return moment.astimezone(ZONE).date()


def _stored(row: MailStep) -> Step:
    return Step(row.name, row.days_before, row.is_active, row.wording)
