"""PDF files of the portal, set beside the requests by one worker and kept in memory under the hash of their content.

A request waits a moment for its file; where that takes longer the page says so and asks again by itself. Nothing is
written to disk: answers carry names.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from flask import make_response, render_template
from werkzeug.wrappers import Response

from survey.i18n import TRANSLATIONS
from survey.questionnaire.instrument import Instrument
from survey.report import language
from survey.report.paper import render

_PATIENCE = 0.8
_KEPT = 64
_STYLES = Path(__file__).resolve().parents[2] / "templates" / "portal" / "answers.css"
_pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="paper")
_files: OrderedDict[str, Future[bytes]] = OrderedDict()
_lock = Lock()


@dataclass(frozen=True, slots=True)
class Paper:
    """A PDF that can be set: the hash of its content and how it is made."""

    key: str
    make: Callable[[], bytes]


def blank_paper(instrument: Instrument, locale: str, sha256: str, filled: Mapping[str, str]) -> Paper:
    """Return the empty questionnaire in a language; `filled` holds what the round says of the agency."""
    written = "\n".join(f"{name}={text}" for name, text in sorted(filled.items()))
    key = hashlib.sha256(f"blank\n{sha256}\n{locale}\n{written}".encode()).hexdigest()
    chosen = locale if locale in instrument.languages else instrument.languages[0]
    return Paper(
        key, lambda: render.paper_pdf(instrument, language.load(chosen, TRANSLATIONS), digest=sha256, filled=filled)
    )


def answer_paper(source: str) -> Paper:
    """Return the answers of a received version, given as HTML."""
    return Paper(hashlib.sha256(source.encode()).hexdigest(), lambda: render.pdf(source, _STYLES))


def answer(paper: Paper, *, name: str) -> Response:
    """Answer with a paper as a file, or with a page that comes back for it."""
    try:
        content = _started(paper).result(timeout=_PATIENCE)
    except NotYet:
        waiting = make_response(render_template("portal/waiting.html"), 202)
        waiting.headers["Refresh"] = "2"
        return waiting
    response = make_response(content)
    response.mimetype = "application/pdf"
    response.headers["Content-Disposition"] = f'inline; filename="{name}"'
    return response


def _started(paper: Paper) -> Future[bytes]:
    """Return the file of a paper, begun now unless it is there or being set; a failure is tried again next time."""
    with _lock:
        present = _files.get(paper.key)
        if present is None or (present.done() and present.exception() is not None):
            _files[paper.key] = _pool.submit(paper.make)
        _files.move_to_end(paper.key)
        while len(_files) > _KEPT:
            _files.popitem(last=False)
        return _files[paper.key]
