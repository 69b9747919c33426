"""Verification of institutions: what each stated, its evidence and scores, and the office's finding per component."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from flask import Response, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from survey.errors import Problem
from survey.i18n import current_locale
from survey.operations import audit, forms, verification
from survey.operations.verification import Judgement, stated_level
from survey.query import review as review_query
from survey.query import verification as reads
from survey.query import verification_queue as queue
from survey.query.paging import SIZE, Page, bounded
from survey.query.review import Record
from survey.questionnaire.instrument import Instrument, Question
from survey.reference.institution import COMPLETE, COMPONENTS, NOT_YET
from survey.text import safe_file_name
from survey.web import access, problems
from survey.web.office import blueprint
from survey.web.office.answer_sheet import Line, sheet
from survey.web.office.desk import REVIEWERS, Desk, desk, may
from survey.web.office.invitation_words import COMPONENTS as COMPONENT_WORDS
from survey.web.office.invitation_words import FINDINGS as FINDING_WORDS
from survey.web.office.words import word

SCORES = {
    "governance": "index_governance",
    "digital_data": "index_governance",
    "activity": "index_teaching",
    "repository": "index_teaching",
}
"""Which score of QĐ 4725/QĐ-BGDĐT a component is held against."""
_LOW, _HIGH = 50, 75
_SCORES_AT = "interview/index_4725/index_scores"


@dataclass(frozen=True, slots=True)
class Component:
    """One component as the page shows it; `lines` are its answers with evidence, `doubt` where the score disagrees."""

    code: str
    title: str
    stated: str
    lines: tuple[Line, ...]
    score: Decimal | None
    doubt: bool
    files: tuple[queue.Evidence, ...]
    finding: reads.Finding | None


@dataclass(frozen=True, slots=True)
class Opened:
    """A record opened for verification."""

    desk: Desk
    record: Record
    components: tuple[Component, ...]
    verified: reads.Verified
    levels: dict[str, str]


@blueprint.get("/rounds/<code>/verification", endpoint="verification")
@access.roles(*REVIEWERS)
def show(code: str) -> str:
    """List the institutions' records by how far verification has come."""
    state = request.args.get("state", "unverified")
    state = state if state in queue.STATES else ""
    with access.database().reading() as session:
        here = desk(session, code, *REVIEWERS)
        rows = queue.records(session, here.round.id, here.communes)
    found = queue.chosen(rows, state, request.args.get("q", "")[:100])
    number = bounded(request.args.get("page", 1, int), len(found), SIZE)
    counts = {each: sum(row.state == each for row in rows) for each in queue.STATES}
    return render_template(
        "office/verification.html",
        desk=here,
        round=here.round,
        page=Page(found[(number - 1) * SIZE : number * SIZE], number, len(found), SIZE),
        state=state,
        text=request.args.get("q", ""),
        counts=counts,
        total=len(rows),
        required=verification.required(here.round),
        may_require=may("statistician", round_id=here.round.id),
    )


@blueprint.post("/rounds/<code>/verification")
@access.roles("statistician")
def require_verification(code: str) -> AnyResponse:
    """Decide whether estimates count verified self-assessments only."""
    with access.database().transaction() as session:
        here = desk(session, code, "statistician")
        verification.require(session, access.actor(), here.round.id, on="required" in request.form)
    flash(_("The rule was changed. It applies to the next run of estimates."))
    return redirect(url_for("office.verification", code=code), 303)


@blueprint.get("/rounds/<code>/verification/<submission_id>")
@access.roles(*REVIEWERS)
def verify(code: str, submission_id: str) -> str:
    """Show one institution's components with evidence, scores and findings."""
    with access.database().reading() as session:
        opened = _open(session, code, submission_id)
    return _page(opened)


@blueprint.post("/rounds/<code>/verification/<submission_id>")
@access.roles(*REVIEWERS)
def save_verification(code: str, submission_id: str) -> AnyResponse:
    """Store the findings that were made, then go back to the list or to the same record with what is wrong."""
    judgements = {
        component: Judgement(
            request.form[f"finding-{component}"],
            request.form.get(f"value-{component}", ""),
            request.form.get(f"reason-{component}", ""),
        )
        for component in COMPONENTS
        if request.form.get(f"finding-{component}")
    }
    try:
        with access.database().transaction() as session:
            opened = _open(session, code, submission_id)
            count = verification.verify(
                session,
                access.actor(),
                submission_id,
                expected_revision=request.form.get("revision", 0, int),
                judgements=judgements,
            )
    except Problem as problem:
        if problem.code not in {"remark-needed", "stale-revision", "bad-value"}:
            raise
        with access.database().reading() as session:
            opened = _open(session, code, submission_id)
        return make_response(_page(opened, problems.message(problem)), problem.status)
    if not count:
        flash(_("Nothing new was found."), "caution")
    else:
        flash(_("The verification of %(unit)s was stored.", unit=opened.record.head.unit_code))
    return redirect(url_for("office.verification", code=code), 303)


