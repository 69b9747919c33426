"""The second factor of an account: a generator of codes (TOTP, RFC 6238) and recovery codes on paper.

The secret is sealed with a key of the installation, recovery codes are hashed, no code counts twice, and guessing is
counted like guessing of passwords.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

import pyotp
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from survey.errors import Problem
from survey.model import Account, RecoveryCode, SecondFactor, SignInSession
from survey.model.actor import Actor
from survey.model.base import utc_now
from survey.operations import accounts, audit

ISSUER = "Phiếu Số"
RECOVERY_CODES = 10
PENDING_LIFE = timedelta(minutes=10)
_STEP = 30
_NONCE = 12
_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


def start(session: Session, actor: Actor, *, key: str) -> str:
    """Return the address (otpauth://) of the own account's new generator, which counts once a code confirmed it.

    A generator that was started and not confirmed stays the same, so that the page can be shown again. Raises
    forbidden while a confirmed one is in use. `key` is the secret of the installation.
    """
    account = _own(session, actor)
    row = session.get(SecondFactor, account.id)
    if row is not None and row.confirmed_at is not None:
        raise Problem("forbidden")
    if row is None:
        row = SecondFactor(account_id=account.id, sealed_secret=_seal(pyotp.random_base32(), account.id, key))
        session.add(row)
        session.flush()
    secret = _open(row.sealed_secret, account.id, key)
    return pyotp.TOTP(secret).provisioning_uri(name=account.username, issuer_name=ISSUER)


def confirm(session: Session, actor: Actor, code: str, *, key: str, now: datetime | None = None) -> tuple[str, ...]:
    """Put the own generator in force with a first code and return ten recovery codes, which are shown once.

    Raises wrong-code, and not-found when none was started.
    """
    account = _own(session, actor)
    row = session.get(SecondFactor, account.id)
    if row is None or row.confirmed_at is not None:
        raise Problem("not-found")
    moment = now or utc_now()
    if not _accept(row, code, key, moment):
        raise Problem("wrong-code")
    row.confirmed_at = moment
    audit.record(session, actor, "account.second-factor", "account", account.id)
    return _new_codes(session, account.id)


def renew_codes(session: Session, actor: Actor) -> tuple[str, ...]:
    """Return ten new recovery codes of the own account; the old ones stop working. Raises not-found."""
    account = _own(session, actor)
    if not accounts.has_second_factor(session, account.id):
        raise Problem("not-found")
    audit.record(session, actor, "account.recovery-codes", "account", account.id)
    return _new_codes(session, account.id)


def remove(session: Session, actor: Actor, account_id: int) -> None:
    """Take the second factor from an account: its own, or as an administrator anybody's; raises not-found."""
    if account_id != actor.account_id and not actor.may("admin"):
        raise Problem("not-found")
    row = session.get(SecondFactor, account_id)
    if row is None:
        raise Problem("not-found")
    session.delete(row)
    session.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account_id))
    audit.record(session, actor, "account.second-factor-off", "account", account_id)


def awaiting(session: Session, token: str, *, now: datetime | None = None) -> int | None:
    """Return the account whose password opened a session that still waits for a code, None for any other token."""
    row = session.scalar(select(SignInSession).where(SignInSession.token_hash == accounts.token_hash(token)))
    if row is None or not row.awaits_code or row.revoked_at is not None:
        return None
    return row.account_id if (now or utc_now()) - row.created_at <= PENDING_LIFE else None


def pass_code(
    session: Session, token: str, code: str, *, key: str, address: str = "", now: datetime | None = None
) -> Actor | None:
    """Return who is signed in after a right code or recovery code; None for a wrong one (already counted, so commit).

    Raises sign-in-required when the token waits for no code, and too-many-attempts.
    """
    moment = now or utc_now()
    account_id = awaiting(session, token, now=moment)
    if account_id is None or session.get(SecondFactor, account_id) is None:
        raise Problem("sign-in-required")
    if not accept(session, account_id, code, key=key, now=moment):
        return None
    waiting = session.scalars(select(SignInSession).where(SignInSession.token_hash == accounts.token_hash(token))).one()
    waiting.awaits_code = False
    session.flush()
    actor = accounts.actor_of(session, session.get_one(Account, account_id), address=address)
    audit.record(session, actor, "sign-in", "account", account_id, second_factor=True)
    return actor


