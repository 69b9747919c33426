"""The review queue: which records wait, filtered by the address, as a page and as a file."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from survey.i18n import format_datetime
from survey.operations import review as acts
from survey.query import quality as quality_query
from survey.query import review as review_query
from survey.query.progress import KINDS as UNIT_KINDS
from survey.query.review import FINDINGS, ORDERS, STATES, Filters, QueueRow
from survey.web import access
from survey.web.office import blueprint
from survey.web.office.desk import REVIEWERS, Desk, desk
from survey.web.office.files import csv_response
from survey.web.office.words import CHANNELS, KINDS, OUTCOMES, word
from survey.web.office.words import STATES as RECORD_STATES

_AT_ONCE = 500
"""How many records one press approves at most."""


def filters_of_address() -> Filters:
    """Return what the address asks for; an unknown value does not narrow, and the queue starts with what waits."""
    state = request.args.get("state", "received")
    return Filters(
        state=state if state in STATES else "",
        kind=_one_of(request.args.get("kind", ""), tuple(KINDS)),
        district=request.args.get("district", ""),
        findings=_one_of(request.args.get("findings", ""), FINDINGS),
        text=request.args.get("q", "").strip()[:100],
        order=_one_of(request.args.get("order", ""), ORDERS) or "oldest",
    )


@blueprint.get("/rounds/<code>/review")
@access.roles(*REVIEWERS)
def review(code: str) -> str:
    """Show the queue."""
    filters = filters_of_address()
    with access.database().reading() as session:
        here = desk(session, code, *REVIEWERS)
        page = review_query.queue(session, here.round.id, here.communes, filters, page=request.args.get("page", 1, int))
        counts = review_query.counts_by_state(session, here.round.id, here.communes, filters)
        clean = _clean(session, here, filters) if filters.state == "received" else []
        flags = quality_query.counts_of(session, [row.id for row in page.rows])
    return render_template(
        "office/review.html",
        desk=here,
        round=here.round,
        page=page,
        filters=filters,
        counts=counts,
        clean=len(clean),
        flags=flags,
        kinds=[(kind, word(KINDS, kind)) for kind in UNIT_KINDS],
        kind_word=lambda row: word(KINDS, row.kind),
        outcome_word=lambda row: word(OUTCOMES, row.outcome),
        sender_word=sender,
    )


@blueprint.post("/rounds/<code>/review/approve-clean")
@access.roles(*REVIEWERS)
def approve_clean(code: str) -> Response:
    """Approve the waiting records that fit the address and in which nothing was found, as many as the page said."""
    filters = filters_of_address()
    with access.database().transaction() as session:
        here = desk(session, code, *REVIEWERS)
        wanted = _clean(session, here, filters)[: max(0, request.form.get("count", 0, int))]
        approved = acts.approve_clean(session, access.actor(), wanted)
    flash(ngettext("%(num)s questionnaire was approved.", "%(num)s questionnaires were approved.", approved))
    return redirect(f"{url_for('office.review', code=code)}?{request.query_string.decode()}")


def _clean(session: Session, here: Desk, filters: Filters) -> list[tuple[str, int]]:
    return review_query.clean_records(session, here.round.id, here.communes, filters, limit=_AT_ONCE)


@blueprint.get("/rounds/<code>/review.csv")
@access.roles(*REVIEWERS)
def review_file(code: str) -> Response:
    """Return the filtered queue as a file."""
    with access.database().reading() as session:
        here = desk(session, code, *REVIEWERS)
        rows = review_query.everything(session, here.round.id, here.communes, filters_of_address())
    header = [_("Unit"), _("Kind"), _("Former commune"), _("Former district"), _("State"), _("Outcome"), _("Sender")]
    header += [_("Errors"), _("Warnings"), _("Version"), _("Last received")]
    return csv_response(f"duyet-phieu-{code}", header, (_file_row(row) for row in rows))


def sender(row: QueueRow) -> str:
    """Return who sent a record: a person, or the way it came in."""
    return row.sender or word(CHANNELS, row.channel)


def _file_row(row: QueueRow) -> list[object]:
    commune, district = row.commune, row.district
    return [
        row.unit_code,
        word(KINDS, row.kind),
        commune.name if commune else "",
        district.name if district else "",
        word(RECORD_STATES, row.state),
        word(OUTCOMES, row.outcome),
        sender(row),
        row.error_count,
        row.warning_count,
        row.revision_count,
        format_datetime(row.updated_at),
    ]


def _one_of(value: str, known: tuple[str, ...]) -> str:
    return value if value in known else ""
