"""Sets a report as PDF/A-3a with PDF/UA-1 tags; the same report gives the same bytes. The only user of WeasyPrint.

Nothing is fetched: the style sheet comes from the package, the fonts from the system, attachments from the caller.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from xml.etree.ElementTree import Element, SubElement, register_namespace, tostring

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from weasyprint import CSS, HTML, Attachment
from weasyprint.document import Document, DocumentMetadata
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher

from survey.report.context import Report, legend
from survey.report.marks import STATES, chart_keys, icon
from survey.report.svg import PRINT, watermark
from survey.text import N_

_HERE = Path(__file__).resolve().parent
_STYLES = _HERE.parent / "static" / "css" / "report.css"
_VARIANT = "pdf/a-3a"
_UA = "http://www.aiim.org/pdfua/ns/id/"
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_EXTENSION = "http://www.aiim.org/pdfa/ns/extension/"
_SCHEMA = "http://www.aiim.org/pdfa/ns/schema#"
_PROPERTY = "http://www.aiim.org/pdfa/ns/property#"


@dataclass(frozen=True, slots=True)
class Attached:
    """A file carried inside the PDF."""

    name: str
    content: bytes
    description: str


def html(report: Report) -> str:
    """Return the report as the HTML that is set."""
    template = _environment().get_template("report.html")
    language = report.language
    return template.render(
        report=report,
        head=report.head,
        agency=report.agency,
        language=language,
        _=language.text,
        lines=heading_lines,
        styles=_styles(report),
        legend=legend(report),
    )


def pdf(report: Report, attachments: Iterable[Attached] = ()) -> bytes:
    """Return the report as a PDF; it depends on the report and the attachments only."""
    files = tuple(attachments)
    fonts = FontConfiguration()
    source = html(report)
    document = HTML(string=source, base_url=str(_HERE), url_fetcher=URLFetcher(allowed_protocols=("data",))).render(
        font_config=fonts, stylesheets=[CSS(filename=str(_STYLES), font_config=fonts)], pdf_variant=_VARIANT
    )
    document.metadata = AccessibleMetadata(**vars(document.metadata))
    return _written(document, report, files, hashlib.sha256(source.encode()).hexdigest())


def slip(lines: Iterable[str], width: float, height: float, language: str) -> bytes:
    """Return lines in a thin frame as a PDF of one page of the given size in points, its font embedded."""
    fonts = FontConfiguration()
    styles = (
        f"@page {{ size: {width}pt {height}pt; margin: 0 }}"
        "html { font: 10pt/1.25 Tinos, serif; color: #000 }"
        f"body {{ margin: 0; height: {height - 14}pt; padding: 6pt; border: 1pt solid #000 }}"
        "p { margin: 0 0 2pt }"
    )
    source = _environment().get_template("slip.html").render(lines=tuple(lines), language=language)
    document = HTML(string=source, url_fetcher=URLFetcher(allowed_protocols=("data",)))
    written: bytes = document.write_pdf(font_config=fonts, stylesheets=[CSS(string=styles, font_config=fonts)])
    return written


def _written(document: Document, report: Report, files: tuple[Attached, ...], digest: str) -> bytes:
    moment = report.head.released_at or report.head.created_at
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # WeasyPrint leaves the file of the colour profile open.
        written = document.write_pdf(
            pdf_variant=_VARIANT,
            pdf_identifier=digest[:32].encode(),
            attachments=[
                Attachment(
                    string=file.content,
                    name=file.name,
                    description=file.description,
                    created=moment,
                    modified=moment,
                    relationship="Data",
                )
                for file in files
            ],
        )
    assert isinstance(written, bytes)  # noqa: S101 - no target was given
    return written


@functools.cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def heading_lines(name: str, limit: int = 30) -> tuple[str, ...]:
    """Return the name of an agency in one line, or in two of about equal length where it is long."""
    words = name.split()
    if len(name) <= limit or len(words) < 2:
        return (name,)
    cuts = [(" ".join(words[:i]), " ".join(words[i:])) for i in range(1, len(words))]
    return min(cuts, key=lambda halves: max(map(len, halves)))


def _styles(report: Report) -> Markup:
    """Return the rules that hold drawings: the marks of the states and, for a draft, the watermark of every page."""
    rules = [f".key-{state} {{ background-image: {_picture(icon(state, PRINT))} }}" for state in STATES]
    rules += [f".key-{name} {{ background-image: {_picture(drawing)} }}" for name, drawing in chart_keys(PRINT)]
    if report.is_draft:
        word = report.language.text(N_("DRAFT"))
        for page, width, height in (("draft", 595.0, 842.0), ("draft-wide", 842.0, 595.0)):
            mark = _picture(watermark(word, width, height, PRINT))
            rules.append(f"@page {page} {{ background: {mark} center / 100% 100% no-repeat }}")
    return Markup("\n".join(rules))  # noqa: S704 - built from our own drawings


def _picture(drawing: Markup) -> str:
    return f"url(data:image/svg+xml;base64,{base64.b64encode(drawing.encode()).decode()})"


class AccessibleMetadata(DocumentMetadata):  # type: ignore[misc]
    """The metadata of WeasyPrint with the PDF/UA-1 identification, which it writes only where there is no PDF/A."""

    def generate_rdf_metadata(self, variant: str, version: int, conformance: str) -> bytes:
        """Return the RDF with both identifications."""
        written: bytes = super().generate_rdf_metadata(variant, version, conformance)
        return written.replace(b"</rdf:RDF>", _identification() + b"</rdf:RDF>")


@functools.cache
def _identification() -> bytes:
    """Return the claim of PDF/UA part 1, with the extension schema that PDF/A asks for."""
    for prefix, address in (
        ("rdf", _RDF),
        ("pdfuaid", _UA),
        ("pdfaExtension", _EXTENSION),
        ("pdfaSchema", _SCHEMA),
        ("pdfaProperty", _PROPERTY),
    ):
        register_namespace(prefix, address)
    claim = Element(f"{{{_RDF}}}Description", {f"{{{_RDF}}}about": "", f"{{{_UA}}}part": "1"})
    described = Element(f"{{{_RDF}}}Description", {f"{{{_RDF}}}about": ""})
    bag = SubElement(SubElement(described, f"{{{_EXTENSION}}}schemas"), f"{{{_RDF}}}Bag")
    schema = SubElement(bag, f"{{{_RDF}}}li", {f"{{{_RDF}}}parseType": "Resource"})
    _texts(schema, _SCHEMA, schema="PDF/UA identification schema", namespaceURI=_UA, prefix="pdfuaid")
    sequence = SubElement(SubElement(schema, f"{{{_SCHEMA}}}property"), f"{{{_RDF}}}Seq")
    part = SubElement(sequence, f"{{{_RDF}}}li", {f"{{{_RDF}}}parseType": "Resource"})
    _texts(
        part,
        _PROPERTY,
        name="part",
        valueType="Integer",
        category="internal",
        description="Part of ISO 14289 that the document conforms to",
    )
    return tostring(claim) + tostring(described)


def _texts(parent: Element, namespace: str, **values: str) -> None:
    for name, value in values.items():
        SubElement(parent, f"{{{namespace}}}{name}").text = value
