"""Re-interviews: draw them, give them out, answer one on its form, and see how the two interviews agree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from survey.errors import Problem
from survey.i18n import current_locale
from survey.operations import forms
from survey.operations import reinterviews as operations
from survey.query import people
from survey.query import reinterviews as reads
from survey.query.reinterviews import Compared, Work
from survey.questionnaire.instrument import FILES, Instrument, Question, plain
from survey.questionnaire.judge import Verdict
from survey.reference import units
from survey.text import N_, parse_decimal
from survey.web import access, problems
from survey.web.office import blueprint
from survey.web.office.answer_fields import PREFIX, Part, parts, typed
from survey.web.office.desk import REVIEWERS, Desk, desk, may
from survey.web.office.files import csv_response
from survey.web.office.words import word

LEVELS = {"low": N_("Reliable"), "moderate": N_("Fairly reliable"), "high": N_("Not reliable")}
LEVEL_MARKS = {"low": "good", "moderate": "caution", "high": "wrong"}
_EXPECTED = frozenset({"already-drawn", "nothing-to-draw", "bad-value", "unknown-form"})


@dataclass(frozen=True, slots=True)
class Row:
    """One question of the comparison as the page shows it; shares in percent."""

    name: str
    label: str
    n: int
    gross: float
    gross_low: float
    gross_high: float
    net: float | None
    net_category: str
    kappa: float | None
    kappa_low: float | None
    kappa_high: float | None
    level: str


@blueprint.get("/rounds/<code>/reinterviews")
@access.roles(*REVIEWERS)
def reinterviews(code: str) -> str:
    """Show the draws, who does what, and the comparison of what is done."""
    with access.database().reading() as session:
        here = desk(session, code, *REVIEWERS)
        works = reads.works(session, here.round.id, here.communes)
        draws = reads.draws(session, here.round.id)
        rows = _compared(session, here)
        staff = _supervisors(session, here)
    who = access.actor()
    return render_template(
        "office/reinterviews.html",
        desk=here,
        round=here.round,
        works=works,
        draws=draws,
        rows=rows,
        staff=staff,
        done=sum(work.done_at is not None for work in works),
        place=lambda work: units.old_commune(work.commune_code).name,
        level_word=lambda row: word(LEVELS, row.level),
        level_mark=lambda row: LEVEL_MARKS.get(row.level, "waiting"),
        may_draw=may("statistician", round_id=here.round.id),
        may_fill=lambda work: who.may("supervisor", round_id=here.round.id) and work.enumerator_id != who.account_id,
        waiting=any(work.done_at is None for work in works),
    )


@blueprint.get("/rounds/<code>/reinterviews.csv")
@access.roles(*REVIEWERS)
def reinterviews_file(code: str) -> Response:
    """Return the comparison as a file."""
    with access.database().reading() as session:
        here = desk(session, code, *REVIEWERS)
        rows = _compared(session, here)
    header = [_("Question"), _("Wording"), "n", _("Gross difference rate (%)"), _("Interval from"), _("Interval to")]
    header += [
        _("Net difference (%)"),
        _("Answer"),
        _("Kappa"),
        _("Interval from"),
        _("Interval to"),
        _("Index of inconsistency (%)"),
    ]
    lines = (
        [
            row.name,
            row.label,
            row.n,
            round(row.gross, 2),
            round(row.gross_low, 2),
            round(row.gross_high, 2),
            _round(row.net, 2),
            row.net_category,
            _round(row.kappa, 4),
            _round(row.kappa_low, 4),
            _round(row.kappa_high, 4),
            _round(None if row.kappa is None else 100 * (1 - row.kappa), 2),
        ]
        for row in rows
    )
    return csv_response(f"phuc-tra-{code}", header, lines)


@blueprint.post("/rounds/<code>/reinterviews/draw")
@access.roles("statistician")
def draw_reinterviews(code: str) -> Response:
    """Draw a sample with the share and the seed that were typed."""
    share = parse_decimal(request.form.get("share", ""))
    try:
        with access.database().transaction() as session:
            here = desk(session, code, "statistician")
            made = operations.draw(
                session,
                access.actor(),
                here.round.id,
                seed=request.form.get("seed", 0, int),
                share=float(share) / 100 if share is not None else 0.0,
                least=max(0, request.form.get("least", 1, int)),
            )
            count = sum(drawn for _size, drawn in made.strata.values())
        flash(_("%(count)s interviews were drawn and given to the supervisors of their places.", count=count))
    except Problem as problem:
        if problem.code not in _EXPECTED:
            raise
        flash(problems.message(problem), "wrong")
    return redirect(url_for("office.reinterviews", code=code))


@blueprint.post("/rounds/<code>/reinterviews/<int:number>/assign")
@access.roles(*REVIEWERS)
def assign_reinterview(code: str, number: int) -> Response:
    """Give a re-interview to another supervisor."""
    with access.database().transaction() as session:
        here = desk(session, code, *REVIEWERS)
        _work(session, here, number)
        account_id = request.form.get("account", None, int)
        if account_id is not None and account_id not in dict(_supervisors(session, here)):
            raise Problem("not-found")
        operations.assign(session, access.actor(), number, account_id=account_id)
    flash(_("The re-interview was given out."))
    return redirect(url_for("office.reinterviews", code=code))


@blueprint.post("/rounds/<code>/reinterviews/<int:number>")
@access.roles("supervisor")
def reinterview(code: str, number: int) -> Response | str:
    """Open a re-interview, follow its questions, or send it; that names are read is written into the log."""
    with access.database().transaction() as session:
        here = desk(session, code, "supervisor")
        work = _work(session, here, number)
        if work.result_id is not None:
            raise Problem("draft-sent")
        instrument, beginning = operations.beginning(session, access.actor(), number)
        sent = typed(instrument, request.form, [name for name in request.form if name.startswith(PREFIX)])
        verdict = operations.examine(instrument, beginning, sent)
        wants_to_send = request.form.get("go") == "send"
        if wants_to_send and not verdict.errors:
            operations.finish(session, access.actor(), number, verdict.answers)
            flash(_("The re-interview of %(unit)s was sent.", unit=work.unit_code))
            return redirect(url_for("office.reinterviews", code=code))
    return _form(here, work, verdict, complain=wants_to_send)


def _form(here: Desk, work: Work, verdict: Verdict, *, complain: bool) -> str:
    language = current_locale()
    messages = {
        finding.path: finding.message.get(language, finding.code)
        for finding in verdict.findings
        if complain or finding.code != "required"
    }
    shown: list[Part] = parts(
        verdict.evaluation, language=language, wanted=_is_shown, with_names=True, messages=messages
    )
    return render_template(
        "office/reinterview.html",
        desk=here,
        round=here.round,
        work=work,
        parts=shown,
        place=units.old_commune(work.commune_code).name,
        errors=sum(bool(messages.get(item.path)) for part in shown for item in part.fields) if complain else 0,
    )


def _is_shown(question: Question) -> bool:
    return (question.is_asked and question.kind not in FILES) or question.kind == "note"


def _work(session: Session, here: Desk, number: int) -> Work:
    found = next((w for w in reads.works(session, here.round.id, here.communes) if w.id == number), None)
    if found is None:
        raise Problem("not-found")
    return found


def _supervisors(session: Session, here: Desk) -> list[tuple[int, str]]:
    """Return the supervisors of the round, by name."""
    staff = people.people(session)
    held = {
        person.id: person.name
        for person in staff
        for role in person.roles
        if role.role == "supervisor" and role.round_code in ("", here.round.code)
    }
    return sorted(held.items(), key=lambda pair: pair[1])


def _compared(session: Session, here: Desk) -> list[Row]:
    found = reads.pairs(session, here.round.id, here.communes)
    versions = {form for first, _a, second, _b in found for form in (first, second)}
    instruments: dict[int, Instrument] = {form: forms.instrument_of(session, form) for form in versions}
    return [_row(each) for each in reads.compared(found, instruments)]


def _row(each: Compared) -> Row:
    result, language = each.result, current_locale()
    has_kappa = result.kappa == result.kappa
    return Row(
        name=each.question.name,
        label=plain(each.question.label, language),
        n=result.n,
        gross=100 * result.gross,
        gross_low=100 * result.gross_low,
        gross_high=100 * result.gross_high,
        net=100 * result.net.difference if result.net else None,
        net_category=_category(each.question, result.net.category, language) if result.net else "",
        kappa=result.kappa if has_kappa else None,
        kappa_low=result.kappa_low if has_kappa else None,
        kappa_high=result.kappa_high if has_kappa else None,
        level=result.level,
    )


def _category(question: Question, code: str, language: str) -> str:
    items = question.choices.items if question.choices is not None else ()
    return next((item.label.get(language, code) for item in items if item.value == code), code)


def _round(value: float | None, digits: int) -> Any:
    return None if value is None else round(value, digits)
