"""Invitations of units that answer for themselves: codes for letters, personal links, refusal, revocation.

Codes and links exist in clear only in what these functions return; the tables hold their hashes. A new code ends
everything that the old one opened: links, sessions and unsent messages. Refuses units that do not answer themselves.
"""

from __future__ import annotations

import hashlib
import random
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from survey.errors import Problem
from survey.model import Invitation, InvitationLink, Round, SampleUnit, SignInSession
from survey.model.actor import Actor
from survey.model.base import utc_now
from survey.operations import accounts, audit, mail, planning
from survey.query.drafts import deadline
from survey.text import clean

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
LINK_PATH = "/portal/l/"
"""Where a personal link leads, followed by its token."""
_TOKEN_BYTES = 24


@dataclass(frozen=True, slots=True)
class Fresh:
    """A unit's new way into the portal before it is stored: the code in clear and the token of its personal link."""

    sample_unit_id: int
    code: str
    token: str

    @property
    def link(self) -> str:
        """Return the path of the personal link, to be put behind the public address."""
        return LINK_PATH + self.token


def link_path(token: str) -> str:
    """Return the path of a personal link."""
    return LINK_PATH + token


def issue_link(
    session: Session,
    actor: Actor,
    invitation_id: int,
    *,
    expires_at: datetime | None = None,
    rng: random.Random | None = None,
) -> str:
    """Return the token of a fresh personal link, to be sent as `link_path(token)`; only its hash is stored.

    It opens the portal once, until the end of the round's last day unless `expires_at` says otherwise. Earlier links
    of the invitation stay as they are. Problem "invitation-closed" for one that is revoked. `rng` is for synthetic
    rounds only.
    """
    invitation = _open_invitation(session, invitation_id)
    token = _new_token(rng)
    if expires_at is None:
        expires_at = end_of_round(session.get_one(Round, invitation.round_id))
    session.add(InvitationLink(invitation_id=invitation.id, token_hash=link_hash(token), expires_at=expires_at))
    session.flush()
    audit.record(session, actor, "invitation.link", "invitation", invitation.id, until=expires_at.isoformat())
    return token


def link_is_open(session: Session, token: str, *, now: datetime | None = None) -> bool:
    """Tell whether a personal link still opens the portal; changes nothing, so that a mail scanner uses nothing up."""
    return _usable(session, token, now or utc_now()) is not None


def claim_link(
    session: Session, *, token: str, address: str = "", agent: str = "", now: datetime | None = None
) -> str | None:
    """Use a personal link up and return the token of a portal session, as `accounts.claim_invitation` does for a code.

    None for a link that is unknown, used, expired or revoked (already counted against the address; the caller commits
    the count). Raises too-many-attempts. Claim on POST only: programs that scan mail open every link with GET.
    """
    key = f"link-address:{address}"
    accounts.check_attempts(session, key)
    link = _usable(session, token, now or utc_now(), lock=True)
    if link is None:
        accounts.record_failure(session, key)
        return None
    invitation = session.get_one(Invitation, link.invitation_id)
    link.claimed_at = now or utc_now()
    invitation.claimed_at = invitation.claimed_at or link.claimed_at
    actor = Actor(kind="invitation", invitation_id=invitation.id, address=address)
    audit.record(session, actor, "invitation.claim", "invitation", invitation.id, by="link", link=link.id)
    return accounts.open_session(session, address, agent, invitation_id=invitation.id)


def fresh(sample_unit_ids: Iterable[int], *, rng: random.Random | None = None) -> list[Fresh]:
    """Return a new code and link for each unit, in the order given; they open nothing until `issue` has stored them.

    Letters are set between the two, so that a letter that cannot be set leaves the old codes as they were. `rng` is for
    synthetic rounds only.
    """
    wanted = dict.fromkeys(sample_unit_ids)
    return [Fresh(unit_id, accounts.new_invitation_code(rng), _new_token(rng)) for unit_id in wanted]


def issue(session: Session, actor: Actor, round_id: int, made: Sequence[Fresh], *, now: datetime | None = None) -> None:
    """Store the codes and links of letters; the units' older codes, links and sessions end.

    Problem "unknown-unit" for a unit of another round or kind, "round-closed" when the round takes nothing any more.
    """
    survey_round = session.get_one(Round, round_id)
    if survey_round.state in {"closed", "archived"}:
        raise Problem("round-closed", round=survey_round.title)
    unit_ids = [each.sample_unit_id for each in made]
    _check_units(session, round_id, unit_ids)
    known = {each.sample_unit_id: each for each in session.scalars(_of_units(round_id, unit_ids))}
    moment, until = now or utc_now(), end_of_round(survey_round)
    for each in made:
        invitation = known.get(each.sample_unit_id)
        if invitation is None:
            invitation = Invitation(round_id=round_id, sample_unit_id=each.sample_unit_id)
            session.add(invitation)
        invitation.code_hash = accounts.invitation_hash(each.code)
        invitation.created_at = invitation.letter_at = moment
        invitation.claimed_at = invitation.revoked_at = None
        session.flush()
        _end_ways_in(session, actor, invitation.id, "invitation.renew")
        session.add(InvitationLink(invitation_id=invitation.id, token_hash=link_hash(each.token), expires_at=until))
    session.flush()
    audit.record(session, actor, "invitation.letters", "round", round_id, units=len(made))


