"""Who may work where and how much is left there: enumerators with their reach, areas with their place, past holders."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from survey.model import Account, Assignment, Grant
from survey.query.progress import given_name_order
from survey.query.scope import Communes
from survey.query.worklist import Area, Tally
from survey.reference import units


@dataclass(frozen=True, slots=True)
class Worker:
    """An active enumerator of a round and the old communes of the account's role; None is everywhere."""

    account_id: int
    name: str
    communes: Communes


@dataclass(frozen=True, slots=True)
class Held:
    """A time during which somebody held an area; `until` is empty for the present holder."""

    account_id: int
    name: str
    since: datetime
    until: datetime | None


def workers(session: Session, round_id: int) -> list[Worker]:
    """Return the active enumerators of a round in Vietnamese order of given names; one query."""
    query = (
        select(Account.id, Account.name, Grant.area_code)
        .join(Grant, Grant.account_id == Account.id)
        .where(Grant.role == "enumerator", Account.state == "active")
        .where(or_(Grant.round_id == round_id, Grant.round_id.is_(None)))
    )
    names: dict[int, str] = {}
    reached: dict[int, set[str | None]] = defaultdict(set)
    for account_id, name, area_code in session.execute(query):
        names[account_id] = name
        reached[account_id].add(area_code)
    found = [Worker(account_id, name, _communes(reached[account_id])) for account_id, name in names.items()]
    return sorted(found, key=lambda each: (given_name_order(each.name), each.account_id))


def held_by(session: Session, sample_unit_id: int) -> list[Held]:
    """Return who holds and who held an area, the present holder first, then the newest end first; one query."""
    query = (
        select(Account.id, Account.name, Assignment.created_at, Assignment.ended_at)
        .join(Account, Account.id == Assignment.account_id)
        .where(Assignment.sample_unit_id == sample_unit_id)
        .order_by(Assignment.id)
    )
    found = [Held(*row) for row in session.execute(query)]
    past = sorted((h for h in found if h.until is not None), key=lambda h: h.until or h.since, reverse=True)
    return [h for h in found if h.until is None] + past


def left(tally: Tally) -> int:
    """Return the interviews that are still expected: without a record yet, or returned for correction."""
    return tally.due + tally.returned


def degrees(areas: Sequence[Area]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return longitudes and latitudes (WGS 84): the seat of the present commune in which each area lies."""
    seats = [units.present_unit_of(area.commune.code) for area in areas]
    return np.array([seat.longitude for seat in seats]), np.array([seat.latitude for seat in seats])


def _communes(area_codes: set[str | None]) -> Communes:
    if None in area_codes:
        return None
    return frozenset(c.code for c in units.old_communes() if c.code in area_codes or c.district_code in area_codes)