@blueprint.get("/rounds/<code>/verification/<submission_id>/files/<int:number>")
@access.roles(*REVIEWERS)
def evidence_file(code: str, submission_id: str, number: int) -> Response:
    """Hand over a file of the present version as a download; that it was read is written into the log."""
    with access.database().transaction() as session:
        here = desk(session, code, *REVIEWERS)
        _record(session, here, submission_id)
        found = next((each for each in queue.evidence(session, submission_id) if each.id == number), None)
        if found is None or found.sha256 is None:
            raise Problem("not-found")
        audit.record(session, access.actor(), "attachment.read", "submission", submission_id, sha256=found.sha256)
    content = (access.config().media / found.sha256[:2] / found.sha256).read_bytes()
    headers = {
        "Content-Disposition": f'attachment; filename="{safe_file_name(found.name)}"',
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }
    return Response(content, mimetype="application/octet-stream", headers=headers)


def _record(session: Session, here: Desk, submission_id: str) -> Record:
    found = review_query.record(session, submission_id, lambda round_id: here.communes)
    if found is None or found.round_id != here.round.id or found.head.kind != "institution":
        raise Problem("not-found")
    return found


def _open(session: Session, code: str, submission_id: str) -> Opened:
    here = desk(session, code, *REVIEWERS)
    found = _record(session, here, submission_id)
    version = found.newest
    instrument = forms.instrument_of(session, version.form_version_id)
    revision = reads.revision_of(session, submission_id)
    verified = reads.findings(session, [revision]).get(revision, reads.Verified())
    files = queue.evidence(session, submission_id)
    components = tuple(_component(c, instrument, version.answers, verified, files) for c in COMPONENTS)
    return Opened(here, found, components, verified, _levels(instrument))


def _component(
    code: str,
    instrument: Instrument,
    answers: Mapping[str, Any],
    verified: reads.Verified,
    files: tuple[queue.Evidence, ...],
) -> Component:
    section = COMPONENTS[code].rpartition("/")[0]
    stated = stated_level(answers, COMPONENTS[code])
    score = _score(answers, SCORES[code])
    lines = tuple(
        line
        for block in sheet(instrument, answers, language=current_locale())
        for line in block.lines()
        if line.path.startswith(f"{section}/")
    )
    texts = {line.text for line in lines}
    disagrees = score is not None and ((stated == COMPLETE and score < _LOW) or (stated == NOT_YET and score > _HIGH))
    return Component(
        code=code,
        title=word(COMPONENT_WORDS, code),
        stated=stated,
        lines=lines,
        score=score,
        doubt=disagrees,
        files=tuple(each for each in files if each.name in texts),
        finding=verified.now.get(code),
    )


def _score(answers: Mapping[str, Any], name: str) -> Decimal | None:
    try:
        return Decimal(stated_level(answers, f"{_SCORES_AT}/{name}") or "x")
    except InvalidOperation:
        return None


def _levels(instrument: Instrument) -> dict[str, str]:
    """Return the words of the questionnaire for the levels by code."""
    question = instrument.by_path.get(next(iter(COMPONENTS.values())))
    if not isinstance(question, Question) or question.choices is None:
        return {}
    language = current_locale()
    return {item.value: item.label.get(language, item.value) for item in question.choices.items}


def _page(opened: Opened, message: str = "") -> str:
    return render_template(
        "office/verify.html",
        desk=opened.desk,
        round=opened.desk.round,
        opened=opened,
        record=opened.record,
        components=opened.components,
        history=opened.verified.history,
        levels=opened.levels,
        message=message,
        typed=request.form,
        finding_word=lambda finding: word(FINDING_WORDS, finding),
        component_word=lambda component: word(COMPONENT_WORDS, component),
        findings=verification.FINDINGS,
    )
