"""One-time links with which people set their own password: for a new account, or after a password was forgotten.

Nobody hands passwords over. Only the hash of a link is kept; a new link of an account ends its older ones.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from survey.errors import Problem
from survey.model import Account, AccountLink
from survey.model.actor import Actor
from survey.model.base import utc_now
from survey.operations import accounts, audit

LIFE = timedelta(days=7)


def make_link(session: Session, actor: Actor, account_id: int, *, now: datetime | None = None) -> str:
    """Return the token of a new link for an account; raises not-found and forbidden."""
    if not actor.may("admin"):
        raise Problem("forbidden")
    account = session.get(Account, account_id)
    if account is None or account.state != "active":
        raise Problem("not-found")
    moment = now or utc_now()
    open_links = (AccountLink.account_id == account_id, AccountLink.used_at.is_(None))
    session.execute(update(AccountLink).where(*open_links).values(used_at=moment))
    token = secrets.token_urlsafe(32)
    session.add(
        AccountLink(
            account_id=account_id,
            token_hash=accounts.token_hash(token),
            created_at=moment,
            created_by=actor.account_id,
            expires_at=moment + LIFE,
        )
    )
    session.flush()
    audit.record(session, actor, "account.link", "account", account_id)
    return token


def account_of(session: Session, token: str, *, now: datetime | None = None) -> Account:
    """Return the account that a link is for; raises link-spent for one that is unknown, used, ended or too old."""
    return session.get_one(Account, _valid(session, token, now or utc_now()).account_id)


def use_link(session: Session, token: str, *, password: str, address: str = "", now: datetime | None = None) -> Account:
    """Set the password of a link's account, end its sessions and spend the link; raises link-spent, weak-password."""
    moment = now or utc_now()
    link = _valid(session, token, moment)
    account = session.get_one(Account, link.account_id)
    accounts.write_password(session, account, password)
    account.must_change_password = False
    link.used_at = moment
    session.flush()
    who = accounts.actor_of(session, account, address=address)
    audit.record(session, who, "account.link-used", "account", account.id)
    return account


def _valid(session: Session, token: str, moment: datetime) -> AccountLink:
    query = select(AccountLink).where(AccountLink.token_hash == accounts.token_hash(token))
    link = session.scalar(query.with_for_update())
    if link is None or link.used_at is not None or link.expires_at <= moment:
        raise Problem("link-spent")
    if session.get_one(Account, link.account_id).state != "active":
        raise Problem("link-spent")
    return link
