"""Sign in, sign out, one's own account. Who may enter which page is decided in `web.access`, not here."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("auth", __name__, url_prefix="/auth")

from survey.web.auth import account, duties, entrance, factor, welcome  # noqa: E402, F401 - the views register themselves
