"""Units that are not in the frame ask to be added; the office takes them up beside the frame or refuses with a reason.

A unit taken up so is of a kind of its own (`new-enterprise`, `new-institution`): no draw reaches it, no frame count
includes it, and it gets no design weight unless a later frame takes it in by hand. Whoever asks learns nothing about
the frame.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from survey.errors import Problem
from survey.model import FrameUnit, Identity, Registration, SignInAttempt
from survey.model.actor import SYSTEM, Actor
from survey.model.base import random_key, utc_now
from survey.operations import audit, mail
from survey.operations.respondents import read_login
from survey.query import respondents as reads
from survey.query.scope import reach
from survey.reference import units
from survey.text import clean

DECIDERS = ("statistician",)
MOST = 5
WINDOW = timedelta(hours=1)
"""How many requests one address may make in what time."""
_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Wish:
    """What a unit says of itself when it asks to be added; `commune_code` is the old commune of its seat."""

    kind: str
    login: str
    name: str
    commune_code: str
    address: str
    contact: str
    phone: str
    email: str
    consents: bool


def ask(session: Session, wish: Wish, *, address: str = "", now: datetime | None = None) -> Registration:
    """Put a wish into the queue of the newest round that takes such units and return it with its number.

    Raises too-many-attempts, bad-value for what is missing or cannot be, unknown-commune, bad-address and round-closed.
    """
    moment = now or utc_now()
    _count(session, address, moment)
    round_ = reads.taking_round(session, wish.kind) if wish.kind in reads.SELF_REPORTING else None
    if round_ is None:
        raise Problem("round-closed", round="")
    units.old_commune(wish.commune_code)
    values = _values(wish)
    key = random_key()
    session.add(Identity(key=key, values=values))
    row = Registration(
        round_id=round_.id,
        kind=wish.kind,
        commune_code=wish.commune_code,
        login_hash=read_login(wish.login).hash,
        identity_key=key,
        number=_number(),
        consented_at=moment,
    )
    session.add(row)
    session.flush()
    audit.record(session, SYSTEM, "registration.ask", "registration", row.id, kind=row.kind, address=address)
    return row


def accept(session: Session, actor: Actor, request_id: int, *, remark: str = "") -> FrameUnit:
    """Take a unit up beside the frame, flagged and outside every draw."""
    row = _waiting(session, actor, request_id)
    unit = FrameUnit(
        round_id=row.round_id,
        kind=f"new-{row.kind}",
        code=row.number,
        commune_code=row.commune_code,
        stratum="",
        size=1.0,
        attributes={"source": "self-registered", "registration": row.id},
        identity_key=row.identity_key,
    )
    session.add(unit)
    session.flush()
    row.frame_unit_id = unit.id
    _decide(session, actor, row, "accepted", remark)
    return unit


def refuse(session: Session, actor: Actor, request_id: int, *, remark: str) -> Registration:
    """Refuse a wish with a reason; raises remark-needed."""
    row = _waiting(session, actor, request_id)
    if not clean(remark):
        raise Problem("remark-needed")
    return _decide(session, actor, row, "refused", remark)


def _count(session: Session, address: str, moment: datetime) -> None:
    """Count a request of an address and refuse when there were too many lately."""
    key = f"register:{address}"
    query = select(func.count()).select_from(SignInAttempt)
    made = session.scalar(query.where(SignInAttempt.key == key, SignInAttempt.at > moment - WINDOW)) or 0
    if made >= MOST:
        raise Problem("too-many-attempts", minutes=int(WINDOW.total_seconds() // 60))
    session.add(SignInAttempt(key=key, at=moment))


def _values(wish: Wish) -> dict[str, str]:
    """Return what is kept of a wish, checked."""
    login = read_login(wish.login)
    if wish.kind == "enterprise" and login.kind == "unit":
        raise Problem("bad-value", name="tax_code", value=wish.login, expected="10, 12, 13")
    values = {
        "name": clean(wish.name),
        "tax_code": login.text if login.kind != "unit" else "",
        "login": login.text,
        "address": clean(wish.address),
        "contact": clean(wish.contact),
        "phone": clean(wish.phone),
        "email": mail.usable_address(wish.email) if clean(wish.email) else "",
    }
    for name in ("name", "contact"):
        if not values[name]:
            raise Problem("bad-value", name=name, value="", expected="…")
    if not wish.consents:
        raise Problem("bad-value", name="consent", value="", expected="✓")
    return {name: text[:_LONGEST] for name, text in values.items() if text}


def _number() -> str:
    """Return a number for the asker to keep; it gives no order and cannot be guessed."""
    return "DK-" + "".join(secrets.choice(_LETTERS) for _ in range(8))


def _waiting(session: Session, actor: Actor, request_id: int) -> Registration:
    row = session.get(Registration, request_id, with_for_update=True)
    if row is None:
        raise Problem("not-found")
    reached = reach(actor, row.round_id, *DECIDERS)
    if reached is not None and row.commune_code not in reached:
        raise Problem("forbidden")
    if row.state != "waiting":
        raise Problem("request-decided")
    return row


def _decide(session: Session, actor: Actor, row: Registration, state: str, remark: str) -> Registration:
    row.state, row.remark = state, clean(remark)
    row.decided_at, row.decided_by = utc_now(), actor.account_id
    session.flush()
    audit.record(session, actor, f"registration.{state}", "registration", row.id, unit=row.frame_unit_id)
    return row
