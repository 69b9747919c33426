"""The codebook as DDI-Codebook 2.5, the XML that data archives and microdata catalogues read.

One file per table of the data (the records, each roster), one variable group per part of the questionnaire.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from survey.export.codebook.build import Codebook, Variable, Words

NAMESPACE = "ddi:codebook:2_5"
VOCABULARY = "KH128-2022"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_NUMERIC = frozenset({"int", "decimal"})
_TIMES = {"date": "date", "dateTime": "date", "time": "time"}


def as_ddi(book: Codebook) -> bytes:
    """Return the codebook as DDI-Codebook 2.5 in UTF-8, the same bytes for the same codebook."""
    root = Element("codeBook", {"xmlns": NAMESPACE, "version": "2.5", "ID": f"{book.form_id}-{book.version}"})
    _citation(SubElement(root, "docDscr"), book)
    _citation(SubElement(root, "stdyDscr"), book)
    files = {roster: f"F{number}" for number, roster in enumerate(_tables(book), start=1)}
    for roster, key in files.items():
        text = SubElement(SubElement(root, "fileDscr", {"ID": key}), "fileTxt")
        SubElement(text, "fileName").text = roster or book.form_id
    data = SubElement(root, "dataDscr")
    keys = {variable.path: f"V{number}" for number, variable in enumerate(book.variables, start=1)}
    _groups(data, book, keys)
    for variable in book.variables:
        _variable(data, book, variable, keys[variable.path], files[variable.roster])
    indent(root, " ")
    written: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return written + b"\n"


def _tables(book: Codebook) -> list[str]:
    return list(dict.fromkeys(["", *(variable.roster for variable in book.variables)]))


def _citation(parent: Element, book: Codebook) -> None:
    citation = SubElement(parent, "citation")
    titles = SubElement(citation, "titlStmt")
    first, *others = book.languages
    SubElement(titles, "titl", {_LANG: first}).text = book.title[first]
    for language in others:
        SubElement(titles, "parTitl", {_LANG: language}).text = book.title[language]
    SubElement(titles, "IDNo").text = book.code or book.form_id
    SubElement(SubElement(citation, "verStmt"), "version").text = book.version


def _groups(data: Element, book: Codebook, keys: Mapping[str, str]) -> None:
    """Name the parts; a part that comes again later is a group of its own."""
    parts = groupby(book.variables, key=lambda variable: tuple(variable.part.items()))
    for number, (part, variables) in enumerate(parts, start=1):
        inside = " ".join(keys[variable.path] for variable in variables)
        group = SubElement(data, "varGrp", {"ID": f"G{number}", "type": "section", "var": inside})
        _texts(group, "labl", dict(part))


def _variable(data: Element, book: Codebook, variable: Variable, key: str, file: str) -> None:
    continuous = variable.datatype in _NUMERIC and not variable.codes
    given = {"ID": key, "name": variable.name, "files": file, "intrvl": "contin" if continuous else "discrete"}
    entry = SubElement(data, "var", given)
    _texts(entry, "labl", variable.label)
    if variable.is_identity or variable.is_sensitive:
        SubElement(entry, "security").text = "identity" if variable.is_identity else "sensitive"
    if variable.label:
        for language in book.languages:
            _question(entry, variable, language)
    _texts(entry, "universe", variable.universe or variable.asked)
    _texts(entry, "txt", variable.rules.get("constraint", {}))
    for code in variable.codes:
        category = SubElement(entry, "catgry")
        SubElement(category, "catValu").text = code.value
        _texts(category, "labl", code.label)
    for indicator in variable.indicators:
        SubElement(entry, "concept", {"vocab": VOCABULARY}).text = indicator
    if "calculation" in variable.rules:
        _texts(SubElement(entry, "derivation"), "drvdesc", variable.rules["calculation"])
    kind = "numeric" if variable.datatype in _NUMERIC else "character"
    category_of = {"category": _TIMES[variable.datatype]} if variable.datatype in _TIMES else {}
    SubElement(entry, "varFormat", {"type": kind, "schema": "other", "formatname": variable.datatype, **category_of})
    for bank in variable.bank:
        SubElement(entry, "notes", {"subject": "question bank"}).text = bank


def _question(entry: Element, variable: Variable, language: str) -> None:
    question = SubElement(entry, "qstn", {_LANG: language})
    if variable.number:
        question.set("seqNo", variable.number)
    if variable.asked:
        SubElement(question, "preQTxt").text = variable.asked[language]
    SubElement(question, "qstnLit").text = variable.label[language]
    leads = [f"{code.value} → {code.leads[language]}" for code in variable.codes if code.leads]
    if leads:
        SubElement(question, "forward").text = "; ".join(leads)
    if variable.hint:
        SubElement(question, "ivuInstr").text = variable.hint[language]


def _texts(parent: Element, tag: str, words: Words) -> None:
    for language, text in words.items():
        if text:
            SubElement(parent, tag, {_LANG: language}).text = text
