"""Files of released runs: figures as CSV, workbook and SDMX, the overview chart, the report built at release."""

from __future__ import annotations

from pathlib import Path

from flask import Response, make_response, request, send_file
from flask_babel import force_locale, gettext
from werkzeug.wrappers import Response as BaseResponse

from survey.errors import Problem
from survey.export import sdmx, workbook
from survey.export.figures import figures_csv, file_name
from survey.query.results import RunResults
from survey.report import pages
from survey.web import access
from survey.web.results import blueprint, released

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@blueprint.get("/so-lieu.csv")
@blueprint.get("/dot/<round_code>/so-lieu.csv")
@access.public
def figures_file(round_code: str | None = None) -> BaseResponse:
    """Send every figure of the run."""
    with access.database().reading() as session:
        results = released.shown(session, round_code).loaded.results
    return _file(figures_csv(results), "text/csv; charset=utf-8", file_name(results, "csv"))


@blueprint.get("/so-lieu.xlsx")
@blueprint.get("/dot/<round_code>/so-lieu.xlsx")
@access.public
def workbook_file(round_code: str | None = None) -> BaseResponse:
    """Send every figure of the run as a workbook in the reader's language."""
    with access.database().reading() as session:
        found = released.shown(session, round_code)
    results, language = found.loaded.results, found.language
    content = workbook.workbook(results, gettext=language.gettext, locale=language.code)
    return _file(content, _XLSX, file_name(results, "xlsx"))


@blueprint.get("/so-lieu-sdmx.csv")
@blueprint.get("/dot/<round_code>/so-lieu-sdmx.csv")
@access.public
def sdmx_file(round_code: str | None = None) -> BaseResponse:
    """Send every figure of the run as SDMX-CSV."""
    with access.database().reading() as session:
        results = released.shown(session, round_code).loaded.results
    return _file(sdmx.sdmx_csv(results), "text/csv; charset=utf-8", file_name(results, "sdmx.csv"))


@blueprint.get("/bang-ma.csv")
@blueprint.get("/dot/<round_code>/bang-ma.csv")
@access.public
def code_lists_file(round_code: str | None = None) -> BaseResponse:
    """Send the code lists of the SDMX file."""
    with access.database().reading() as session:
        results = released.shown(session, round_code).loaded.results
    with force_locale("vi"):
        content = sdmx.code_lists(results, gettext)
    return _file(content, "text/csv; charset=utf-8", file_name(results, "codelists.csv"))


@blueprint.get("/chi-tieu/<code>.csv")
@blueprint.get("/dot/<round_code>/chi-tieu/<code>.csv")
@access.public
def indicator_csv(code: str, round_code: str | None = None) -> BaseResponse:
    """Send every figure of one indicator."""
    with access.database().reading() as session:
        found = released.shown(session, round_code)
    entry, results = released.indicator(found, code), found.loaded.results
    content = figures_csv(results, indicator=entry.code)
    return _file(content, "text/csv; charset=utf-8", file_name(results, "csv", indicator=entry.code))


@blueprint.get("/bieu-do.svg")
@blueprint.get("/dot/<round_code>/bieu-do.svg")
@access.public
def chart_svg(round_code: str | None = None) -> BaseResponse:
    """Send the overview chart."""
    with access.database().reading() as session:
        found = released.shown(session, round_code)
    results = found.loaded.results
    drawing = pages.whole_chart(results, found.loaded.previous, found.language)
    return _file(drawing.encode(), "image/svg+xml; charset=utf-8", file_name(results, "svg"))


@blueprint.get("/bao-cao.pdf")
@blueprint.get("/dot/<round_code>/bao-cao.pdf")
@access.public
def report_pdf(round_code: str | None = None) -> BaseResponse:
    """Send the report of the released run; Problem "not-found" where it has not been built yet."""
    with access.database().reading() as session:
        results = released.shown(session, round_code).loaded.results
    path = report_path(results)
    if path is None:
        raise Problem("not-found")
    return send_file(path, mimetype="application/pdf", download_name=path.name, conditional=True)


def report_path(results: RunResults) -> Path | None:
    """Return where the report of a run lies, or None where it has not been built."""
    path = access.config().reports / file_name(results, "pdf")
    return path if path.is_file() else None


def _file(content: bytes, media: str, name: str) -> BaseResponse:
    """Answer with a file that browsers may keep and check again by its hash."""
    response: Response = make_response(content)
    response.headers["Content-Type"] = media
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "public, max-age=300"
    response.add_etag()
    return response.make_conditional(request)
