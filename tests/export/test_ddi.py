"""The codebook as DDI-Codebook 2.5: elements in the order of its schema, references that hold, nothing lost."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from xml.etree.ElementTree import Element, fromstring

import pytest

from survey.export.codebook.build import codebook
from survey.export.codebook.ddi import as_ddi
from tests.forms.interviews import NAMES, compiled

NS = "{ddi:codebook:2_5}"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"
ORDER = {
    "codeBook": ["docDscr", "stdyDscr", "fileDscr", "dataDscr"],
    "citation": ["titlStmt", "verStmt"],
    "titlStmt": ["titl", "parTitl", "IDNo"],
    "dataDscr": ["varGrp", "var"],
    "varGrp": ["labl"],
    "var": [
        "labl", "security", "qstn", "universe", "txt", "catgry", "concept", "derivation", "varFormat", "notes",
    ],
    "qstn": ["preQTxt", "qstnLit", "forward", "ivuInstr"],
    "catgry": ["catValu", "labl"],
}  # fmt: skip
each_form = pytest.mark.parametrize("name", NAMES)


@cache
def document(name: str) -> Element:
    """Return the DDI document of a real form."""
    return fromstring(as_ddi(codebook(compiled(name).instrument, {"vi": str, "en": str})))


def tags(elements: Iterable[Element]) -> list[str]:
    """Return names without their namespace."""
    return [element.tag.removeprefix(NS) for element in elements]


def variable(name: str, called: str) -> Element:
    """Return one variable by its name."""
    found = document(name).find(f".//{NS}var[@name='{called}']")
    assert found is not None
    return found


@each_form
def test_elements_stand_in_the_order_of_the_schema(name: str) -> None:
    for element in document(name).iter():
        order = ORDER.get(element.tag.removeprefix(NS))
        if order:
            places = [order.index(tag) for tag in tags(element)]
            assert places == sorted(places), element.tag


@each_form
def test_every_variable_is_there_with_all_its_codes(name: str) -> None:
    questions = [q for q, _ in compiled(name).instrument.questions() if q.kind != "note"]
    found = document(name).findall(f".//{NS}var")
    assert [element.get("name") for element in found] == [question.name for question in questions]
    for element, question in zip(found, questions, strict=True):
        codes = [code.findtext(f"{NS}catValu") for code in element.findall(f"{NS}catgry")]
        assert codes == ([choice.value for choice in question.choices.items] if question.choices else [])
        assert _languages(element, "labl") == (["vi", "en"] if question.label else [])


def _languages(element: Element, tag: str) -> list[str | None]:
    return [child.get(LANG) for child in element.findall(f"{NS}{tag}")]


@each_form
def test_identifiers_are_unique_and_references_hold(name: str) -> None:
    root = document(name)
    keys = [element.get("ID") for element in root.iter() if element.get("ID")]
    assert len(set(keys)) == len(keys)
    files = {element.get("ID") for element in root.findall(f"{NS}fileDscr")}
    variables = {element.get("ID") for element in root.iter(f"{NS}var")}
    assert {element.get("files") for element in root.iter(f"{NS}var")} == files
    grouped = [key for group in root.iter(f"{NS}varGrp") for key in (group.get("var") or "").split()]
    assert sorted(grouped) == sorted(key for key in variables if key)


def test_a_question_carries_its_words_its_way_and_its_use() -> None:
    entry = variable("household", "fibre_used")
    question = entry.findall(f"{NS}qstn")[1]
    assert question.get("seqNo") == "B1"
    assert question.findtext(f"{NS}qstnLit") == (
        "Does the household now use fixed fibre Internet (FTTH) at its dwelling?"
    )
    assert question.findtext(f"{NS}forward") == "1 → question B4"
    assert [(c.get("vocab"), c.text) for c in entry.findall(f"{NS}concept")] == [("KH128-2022", "XH5")]
    assert entry.findtext(f"{NS}notes") == "H-B1"


def test_formats_security_and_derivations_are_told() -> None:
    assert variable("household", "member_name").findtext(f"{NS}security") == "identity"
    assert variable("household", "bank_account").findtext(f"{NS}security") == "sensitive"
    count, sex = variable("household", "member_count"), variable("household", "sex")
    assert (count.get("intrvl"), sex.get("intrvl")) == ("contin", "discrete")
    form = variable("institution", "reported_on").find(f"{NS}varFormat")
    assert form is not None
    assert (form.get("type"), form.get("category")) == ("character", "date")
    assert variable("household", "age_years").find(f"{NS}derivation/{NS}drvdesc") is not None


def test_rosters_are_files_of_their_own() -> None:
    names = [element.text for element in document("household").iter(f"{NS}fileName")]
    assert names == ["ktxhs_ho", "interview/member"]


def test_the_same_codebook_gives_the_same_bytes() -> None:
    instrument = compiled("enterprise").instrument
    first, second = (as_ddi(codebook(instrument, {"vi": str, "en": str})) for _ in range(2))
    assert first == second
    assert first.startswith(b"<?xml version='1.0' encoding='utf-8'?>\n<codeBook xmlns=\"ddi:codebook:2_5\"")
