"""Enrol, recognise and revoke devices. Only the hash of a token is stored; the token itself is shown once."""

from __future__ import annotations

import hashlib
import secrets

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.errors import Problem
from survey.model import Account, Device
from survey.model.actor import Actor
from survey.model.base import utc_now
from survey.operations import accounts, audit
from survey.text import clean


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


def actor_for(session: Session, token: str, *, address: str = "") -> tuple[Actor, Device] | None:
    """Return who a device token stands for, or None when it is unknown or revoked."""
    device = session.scalar(select(Device).where(Device.token_hash == token_hash(token)))
    if device is None or device.revoked_at is not None:
        return None
    account = session.get_one(Account, device.account_id)
    return accounts.actor_of(session, account, address=address), device


def token_hash(token: str) -> str:
    """Return the stored form of a device token."""
    return hashlib.sha256(f"device:{token}".encode()).hexdigest()
