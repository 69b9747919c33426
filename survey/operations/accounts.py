"""Accounts, roles, sign-in and the portal's invitations. Passwords are hashed with argon2; tokens are stored as hashes.

Refuses guessing: failures are counted per name and per address, and every refusal reads the same.
"""

from __future__ import annotations

import hashlib
import random
import secrets
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from survey.errors import Problem
from survey.model import Account, Grant, Invitation, SecondFactor, SignInAttempt, SignInSession
from survey.model.actor import ROLES, SYSTEM, Actor, RoleGrant
from survey.model.base import utc_now
from survey.operations import audit, portal_sessions
from survey.text import clean

ATTEMPT_LIMIT = 10
ATTEMPT_WINDOW = timedelta(minutes=15)
SESSION_LIFE = timedelta(hours=12)
_CODE_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_CODE_LENGTH = 12
_MIN_PASSWORD = 10
NEVER_SET = "!"
"""Stands for a password that was never set: no hash is like it."""

_hasher = PasswordHasher()


def create_account(
    session: Session, actor: Actor, *, username: str, name: str, password: str | None, email: str | None = None
) -> Account:
    """Create an account; refuses a taken user name and a short password.

    Without a password nobody can sign in until a one-time link has set one (`operations.account_links`).
    """
    username = clean(username).lower()
    if password is not None and len(password) < _MIN_PASSWORD:
        raise Problem("weak-password", length=_MIN_PASSWORD)
    if not username or session.scalar(select(Account.id).where(Account.username == username)):
        raise Problem("username-taken", username=username)
    hashed = NEVER_SET if password is None else _hasher.hash(password)
    account = Account(username=username, name=clean(name), email=email, password_hash=hashed)
    session.add(account)
    session.flush()
    audit.record(session, actor, "account.create", "account", account.id, username=username)
    return account


def grant_role(
    session: Session,
    actor: Actor,
    account_id: int,
    role: str,
    *,
    round_id: int | None = None,
    area_code: str | None = None,
) -> Grant:
    """Give an account a role, limited to a round and an old district or commune where given."""
    if role not in ROLES:
        raise Problem("bad-value", name="role", value=role, expected=", ".join(ROLES))
    grant = Grant(account_id=account_id, role=role, round_id=round_id, area_code=area_code)
    session.add(grant)
    session.flush()
    audit.record(session, actor, "account.grant", "account", account_id, role=role, round=round_id, area=area_code)
    return grant


def revoke_role(session: Session, actor: Actor, grant_id: int) -> None:
    """Take a granted role away."""
    grant = session.get(Grant, grant_id)
    if grant is None:
        raise Problem("not-found")
    session.delete(grant)
    audit.record(session, actor, "account.revoke", "account", grant.account_id, role=grant.role)


def change_password(session: Session, actor: Actor, *, account_id: int, current: str | None, new: str) -> None:
    """Change a password and end all sessions of the account; `current` is None only for an administrator.

    A password that somebody else set has to be changed at the next sign-in.
    """
    account = session.get(Account, account_id)
    if account is None:
        raise Problem("not-found")
    if current is None and not actor.may("admin"):
        raise Problem("forbidden")
    if current is not None and not _matches(account.password_hash, current):
        raise Problem("wrong-password")
    if current is not None and current == new:
        raise Problem("same-password")
    write_password(session, account, new)
    account.must_change_password = current is None and actor.account_id != account_id
    audit.record(session, actor, "account.password", "account", account_id)


def write_password(session: Session, account: Account, new: str) -> None:
    """Store a new password and end every session of the account; raises weak-password. The caller records it."""
    if len(new) < _MIN_PASSWORD:
        raise Problem("weak-password", length=_MIN_PASSWORD)
    account.password_hash = _hasher.hash(new)
    live = (SignInSession.account_id == account.id, SignInSession.revoked_at.is_(None))
    session.execute(update(SignInSession).where(*live).values(revoked_at=utc_now()))


def demand_new_password(session: Session, actor: Actor, account_id: int) -> None:
    """Let a person set a new password at the next page; the present one still opens the door."""
    account = session.get(Account, account_id)
    if account is None or not actor.may("admin"):
        raise Problem("not-found")
    account.must_change_password = True
    audit.record(session, actor, "account.demand-password", "account", account_id)


