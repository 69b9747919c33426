"""How units that answer for themselves come in: tax code and code of the letter, an own password, a link by e-mail.

Refuses guessing as accounts do, and tells nobody whether a tax code is in the frame: the same words after the same
work. Passwords end with the code that they were set behind.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, select
from sqlalchemy.orm import Session
from stdnum.vn import mst

from survey.errors import Problem
from survey.model import FrameUnit, Identity, Invitation, RespondentPassword, SampleUnit, SignInAttempt
from survey.model.actor import SYSTEM, Actor
from survey.model.base import utc_now
from survey.operations import accounts, audit, invitations, mail
from survey.query import respondents as reads
from survey.text import clean

MIN_PASSWORD = 10
LINK_LIFE = timedelta(minutes=30)
"""How long a link asked for by e-mail can be used."""
_TAX_LENGTHS = (10, 13)
_PERSONAL_LENGTH = 12
_LONGEST = 40
_SEPARATORS = re.compile(r"[\s.\-–/]")
_hasher = PasswordHasher()


@dataclass(frozen=True, slots=True)
class Login:
    """What was typed to say who one is: a tax code, a person's number or a unit code, as letters and digits only.

    `is_doubtful` where the check digit of a tax code does not fit: a warning, never a refusal.
    """

    text: str
    kind: str  # tax personal unit
    is_doubtful: bool = False

    @property
    def hash(self) -> str:
        """Return how a login is stored and counted."""
        return hashlib.sha256(f"login:{self.text}".encode()).hexdigest()


def read_login(typed: str) -> Login:
    """Read a tax code (10 digits, 13 with branch), a personal number (12 digits) or a unit code.

    Blanks, dots and dashes do not matter.
    """
    text = _SEPARATORS.sub("", clean(typed)).upper()[:_LONGEST]
    if text.isdigit() and len(text) in _TAX_LENGTHS:
        return Login(text, "tax", is_doubtful=not mst.is_valid(text))
    if text.isdigit() and len(text) == _PERSONAL_LENGTH:
        return Login(text, "personal")
    return Login(text, "unit")


def enter(session: Session, *, login: str, code: str, address: str = "", agent: str = "") -> str | None:
    """Return a portal session for a tax code (or unit code) with the code of its letter; None when they do not fit.

    The failure is counted already; the caller commits the count. Raises too-many-attempts.
    """
    who = read_login(login)
    keys = _keys(who, address)
    accounts.check_attempts(session, *keys)
    known = {unit.invitation_id for unit in reads.units_with_login(session, who.text)}
    query = select(Invitation).where(Invitation.code_hash == accounts.invitation_hash(code))
    invitation = session.scalar(query)
    if invitation is None or invitation.revoked_at is not None or invitation.id not in known:
        accounts.record_failure(session, *keys)
        return None
    _forget_failures(session, keys[0])
    invitation.claimed_at = invitation.claimed_at or utc_now()
    return _inside(session, invitation, "code", address, agent)


def sign_in(session: Session, *, login: str, password: str, address: str = "", agent: str = "") -> str | None:
    """Return a portal session for a tax code (or unit code) with the unit's own password; None when they do not fit.

    One password is checked in every case, so that the time tells nothing. Raises too-many-attempts.
    """
    who = read_login(login)
    keys = _keys(who, address)
    accounts.check_attempts(session, *keys)
    own = reads.password_of(session, who.hash)
    is_right = _matches(own.password_hash if own else _dummy_hash(), password)
    invitation = session.get(Invitation, own.invitation_id) if own else None
    if own is None or invitation is None or not is_right or own.changed_at < invitation.created_at:
        accounts.record_failure(session, *keys)
        return None
    _forget_failures(session, keys[0])
    return _inside(session, invitation, "password", address, agent)


def set_password(session: Session, actor: Actor, *, new: str) -> None:
    """Set or change the own password of the unit that is inside; its login is the tax code or else the unit code."""
    invitation, frame, values = _own(session, actor)
    if len(new) < MIN_PASSWORD:
        raise Problem("weak-password", length=MIN_PASSWORD)
    login = read_login(str(values.get("tax_code") or "") or frame.code)
    row = session.scalar(select(RespondentPassword).where(RespondentPassword.invitation_id == invitation.id))
    if row is None:
        row = RespondentPassword(invitation_id=invitation.id)
        session.add(row)
    row.login_hash, row.password_hash, row.changed_at = login.hash, _hasher.hash(new), utc_now()
    session.flush()
    audit.record(session, actor, "respondent.password", "invitation", invitation.id)


def set_email(session: Session, actor: Actor, *, email: str) -> None:
    """Correct the address to which the unit's messages and links go; empty takes it away."""
    invitation, frame, values = _own(session, actor)
    address = mail.usable_address(email) if clean(email) else ""
    if frame.identity_key is None:
        raise Problem("not-found")
    kept = {key: value for key, value in values.items() if key != "email"}
    session.get_one(Identity, frame.identity_key).values = {**kept, "email": address} if address else kept
    audit.record(session, actor, "respondent.email", "invitation", invitation.id)


