"""Sets a questionnaire as PDF; the same instrument, language and known values give the same bytes.

Keeps the last few documents by the digest of the form, because web pages offer them to everybody who starts a form.
"""

from __future__ import annotations

import functools
import hashlib
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from threading import Lock

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher

from survey.questionnaire.instrument import Instrument
from survey.report.language import Language
from survey.report.paper.blocks import Block, Paper
from survey.report.paper.columns import LINES, sheets
from survey.report.paper.layout import BLANK, lay_out
from survey.report.paper.signers import signers

_HERE = Path(__file__).resolve().parent / "templates"
_STYLES = _HERE / "questionnaire.css"
_VARIANT = "pdf/ua-1"
_KEPT = 24
_kept: OrderedDict[tuple[str, str, tuple[tuple[str, str], ...]], bytes] = OrderedDict()
_lock = Lock()


def paper_pdf(
    instrument: Instrument, language: Language, *, digest: str = "", filled: Mapping[str, str] | None = None
) -> bytes:
    """Return the paper questionnaire; with the SHA-256 of the form as `digest` it is made once and kept.

    `filled` holds values known beforehand by path: agency_name, decision_no, agency_contact, assignment_code.
    """
    key = (digest, language.code, tuple(sorted((filled or {}).items())))
    with _lock:
        if digest and key in _kept:
            _kept.move_to_end(key)
            return _kept[key]
    made = pdf(html(lay_out(instrument, language, filled), digest))
    if digest:
        with _lock:
            _kept[key] = made
            while len(_kept) > _KEPT:
                _kept.popitem(last=False)
    return made


def html(paper: Paper, digest: str = "") -> str:
    """Return the questionnaire as the HTML that is set."""
    return (
        _environment()
        .get_template("questionnaire.html")
        .render(
            paper=paper,
            language=paper.language,
            _=paper.language.text,
            digest=digest,
            kind=_kind,
            sheets=sheets,
            lines=LINES,
            blank=BLANK,
            signers=signers(paper.form_id),
        )
    )


def _kind(block: Block) -> str:
    return type(block).__name__.lower()


def pdf(source: str, stylesheet: Path | None = _STYLES) -> bytes:
    """Set HTML as a tagged PDF/UA-1; nothing is fetched, and the same HTML gives the same bytes."""
    fonts = FontConfiguration()
    document = HTML(string=source, base_url=str(_HERE), url_fetcher=URLFetcher(allowed_protocols=("data",))).render(
        font_config=fonts,
        stylesheets=[CSS(filename=str(stylesheet), font_config=fonts)] if stylesheet else [],
        pdf_variant=_VARIANT,
    )
    written = document.write_pdf(
        pdf_variant=_VARIANT, pdf_identifier=hashlib.sha256(source.encode()).hexdigest()[:32].encode()
    )
    assert isinstance(written, bytes)  # noqa: S101 - no target was given
    return written


@functools.cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