def failures(session: Session, username: str, *, now: datetime | None = None) -> int:
    """Return how often a name has failed to sign in lately; from ATTEMPT_LIMIT on it is locked out."""
    since = (now or utc_now()) - ATTEMPT_WINDOW
    query = select(func.count()).where(SignInAttempt.key == name_key(username), SignInAttempt.at > since)
    return session.scalar(query) or 0


def lift_lockout(session: Session, actor: Actor, account_id: int) -> None:
    """Forget the failures of a name, so that its person may try again at once."""
    account = session.get(Account, account_id)
    if account is None or not actor.may("admin"):
        raise Problem("not-found")
    session.execute(delete(SignInAttempt).where(SignInAttempt.key == name_key(account.username)))
    audit.record(session, actor, "account.lift", "account", account_id)


def name_key(username: str) -> str:
    """Return under which key failures of a user name are counted."""
    return f"name:{clean(username).lower()[:180]}"


def set_state(session: Session, actor: Actor, *, account_id: int, state: str) -> None:
    """Lock or unlock an account."""
    account = session.get(Account, account_id)
    if account is None:
        raise Problem("not-found")
    if state not in {"active", "locked"}:
        raise Problem("bad-value", name="state", value=state, expected="active, locked")
    account.state = state
    audit.record(session, actor, "account.state", "account", account_id, state=state)


