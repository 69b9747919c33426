"""Units that answer for themselves and where each stands: letter, messages, entry, draft, answer. Five or six queries.

Reads names and addresses, which letters need: the caller records that they were read.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session, aliased

from survey.model import Draft, FrameUnit, Identity, Invitation, MailMessage, SampleUnit, Submission
from survey.query.scope import Communes, within
from survey.reference import units as places
from survey.text import clean, fold

KINDS = ("enterprise", "institution")
STATES = ("not-sent", "sent", "opened", "started", "submitted", "refused", "revoked")
EMAILS = ("yes", "no", "bounced")
SETTLED = frozenset({"submitted", "refused", "revoked"})
"""States in which a unit is not reminded any more."""
_ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
_REFUSED = "21"


@dataclass(frozen=True, slots=True)
class MailFact:
    """One message about an invitation: its kind, what became of it, and when it left or was last tried."""

    id: int
    kind: str
    state: str
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class InvitedUnit:
    """A sampled enterprise or institution and how far it has come; `named` holds names and addresses."""

    sample_unit_id: int
    code: str
    kind: str
    commune_code: str
    attributes: Mapping[str, Any]
    named: Mapping[str, Any]
    invitation_id: int | None = None
    letter_at: datetime | None = None
    claimed_at: datetime | None = None
    revoked_at: datetime | None = None
    refused_at: datetime | None = None
    refusal: str = ""
    submission_id: str | None = None
    submission_state: str = ""
    outcome: str = ""
    answered_at: datetime | None = None
    draft_at: datetime | None = None
    draft_form: int | None = None
    sections_seen: tuple[str, ...] = ()
    mails: tuple[MailFact, ...] = ()
    bounced: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """Return the name of the unit, or its code where the frame has none."""
        known = (self.named.get(key) for key in ("name", "enterprise_name", "institution_name"))
        return next((str(value) for value in known if value), self.code)

    @property
    def email(self) -> str:
        """Return the address that the frame knows, empty without one."""
        return str(self.named.get("email") or "").strip()

    @property
    def email_bounced(self) -> bool:
        """Tell whether a message to the present address came back."""
        return bool(self.email) and self.email in self.bounced

    @property
    def commune(self) -> places.OldCommune:
        """Return the old commune of the unit."""
        return places.old_commune(self.commune_code)

    @property
    def state(self) -> str:
        """Return where the unit stands, one of `STATES`."""
        if self.outcome == _REFUSED or (self.refused_at and self.submission_state in {"", "returned"}):
            return "refused"
        if self.submission_state in {"received", "approved", "rejected"}:
            return "submitted"
        if self.revoked_at:
            return "revoked"
        if self.draft_at or self.submission_state == "returned":
            return "started"
        if self.claimed_at:
            return "opened"
        return "sent" if self.letter_at or self.mailed_at else "not-sent"

    @property
    def mailed_at(self) -> datetime | None:
        """Return when the last message left."""
        return max((mail.at for mail in self.mails if mail.state == "sent"), default=None)

    @property
    def invited_at(self) -> datetime | None:
        """Return when the unit was invited, by letter or by the first message."""
        moments = [mail.at for mail in self.mails if mail.state in {"sent", "queued"}]
        return min([*moments, *([self.letter_at] if self.letter_at else [])], default=None)


@dataclass(frozen=True, slots=True)
class Filters:
    """What of the invited units a list shows; an empty value does not narrow."""

    kind: str = ""
    state: str = ""
    email: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Day:
    """What happened on one day in Vietnam: letters made, messages sent, first answers received."""

    day: date
    letters: int = 0
    mails: int = 0
    answers: int = 0


def invited_units(
    session: Session, round_id: int, communes: Communes = None, *, unit_ids: Iterable[int] | None = None
) -> list[InvitedUnit]:
    """Return the self-reporting units of a round's main sample by kind and code, narrowed to communes and ids."""
    query = within(_base(round_id), FrameUnit.commune_code, communes)
    if unit_ids is not None:
        query = query.where(SampleUnit.id.in_(list(unit_ids)))
    found = [_unit(row) for row in session.execute(query)]
    answers, drafts = _answers(session, round_id), _drafts(session, round_id)
    mails, bounced = _mails(session, round_id)
    return [
        replace(
            unit,
            **answers.get(unit.sample_unit_id, {}),
            **drafts.get(unit.sample_unit_id, {}),
            mails=mails.get(unit.invitation_id or 0, ()),
            bounced=bounced.get(unit.invitation_id or 0, frozenset()),
        )
        for unit in found
    ]


def chosen(units: Iterable[InvitedUnit], filters: Filters) -> list[InvitedUnit]:
    """Return the units that fit the filters; words are looked for without accents in code, name, place and tax code."""
    words = fold(clean(filters.text)).split()
    return [
        unit
        for unit in units
        if filters.kind in ("", unit.kind)
        and filters.state in ("", unit.state)
        and _email_fits(unit, filters.email)
        and all(word in _searched(unit) for word in words)
    ]


