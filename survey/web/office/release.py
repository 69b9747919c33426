"""Release and withdrawal of a run of estimates, and its report as PDF.

The report is set in a process of its own by the same command that a person would use: a page never holds that memory.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from flask import flash, redirect, request, send_file, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from survey.errors import Problem
from survey.export import shelf
from survey.export.figures import file_name
from survey.operations import publishing
from survey.query import runs as runs_query
from survey.query.results import RunResults
from survey.web import access, problems
from survey.web.office import blueprint
from survey.web.office.desk import READERS, desk, may

_PATIENCE = 180
"""Seconds after which the setting of a report is given up."""


@blueprint.post("/rounds/<code>/results/<int:run_id>/release")
@access.roles("statistician")
def release(code: str, run_id: int) -> Response:
    """Let everybody see a run, set its report and lay its microdata ready for those who hold a key."""
    with access.database().transaction() as session:
        _run(session, code, run_id, "statistician")
        publishing.release(session, access.actor(), run_id)
    flash(_("The results were released. Everybody can see them now."))
    for make in (_set_report, _make_archive):
        try:
            make(run_id)
        except Problem as problem:
            flash(problems.message(problem), "caution")
    return redirect(url_for("office.run", code=code, run_id=run_id))


@blueprint.post("/rounds/<code>/results/<int:run_id>/withdraw")
@access.roles("statistician")
def withdraw(code: str, run_id: int) -> Response:
    """Take a released run back with a reason; it stays on file."""
    with access.database().transaction() as session:
        _run(session, code, run_id, "statistician")
        publishing.withdraw(session, access.actor(), run_id, reason=request.form.get("reason", ""))
    flash(_("The results were withdrawn. The run stays on file."))
    return redirect(url_for("office.run", code=code, run_id=run_id))


@blueprint.post("/rounds/<code>/results/<int:run_id>/report")
@access.roles("statistician")
def set_report(code: str, run_id: int) -> Response:
    """Set the report of a run as PDF and go to the file."""
    with access.database().reading() as session:
        _run(session, code, run_id, "statistician")
    _set_report(run_id)
    return redirect(url_for("office.report", code=code, run_id=run_id))


@blueprint.get("/rounds/<code>/results/<int:run_id>/report.pdf")
@access.roles(*READERS)
def report(code: str, run_id: int) -> Response:
    """Send the report of a run; who only reads gets that of a released one."""
    with access.database().reading() as session:
        found = _run(session, code, run_id, *READERS)
        if found.head.state != "released" and not may("statistician", round_id=found.head.round_id):
            raise Problem("not-found")
    path = report_path(found)
    if not path.is_file():
        raise Problem("not-found")
    return send_file(path, mimetype="application/pdf", download_name=path.name)


def report_path(results: RunResults) -> Path:
    """Return where the report of a run lies once it has been set."""
    return access.config().reports / file_name(results, "pdf")


def _run(session: Session, code: str, run_id: int, *roles: str) -> RunResults:
    """Return a run of the round, for one of the roles."""
    here = desk(session, code, *roles)
    found = runs_query.run_results(session, run_id)
    if found.head.round_id != here.round.id:
        raise Problem("no-run", run=run_id)
    return found


def _set_report(run_id: int) -> None:
    """Set the report with the command; Problem report-failed when it does not succeed in time."""
    if not _done("build", run_id):
        raise Problem("report-failed")


def _make_archive(run_id: int) -> None:
    """Make the microdata archive with the command; the Problem that refused it, or microdata-failed."""
    if not _done("microdata", run_id):
        try:
            shelf.archive(access.config().reports, run_id)
        except Problem as problem:
            if problem.code != "not-found":
                raise
        raise Problem("microdata-failed")


def _done(command: str, run_id: int) -> bool:
    """Run a command of the report on a run and tell whether it succeeded in time."""
    settings = access.config()
    place = {
        "PHIEU_SO_INSTANCE": str(settings.instance),
        "PHIEU_SO_DATABASE_URL": settings.database_url,
        "PHIEU_SO_SECRET_KEY": settings.secret_key,
    }
    try:
        subprocess.run(  # noqa: S603 - the command holds one number and nothing that a person typed
            [sys.executable, "-m", "survey", "report", command, "--run", str(run_id)],
            env={**os.environ, **place},
            check=True,
            timeout=_PATIENCE,
            capture_output=True,
        )
    except (subprocess.SubprocessError, OSError):
        return False
    return True
