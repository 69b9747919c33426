"""How far roles reach."""

from __future__ import annotations

from survey.model.actor import SYSTEM, Actor, RoleGrant
from survey.query.scope import narrowed, reach, reached_districts
from survey.reference import units


def _actor(*grants: RoleGrant) -> Actor:
    return Actor(kind="account", account_id=1, grants=grants)


def test_a_role_without_an_area_reaches_everything() -> None:
    assert reach(_actor(RoleGrant("supervisor")), 1, "supervisor") is None
    assert reach(SYSTEM, 1, "supervisor") is None


def test_a_role_in_a_district_reaches_its_communes_and_no_other() -> None:
    reached = reach(_actor(RoleGrant("supervisor", 1, "930")), 1, "supervisor")
    assert reached == {commune.code for commune in units.old_communes_in("930")}


def test_a_role_in_another_round_reaches_nothing() -> None:
    assert reach(_actor(RoleGrant("supervisor", 2)), 1, "supervisor") == frozenset()


def test_another_role_reaches_nothing() -> None:
    assert reach(_actor(RoleGrant("viewer")), 1, "supervisor") == frozenset()


def test_an_administrator_reaches_what_any_role_does() -> None:
    assert reach(_actor(RoleGrant("admin")), 1, "supervisor") is None


def test_roles_in_a_district_and_in_a_commune_add_up() -> None:
    commune = units.old_communes_in("931")[0].code
    reached = reach(_actor(RoleGrant("supervisor", 1, "930"), RoleGrant("supervisor", 1, commune)), 1, "supervisor")
    assert reached is not None
    assert commune in reached
    assert len(reached) == len(units.old_communes_in("930")) + 1


def test_a_filter_by_district_never_widens_a_reach() -> None:
    inside = reach(_actor(RoleGrant("supervisor", 1, "930")), 1, "supervisor")
    assert narrowed(inside, "931") == frozenset()
    assert narrowed(None, "931") == {commune.code for commune in units.old_communes_in("931")}
    assert narrowed(inside, "") == inside


def test_districts_within_reach_are_in_vietnamese_order() -> None:
    names = [units.bare_name(district) for district in reached_districts(None)]
    assert names[:3] == ["Châu Thành", "Châu Thành A", "Long Mỹ"]
    assert [d.code for d in reached_districts(frozenset({units.old_communes_in("930")[0].code}))] == ["930"]
