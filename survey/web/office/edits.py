"""The findings of a draft before its release: every generated sentence with room to write another in its place.

The report is in Vietnamese, and so are its findings, whatever the language of the reader's pages.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import flash, redirect, render_template, request, url_for
from flask_babel import force_locale, gettext, ngettext
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from survey.errors import Problem
from survey.operations import findings
from survey.operations.findings import Change
from survey.query.findings import Edited, edited, history
from survey.query.results import RunResults
from survey.report import context, edits, loading
from survey.report.language import Language
from survey.report.loading import Loaded
from survey.report.marks import state_of
from survey.report.naming import judged_figure, short_name
from survey.web import access
from survey.web.office import blueprint
from survey.web.office.desk import Desk, desk
from survey.web.office.release import report_path

LANGUAGE = "vi"
_YEAR = 2025


@dataclass(frozen=True, slots=True)
class Place:
    """One text of the report: what was generated, what counts now, and who wrote it when."""

    code: str
    title: str
    state: str
    original: str
    text: str
    last: Edited | None

    @property
    def is_edited(self) -> bool:
        """Tell whether people have put another text in the place of the generated one."""
        return self.text != self.original

    @property
    def rows(self) -> int:
        """Return how many lines the field needs."""
        return max(2, sum(1 + len(line) // 90 for line in self.text.split("\n")))


@blueprint.get("/rounds/<code>/results/<int:run_id>/findings")
@access.roles("statistician")
def findings_page(code: str, run_id: int) -> str:
    """Show the findings of a run, each with the generated sentence; those of a draft can be changed."""
    with access.database().reading() as session:
        here, loaded = _opened(session, code, run_id)
        made = edited(session, run_id, language=LANGUAGE)
        log = history(session, run_id, language=LANGUAGE)
        seen = findings.last_edit(session, run_id, language=LANGUAGE)
    places = _places(loaded, made)
    return render_template(
        "office/edits.html",
        desk=here,
        round=here.round,
        run=loaded.results.head,
        places=places,
        titles={place.code: place.title for place in places},
        seen=seen,
        limit=findings.LIMIT,
        history=log,
    )


@blueprint.post("/rounds/<code>/results/<int:run_id>/findings")
@access.roles("statistician")
def save_findings(code: str, run_id: int) -> Response:
    """Keep the texts that changed; a report that was set before them goes, so that nobody reads the old one."""
    with access.database().transaction() as session:
        _here, loaded = _opened(session, code, run_id)
        made = edited(session, run_id, language=LANGUAGE)
        saved = findings.save(
            session,
            access.actor(),
            run_id,
            {place.code: _change(place) for place in _places(loaded, made) if f"text-{place.code}" in request.form},
            language=LANGUAGE,
            seen=request.form.get("seen", 0, type=int),
        )
    if saved:
        report_path(loaded.results).unlink(missing_ok=True)
        flash(ngettext("%(num)s finding was saved.", "%(num)s findings were saved.", len(saved)))
    else:
        flash(_("Nothing was changed."))
    return redirect(url_for("office.findings_page", code=code, run_id=run_id))


def _opened(session: Session, code: str, run_id: int) -> tuple[Desk, Loaded]:
    """Return the desk and the run for a statistician of its round."""
    here = desk(session, code, "statistician")
    loaded = loading.load(session, run_id)
    if loaded.results.head.round_id != here.round.id:
        raise Problem("no-run", run=run_id)
    return here, loaded


def _change(place: Place) -> Change:
    kept = place.last.text if place.last else ""
    written = request.form[f"text-{place.code}"]
    return Change(kept, place.original, place.original if f"undo-{place.code}" in request.form else written)


def _places(loaded: Loaded, made: dict[str, Edited]) -> list[Place]:
    """Return the texts of a run in the order of the report's indicators, then those of several paragraphs."""
    with force_locale(LANGUAGE):
        language = Language(LANGUAGE, gettext)
        outlook = context.outlook(loaded.results, loaded.previous, language)
        originals = edits.generated(loaded.results, outlook, language)
    found = []
    for code, original in originals.items():
        last = made.get(code)
        title, state = _heading(loaded.results, code)
        found.append(Place(code, title, state, original, (last.text if last else "") or original, last))
    return found


def _heading(results: RunResults, code: str) -> tuple[str, str]:
    """Return the title of a place in the reader's language, and the state of its indicator."""
    if code == edits.OUTLOOK:
        return _("Outlook and differences between places"), ""
    if code == edits.RECOMMENDATIONS:
        return _("Recommendations"), ""
    entry = results.indicator(code)
    with force_locale(LANGUAGE):
        name = short_name(entry, Language(LANGUAGE, gettext))
    return name, state_of(entry, judged_figure(entry, _YEAR), _YEAR)