def check_attempts(session: Session, *keys: str, now: datetime | None = None) -> None:
    """Refuse when a name or an address has failed too often lately."""
    since = (now or utc_now()) - ATTEMPT_WINDOW
    failures = select(func.count()).select_from(SignInAttempt).where(SignInAttempt.at > since)
    for key in keys:
        if (session.scalar(failures.where(SignInAttempt.key == key)) or 0) >= ATTEMPT_LIMIT:
            raise Problem("too-many-attempts", minutes=int(ATTEMPT_WINDOW.total_seconds() // 60))


def record_failure(session: Session, *keys: str) -> None:
    """Count one failed attempt for each key; the caller commits it although the attempt is refused."""
    session.add_all(SignInAttempt(key=key) for key in keys)
    audit.record(session, SYSTEM, "sign-in.failed", "attempt", hashlib.sha256(keys[0].encode()).hexdigest()[:16])


def sign_in(session: Session, *, username: str, password: str, address: str = "", agent: str = "") -> str | None:
    """Return a session token for a right name and password, None for a wrong one (already counted).

    The token of an account with a second factor opens nothing until `second_factor.pass_code` has seen a code. Raises
    too-many-attempts. None instead of a Problem lets the count be committed.
    """
    actor = prove(session, username=username, password=password, address=address)
    if actor is None:
        return None
    awaits_code = has_second_factor(session, actor.account_id)
    if not awaits_code:
        audit.record(session, actor, "sign-in", "account", actor.account_id)
    return open_session(session, address, agent, account_id=actor.account_id, awaits_code=awaits_code)


def has_second_factor(session: Session, account_id: int | None) -> bool:
    """Tell whether an account has a confirmed second factor."""
    query = select(SecondFactor.account_id).where(
        SecondFactor.account_id == account_id, SecondFactor.confirmed_at.is_not(None)
    )
    return session.scalar(query) is not None


def prove(session: Session, *, username: str, password: str, address: str = "") -> Actor | None:
    """Return who a name and password stand for, None when they are wrong (already counted); opens no session.

    Raises too-many-attempts.
    """
    username = clean(username).lower()
    keys = (name_key(username), f"address:{address}")
    check_attempts(session, *keys)
    account = session.scalar(select(Account).where(Account.username == username))
    right = _matches(account.password_hash if account else _dummy_hash(), password)
    if account is None or not right or account.state != "active":
        record_failure(session, *keys)
        return None
    session.execute(delete(SignInAttempt).where(SignInAttempt.key == keys[0]))
    return actor_of(session, account, address=address)


def sign_out(session: Session, actor: Actor, token: str) -> None:
    """End the session of a token."""
    row = session.scalar(select(SignInSession).where(SignInSession.token_hash == token_hash(token)))
    if row is not None and row.revoked_at is None:
        row.revoked_at = utc_now()
        audit.record(session, actor, "sign-out", "session", row.id)


def revoke_session(session: Session, actor: Actor, session_id: int) -> None:
    """End one session of an account: its owner's or, for an administrator, anybody's."""
    row = session.get(SignInSession, session_id)
    if row is None or (row.account_id != actor.account_id and not actor.may("admin")):
        raise Problem("not-found")
    row.revoked_at = row.revoked_at or utc_now()
    audit.record(session, actor, "session.revoke", "session", row.id)


def actor_for_token(session: Session, token: str, *, address: str = "", now: datetime | None = None) -> Actor | None:
    """Return who a session token stands for, or None when it is unknown, ended or too old."""
    row = session.scalar(select(SignInSession).where(SignInSession.token_hash == token_hash(token)))
    moment = now or utc_now()
    if row is None or row.awaits_code or row.revoked_at is not None or moment - row.created_at > SESSION_LIFE:
        return None
    if row.account_id is None:
        return portal_sessions.actor_of(session, row, address=address, now=moment)
    account = session.get(Account, row.account_id)
    if account is None or account.state != "active":
        return None
    known = actor_of(session, account, address=address)
    return replace(
        known,
        must_change_password=account.must_change_password,
        has_second_factor=has_second_factor(session, account.id),
    )


def actor_of(session: Session, account: Account, *, address: str = "") -> Actor:
    """Return an account as an actor with its grants."""
    grants = session.scalars(select(Grant).where(Grant.account_id == account.id).order_by(Grant.id))
    held = tuple(RoleGrant(g.role, g.round_id, g.area_code) for g in grants)
    return Actor(kind="account", account_id=account.id, name=account.name, grants=held, address=address)


def new_invitation_code(rng: random.Random | None = None) -> str:
    """Return a fresh code for a letter: 12 characters without look-alikes, 60 bits."""
    source = rng or secrets.SystemRandom()
    return "".join(source.choice(_CODE_ALPHABET) for _ in range(_CODE_LENGTH))


def invitation_hash(code: str) -> str:
    """Return the stored form of a code; blanks, dashes and case do not matter."""
    letters = "".join(c for c in clean(code).upper() if c.isalnum())
    return hashlib.sha256(f"invitation:{letters}".encode()).hexdigest()


def claim_invitation(session: Session, *, code: str, address: str = "", agent: str = "") -> str | None:
    """Return a portal session token for a valid code, None for a wrong one (already counted)."""
    key = f"code-address:{address}"
    check_attempts(session, key)
    invitation = session.scalar(select(Invitation).where(Invitation.code_hash == invitation_hash(code)))
    if invitation is None or invitation.revoked_at is not None:
        record_failure(session, key)
        return None
    invitation.claimed_at = invitation.claimed_at or utc_now()
    actor = Actor(kind="invitation", invitation_id=invitation.id, address=address)
    audit.record(session, actor, "invitation.claim", "invitation", invitation.id)
    return open_session(session, address, agent, invitation_id=invitation.id)


def open_session(
    session: Session,
    address: str,
    agent: str,
    *,
    account_id: int | None = None,
    invitation_id: int | None = None,
    delegation_id: int | None = None,
    awaits_code: bool = False,
) -> str:
    """Store a new session of an account, an invited unit or a colleague, and return its token."""
    token = secrets.token_urlsafe(32)
    session.add(
        SignInSession(
            token_hash=token_hash(token),
            account_id=account_id,
            invitation_id=invitation_id,
            delegation_id=delegation_id,
            address=address,
            agent=agent[:300],
            awaits_code=awaits_code,
        )
    )
    session.flush()
    return token


def token_hash(token: str) -> str:
    """Return the stored form of the token of a session or a link."""
    return hashlib.sha256(token.encode()).hexdigest()


@cache
def _dummy_hash() -> str:
    """Return a hash that no password fits, so that an unknown name takes as long as a known one; made when needed."""
    return _hasher.hash(secrets.token_hex(16))


def _matches(password_hash: str, password: str) -> bool:
    """Tell whether a password fits a hash."""
    try:
        return _hasher.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False
