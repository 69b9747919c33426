"""Where a page of the office stands: the round, how far the actor's role reaches in it, and the navigation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import g, request
from sqlalchemy.orm import Session

from survey.errors import Problem
from survey.model import Round
from survey.query import rounds as rounds_query
from survey.query.scope import Communes, reach, reached_districts
from survey.reference import units
from survey.web import access
from survey.web.office import blueprint

READERS = ("statistician", "supervisor", "viewer")
REVIEWERS = ("statistician", "supervisor")
SECTIONS = {
    "overview": READERS,
    "fieldwork": READERS,
    "review": REVIEWERS,
    "results": READERS,
    "rounds": READERS,
    "system": ("admin",),
}
"""The six words of the navigation, and who sees each besides administrators."""


@dataclass(frozen=True, slots=True)
class Desk:
    """A round and the old communes that the actor reaches in it with the roles a page asks for; None is all of them."""

    round: Round
    communes: Communes
    rounds: tuple[Round, ...]

    @property
    def districts(self) -> tuple[units.District, ...]:
        """Return the old districts within reach, in Vietnamese order."""
        return reached_districts(self.communes)


def desk(session: Session, code: str, *roles: str) -> Desk:
    """Open a round for one of the roles; Problem forbidden when none is held there."""
    found = rounds_query.round_by_code(session, code)
    who = access.actor()
    if not who.may(*roles, round_id=found.id):
        raise Problem("forbidden")
    visible = tuple(rounds_query.visible_rounds(session, who, *READERS))
    g.office_round = found
    return Desk(found, reach(who, found.id, *roles), visible)


def may(*roles: str, round_id: int | None = None) -> bool:
    """Tell whether the actor holds one of the roles in a round."""
    return access.actor().may(*roles, round_id=round_id)


@blueprint.app_context_processor
def _navigation() -> dict[str, Any]:
    """Give the templates of the office their navigation."""
    if request.blueprint != "office":
        return {}
    who = access.actor()
    shown = [name for name, roles in SECTIONS.items() if who.may(*roles)]
    round_ = g.get("office_round")
    return {"sections": shown, "office_round": round_, "office_may": who.may}
