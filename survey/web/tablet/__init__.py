"""The enumerator's application for tablets: its files, its worker and the API that it sends to.

A tablet proves itself by its token in a header; no cookie opens this API, and so no CSRF token is asked for.
"""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("tablet", __name__, url_prefix="/field/app")
blueprint.csrf_exempt = True  # type: ignore[attr-defined]

from survey.web.tablet import api, shell  # noqa: E402,F401 - they add their routes
