"""Known population totals of a round: what was entered, whether margins agree, a file to hand in, removal."""

from __future__ import annotations

import csv
import io
from datetime import date

from flask import Response as Download
from flask import flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from survey.errors import Problem
from survey.i18n import current_locale
from survey.operations import control_totals as totals
from survey.operations import frame_tables
from survey.pipeline.labels import categories_by_name, category_names
from survey.query import control_totals as reads
from survey.query.results import DIMENSIONS
from survey.text import N_
from survey.web import access, problems
from survey.web.office import blueprint
from survey.web.office.desk import READERS, desk, may

TABLES = {
    "household": N_("Households"),
    "member": N_("Household members"),
    "respondent": N_("Randomly selected persons"),
    "enterprise": N_("Enterprises"),
    "institution": N_("Education institutions"),
}
_COMMUNE = N_("By commune before 1 July 2025")


@blueprint.get("/rounds/<code>/control-totals", endpoint="control_totals")
@access.roles(*READERS)
def show(code: str) -> str:
    """Show the totals of a round."""
    return _page(code)


@blueprint.get("/rounds/<code>/control-totals/template-<table>.csv", endpoint="control_totals_template")
@access.roles("statistician")
def template(code: str, table: str) -> Download:
    """Give a file with a line for every category of a table, its values blank."""
    if table not in reads.MARGINS:
        raise Problem("not-found")
    with access.database().reading() as session:
        desk(session, code, "statistician")
    names, language = category_names(), 0 if current_locale() == "vi" else 1
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow(totals.COLUMNS)
    for margin in reads.MARGINS[table]:
        for category in reads.CATEGORIES[margin]():
            name = names[margin][category][language] if margin != "commune" else category
            writer.writerow([table, margin, name, "", "", ""])
    answer = make_response("\ufeff" + buffer.getvalue())
    answer.headers["Content-Type"] = "text/csv; charset=utf-8"
    answer.headers["Content-Disposition"] = f"attachment; filename=control-totals-{table}.csv"
    return answer


@blueprint.post("/rounds/<code>/control-totals", endpoint="enter_control_totals")
@access.roles("statistician")
def enter(code: str) -> Response | str:
    """Take a file of totals in; its margins replace those of the same name."""
    given = request.files.get("file")
    if given is None or not given.filename:
        return make_response(_page(code, _("Choose a file first.")), 400)
    try:
        table = frame_tables.read(given.read(), given.filename)
        source, day = request.form.get("source", ""), request.form.get("as_of", "")
        found = totals.from_table(table, categories_by_name(), source=source, as_of=_day(day))
        with access.database().transaction() as session:
            here = desk(session, code, "statistician")
            count = totals.replace(session, access.actor(), here.round.id, found)
    except Problem as problem:
        if problem.status in (403, 404):
            raise
        return make_response(_page(code, problems.message(problem)), problem.status)
    flash(_("%(count)s totals were entered. The next run is calibrated to them.", count=count))
    return redirect(url_for("office.control_totals", code=code))


@blueprint.post("/rounds/<code>/control-totals/remove", endpoint="remove_control_totals")
@access.roles("statistician")
def remove(code: str) -> Response:
    """Remove the totals of a margin."""
    with access.database().transaction() as session:
        here = desk(session, code, "statistician")
        table, margin = request.form.get("table", ""), request.form.get("margin", "")
        totals.remove(session, access.actor(), here.round.id, table=table, margin=margin)
    flash(_("The totals were removed."))
    return redirect(url_for("office.control_totals", code=code))


def margin_word(margin: str) -> str:
    """Return a margin in words."""
    return str(_(DIMENSIONS[margin])) if margin in DIMENSIONS else _(_COMMUNE)


def _day(text: str) -> date | None:
    """Return the day typed for the whole file, None for none."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Problem("bad-value", name="as_of", value=text, expected="dd/mm/yyyy") from None


def _page(code: str, message: str = "") -> str:
    with access.database().reading() as session:
        here = desk(session, code, *READERS)
        found = reads.entered(session, here.round.id)
    names, language = category_names(), 0 if current_locale() == "vi" else 1
    return render_template(
        "office/control_totals.html",
        desk=here,
        round=here.round,
        message=message,
        agreements=reads.agreements(found),
        totals=found,
        tables={code: _(word) for code, word in TABLES.items()},
        margin_word=margin_word,
        category_word=lambda margin, category: names[margin].get(category, (category, category))[language],
        may_enter=may("statistician", round_id=here.round.id),
    )
