"""Runs of estimates: the list, and one run in full before anybody outside sees it."""

from __future__ import annotations

from dataclasses import dataclass

from flask import render_template
from flask_babel import gettext as _
from markupsafe import Markup

from survey.errors import Problem
from survey.export.figures import file_name
from survey.i18n import current_locale
from survey.query import runs as runs_query
from survey.query.results import Indicator, RunResults
from survey.report.charts import SHARE, axis, strip
from survey.report.language import Language
from survey.report.marks import state_of
from survey.report.naming import definition_mark, judged_figure, short_name
from survey.report.rows import figure_row
from survey.web import access
from survey.web.office import blueprint
from survey.web.office.desk import READERS, desk, may
from survey.web.office.words import KINDS, STATES, word

YEARS = (2025, 2030)


@dataclass(frozen=True, slots=True)
class Judged:
    """An indicator against the target of one year: what is demanded, and the state of the figure."""

    year: int
    demand: str
    state: str


@dataclass(frozen=True, slots=True)
class Shown:
    """One of the 17 indicators as the table shows it."""

    code: str
    name: str
    note: str
    estimate: str
    interval: str
    n: int | None
    strip: Markup
    judged: tuple[Judged, ...]


@blueprint.get("/rounds/<code>/results")
@access.roles(*READERS)
def results(code: str) -> str:
    """List the runs of a round; who only reads sees the released ones."""
    with access.database().reading() as session:
        here = desk(session, code, *READERS)
        sees_all = may("statistician", round_id=here.round.id)
        runs = runs_query.runs(session, round_id=here.round.id, released_only=not sees_all)
    return render_template("office/results.html", desk=here, round=here.round, runs=runs, sees_all=sees_all)


@blueprint.get("/rounds/<code>/results/<int:run_id>")
@access.roles(*READERS)
def run(code: str, run_id: int) -> str:
    """Show the 17 indicators of a run with their verdicts."""
    with access.database().reading() as session:
        here = desk(session, code, *READERS)
        found = runs_query.run_results(session, run_id)
    statistician = may("statistician", round_id=here.round.id)
    if found.head.round_id != here.round.id or not (statistician or found.head.state == "released"):
        raise Problem("no-run", run=run_id)
    language = Language(current_locale(), _)
    return render_template(
        "office/run.html",
        desk=here,
        round=here.round,
        run=found.head,
        quality=found.quality,
        groups=_groups(found, language),
        axis=axis(SHARE, lambda value: language.number(value)),
        years=YEARS,
        may_release=statistician,
        has_report=(access.config().reports / file_name(found, "pdf")).is_file(),
        state_word=lambda state: word(STATES, state),
        kind_word=lambda kind: word(KINDS, kind),
    )


def _groups(found: RunResults, language: Language) -> list[tuple[str, list[Shown]]]:
    """Return the indicators under the parts of the plan."""
    groups: dict[str, list[Shown]] = {}
    for indicator in found.indicators:
        groups.setdefault(language.wording(indicator.group), []).append(_shown(indicator, language))
    return list(groups.items())


def _shown(indicator: Indicator, language: Language) -> Shown:
    figure = judged_figure(indicator, YEARS[0])
    row = figure_row(indicator, figure, indicator.code, YEARS[0], language)
    return Shown(
        code=indicator.code,
        name=short_name(indicator, language),
        note=definition_mark(indicator, language),
        estimate=row.figures,
        interval=row.note,
        n=figure.n if figure else None,
        strip=strip(row, SHARE),
        judged=tuple(_judged(indicator, year, language) for year in YEARS),
    )


def _judged(indicator: Indicator, year: int, language: Language) -> Judged:
    target = indicator.target(year)
    state = state_of(indicator, judged_figure(indicator, year), year)
    return Judged(year, language.target(target.operator, target.value), state)
