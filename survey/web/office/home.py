"""The way into the office: the first round that the actor sees, at the section asked for."""

from __future__ import annotations

from flask import redirect, url_for
from werkzeug.wrappers import Response

from survey.errors import Problem
from survey.query.rounds import visible_rounds
from survey.web import access
from survey.web.office import blueprint
from survey.web.office.desk import READERS

_IN_ROUND = ("overview", "fieldwork", "review", "results")


@blueprint.get("/")
@access.roles(*READERS)
def home() -> Response:
    """Go to the overview."""
    return enter("overview")


@blueprint.get("/go/<section>")
@access.roles(*READERS)
def go(section: str) -> Response:
    """Go to a section of the first round in sight."""
    return enter(section)


def enter(section: str) -> Response:
    """Return the way to a section of the open round, or of the latest; to the list of rounds where there is none."""
    if section not in _IN_ROUND:
        raise Problem("not-found")
    with access.database().reading() as session:
        rounds = visible_rounds(session, access.actor(), *READERS)
    if not rounds:
        return redirect(url_for("office.rounds"))
    return redirect(url_for(f"office.{section}", code=rounds[0].code))