def send_link(
    session: Session,
    *,
    login: str,
    letter: Callable[[str], tuple[str, str]],
    locale: str = "vi",
    address: str = "",
    now: datetime | None = None,
) -> None:
    """Queue a one-time link to the e-mail address of a unit, where there is one; says nothing either way.

    `letter` gives subject and text for the path of the link. Every request counts against the limit of attempts.
    """
    moment = now or utc_now()
    who = read_login(login)
    keys = (f"link:{who.hash[:32]}", f"link-address:{address}")
    accounts.check_attempts(session, *keys)
    session.add_all(SignInAttempt(key=key) for key in keys)
    audit.record(session, SYSTEM, "respondent.ask-link", "attempt", who.hash[:16])
    for unit in reads.units_with_login(session, who.text)[:1]:
        sealed = session.get(Identity, unit.identity_key) if unit.identity_key else None
        email = str((sealed.values if sealed else {}).get("email") or "")
        if not email:
            return
        token = invitations.issue_link(session, SYSTEM, unit.invitation_id, expires_at=moment + LINK_LIFE)
        subject, body = letter(invitations.link_path(token))
        mail.queue(
            session,
            SYSTEM,
            to=email,
            subject=subject,
            body=body,
            kind="portal.link",
            subject_id=unit.invitation_id,
            round_id=unit.round_id,
            locale=locale,
        )


def _own(session: Session, actor: Actor) -> tuple[Invitation, FrameUnit, dict[str, object]]:
    """Return the invitation, frame unit and names of the unit that is inside."""
    if actor.kind != "invitation" or actor.invitation_id is None:
        raise Problem("forbidden")
    invitation = session.get_one(Invitation, actor.invitation_id)
    unit = session.get_one(SampleUnit, invitation.sample_unit_id)
    frame = session.get_one(FrameUnit, unit.frame_unit_id)
    sealed = session.get(Identity, frame.identity_key) if frame.identity_key else None
    return invitation, frame, dict(sealed.values) if sealed else {}


def _inside(session: Session, invitation: Invitation, by: str, address: str, agent: str) -> str:
    actor = Actor(kind="invitation", invitation_id=invitation.id, address=address)
    audit.record(session, actor, "invitation.claim", "invitation", invitation.id, by=by)
    return accounts.open_session(session, address, agent, invitation_id=invitation.id)


def _keys(who: Login, address: str) -> tuple[str, str]:
    return f"login:{who.hash[:32]}", f"code-address:{address}"


def _forget_failures(session: Session, key: str) -> None:
    session.execute(delete(SignInAttempt).where(SignInAttempt.key == key))


@cache
def _dummy_hash() -> str:
    """Return a hash that no password fits, so that an unknown name takes as long as a known one; made when needed."""
    return _hasher.hash(secrets.token_hex(16))


def _matches(password_hash: str, password: str) -> bool:
    try:
        return _hasher.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False