def counts(units: Iterable[InvitedUnit]) -> dict[str, int]:
    """Return how many units are in each state."""
    found = Counter(unit.state for unit in units)
    return {state: found[state] for state in STATES}


def days(units: Sequence[InvitedUnit]) -> list[Day]:
    """Return the days on which something left or came in, newest first."""
    letters = Counter(_day(unit.letter_at) for unit in units if unit.letter_at)
    mails = Counter(_day(mail.at) for unit in units for mail in unit.mails if mail.state == "sent")
    answers = Counter(_day(unit.answered_at) for unit in units if unit.answered_at)
    every = sorted({*letters, *mails, *answers}, reverse=True)
    return [Day(day, letters[day], mails[day], answers[day]) for day in every]


def _base(round_id: int) -> Any:
    return (
        select(
            SampleUnit.id,
            FrameUnit.code,
            SampleUnit.kind,
            FrameUnit.commune_code,
            FrameUnit.attributes,
            Identity.values,
            Invitation.id.label("invitation_id"),
            Invitation.letter_at,
            Invitation.claimed_at,
            Invitation.revoked_at,
            Invitation.refused_at,
            func.coalesce(Invitation.refusal, "").label("refusal"),
        )
        .join(FrameUnit, FrameUnit.id == SampleUnit.frame_unit_id)
        .outerjoin(Identity, Identity.key == FrameUnit.identity_key)
        .outerjoin(Invitation, Invitation.sample_unit_id == SampleUnit.id)
        .where(SampleUnit.round_id == round_id, SampleUnit.kind.in_(KINDS), SampleUnit.role == "main")
        .order_by(SampleUnit.kind, FrameUnit.code)
    )


def _unit(row: Any) -> InvitedUnit:
    values = {name: value for name, value in row._mapping.items() if name not in {"id", "values"}}
    return InvitedUnit(sample_unit_id=row.id, named=row._mapping["values"] or {}, **values)


def _answers(session: Session, round_id: int) -> dict[int, dict[str, Any]]:
    """Return each unit's record that came in last, and when its first answer came."""
    query = (
        select(Submission)
        .where(Submission.round_id == round_id, Submission.unit_kind.in_(KINDS))
        .order_by(Submission.updated_at, Submission.id)
    )
    found: dict[int, dict[str, Any]] = {}
    for row in session.scalars(query):
        if row.sample_unit_id is not None:
            before = found.get(row.sample_unit_id, {}).get("answered_at", row.created_at)
            found[row.sample_unit_id] = {
                "submission_id": row.id,
                "submission_state": row.state,
                "outcome": row.outcome,
                "answered_at": min(before, row.created_at),
            }
    return found


def _drafts(session: Session, round_id: int) -> dict[int, dict[str, Any]]:
    """Return what is begun and not sent: when it was last saved, and which sections were gone through."""
    unit = aliased(SampleUnit)
    query = (
        select(Draft.sample_unit_id, Draft.updated_at, Draft.form_version_id, Draft.margin)
        .join(unit, and_(unit.id == Draft.sample_unit_id, unit.kind.in_(KINDS)))
        .where(Draft.round_id == round_id, Draft.submitted_at.is_(None))
        .order_by(Draft.created_at)
    )
    return {
        row.sample_unit_id: {
            "draft_at": row.updated_at,
            "draft_form": row.form_version_id,
            "sections_seen": tuple(name for name in row.margin.get("seen", ()) if "/" not in name),
        }
        for row in session.execute(query)
    }


def _mails(session: Session, round_id: int) -> tuple[dict[int, tuple[MailFact, ...]], dict[int, frozenset[str]]]:
    """Return the messages of each invitation, newest first, and the addresses from which one came back."""
    query = (
        select(MailMessage)
        .where(MailMessage.round_id == round_id, MailMessage.subject_kind == "invitation")
        .order_by(MailMessage.id.desc())
    )
    rows = session.scalars(query).all()
    facts: dict[int, list[MailFact]] = defaultdict(list)
    for row in rows:
        moment = row.sent_at or row.created_at
        facts[int(row.subject_id)].append(MailFact(row.id, row.kind, row.state, moment, row.reason))
    back = {row.identity_key: int(row.subject_id) for row in rows if row.state == "bounced"}
    bounced: dict[int, set[str]] = defaultdict(set)
    for sealed in session.scalars(select(Identity).where(Identity.key.in_(back))) if back else ():
        bounced[back[sealed.key]].add(str(sealed.values.get("to", "")))
    return (
        {number: tuple(of_unit) for number, of_unit in facts.items()},
        {number: frozenset(addresses) for number, addresses in bounced.items()},
    )


def _email_fits(unit: InvitedUnit, wanted: str) -> bool:
    if wanted == "bounced":
        return unit.email_bounced
    return not wanted or (wanted == "yes") == bool(unit.email)


def _searched(unit: InvitedUnit) -> str:
    return fold(f"{unit.code} {unit.name} {unit.commune.name} {unit.named.get('tax_code', '')}")


def _day(moment: datetime) -> date:
    return moment.astimezone(_ZONE).date()
