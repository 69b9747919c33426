"""Accounts with the roles they hold, and who may be given field work. Of passwords it tells only if one was set."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from survey.model import Account, Device, Grant, Round, SecondFactor, SignInSession
from survey.query.progress import given_name_order

_NEVER_SET = "!"


@dataclass(frozen=True, slots=True)
class HeldRole:
    """A role that an account holds, with the round and area it is limited to."""

    id: int
    role: str
    round_code: str
    area_code: str


@dataclass(frozen=True, slots=True)
class Person:
    """An account as the office sees it."""

    id: int
    username: str
    name: str
    email: str
    state: str
    created_at: datetime
    seen_at: datetime | None
    roles: tuple[HeldRole, ...]
    has_password: bool = True
    has_second_factor: bool = False
    must_change_password: bool = False


@dataclass(frozen=True, slots=True)
class EnrolledDevice:
    """A tablet or phone that sends in an account's name."""

    id: int
    name: str
    created_at: datetime
    seen_at: datetime | None
    revoked_at: datetime | None


def people(session: Session) -> list[Person]:
    """Return all accounts in Vietnamese order of given names; two queries."""
    seen = (
        select(SignInSession.account_id, func.max(SignInSession.seen_at).label("seen_at"))
        .group_by(SignInSession.account_id)
        .subquery()
    )
    query = (
        select(Account, seen.c.seen_at, SecondFactor.confirmed_at)
        .outerjoin(seen, seen.c.account_id == Account.id)
        .outerjoin(SecondFactor, SecondFactor.account_id == Account.id)
    )
    roles = _roles(session)
    found = [
        _person(account, seen_at, roles.get(account.id, ()), has_factor=confirmed_at is not None)
        for account, seen_at, confirmed_at in session.execute(query)
    ]
    return sorted(found, key=lambda each: (given_name_order(each.name), each.id))


def person(session: Session, account_id: int) -> Person | None:
    """Return one account."""
    account = session.get(Account, account_id)
    if account is None:
        return None
    newest = select(func.max(SignInSession.seen_at)).where(SignInSession.account_id == account_id)
    factor = session.get(SecondFactor, account_id)
    has_factor = factor is not None and factor.confirmed_at is not None
    return _person(
        account, session.scalar(newest), _roles(session, account_id).get(account_id, ()), has_factor=has_factor
    )


def enumerators(session: Session, round_id: int) -> list[tuple[int, str]]:
    """Return (account, name) of the active enumerators of a round in Vietnamese order of given names."""
    query = (
        select(Account.id, Account.name)
        .join(Grant, Grant.account_id == Account.id)
        .where(Grant.role == "enumerator", Account.state == "active")
        .where(or_(Grant.round_id == round_id, Grant.round_id.is_(None)))
        .distinct()
    )
    found = [(row.id, row.name) for row in session.execute(query)]
    return sorted(found, key=lambda each: (given_name_order(each[1]), each[0]))


def devices(session: Session, account_id: int) -> list[EnrolledDevice]:
    """Return the devices of an account, newest first."""
    query = select(Device).where(Device.account_id == account_id).order_by(Device.id.desc())
    return [EnrolledDevice(d.id, d.name, d.created_at, d.seen_at, d.revoked_at) for d in session.scalars(query)]


def _roles(session: Session, account_id: int | None = None) -> dict[int, tuple[HeldRole, ...]]:
    query = select(Grant, Round.code).outerjoin(Round, Round.id == Grant.round_id).order_by(Grant.id)
    if account_id is not None:
        query = query.where(Grant.account_id == account_id)
    held: dict[int, list[HeldRole]] = defaultdict(list)
    for grant, code in session.execute(query):
        held[grant.account_id].append(HeldRole(grant.id, grant.role, code or "", grant.area_code or ""))
    return {account: tuple(roles) for account, roles in held.items()}


def _person(account: Account, seen_at: datetime | None, roles: tuple[HeldRole, ...], *, has_factor: bool) -> Person:
    return Person(
        id=account.id,
        username=account.username,
        name=account.name,
        email=account.email or "",
        state=account.state,
        created_at=account.created_at,
        seen_at=seen_at,
        roles=roles,
        has_password=account.password_hash != _NEVER_SET,
        has_second_factor=has_factor,
        must_change_password=account.must_change_password,
    )
