"""How a Problem is answered at the web edge: a page in the reader's language, or JSON where that is asked for."""

from __future__ import annotations

from urllib.parse import quote

from flask import Flask, Response, jsonify, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as BaseResponse

from survey.errors import Problem


def init_app(app: Flask) -> None:
    """Answer expected failures, and only those, in words."""
    app.register_error_handler(Problem, answer)
    app.register_error_handler(CSRFError, lambda _error: answer(Problem("session-expired")))
    app.register_error_handler(404, lambda _error: answer(Problem("not-found")))
    app.register_error_handler(413, lambda _error: answer(Problem("too-large", limit=_limit(app))))
    app.register_error_handler(405, _plain)
    app.register_error_handler(500, _unexpected)


def message(problem: Problem) -> str:
    """Return a problem's message in the reader's language."""
    return problem.text(_(problem.kind.message))


def answer(problem: Problem) -> BaseResponse:
    """Answer a problem; somebody who only has to sign in is sent there and comes back."""
    if wants_json():
        return make_response(jsonify(error=problem.code, message=message(problem)), problem.status)
    if problem.code == "sign-in-required" and request.method == "GET":
        return redirect(f"{_sign_in_page()}?next={quote(request.full_path.rstrip('?'))}")
    page = render_template("problem.html", problem=problem, message=message(problem))
    return make_response(page, problem.status)


def wants_json() -> bool:
    """Tell whether the client prefers JSON to a page."""
    best = request.accept_mimetypes.best_match(["text/html", "application/json"])
    return best == "application/json"


def _sign_in_page() -> str:
    """Return where this part of the site is entered."""
    return url_for("portal.enter") if request.path.startswith("/portal") else url_for("auth.sign_in")


def _limit(app: Flask) -> str:
    """Return the size limit in megabytes."""
    return f"{(app.config['MAX_CONTENT_LENGTH'] or 0) // 1_000_000} MB"


def _plain(error: HTTPException) -> Response:
    """Answer a wrong method with its status and nothing else."""
    return make_response("", error.code or 405)


def _unexpected(_error: Exception) -> Response:
    """Answer a bug without showing it; the log has the trace."""
    if wants_json():
        return make_response(jsonify(error="unexpected"), 500)
    text = _("Something went wrong on our side. What you saved before is safe. Please try again in a few minutes.")
    return make_response(render_template("problem.html", problem=None, message=text), 500)
