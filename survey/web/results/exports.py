"""Exports for programs that hold a key: every figure of a released round, and its anonymised microdata.

A key opens nothing that is not released. What was refused for too small cells answers with that reason.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec

from flask import Response, make_response, request, send_file, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from survey.errors import Problem
from survey.export import shelf, workbook
from survey.export.document import indicator_document, run_document
from survey.export.figures import figures_csv, file_name
from survey.model import ExportToken
from survey.operations import export_tokens
from survey.query import runs
from survey.query.results import RunHead, RunResults
from survey.report.language import Language
from survey.web import access, problems
from survey.web.results import blueprint, released

P = ParamSpec("P")

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_FILES = {"figures": ("figures.json", "figures.csv", "figures.xlsx"), "microdata": ("microdata.zip",)}
"""Files of a round by the scope that opens them."""


def answering(view: Callable[P, BaseResponse]) -> Callable[P, BaseResponse]:
    """Answer with the export, which only its reader may keep, or with a problem as a document."""

    @wraps(view)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> BaseResponse:
        try:
            response = view(*args, **kwargs)
        except Problem as problem:
            response = _document({"error": problem.code, "message": problems.message(problem)}, problem.status)
            if problem.code == "token-refused":
                response.headers["WWW-Authenticate"] = 'Bearer realm="exports"'
        response.headers["Cache-Control"] = "private, no-cache" if response.status_code < 400 else "no-store"
        response.headers["Vary"] = "Authorization, Accept-Language"
        return response

    return wrapped


@blueprint.get("/api/v1/exports")
@access.device
@answering
def export_list() -> BaseResponse:
    """List the released rounds that a key opens, with the addresses of their files."""
    with access.database().transaction() as session:
        token = _key(session, "", "list")
        heads = runs.runs(session, released_only=True)
        codes = dict.fromkeys(head.round_code for head in heads if token.round_id in {None, head.round_id})
        chosen = [released.head(session, code) for code in codes]
        scopes = tuple(token.scopes)
    return _checked(_document({"exports": [run_document(head) | {"files": _files(head, scopes)} for head in chosen]}))


@blueprint.get("/api/v1/exports/<round_code>/figures.json")
@access.device
@answering
def export_figures_json(round_code: str) -> BaseResponse:
    """Send every figure of a round as one document with stable identifiers."""
    results, _language = _results(round_code, "figures.json")
    indicators = [indicator_document(results, entry) for entry in results.indicators]
    return _checked(_document(run_document(results.head) | {"indicators": indicators}))


@blueprint.get("/api/v1/exports/<round_code>/figures.csv")
@access.device
@answering
def export_figures_csv(round_code: str) -> BaseResponse:
    """Send every figure of a round as CSV."""
    results, _language = _results(round_code, "figures.csv")
    return _file(figures_csv(results), "text/csv; charset=utf-8", file_name(results, "csv"))


@blueprint.get("/api/v1/exports/<round_code>/figures.xlsx")
@access.device
@answering
def export_figures_xlsx(round_code: str) -> BaseResponse:
    """Send every figure of a round as a workbook."""
    results, language = _results(round_code, "figures.xlsx")
    content = workbook.workbook(results, gettext=language.gettext, locale=language.code)
    return _file(content, _XLSX, file_name(results, "xlsx"))


@blueprint.get("/api/v1/exports/<round_code>/microdata.zip")
@access.device
@answering
def export_microdata(round_code: str) -> BaseResponse:
    """Send the microdata archive of a round; Problem "small-cells" where it could not be made safe."""
    with access.database().transaction() as session:
        head = _opened(session, round_code, "microdata", "microdata.zip")
    path = shelf.archive(access.config().reports, head.id)
    return send_file(path, mimetype="application/zip", as_attachment=True, download_name=path.name, conditional=True)


def _results(round_code: str, file: str) -> tuple[RunResults, Language]:
    """Return the released figures of a round for a key that opens figures."""
    with access.database().transaction() as session:
        head = _opened(session, round_code, "figures", file)
        found = released.shown(session, head.round_code)
    return found.loaded.results, found.language


def _opened(session: Session, round_code: str, scope: str, file: str) -> RunHead:
    """Return the released run that a key opens; the key comes first, so that a stranger learns of no round."""
    wanted = None if round_code == "latest" else round_code
    token = _key(session, scope, f"{round_code}/{file}")
    head = released.head(session, wanted)
    if token.round_id not in {None, head.round_id}:
        raise Problem("forbidden")
    return head


def _key(session: Session, scope: str, subject: str) -> ExportToken:
    """Return the key of the request, counted and recorded; cookies count for nothing here."""
    scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Problem("token-refused")
    return export_tokens.use(session, token.strip(), scope, subject=subject, address=access.client_address())


def _files(head: RunHead, scopes: tuple[str, ...]) -> list[str]:
    """Return the addresses of the files of a round that the scopes open."""
    base = url_for("results.export_list")
    return [f"{base}/{head.round_code}/{name}" for scope in scopes for name in _FILES.get(scope, ())]


def _document(document: dict[str, Any], status: int = 200) -> Response:
    content = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    response: Response = make_response(content, status)
    response.headers["Content-Type"] = "application/json; charset=utf-8"
    return response


def _file(content: bytes, media: str, name: str) -> BaseResponse:
    response: Response = make_response(content)
    response.headers["Content-Type"] = media
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return _checked(response)


def _checked(response: Response) -> BaseResponse:
    """Let a reader that has the same bytes already be told so."""
    response.add_etag()
    return response.make_conditional(request)
