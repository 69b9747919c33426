"""The codebook holds every variable and every code, in both languages, and says how each question is reached."""

from __future__ import annotations

import csv
import io
import json
import re
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import pytest
from pypdf import PdfReader

from survey.export.codebook import page, tables
from survey.export.codebook.build import Codebook, Variable, codebook
from survey.questionnaire.instrument import Instrument, Question
from survey.report import language
from survey.report.paper.render import pdf
from tests.forms.interviews import NAMES, compiled, sheets
from tests.questionnaire.tiny import form

TRANSLATIONS = Path(__file__).parents[2] / "translations"
each_form = pytest.mark.parametrize("name", NAMES)
each = pytest.mark.parametrize(("name", "code"), [(name, code) for name in NAMES for code in ("vi", "en")])


@cache
def book(name: str) -> Codebook:
    """Return the codebook of a real form, its conditions in English under both languages."""
    made = compiled(name)
    return codebook(made.instrument, {"vi": language.load("vi", TRANSLATIONS).gettext, "en": str}, made.sha256)


def variable(name: str, path: str) -> Variable:
    """Return one entry of a real form."""
    return next(entry for entry in book(name).variables if entry.path == path)


def questions(instrument: Instrument) -> list[Question]:
    """Return everything that has a value."""
    return [question for question, _ in instrument.questions() if question.kind != "note"]


@each_form
def test_every_variable_has_one_entry_in_the_order_of_the_form(name: str) -> None:
    assert [entry.path for entry in book(name).variables] == [q.path for q in questions(compiled(name).instrument)]


@each_form
def test_every_named_row_of_the_sheet_is_in(name: str) -> None:
    silent = ("begin", "end ", "note", "csv-external")
    rows = [row for row in sheets(name)["survey"].rows if not row.get("type").startswith(silent)]
    entries = {entry.name for entry in book(name).variables}
    assert {row.get("name") for row in rows} - {"audit"} <= entries


@each
def test_every_entry_has_its_words_and_codes_in_the_language(name: str, code: str) -> None:
    for question in questions(compiled(name).instrument):
        entry = variable(name, question.path)
        if question.is_asked:
            assert entry.label[code]
            assert entry.number or not question.relevant or entry.asked[code]
        wanted = [(c.value, c.label[code]) for c in (question.choices.items if question.choices else ())]
        assert [(c.value, c.label[code]) for c in entry.codes] == wanted
        assert set(entry.rules) >= ({"constraint"} if question.constraint else set())


@each_form
def test_marks_bank_codes_and_indicators_are_those_of_the_form(name: str) -> None:
    for question in questions(compiled(name).instrument):
        entry = variable(name, question.path)
        given = (entry.bank, entry.indicators, entry.is_identity, entry.is_sensitive, entry.stands_for)
        wanted = (question.bank, question.indicators, question.identity, question.sensitive, question.reason_for)
        assert given == wanted


def test_the_whole_way_to_a_question_is_told() -> None:
    reason = variable("household", "interview/household/fibre_no_reason")
    assert reason.asked["en"] == "question Q12 is answered 1; question B1 is answered 2"
    assert reason.universe["en"] == "Households that do not use fibre"
    assert {c.value: c.leads.get("en") for c in variable("household", "interview/household/fibre_used").codes} == {
        "1": "question B4",
        "2": None,
        "8": None,
    }


def test_the_universe_of_a_group_holds_for_its_questions() -> None:
    assert variable("household", "interview/member/aged_18/e_signature").universe["en"] == "Members aged 18 and over"


def test_limits_and_formulas_are_told() -> None:
    count = variable("household", "interview/household/member_count")
    assert count.rules["constraint"]["en"] == "question A1 is 1 or more, and also question A1 is at most 30"
    assert count.rules["warning"]["en"] == "question A1 is above 15"
    age = variable("household", "interview/member/age_years")
    assert age.rules["calculation"]["en"] == "if(age_months = “”; “”; int(age_months ÷ 12))"


