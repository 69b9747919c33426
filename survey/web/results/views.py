"""The public pages: results at a glance, one page per indicator, method and quality, the list of rounds."""

from __future__ import annotations

from flask import render_template

from survey.query import runs
from survey.query.model_figures import NOTE
from survey.reference import geometry
from survey.report import modelled, pages, questions, tables
from survey.report.limits import limits
from survey.web import access
from survey.web.results import blueprint, released
from survey.web.results.address import Addresses
from survey.web.results.downloads import report_path


@blueprint.get("/")
@blueprint.get("/dot/<round_code>")
@access.public
def home(round_code: str | None = None) -> str:
    """Show how many targets are met, how surely, and every indicator."""
    with access.database().reading() as session:
        if round_code is None and runs.latest_released(session) is None:
            return render_template("results/none.html")
        found = released.shown(session, round_code)
        rounds = runs.runs(session, released_only=True)
    page = pages.overview(found.loaded.results, found.loaded.previous, found.language)
    return render_template(
        "results/overview.html",
        page=page,
        round=page.head,
        to=found.to,
        say=found.language.text,
        has_report=report_path(found.loaded.results) is not None,
        many_rounds=len({head.round_code for head in rounds}) > 1,
    )


@blueprint.get("/chi-tieu/<code>")
@blueprint.get("/dot/<round_code>/chi-tieu/<code>")
@access.public
def indicator(code: str, round_code: str | None = None) -> str:
    """Show everything about one indicator."""
    with access.database().reading() as session:
        found = released.shown(session, round_code)
        entry = released.indicator(found, code)
        trend = runs.trend(session, entry.code, entry.main.code)
        asked = questions.asked_in(session, found.loaded.results.head.round_id)
    boundaries = geometry.own(access.config().instance)
    page = pages.page(
        found.loaded.results,
        entry.code,
        found.language,
        previous=found.loaded.previous,
        trend=[point for point in trend if point.is_synthetic == found.loaded.results.head.is_synthetic],
        asked=asked,
        boundaries=boundaries,
    )
    return render_template(
        "results/indicator.html",
        page=page,
        round=page.head,
        to=found.to,
        say=found.language.text,
        wording=found.language.wording,
        map_credit=geometry.CREDIT if boundaries is None else None,
        modelled=modelled.lines(modelled.of_indicator(entry, found.loaded.modelled), found.language),
        model_note=found.language.text(NOTE),
    )


@blueprint.get("/phuong-phap")
@blueprint.get("/dot/<round_code>/phuong-phap")
@access.public
def method(round_code: str | None = None) -> str:
    """Show how the figures were made and what they cannot say."""
    with access.database().reading() as session:
        found = released.shown(session, round_code)
    results, language = found.loaded.results, found.language
    return render_template(
        "results/method.html",
        round=results.head,
        head=results.head,
        to=found.to,
        responses=tables.responses(results.quality, language),
        quality=tables.quality(results, language),
        limits=limits(results, language),
        notes=[language.wording(note) for note in results.quality.notes],
        weights=results.quality.weights,
        kinds={code: language.text(word) for code, word in tables.RESPONSE_KINDS.items()},
        step_names={code: language.text(word) for code, word in tables.WEIGHT_STEPS.items()},
    )


@blueprint.get("/dot")
@access.public
def rounds() -> str:
    """List the rounds with released results."""
    with access.database().reading() as session:
        heads = runs.runs(session, released_only=True)
    latest = {head.round_code: head for head in reversed(heads)}
    ordered = sorted(latest.values(), key=lambda head: (head.is_synthetic, -head.reference_date.toordinal()))
    return render_template("results/rounds.html", heads=ordered, to_round=Addresses)
