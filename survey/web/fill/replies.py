"""What a script on a page is told about a save: conflicts, how far the questionnaire is, the size of the enterprise."""

from __future__ import annotations

from flask import jsonify, make_response, render_template
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from survey import i18n
from survey.operations.drafts import Saved
from survey.web.fill.build import Page, progress
from survey.web.fill.reading import text_of
from survey.web.fill.sheet import Sheet
from survey.web.fill.size_class import EMPLOYEES, citation, size_class_of


def saved_as_json(page: Page, saved: Saved, after: Sheet) -> Response:
    """Tell a script what a save did: conflicts with the stored text, progress, and the size of an enterprise."""
    names = {q.path: (name, q) for name, q in page.questions.items()}
    conflicts = [
        {
            "name": names[c.path][0],
            "stored": page.said(names[c.path][1], c.stored),
            "value": text_of(names[c.path][1], c.stored),
        }
        for c in saved.conflicts
    ]
    return make_response(
        jsonify(
            version=saved.work.draft.version,
            at=i18n.format_time(saved.work.draft.updated_at),
            written=[names[path][0] for path in saved.written],
            conflicts=conflicts,
            progress=_progress_words(after),
            size=_size_panel(after) if page.part.owns(EMPLOYEES) else "",
        ),
        409 if conflicts else 200,
    )


def _progress_words(sheet: Sheet) -> str:
    done = progress(sheet)
    return str(_("%(answered)s of %(asked)s questions answered", answered=done.answered, asked=done.asked))


def _size_panel(sheet: Sheet) -> str:
    size = size_class_of(sheet)
    return render_template("fill/size.html", size=size, citation=citation(sheet.language)) if size else ""
