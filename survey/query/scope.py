"""How far a role reaches in a round: the set of old communes that every list and record is narrowed to.

`None` stands for the whole round; an empty set for nothing. Records without a place belong to the whole round only.
"""

from __future__ import annotations

from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, false

from survey.model.actor import Actor
from survey.reference import units

Communes = frozenset[str] | None
Query = TypeVar("Query", bound="Select[*tuple[Any, ...]]")


def reach(actor: Actor, round_id: int, *roles: str) -> Communes:
    """Return the old communes that an actor reaches with one of the roles; administrators reach everything."""
    if actor.kind == "system":
        return None
    wanted = {*roles, "admin"}
    held = [g for g in actor.grants if g.role in wanted and g.round_id in (None, round_id)]
    if any(grant.area_code is None for grant in held):
        return None
    areas = {grant.area_code for grant in held}
    return frozenset(c.code for c in units.old_communes() if c.code in areas or c.district_code in areas)


def narrowed(reached: Communes, district: str = "") -> Communes:
    """Return the part of a reach that lies in one old district; the reach itself without a district."""
    if not district:
        return reached
    inside = frozenset(c.code for c in units.old_communes() if c.district_code == district)
    return inside if reached is None else reached & inside


def within(query: Query, column: ColumnElement[str] | Any, communes: Communes) -> Query:
    """Keep the rows of a query whose commune is reached."""
    if communes is None:
        return query
    return query.where(column.in_(sorted(communes)) if communes else false())


def reached_districts(communes: Communes) -> tuple[units.District, ...]:
    """Return the old districts that a reach touches, in Vietnamese order."""
    if communes is None:
        return units.in_name_order(units.districts())
    codes = {units.old_commune(code).district_code for code in communes}
    return units.in_name_order(d for d in units.districts() if d.code in codes)
