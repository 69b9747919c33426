"""Enrolled devices as the office sees them: whose, when last heard of, and what each last said of itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.model import Account, Device
from survey.query.progress import given_name_order
from survey.text import fold

STATES = ("active", "ordered", "wiped", "revoked")


@dataclass(frozen=True, slots=True)
class DeviceLine:
    """One device; what a device never reported is None."""

    id: int
    name: str
    account_id: int
    person: str
    username: str
    created_at: datetime
    seen_at: datetime | None
    state: str
    wipe_ordered_at: datetime | None
    wiped_at: datetime | None
    revoked_at: datetime | None
    build: str
    unsent: int | None
    drafts: int | None
    persisted: bool | None
    free_mb: int | None
    skew_s: int | None


def devices(session: Session, *, account_id: int | None = None, text: str = "", state: str = "") -> list[DeviceLine]:
    """Return devices by given names of their people, the newest of each first; text is sought without accents."""
    query = select(Device, Account).join(Account, Account.id == Device.account_id)
    if account_id is not None:
        query = query.where(Device.account_id == account_id)
    lines = [_line(device, account) for device, account in session.execute(query)]
    wanted = fold(text.strip())
    chosen = [
        line
        for line in lines
        if (not state or line.state == state)
        and (not wanted or wanted in fold(f"{line.name} {line.person} {line.username} {line.build}"))
    ]
    return sorted(chosen, key=lambda line: (given_name_order(line.person), line.account_id, -line.id))


def _line(device: Device, account: Account) -> DeviceLine:
    said = device.report
    return DeviceLine(
        id=device.id,
        name=device.name,
        account_id=account.id,
        person=account.name,
        username=account.username,
        created_at=device.created_at,
        seen_at=device.seen_at,
        state=_state(device),
        wipe_ordered_at=device.wipe_ordered_at,
        wiped_at=device.wiped_at,
        revoked_at=device.revoked_at,
        build=str(said.get("build") or ""),
        unsent=_number(said.get("unsent")),
        drafts=_number(said.get("drafts")),
        persisted=said["persisted"] if isinstance(said.get("persisted"), bool) else None,
        free_mb=_number(said.get("free_mb")),
        skew_s=_number(said.get("skew_s")),
    )


def _state(device: Device) -> str:
    if device.wiped_at is not None:
        return "wiped"
    if device.wipe_ordered_at is not None:
        return "ordered"
    return "revoked" if device.revoked_at is not None else "active"


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
