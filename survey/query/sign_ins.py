"""The live sign-in sessions of an account, for its owner and for administrators. Tokens never leave this module."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.model import SignInSession


@dataclass(frozen=True, slots=True)
class SignIn:
    """One browser or device where an account is signed in."""

    id: int
    address: str
    agent: str
    created_at: datetime
    seen_at: datetime
    is_current: bool


def live_sign_ins(session: Session, account_id: int, *, since: datetime, token: str = "") -> list[SignIn]:
    """Return an account's live sessions opened after a moment, newest first; `token` tells which one is this."""
    own = hashlib.sha256(token.encode()).hexdigest() if token else ""
    query = (
        select(SignInSession)
        .where(
            SignInSession.account_id == account_id,
            SignInSession.revoked_at.is_(None),
            SignInSession.created_at > since,
        )
        .order_by(SignInSession.created_at.desc(), SignInSession.id.desc())
    )
    return [
        SignIn(row.id, row.address, row.agent, row.created_at, row.seen_at, row.token_hash == own)
        for row in session.scalars(query)
    ]