def accept(session: Session, account_id: int, code: str, *, key: str, now: datetime | None = None) -> bool:
    """Tell whether a code or recovery code of an account is right and use it up; a wrong one is counted, so commit.

    Raises too-many-attempts.
    """
    moment = now or utc_now()
    row = session.get(SecondFactor, account_id, with_for_update=True)
    counted = f"code:{account_id}"
    accounts.check_attempts(session, counted, now=moment)
    if row is not None and (_accept(row, code, key, moment) or _spend(session, account_id, code, moment)):
        return True
    accounts.record_failure(session, counted)
    return False


def codes_left(session: Session, account_id: int) -> int:
    """Return how many recovery codes of an account were not used yet."""
    query = select(func.count()).where(RecoveryCode.account_id == account_id, RecoveryCode.used_at.is_(None))
    return session.scalar(query) or 0


def _own(session: Session, actor: Actor) -> Account:
    account = session.get(Account, actor.account_id) if actor.kind == "account" else None
    if account is None:
        raise Problem("forbidden")
    return account


def _accept(row: SecondFactor, code: str, key: str, moment: datetime) -> bool:
    """Tell whether a code is right now or half a minute off, and newer than the last one that counted."""
    digits = "".join(letter for letter in code if not letter.isspace())
    if len(digits) != 6 or not digits.isdecimal():
        return False
    generator = pyotp.TOTP(_open(row.sealed_secret, row.account_id, key))
    present = int(moment.timestamp()) // _STEP
    for step in (present, present - 1, present + 1):
        if step > row.last_step and hmac.compare_digest(generator.at(step * _STEP), digits):
            row.last_step = step
            return True
    return False


def _spend(session: Session, account_id: int, code: str, moment: datetime) -> bool:
    """Use a recovery code up; False when it is none of the account's or was used."""
    query = select(RecoveryCode).where(
        RecoveryCode.account_id == account_id,
        RecoveryCode.code_hash == _code_hash(account_id, code),
        RecoveryCode.used_at.is_(None),
    )
    found = session.scalars(query).first()
    if found is not None:
        found.used_at = moment
    return found is not None


def _new_codes(session: Session, account_id: int) -> tuple[str, ...]:
    session.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account_id))
    codes = tuple("".join(secrets.choice(_ALPHABET) for _ in range(10)) for _ in range(RECOVERY_CODES))
    session.add_all(RecoveryCode(account_id=account_id, code_hash=_code_hash(account_id, code)) for code in codes)
    session.flush()
    return tuple(f"{code[:5]}-{code[5:]}" for code in codes)


def _code_hash(account_id: int, code: str) -> str:
    letters = "".join(letter for letter in code.upper() if letter.isalnum())
    return hashlib.sha256(f"recovery:{account_id}:{letters}".encode()).hexdigest()


def _seal(secret: str, account_id: int, key: str) -> str:
    nonce = secrets.token_bytes(_NONCE)
    sealed = AESGCM(_key(key)).encrypt(nonce, secret.encode(), str(account_id).encode())
    return base64.b64encode(nonce + sealed).decode()


def _open(sealed: str, account_id: int, key: str) -> str:
    """Return a sealed secret; raises wrong-code when the installation's secret is another one than it was."""
    raw = base64.b64decode(sealed)
    try:
        return AESGCM(_key(key)).decrypt(raw[:_NONCE], raw[_NONCE:], str(account_id).encode()).decode()
    except InvalidTag as error:
        raise Problem("wrong-code") from error


def _key(key: str) -> bytes:
    return hmac.digest(key.encode(), b"second-factor", "sha256")
