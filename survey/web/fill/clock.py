"""How long the session behind a page lives on, by the clock of the server; pages warn before it ends."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask import g

from survey.model.base import utc_now
from survey.operations import accounts, portal_sessions
from survey.web import access

WARN = 120
"""How many seconds before the end a page warns."""


def seconds_left() -> int:
    """Return the whole seconds that the present session lives on without further use."""
    with access.database().reading() as session:
        return int(portal_sessions.left(session, accounts.token_hash(g.get("token", ""))).total_seconds())


def ends_at(seconds: int) -> datetime:
    """Return the moment at which a session with some seconds left ends."""
    return utc_now() + timedelta(seconds=seconds)
