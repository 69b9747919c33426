"""Data quality: what the rules noticed, filtered by the address; a run in the background; decisions and reasons."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from survey.errors import Problem
from survey.i18n import current_locale, format_date, format_datetime, format_number
from survey.model.base import utc_now
from survey.operations import quality as operations
from survey.query import quality as reads
from survey.query.quality import Flag, Flags
from survey.reference.quality_rules import SEVERITIES, quality_rule, quality_rules
from survey.text import N_, clean
from survey.web import access, problems
from survey.web.office import blueprint
from survey.web.office.desk import REVIEWERS, Desk, desk, may
from survey.web.office.files import csv_response
from survey.web.office.words import word

SEVERITY_WORDS: Mapping[str, str] = {"error": N_("Serious"), "warning": N_("Doubtful"), "note": N_("To note")}
FLAG_STATES: Mapping[str, str] = {
    "open": N_("Not decided"),
    "dismissed": N_("Dismissed"),
    "cleared": N_("No longer found"),
}


def sought_of_address() -> Flags:
    """Return what the address asks for; an unknown value does not narrow, and the list starts with what is open."""
    args = request.args
    state, severity, rule = args.get("state", "open"), args.get("severity", ""), args.get("rule", "")
    return Flags(
        state=state if state in FLAG_STATES else "",
        severity=severity if severity in SEVERITIES else "",
        rule=rule if quality_rule(rule) else "",
        account_id=args.get("account", None, int),
    )


@blueprint.get("/rounds/<code>/quality")
@access.roles(*REVIEWERS)
def quality(code: str) -> str:
    """Show the flags within reach and how the last run ended."""
    sought = sought_of_address()
    with access.database().reading() as session:
        here = desk(session, code, *REVIEWERS)
        page = reads.flags(session, here.round.id, here.communes, sought, page=request.args.get("page", 1, int))
        counts = reads.counts(session, here.round.id, here.communes)
        people = reads.flagged_people(session, here.round.id, here.communes)
        last = reads.last_run(session, here.round.id)
    running = last is not None and last.state == "running" and utc_now() - last.started_at < operations.PATIENCE
    return render_template(
        "office/quality.html",
        desk=here,
        round=here.round,
        page=page,
        sought=sought,
        last=last,
        running=running,
        rules=[(rule, counts.get((rule.code, "open"), 0)) for rule in quality_rules()],
        by_state={state: sum(n for (_r, s), n in counts.items() if s == state) for state in FLAG_STATES},
        people=people,
        severities=[(code_, word(SEVERITY_WORDS, code_)) for code_ in SEVERITIES],
        states=[(code_, word(FLAG_STATES, code_)) for code_ in FLAG_STATES],
        may_run=may("statistician", round_id=here.round.id),
        language=current_locale(),
        **flag_words(),
    )


@blueprint.get("/rounds/<code>/quality.csv")
@access.roles(*REVIEWERS)
def quality_file(code: str) -> Response:
    """Return the filtered flags as a file."""
    with access.database().reading() as session:
        here = desk(session, code, *REVIEWERS)
        rows = reads.everything(session, here.round.id, here.communes, sought_of_address())
    header = [_("Severity"), _("Rule"), _("Unit"), _("Enumerator"), _("What was noticed"), _("State"), _("Reason")]
    header += [_("Decided by"), _("Found on")]
    return csv_response(f"chat-luong-{code}", header, (_file_row(row) for row in rows))


@blueprint.post("/rounds/<code>/quality/run")
@access.roles("statistician")
def run_quality(code: str) -> Response:
    """Start the rules in a process of their own; the page says when they are done."""
    try:
        with access.database().transaction() as session:
            here = desk(session, code, "statistician")
            job = operations.begin(session, access.actor(), here.round.id)
        _start(here, job.id)
        flash(_("The quality rules are running. This takes up to a minute; reload the page to see the result."))
    except Problem as problem:
        if problem.code != "quality-running":
            raise
        flash(problems.message(problem), "caution")
    return redirect(url_for("office.quality", code=code))


@blueprint.post("/rounds/<code>/quality/<int:flag_id>")
@access.roles(*REVIEWERS)
def decide_flag(code: str, flag_id: int) -> Response:
    """Dismiss a flag with a reason, or take that back."""
    try:
        with access.database().transaction() as session:
            _within_round(session, code, flag_id)
            if request.form.get("action") == "reopen":
                operations.reopen(session, access.actor(), flag_id)
                flash(_("The flag is open again."))
            else:
                reason = clean(request.form.get("reason", ""))
                operations.dismiss(session, access.actor(), flag_id, reason=reason)
                flash(_("The flag was dismissed. Later runs keep this decision."))
    except Problem as problem:
        if problem.code != "remark-needed":
            raise
        flash(problems.message(problem), "wrong")
    back = request.form.get("record", "")
    if back:
        return redirect(url_for("office.record", code=code, submission_id=back))
    return redirect(f"{url_for('office.quality', code=code)}?{request.query_string.decode()}")


def flag_words() -> dict[str, Any]:
    """Return what a template needs to write a flag."""
    return {
        "flag_name": flag_name,
        "flag_reason": flag_reason,
        "severity_word": lambda flag: word(SEVERITY_WORDS, flag.severity),
        "flag_state": lambda flag: word(FLAG_STATES, flag.state),
    }


def flag_name(flag: Flag) -> str:
    """Return the name of a flag's rule in the reader's language."""
    rule = quality_rule(flag.rule)
    return rule.name.in_language(current_locale()) if rule else flag.rule


def flag_reason(flag: Flag) -> str:
    """Return what was noticed, with its figures, in the reader's language."""
    rule = quality_rule(flag.rule)
    figures = {name: _figure(name, value) for name, value in flag.figures.items()}
    if rule is None:
        return ", ".join(f"{name}: {value}" for name, value in figures.items())
    return rule.reason.in_language(current_locale()).format_map(figures)


def _figure(name: str, value: Any) -> str:
    if name == "day":
        return format_date(date.fromisoformat(value))
    if isinstance(value, int | float):
        return format_number(int(value) if value == int(value) else value)
    return str(value)


def _within_round(session: Session, code: str, flag_id: int) -> None:
    """Refuse a flag of another round or beyond the reviewer's reach."""
    here = desk(session, code, *REVIEWERS)
    found = reads.flag(session, here.round.id, here.communes, flag_id)
    if found is None:
        raise Problem("not-found")


def _file_row(row: Flag) -> list[object]:
    return [
        word(SEVERITY_WORDS, row.severity),
        flag_name(row),
        row.unit_code,
        row.person,
        flag_reason(row),
        word(FLAG_STATES, row.state),
        row.reason,
        row.decided_by,
        format_datetime(row.found_at),
    ]


def _start(here: Desk, job: int) -> None:
    """Start the command that a person would use, and let go of it."""
    settings = access.config()
    place = {
        "PHIEU_SO_INSTANCE": str(settings.instance),
        "PHIEU_SO_DATABASE_URL": settings.database_url,
        "PHIEU_SO_SECRET_KEY": settings.secret_key,
    }
    command = [sys.executable, "-m", "survey", "quality", "run", here.round.code, "--job", str(job)]
    process = subprocess.Popen(  # noqa: S603 - a round's code and a number, nothing that a person typed
        command, env={**os.environ, **place}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    threading.Thread(target=process.wait, daemon=True).start()