def ensure(session: Session, actor: Actor, sample_unit_id: int) -> Invitation:
    """Return a unit's invitation; one that has none gets one whose code nobody knows until a letter renews it."""
    found = session.scalar(select(Invitation).where(Invitation.sample_unit_id == sample_unit_id))
    if found is not None:
        return found
    planning.invite(session, actor, sample_unit_id)
    return session.scalars(select(Invitation).where(Invitation.sample_unit_id == sample_unit_id)).one()


def revoke(session: Session, actor: Actor, round_id: int, sample_unit_ids: Iterable[int]) -> int:
    """Close the way in of units and return how many were open: codes, links, sessions and unsent messages end."""
    query = _of_units(round_id, sample_unit_ids).where(Invitation.revoked_at.is_(None))
    found = list(session.scalars(query.with_for_update()))
    for invitation in found:
        invitation.revoked_at = utc_now()
        _end_ways_in(session, actor, invitation.id, "invitation.revoke")
    return len(found)


def refuse(session: Session, actor: Actor, round_id: int, sample_unit_ids: Sequence[int], *, reason: str) -> int:
    """Note that units told the office that they will not answer, saying how; reminders stop, the way in stays open."""
    said = clean(reason)[:500]
    if not said:
        raise Problem("remark-needed")
    found = list(session.scalars(_of_units(round_id, sample_unit_ids).where(Invitation.refused_at.is_(None))))
    for invitation in found:
        invitation.refused_at, invitation.refusal = utc_now(), said
        mail.cancel(session, actor, subject_kind="invitation", subject_id=invitation.id)
        audit.record(session, actor, "invitation.refuse", "invitation", invitation.id)
    return len(found)


def take_back_refusal(session: Session, actor: Actor, round_id: int, sample_unit_ids: Sequence[int]) -> int:
    """Note that units changed their minds; reminders go on."""
    found = list(session.scalars(_of_units(round_id, sample_unit_ids).where(Invitation.refused_at.is_not(None))))
    for invitation in found:
        invitation.refused_at, invitation.refusal = None, ""
        audit.record(session, actor, "invitation.unrefuse", "invitation", invitation.id)
    return len(found)


def end_of_round(survey_round: Round) -> datetime:
    """Return the moment after the last day, in Vietnam, on which units of a round may answer for themselves."""
    return datetime.combine(deadline(survey_round) + timedelta(days=1), time(), ZONE)


def link_hash(token: str) -> str:
    """Return the stored form of a personal link's token."""
    return hashlib.sha256(f"invitation-link:{token}".encode()).hexdigest()


def _new_token(rng: random.Random | None) -> str:
    return secrets.token_urlsafe(_TOKEN_BYTES) if rng is None else rng.randbytes(_TOKEN_BYTES).hex()


def _usable(session: Session, token: str, moment: datetime, *, lock: bool = False) -> InvitationLink | None:
    query = (
        select(InvitationLink)
        .join(Invitation, Invitation.id == InvitationLink.invitation_id)
        .where(InvitationLink.token_hash == link_hash(clean(token)), Invitation.revoked_at.is_(None))
    )
    link = session.scalar(query.with_for_update(of=InvitationLink) if lock else query)
    if link is None or link.claimed_at is not None or link.revoked_at is not None or link.expires_at <= moment:
        return None
    return link


def _open_invitation(session: Session, invitation_id: int) -> Invitation:
    invitation = session.get(Invitation, invitation_id)
    if invitation is None:
        raise Problem("not-found")
    if invitation.revoked_at is not None:
        raise Problem("invitation-closed")
    return invitation


def _check_units(session: Session, round_id: int, unit_ids: Sequence[int]) -> None:
    query = select(SampleUnit.id).where(
        SampleUnit.round_id == round_id,
        SampleUnit.kind.in_(("enterprise", "institution")),
        SampleUnit.id.in_(unit_ids),
    )
    if missing := sorted(set(unit_ids) - set(session.scalars(query))):
        raise Problem("unknown-unit", code=missing[0])


def _of_units(round_id: int, unit_ids: Iterable[int]) -> Any:
    return (
        select(Invitation)
        .where(Invitation.round_id == round_id, Invitation.sample_unit_id.in_(list(unit_ids)))
        .order_by(Invitation.id)
    )


def _end_ways_in(session: Session, actor: Actor, invitation_id: int, action: str) -> None:
    """Revoke the links and sessions of an invitation and take back its unsent messages."""
    moment = utc_now()
    links = InvitationLink.invitation_id == invitation_id, InvitationLink.revoked_at.is_(None)
    session.execute(update(InvitationLink).where(*links).values(revoked_at=moment))
    live = SignInSession.invitation_id == invitation_id, SignInSession.revoked_at.is_(None)
    session.execute(update(SignInSession).where(*live).values(revoked_at=moment))
    mail.cancel(session, actor, subject_kind="invitation", subject_id=invitation_id)
    audit.record(session, actor, action, "invitation", invitation_id)
