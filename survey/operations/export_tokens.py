"""Keys with which programs fetch exports: issued with a scope and an end, counted while used, revoked. Hashes only."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.errors import Problem
from survey.model import ExportToken
from survey.model.actor import Actor
from survey.model.base import utc_now
from survey.operations import audit
from survey.operations.accounts import token_hash
from survey.text import clean

SCOPES = ("figures", "microdata")
MOST_DAYS = 366
USES, WINDOW = 60, timedelta(minutes=10)
"""How often a key opens something in how long."""
_PREFIX = "ps_"
"""Lets people and scanners of secrets see what kind of word they found."""


def issue(
    session: Session,
    actor: Actor,
    *,
    name: str,
    scopes: Sequence[str],
    days: int,
    round_id: int | None = None,
    now: datetime | None = None,
) -> tuple[ExportToken, str]:
    """Store a new key and return it with the token, which is shown this once; Problem "bad-value"."""
    label = clean(name)
    if not 0 < len(label) <= 200:
        raise Problem("bad-value", name="name", value=label, expected="1–200")
    if not scopes or (unknown := sorted(set(scopes) - set(SCOPES))):
        raise Problem("bad-value", name="scope", value=unknown[0] if scopes else "", expected=", ".join(SCOPES))
    if not 1 <= days <= MOST_DAYS:
        raise Problem("bad-value", name="days", value=days, expected=f"1–{MOST_DAYS}")
    token = _PREFIX + secrets.token_urlsafe(32)
    made = ExportToken(
        name=label,
        token_hash=token_hash(token),
        scopes=sorted(set(scopes)),
        round_id=round_id,
        created_by=actor.account_id,
        expires_at=(now or utc_now()) + timedelta(days=days),
    )
    session.add(made)
    session.flush()
    audit.record(
        session, actor, "export_token.issue", "export_token", made.id, name=label, scopes=made.scopes, days=days
    )
    return made, token


def revoke(session: Session, actor: Actor, token_id: int) -> ExportToken:
    """End a key at once; Problem "not-found" for one that does not exist. Ending it twice changes nothing."""
    found = session.get(ExportToken, token_id)
    if found is None:
        raise Problem("not-found")
    if found.revoked_at is None:
        found.revoked_at = utc_now()
        audit.record(session, actor, "export_token.revoke", "export_token", token_id, name=found.name)
    return found


def use(
    session: Session,
    token: str,
    scope: str,
    *,
    subject: str,
    address: str = "",
    now: datetime | None = None,
) -> ExportToken:
    """Count and record a use of a key; empty scope: whichever the key has.

    Problems "token-refused" (unknown, ended, revoked), "forbidden" (another scope), "too-many-attempts".
    """
    moment = now or utc_now()
    found = session.scalar(select(ExportToken).where(ExportToken.token_hash == token_hash(token)).with_for_update())
    if found is None or found.revoked_at is not None or found.expires_at <= moment:
        raise Problem("token-refused")
    if scope and scope not in found.scopes:
        raise Problem("forbidden")
    _count(found, moment)
    found.used_at = moment
    audit.record(
        session, Actor(kind="system", address=address), "export.fetch", "export_token", found.id, subject=subject
    )
    return found


def _count(token: ExportToken, moment: datetime) -> None:
    """Count a use in the present window; Problem "too-many-attempts" where it is full."""
    started = token.window_started_at
    if started is None or moment - started >= WINDOW:
        token.window_started_at, token.window_uses = moment, 0
        started = moment
    if token.window_uses >= USES:
        left = WINDOW - (moment - started)
        raise Problem("too-many-attempts", minutes=-(-int(left.total_seconds()) // 60))
    token.window_uses += 1
