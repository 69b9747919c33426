"""The receipts of a unit: number, time and seal of every version that it sent."""

from __future__ import annotations

from flask import render_template

from survey.errors import Problem
from survey.query import drafts as reads
from survey.web import access
from survey.web.portal import blueprint
from survey.web.portal.questionnaire import name_of, own_unit


@blueprint.get("/receipts/<int:number>")
@access.invited
def receipt(number: int) -> str:
    """Show the receipt of one version of the unit's own questionnaire."""
    with access.database().reading() as session:
        unit = own_unit(session)
        sent = reads.revisions_of_unit(session, unit.sample_unit_id)
        form = reads.form_title(session, unit.round.id, unit.kind)
    found = next((revision for revision in sent if revision.number == number), None)
    if found is None:
        raise Problem("not-found")
    return render_template(
        "portal/receipt.html",
        number=receipt_number(unit.round.code, found.submission_id, found.number),
        revision=found,
        unit_name=name_of(unit),
        unit_code=unit.code,
        form_title=form,
        round=unit.round,
    )


def receipt_number(round_code: str, submission_id: str, version: int) -> str:
    """Return the number that a receipt prints: round, the record's first eight characters, version."""
    return f"{round_code}-{submission_id[:8].upper()}-{version}"
