"""Sets letters, the register of units and address labels as PDF; the same codes give the same bytes.

Nothing is fetched and nothing is kept: what is returned is the only copy of the codes.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from weasyprint import CSS, HTML
from weasyprint.document import Document
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher

from survey.report.language import Language
from survey.report.letters.letter import Letter, Mailing, Recipient
from survey.report.render import heading_lines

_HERE = Path(__file__).resolve().parent / "templates"
_STYLES = _HERE / "letters.css"
_BATCH = 25
_VARIANT = "pdf/ua-1"
LABELS_PER_SHEET = 24


@dataclass(frozen=True, slots=True)
class RegisterLine:
    """One line of the register: a unit, and when its letter left and its answer came, empty before."""

    recipient: Recipient
    sent: str = ""
    answered: str = ""


def letters_pdf(
    letters: Sequence[Letter], mailing: Mailing, language: Language, report: Callable[[int], None] = lambda _: None
) -> bytes:
    """Return all letters in one PDF, in the order given; `report` is told how many are set so far."""
    sheets = []
    for start in range(0, len(letters), _BATCH):
        some = letters[start : start + _BATCH]
        sheets.append(_html("letters.html", language, letters=some, mailing=mailing, lines=heading_lines))
    return _joined(sheets, report, len(letters))


def register_pdf(lines: Sequence[RegisterLine], mailing: Mailing, language: Language) -> bytes:
    """Return the register of units with room for notes, landscape."""
    return _joined([_html("register.html", language, rows=lines, mailing=mailing)])


def labels_pdf(recipients: Sequence[Recipient], language: Language) -> bytes:
    """Return address labels, 24 of 70 × 37 mm to a sheet of A4."""
    starts = range(0, len(recipients), LABELS_PER_SHEET)
    pages = [recipients[start : start + LABELS_PER_SHEET] for start in starts]
    return _joined([_html("labels.html", language, pages=pages)])


def _html(template: str, language: Language, **values: Any) -> str:
    return _environment().get_template(template).render(language=language, _=language.text, **values)


def _joined(sources: Sequence[str], report: Callable[[int], None] = lambda _: None, total: int = 0) -> bytes:
    """Set each source and write the pages of all as one tagged document."""
    fonts = FontConfiguration()
    styles = [CSS(filename=str(_STYLES), font_config=fonts)]
    documents = []
    for number, source in enumerate(sources, start=1):
        documents.append(_set(source, fonts, styles))
        report(min(total, number * _BATCH))
    whole = documents[0].copy([page for document in documents for page in document.pages])
    digest = hashlib.sha256("".join(sources).encode()).hexdigest()
    written = whole.write_pdf(pdf_variant=_VARIANT, pdf_identifier=digest[:32].encode())
    assert isinstance(written, bytes)  # noqa: S101 - no target was given
    return written


def _set(source: str, fonts: FontConfiguration, styles: Sequence[CSS]) -> Document:
    fetcher = URLFetcher(allowed_protocols=("data",))
    page = HTML(string=source, base_url=str(_HERE), url_fetcher=fetcher)
    return page.render(font_config=fonts, stylesheets=list(styles), pdf_variant=_VARIANT)


@functools.cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
