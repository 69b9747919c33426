"""The one who acts: a person with roles, an invited unit, or the system itself. Not a table; crosses into use-cases."""

from __future__ import annotations

from dataclasses import dataclass

ROLES = ("admin", "statistician", "supervisor", "enumerator", "viewer")


@dataclass(frozen=True, slots=True)
class RoleGrant:
    """A role limited to a round and an area (old district or old commune code) where those are given."""

    role: str
    round_id: int | None = None
    area_code: str | None = None

    def covers(self, round_id: int | None, commune_district: tuple[str, str] | None) -> bool:
        """Tell whether the grant reaches a round and a place, given as (old commune code, its district code)."""
        in_round = self.round_id is None or round_id is None or self.round_id == round_id
        in_area = self.area_code is None or commune_district is None or self.area_code in commune_district
        return in_round and in_area


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, from where. `kind` is account, invitation, delegate (a colleague at one section), device or system."""

    kind: str
    account_id: int | None = None
    invitation_id: int | None = None
    delegation_id: int | None = None
    sample_unit_id: int | None = None
    round_id: int | None = None
    name: str = ""
    grants: tuple[RoleGrant, ...] = ()
    address: str = ""
    must_change_password: bool = False
    has_second_factor: bool = False

    @property
    def key(self) -> str:
        """Return how the audit log names this actor."""
        numbers = (self.account_id, self.invitation_id, self.delegation_id)
        number = next((n for n in numbers if n is not None), None)
        return self.kind if number is None else f"{self.kind}:{number}"

    @property
    def roles(self) -> frozenset[str]:
        """Return every role held anywhere."""
        return frozenset(grant.role for grant in self.grants)

    def may(self, *roles: str, round_id: int | None = None, place: tuple[str, str] | None = None) -> bool:
        """Tell whether one of the roles is held for a round and place; administrators hold every role."""
        if self.kind == "system":
            return True
        wanted = {*roles, "admin"}
        return any(g.role in wanted and g.covers(round_id, place) for g in self.grants)


SYSTEM = Actor(kind="system", name="system")
