"""Enrol, recognise and revoke devices. Only the hash of a token is stored; the token itself is shown once."""

from __future__ import annotations

import hashlib
import secrets

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from survey.errors import Problem
from survey.model import Account, Device, Grant
from survey.model.actor import Actor, RoleGrant
from survey.model.base import utc_now
from survey.operations import audit
from survey.text import clean

_SENDER = (
    select(Device.name.label("device"), Account.id, Account.name, Grant.role, Grant.round_id, Grant.area_code)
    .join(Account, Account.id == Device.account_id)
    .outerjoin(Grant, Grant.account_id == Account.id)
    .where(Device.token_hash == bindparam("token_hash"), Device.revoked_at.is_(None))
)


def enrol(session: Session, actor: Actor, *, account_id: int, name: str) -> tuple[Device, str]:
    """Enrol a device for an account and return it with its token, which is shown once and never stored."""
    if actor.account_id != account_id and not actor.may("supervisor"):
        raise Problem("forbidden")
    token = secrets.token_urlsafe(32)
    device = Device(account_id=account_id, name=clean(name)[:120], token_hash=token_hash(token))
    session.add(device)
    session.flush()
    audit.record(session, actor, "device.enrol", "device", device.id, account=account_id)
    return device, token


def revoke(session: Session, actor: Actor, device_id: int) -> None:
    """End a device's right to download work."""
    device = session.get(Device, device_id)
    if device is None or (device.account_id != actor.account_id and not actor.may("supervisor")):
        raise Problem("not-found")
    device.revoked_at = device.revoked_at or utc_now()
    audit.record(session, actor, "device.revoke", "device", device.id)


def actor_for(session: Session, token: str, *, address: str = "") -> tuple[Actor, str] | None:
    """Return who a device token stands for and the device's name, or None when it is unknown or revoked."""
    rows = session.execute(_SENDER, {"token_hash": token_hash(token)}).all()
    if not rows:
        return None
    grants = tuple(RoleGrant(row.role, row.round_id, row.area_code) for row in rows if row.role)
    actor = Actor(kind="account", account_id=rows[0].id, name=rows[0].name, grants=grants, address=address)
    return actor, rows[0].device


def token_hash(token: str) -> str:
    """Return the stored form of a device token."""
    return hashlib.sha256(f"device:{token}".encode()).hexdigest()
