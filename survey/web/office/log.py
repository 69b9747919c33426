"""The audit log: who did or read what, when and from where. For administrators; reading it changes nothing."""

from __future__ import annotations

import json
from datetime import date, datetime, time, timedelta

from flask import Response as Download
from flask import render_template, request
from flask_babel import gettext as _

from survey.i18n import ZONE, format_datetime
from survey.query import audit_log, people
from survey.query.audit_log import Sought
from survey.web import access
from survey.web.office import blueprint
from survey.web.office.files import csv_response
from survey.web.office.words import ACTIONS, SUBJECTS, actor_word, word

_LONGEST = 24
MOST_EVENTS = 20_000
"""How many events one file holds; a narrower search gives the rest."""


@blueprint.get("/system/log")
@access.roles("admin")
def log() -> str:
    """Search the log."""
    with access.database().reading() as session:
        page = audit_log.events(session, _sought(), page=request.args.get("page", 1, int))
        actions = audit_log.actions(session)
        staff = people.people(session)
    return render_template(
        "office/log.html",
        page=page,
        actions=actions,
        staff=staff,
        subjects=[(code, word(SUBJECTS, code)) for code in SUBJECTS],
        subject_word=lambda code: word(SUBJECTS, code),
        action_word=lambda code: word(ACTIONS, code),
        actor_word=actor_word,
        detail=_details,
    )


@blueprint.get("/system/log.csv")
@access.roles("admin")
def log_csv() -> Download:
    """Give the newest events that fit the search, at most MOST_EVENTS of them."""
    with access.database().reading() as session:
        found = audit_log.events(session, _sought(), size=MOST_EVENTS)
    header = [
        _("When"), _("Who"), _("Act"), _("About"), _("Number"), _("From where"), _("Details"), _("Event"),
    ]  # fmt: skip
    rows = (
        (
            format_datetime(event.at),
            actor_word(event.who),
            word(ACTIONS, event.action),
            word(SUBJECTS, event.subject_kind),
            event.subject_id,
            event.address,
            json.dumps(event.details, ensure_ascii=False, sort_keys=True) if event.details else "",
            event.id,
        )
        for event in found.rows
    )
    return csv_response("nhat-ky-truy-cap", header, rows)


def _sought() -> Sought:
    """Return what the address searches for."""
    args = request.args
    first, last = _day(args.get("since", "")), _day(args.get("until", ""))
    return Sought(
        account_id=args.get("account", None, int),
        action=args.get("action", ""),
        subject_kind=args.get("subject", ""),
        subject_id=args.get("id", "").strip(),
        since=_midnight(first) if first else None,
        until=_midnight(last + timedelta(days=1)) if last else None,
    )


def _details(details: dict[str, object]) -> str:
    """Return what an event carries on one line, hashes and long lists cut."""
    written = (f"{name}: {_cut(str(value))}" for name, value in details.items() if value not in (None, "", [], {}))
    return "; ".join(written)


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), ZONE)
