"""The read-only interface for programs: released results as JSON, described by OpenAPI, checked again by ETag."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec

from flask import Response, make_response, request
from werkzeug.wrappers import Response as BaseResponse

from survey.errors import Problem
from survey.export.document import indicator_document, results_document, run_document
from survey.query import runs
from survey.web import access, problems
from survey.web.results import blueprint, released
from survey.web.results.openapi import description

P = ParamSpec("P")


def answering_json(view: Callable[P, dict[str, Any]]) -> Callable[P, BaseResponse]:
    """Answer with a document, or with a problem as a document; open to pages of other sites, which may only read."""

    @wraps(view)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> BaseResponse:
        try:
            return _written(view(*args, **kwargs))
        except Problem as problem:
            return _written({"error": problem.code, "message": problems.message(problem)}, problem.status)

    return wrapped


@blueprint.get("/api/v1/openapi.json")
@access.public
@answering_json
def api_description() -> dict[str, Any]:
    """Describe the interface."""
    return description(request.url_root.rstrip("/"))


@blueprint.get("/api/v1/rounds")
@access.public
@answering_json
def api_rounds() -> dict[str, Any]:
    """List the rounds with released results, the newest run of each."""
    with access.database().reading() as session:
        heads = runs.runs(session, released_only=True)
        codes = dict.fromkeys(head.round_code for head in heads)
        chosen = [released.head(session, code) for code in codes]
    return {"rounds": [run_document(head) for head in chosen]}


@blueprint.get("/api/v1/rounds/<round_code>")
@access.public
@answering_json
def api_round(round_code: str) -> dict[str, Any]:
    """Send a round with the headline figures of its indicators; `latest` names the newest round."""
    with access.database().reading() as session:
        return results_document(_shown(session, round_code).loaded.results)


@blueprint.get("/api/v1/rounds/<round_code>/indicators/<code>")
@access.public
@answering_json
def api_indicator(round_code: str, code: str) -> dict[str, Any]:
    """Send everything about one indicator."""
    with access.database().reading() as session:
        found = _shown(session, round_code)
    results = found.loaded.results
    return run_document(results.head) | {
        "indicator": indicator_document(results, released.indicator(found, code)),
    }


def _shown(session: Any, round_code: str) -> released.Shown:
    return released.shown(session, None if round_code == "latest" else round_code)


def _written(document: dict[str, Any], status: int = 200) -> BaseResponse:
    content = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    response: Response = make_response(content, status)
    response.headers["Content-Type"] = "application/json; charset=utf-8"
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cache-Control"] = "public, max-age=300" if status == 200 else "no-store"
    response.add_etag()
    return response.make_conditional(request) if status == 200 else response
