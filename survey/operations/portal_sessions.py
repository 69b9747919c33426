"""Sessions of the portal: who stands behind one, and when it ends for want of use. The server's clock decides.

A unit enters with its invitation, a colleague with the link of a delegated section; either way is closed by revoking.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from survey.model import Delegation, Draft, Invitation, SampleUnit, SignInSession
from survey.model.actor import Actor
from survey.model.base import utc_now

IDLE_LIMIT = timedelta(minutes=45)
"""How long a portal session lives without a page opened or an answer saved."""
STEP = timedelta(minutes=1)
"""How exactly the last use is kept: one write a minute at most."""
_SEEN = "portal-session-seen"


def actor_of(session: Session, row: SignInSession, *, address: str = "", now: datetime | None = None) -> Actor | None:
    """Return who a portal session stands for; None once it was idle too long or its way in was closed."""
    moment = now or utc_now()
    if moment - row.seen_at > IDLE_LIMIT:
        return None
    session.info[_SEEN] = row.seen_at
    if row.delegation_id is not None:
        return _colleague(session, row.delegation_id, address, moment)
    return _unit(session, row.invitation_id, address) if row.invitation_id is not None else None


def is_due(session: Session, *, now: datetime | None = None) -> bool:
    """Tell whether the use of the session that `actor_of` has just found is to be noted: after a minute, not before."""
    seen: datetime | None = session.info.get(_SEEN)
    return seen is not None and (now or utc_now()) - seen > STEP


def left(session: Session, token_hash: str, *, now: datetime | None = None) -> timedelta:
    """Return how long a session lives on without further use; nothing for one that is unknown or over."""
    seen = session.scalar(
        select(SignInSession.seen_at).where(SignInSession.token_hash == token_hash, SignInSession.revoked_at.is_(None))
    )
    return max(timedelta(0), seen + IDLE_LIMIT - (now or utc_now())) if seen is not None else timedelta(0)


def touch(session: Session, token_hash: str, *, now: datetime | None = None) -> None:
    """Note that a session is in use; does nothing when that was noted within the last minute."""
    moment = now or utc_now()
    row = SignInSession.token_hash == token_hash
    session.execute(update(SignInSession).where(row, SignInSession.seen_at < moment - STEP).values(seen_at=moment))


def _unit(session: Session, invitation_id: int, address: str) -> Actor | None:
    """Return the unit behind an invitation."""
    invitation = session.get(Invitation, invitation_id)
    if invitation is None or invitation.revoked_at is not None:
        return None
    return Actor(
        kind="invitation",
        invitation_id=invitation.id,
        sample_unit_id=invitation.sample_unit_id,
        round_id=invitation.round_id,
        address=address,
    )


def _colleague(session: Session, delegation_id: int, address: str, now: datetime) -> Actor | None:
    """Return who works on a delegated section, while the link, the draft and the unit's invitation hold."""
    query = (
        select(Delegation, Draft, Invitation.revoked_at)
        .join(Draft, Draft.id == Delegation.draft_id)
        .join(SampleUnit, SampleUnit.id == Draft.sample_unit_id)
        .join(Invitation, Invitation.sample_unit_id == SampleUnit.id)
        .where(Delegation.id == delegation_id)
    )
    found = session.execute(query).first()
    if found is None or found.revoked_at is not None:
        return None
    delegation, draft, _revoked = found
    if delegation.revoked_at is not None or delegation.expires_at <= now:
        return None
    return Actor(
        kind="delegate",
        delegation_id=delegation.id,
        sample_unit_id=draft.sample_unit_id,
        round_id=draft.round_id,
        address=address,
    )
