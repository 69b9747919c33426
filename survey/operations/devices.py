"""Enrol, recognise and revoke devices. Only the hash of a token is stored; the token itself is shown once."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from survey.errors import Problem
from survey.model import Account, Device, Grant
from survey.model.actor import Actor, RoleGrant
from survey.model.base import utc_now
from survey.operations import audit
from survey.text import clean

_SENDERS = (
    select(
        Device.id.label("device_id"),
        Device.name.label("device"),
        Device.token_hash,
        Device.revoked_at,
        Device.seen_at,
        Account.id,
        Account.name,
        Account.state,
        Grant.role,
        Grant.round_id,
        Grant.area_code,
    )
    .join(Account, Account.id == Device.account_id)
    .outerjoin(Grant, Grant.account_id == Account.id)
    .where(Device.token_hash.in_(bindparam("hashes", expanding=True)))
    .order_by(Grant.id)
)
_USER_PREFIX = "may-"
_LONGEST_NUMBER = 9
_CONTACT_PAUSE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class KnownDevice:
    """A device that was enrolled and the person it sends for; not trusted once it or the account was blocked."""

    id: int
    name: str
    actor: Actor
    is_trusted: bool
    seen_at: datetime | None


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


def known(session: Session, hashes: Iterable[str], *, address: str = "") -> dict[str, KnownDevice]:
    """Return the enrolled devices, blocked ones too, by the stored form of their tokens; one query for all."""
    rows: dict[str, list[Any]] = {}
    for row in session.execute(_SENDERS, {"hashes": list(hashes)}):
        rows.setdefault(row.token_hash, []).append(row)
    return {hash_: _device(found, address) for hash_, found in rows.items()}


def recognise(session: Session, token: str, *, address: str = "") -> KnownDevice | None:
    """Return the device with a token, blocked or not; None for a token that was never given out."""
    hash_ = token_hash(token)
    return known(session, [hash_], address=address).get(hash_)


def note_contact(session: Session, devices: Iterable[KnownDevice], *, now: datetime | None = None) -> None:
    """Remember that devices were heard of; devices heard of in the last minutes are left as they are."""
    moment = now or utc_now()
    quiet = sorted({device.id for device in devices if is_quiet(device, moment)})
    if quiet:
        session.execute(update(Device).where(Device.id.in_(quiet)).values(seen_at=moment))


def is_quiet(device: KnownDevice, now: datetime | None = None) -> bool:
    """Tell whether nothing was noted of a device in the last minutes."""
    return device.seen_at is None or (now or utc_now()) - device.seen_at > _CONTACT_PAUSE


def _device(rows: Sequence[Any], address: str) -> KnownDevice:
    """Return a device from its rows, one per role of its account."""
    first = rows[0]
    grants = tuple(RoleGrant(row.role, row.round_id, row.area_code) for row in rows if row.role)
    actor = Actor(kind="account", account_id=first.id, name=first.name, grants=grants, address=address)
    is_trusted = first.revoked_at is None and first.state == "active"
    return KnownDevice(first.device_id, first.device, actor, is_trusted, first.seen_at)


def user_name(device_id: int) -> str:
    """Return the name under which a device signs in with Digest or Basic authentication: `may-12`."""
    return f"{_USER_PREFIX}{device_id}"


def digest_password(secret: str, device_id: int, hash_: str) -> str:
    """Return a device's own password of 20 characters, worked out from the secret of the installation.

    It is stored nowhere, opens nothing but the OpenRosa door, and ends with the device's token.
    """
    made = hmac.digest(secret.encode(), f"openrosa:{device_id}:{hash_}".encode(), "sha256")
    return base64.b32encode(made).decode()[:20].lower()


def by_user_name(session: Session, name: str, *, address: str = "") -> tuple[KnownDevice, str] | None:
    """Return the device that signs in under a name, blocked or not, and the stored form of its token."""
    number = name.removeprefix(_USER_PREFIX)
    if number == name or not number.isdecimal() or len(number) > _LONGEST_NUMBER:
        return None
    hash_ = session.scalar(select(Device.token_hash).where(Device.id == int(number)))
    return None if hash_ is None else (known(session, [hash_], address=address)[hash_], hash_)


def token_hash(token: str) -> str:
    """Return the stored form of a device token."""
    return hashlib.sha256(f"device:{token}".encode()).hexdigest()
