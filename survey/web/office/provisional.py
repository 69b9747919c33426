"""Provisional figures on the overview: what the approved records say so far, and the button that calculates again.

Only statisticians of the round see them, as they alone see a run before its release.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import flash, redirect, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from survey.errors import Problem
from survey.i18n import current_locale, format_number
from survey.model import ProvisionalEstimate
from survey.model.base import utc_now
from survey.pipeline import provisional as pipeline
from survey.reference.plan import indicators
from survey.report.naming import SHORT_NAMES
from survey.web import access, problems
from survey.web.office import blueprint
from survey.web.office.desk import desk, may


@dataclass(frozen=True, slots=True)
class Line:
    """One indicator: its figure and interval in words, None where there are too few answers to show one."""

    code: str
    name: str
    estimate: str | None
    interval: str | None
    n: int | None
    is_weak: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """The provisional figures of a round as the page shows them; `made_at` is None before the first calculation."""

    state: str
    started_at: datetime | None
    made_at: datetime | None
    approved: int
    calibrated: bool
    lines: tuple[Line, ...]


def shown(session: Session, round_id: int) -> Shown | None:
    """Return the provisional figures for a statistician of the round, None for others; one query."""
    if not may("statistician", round_id=round_id):
        return None
    row = session.scalar(select(ProvisionalEstimate).where(ProvisionalEstimate.round_id == round_id))
    if row is None:
        return Shown("", None, None, 0, False, ())
    state = row.state
    if state == "running" and utc_now() - row.started_at >= pipeline.PATIENCE:
        state = "failed"
    return Shown(state, row.started_at, row.made_at, row.approved, row.calibrated, _lines(row))


@blueprint.post("/rounds/<code>/provisional")
@access.roles("statistician")
def calculate_provisional(code: str) -> Response:
    """Start the calculation in a process of its own; the page says when it is done."""
    try:
        with access.database().transaction() as session:
            here = desk(session, code, "statistician")
            pipeline.begin(session, access.actor(), here.round.id)
        _start(here.round.code)
        flash(_("The provisional figures are being calculated. This takes up to a minute."))
    except Problem as problem:
        if problem.code != "estimates-running":
            raise
        flash(problems.message(problem), "caution")
    return redirect(url_for("office.overview", code=code, _anchor="provisional"))


def _lines(row: ProvisionalEstimate) -> tuple[Line, ...]:
    known = {each["indicator"]: each for each in row.figures}
    return tuple(_line(each.id, each.name.in_language(current_locale()), known.get(each.id)) for each in indicators())


def _line(code: str, full: str, figure: Mapping[str, Any] | None) -> Line:
    name = _(SHORT_NAMES[code]) if code in SHORT_NAMES else full
    if figure is None:
        return Line(code, name, None, None, None, is_weak=False)
    n = int(figure["n"] or 0)
    low, high = figure["ci_low"], figure["ci_high"]
    if figure["flag"] == "suppress" or figure["estimate"] is None:
        return Line(code, name, None, None, n, is_weak=True)
    ends = None if low is None or high is None else f"{format_number(low, 1)} – {format_number(high, 1)}"
    return Line(code, name, f"{format_number(figure['estimate'], 1)}%", ends, n, figure["flag"] != "publish")


def _start(code: str) -> None:
    """Start the command that a person would use, and let go of it."""
    settings = access.config()
    place = {
        "PHIEU_SO_INSTANCE": str(settings.instance),
        "PHIEU_SO_DATABASE_URL": settings.database_url,
        "PHIEU_SO_SECRET_KEY": settings.secret_key,
    }
    command = [sys.executable, "-m", "survey", "estimate", "provisional", code, "--begun"]
    process = subprocess.Popen(  # noqa: S603 - the code of a round that exists, nothing that a person typed
        command, env={**os.environ, **place}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    threading.Thread(target=process.wait, daemon=True).start()