def test_other_columns_of_a_list_are_kept() -> None:
    contact = {code.value: code for code in variable("household", "visit/contact").codes}
    assert contact["21"].columns == {"aapor": "2.11"}


def test_the_data_of_a_roster_say_whose_rows_they_are() -> None:
    assert variable("household", "interview/member/sex").roster == "interview/member"
    assert variable("household", "closing/remarks").roster == ""


@each_form
def test_json_holds_everything_and_is_always_the_same(name: str) -> None:
    written = tables.as_json(book(name))
    found = json.loads(written)
    assert found["digest"] == compiled(name).sha256
    assert len(found["variables"]) == len(book(name).variables)
    assert all(set(entry["label"]) in ({"vi", "en"}, set()) for entry in found["variables"])
    again = codebook(
        compiled(name).instrument, {"vi": language.load("vi", TRANSLATIONS).gettext, "en": str}, compiled(name).sha256
    )
    assert tables.as_json(again) == written


@each_form
def test_csv_has_a_line_per_variable_that_spreadsheets_read(name: str) -> None:
    written = tables.as_csv(book(name))
    assert written.startswith(b"\xef\xbb\xbf")
    lines = list(csv.DictReader(io.StringIO(written.decode("utf-8-sig"), newline="")))
    assert [line["path"] for line in lines] == [entry.path for entry in book(name).variables]
    assert all(None not in line and None not in line.values() for line in lines)
    coded = [line for line in lines if line["codes_en"]]
    assert len(coded) == sum(bool(entry.codes) for entry in book(name).variables)


class _Reader(HTMLParser):
    """Collects the anchors, the links and what would be fetched from elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.anchors: list[str] = []
        self.links: list[str] = []
        self.fetched: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.anchors += [given["id"] or ""] if "id" in given else []
        self.links += [given["href"] or ""] if "href" in given else []
        self.fetched += [tag] if tag in ("script", "link", "img", "iframe") else []

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def read(name: str, code: str) -> _Reader:
    """Return the page of a real form, read."""
    reader = _Reader()
    reader.feed(page.html(book(name), code, str))
    return reader


@each
def test_the_page_stands_alone_and_every_variable_can_be_reached(name: str, code: str) -> None:
    found = read(name, code)
    assert found.fetched == []
    assert found.anchors == [entry.path for entry in book(name).variables]
    assert [link.removeprefix("#") for link in found.links] == found.anchors


@each
def test_the_page_has_every_question_and_every_code(name: str, code: str) -> None:
    text = re.sub(r"\s+", " ", " ".join(read(name, code).words))
    for entry in book(name).variables:
        assert re.sub(r"\s+", " ", entry.label.get(code, "")) in text
        for choice in entry.codes:
            assert re.sub(r"\s+", " ", choice.label[code]) in text


def test_texts_of_the_form_are_escaped() -> None:
    made = form("| type | name | label |\n| text | a | Is 1 & 2 > 0? |")
    source = page.html(codebook(made.instrument, {"vi": str, "en": str}), "en", str)
    assert "Is 1 &amp; 2 &gt; 0?" in source


def test_the_page_prints_as_pdf() -> None:
    reader = PdfReader(io.BytesIO(pdf(page.html(book("reinterview"), "vi", str), None)))
    text = "".join(p.extract_text() for p in reader.pages)
    assert "enumerator_attitude" in text
    assert "Thái độ của điều tra viên" in text


def test_a_form_without_groups_or_choices_has_a_codebook() -> None:
    made = form("| type | name | label |\n| text | a | A |\n| note | b | B |")
    found = codebook(made.instrument, {"vi": str, "en": str})
    assert [entry.name for entry in found.variables if entry.kind == "text"] == ["a"]
    assert tables.as_csv(found).count(b"\r\n") == len(found.variables) + 1
