"""The enumerator's pages, online: areas held, households in them, interviews, what was returned.

An enumerator reaches the units of areas assigned to them; a supervisor those of the areas they supervise.
"""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("field", __name__, url_prefix="/field")

from survey.web.field import interview, work  # noqa: E402, F401 - the views register themselves
