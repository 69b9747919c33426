"""Sampling frames of a round: what they hold, templates, and files that are checked first and taken in afterwards."""

from __future__ import annotations

import io

from flask import Response as Download
from flask import flash, make_response, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from survey.errors import Problem
from survey.i18n import current_locale
from survey.operations import frame_files, frame_merging, frame_tables
from survey.operations.frame_files import Fault
from survey.operations.planning import FRAME_KINDS
from survey.query import rounds as rounds_query
from survey.reference import frame_columns
from survey.text import safe_file_name
from survey.web import access, problems
from survey.web.office import blueprint
from survey.web.office.desk import READERS, desk, may
from survey.web.office.words import KINDS, word

SHOWN_FAULTS = 200
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@blueprint.get("/rounds/<code>/frames")
@access.roles(*READERS)
def frames(code: str) -> str:
    """Show what the frames of a round hold, and where a file is handed in."""
    return _page(code)


@blueprint.get("/rounds/<code>/frames/template-<kind>.xlsx")
@access.roles("statistician")
def frame_template(code: str, kind: str) -> Download:
    """Give the template of a kind of frame."""
    if kind not in FRAME_KINDS:
        raise Problem("not-found")
    with access.database().reading() as session:
        desk(session, code, "statistician")
    wanted, language = frame_columns.columns(kind), current_locale()
    heads, hints = [column.head(language) for column in wanted], [column.hint(language) for column in wanted]
    content = frame_tables.template(word(KINDS, kind), heads, hints, [column.required for column in wanted])
    name = f"{safe_file_name(word(KINDS, kind))}.xlsx"
    return send_file(io.BytesIO(content), mimetype=_XLSX, as_attachment=True, download_name=name)


@blueprint.post("/rounds/<code>/frames/check")
@access.roles("statistician")
def check_frame(code: str) -> Response | str:
    """Check a handed-in file, write nothing, and say what taking it in would do."""
    kind, given = request.form.get("kind", ""), request.files.get("file")
    if given is None or not given.filename:
        return make_response(_page(code, kind, _("Choose a file first.")), 400)
    try:
        table = frame_tables.read(given.read(), given.filename)
        with access.database().reading() as session:
            here = desk(session, code, "statistician")
            checked = frame_files.check(session, here.round.id, kind, table)
    except Problem as problem:
        if problem.status in (403, 404):
            raise
        return make_response(_page(code, kind, problems.message(problem)), problem.status)
    digest = ""
    if not checked.faults and (checked.added or checked.changed):
        digest = frame_merging.keep(access.config().uploads, frame_tables.as_csv(table))
    return render_template(
        "office/frame_check.html",
        desk=here,
        round=here.round,
        checked=checked,
        kind_word=word(KINDS, kind),
        file_name=given.filename,
        digest=digest,
        faults=checked.faults[:SHOWN_FAULTS],
        remedy=remedy,
    )


@blueprint.post("/rounds/<code>/frames/import")
@access.roles("statistician")
def import_frame(code: str) -> Response:
    """Take a checked file in, in one transaction."""
    kind, digest = request.form.get("kind", ""), request.form.get("digest", "")
    folder = access.config().uploads
    table = frame_tables.read(frame_merging.kept(folder, digest), kind)
    with access.database().transaction() as session:
        here = desk(session, code, "statistician")
        checked = frame_files.check(session, here.round.id, kind, table)
        for _done, _whole in frame_merging.take_in(session, access.actor(), here.round.id, checked):
            pass
    frame_merging.drop(folder, digest)
    flash(
        _(
            "%(new)s units were added and %(changed)s changed. Nothing was deleted.",
            new=len(checked.added),
            changed=len(checked.changed),
        )
    )
    return redirect(url_for("office.frames", code=code))


def remedy(fault: Fault) -> str:
    """Return what is wrong with a cell and what to do, in the reader's language."""
    return str(_(frame_files.FAULTS[fault.code]).format_map(fault.details))


def _page(code: str, kind: str = "", message: str = "") -> str:
    with access.database().reading() as session:
        here = desk(session, code, *READERS)
        counts = rounds_query.frame_counts(session, here.round.id)
        drawn = {draw.kind for draw in rounds_query.draws(session, here.round.id)}
    return render_template(
        "office/frames.html",
        desk=here,
        round=here.round,
        frames=[(each, word(KINDS, each), counts.get(each, 0), each in drawn) for each in FRAME_KINDS],
        columns={each: frame_columns.columns(each) for each in FRAME_KINDS},
        language=current_locale(),
        kind=kind,
        message=message,
        may_import=may("statistician", round_id=here.round.id),
    )
