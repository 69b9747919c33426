"""The questionnaire on paper: all that is asked is printed once, with every code, in both languages."""

from __future__ import annotations

import io
import re
import time
from functools import cache
from pathlib import Path
from typing import Any, cast

import pytest
from pypdf import PdfReader
from pypdf.generic import DictionaryObject

from survey.questionnaire.instrument import Instrument, Question
from survey.questionnaire.routing.numbering import without_number
from survey.report import language as languages
from survey.report.language import Language
from survey.report.paper import render
from survey.report.paper.blocks import Grid, Heading, Item, Paper, Roster, Rows
from survey.report.paper.columns import sheets
from survey.report.paper.layout import lay_out
from survey.report.paper.space import Space, plain_space
from tests.forms.interviews import NAMES, compiled
from tests.questionnaire.tiny import form

CODES = ("vi", "en")
TRANSLATIONS = Path(__file__).parents[2] / "translations"
each_form = pytest.mark.parametrize("name", NAMES)
each = pytest.mark.parametrize(("name", "code"), [(name, code) for name in NAMES for code in CODES])


@cache
def language(code: str) -> Language:
    """Return a language; Vietnamese with the catalogue of the repository."""
    return languages.load(code, TRANSLATIONS) if code == "vi" else Language("en", str)


@cache
def pdf(name: str, code: str) -> bytes:
    """Return the PDF of a real form."""
    return render.paper_pdf(compiled(name).instrument, language(code))


@cache
def reader(name: str, code: str) -> PdfReader:
    """Return the PDF of a real form opened."""
    return PdfReader(io.BytesIO(pdf(name, code)))


@cache
def page_texts(name: str, code: str) -> tuple[str, ...]:
    """Return the text of each page without blanks, in which words and codes are found whatever the line breaks."""
    return tuple(squeezed(page.extract_text()) for page in reader(name, code).pages)


def printed(name: str, code: str) -> str:
    """Return the text of all pages without blanks."""
    return "".join(page_texts(name, code))


@cache
def paper(name: str, code: str = "en") -> Paper:
    """Return a real form laid out."""
    return lay_out(compiled(name).instrument, language(code))


def squeezed(text: str) -> str:
    """Return a text without blanks."""
    return re.sub(r"\s+", "", text)


def items(of: Paper) -> list[Item]:
    """Return everything printed with a place of its own, in order."""
    found: list[Item] = []
    for block in of.blocks:
        if isinstance(block, Rows):
            found += block.items
        elif isinstance(block, Grid):
            found += [*([block.lead] if block.lead else []), *block.items]
        elif isinstance(block, Roster):
            found += [column.item for column in block.columns]
    return found


def item(of: Paper, path: str) -> Item:
    """Return one printed question."""
    return next(found for found in items(of) if found.path == path)


def asked(instrument: Instrument) -> list[Question]:
    """Return the questions that people answer."""
    return [question for question, _ in instrument.questions() if question.is_asked]


@each
def test_every_question_is_printed_in_its_own_words(name: str, code: str) -> None:
    text = printed(name, code)
    for question in asked(compiled(name).instrument):
        label = without_number("".join(part if isinstance(part, str) else "\0" for part in question.label[code]))
        for piece in label.split("\0"):
            assert squeezed(piece) in text, question.path


@each
def test_every_code_is_printed_with_its_words(name: str, code: str) -> None:
    text = printed(name, code)
    for question in asked(compiled(name).instrument):
        for choice in question.choices.items if question.choices else ():
            words = squeezed(choice.label[code].removeprefix(f"{choice.value}. "))
            assert words in text, (question.path, choice.value)


@each_form
def test_every_code_stands_in_the_layout_beside_its_words(name: str) -> None:
    laid = paper(name)
    listed = {(a.code, a.label) for codes in laid.lists for group in codes.groups for a in group.answers}
    for question in asked(compiled(name).instrument):
        wanted = [
            (c.value, c.label["en"].removeprefix(f"{c.value}. "))
            for c in (question.choices.items if question.choices else ())
        ]
        space = item(laid, question.path).space if wanted else Space("line")
        shown = [(answer.code, answer.label) for answer in space.answers]
        assert shown == wanted or (space.list_number and set(wanted) <= listed), question.path


@each_form
def test_every_question_has_one_place(name: str) -> None:
    laid = items(paper(name))
    beside = [line.label for found in laid for answer in found.space.answers for line in answer.beside]
    places = [found.path for found in laid if found.space.kind != "note"]
    questions = asked(compiled(name).instrument)
    assert len(set(places)) == len(places)
    assert len(places) + len(beside) == len(questions)


@each
def test_instructions_conditions_and_arrows_are_printed(name: str, code: str) -> None:
    text, laid = printed(name, code), paper(name, code)
    for found in items(laid):
        assert squeezed(found.hint) in text
        assert squeezed(found.condition) in text
        assert not found.leads or squeezed(f"→{found.leads}") in text
        for answer in found.space.answers:
            assert not answer.leads or squeezed(f"{answer.code}→{answer.leads}") in text


@each
def test_the_head_carries_code_title_and_the_notice_of_confidentiality(name: str, code: str) -> None:
    first = page_texts(name, code)[0]
    instrument = compiled(name).instrument
    assert squeezed(instrument.code) in first
    assert squeezed(instrument.title[code].upper()) in first
    assert paper(name, code).confidential
    assert all(squeezed(paragraph) in first for paragraph in paper(name, code).confidential)
    assert instrument.version in first


@each_form
def test_calculations_and_hidden_values_are_not_printed(name: str) -> None:
    text = printed(name, "en").replace("selected_age_months", "")  # the one condition that has no words of its own
    for question, _ in compiled(name).instrument.questions():
        if question.kind in ("calculate", "hidden", "metadata", "reason") and "_" in question.name:
            assert question.name not in text


@each
def test_pages_are_numbered_and_every_page_names_the_form(name: str, code: str) -> None:
    pages = page_texts(name, code)
    for number, text in enumerate(pages, start=1):
        assert f"{number}/{len(pages)}" in text
        assert squeezed(compiled(name).instrument.code) in text


@each_form
def test_rosters_lie_on_landscape_pages_of_their_own(name: str) -> None:
    pages = reader(name, "vi").pages
    wide = sum(page.mediabox.width > page.mediabox.height for page in pages)
    assert wide == sum(len(sheets(block)) for block in paper(name, "vi").blocks if isinstance(block, Roster))


@each
def test_only_tinos_is_used_and_embedded(name: str, code: str) -> None:
    fonts: dict[str, bool] = {}
    for page in reader(name, code).pages:
        resources = cast(DictionaryObject, page["/Resources"])
        for font in cast(DictionaryObject, resources.get("/Font", DictionaryObject())).values():
            descendant = font.get_object()["/DescendantFonts"][0].get_object()
            fonts[descendant["/BaseFont"]] = "/FontFile2" in descendant["/FontDescriptor"]
    assert fonts
    assert all("Tinos" in font and embedded for font, embedded in fonts.items())


@each
def test_the_document_is_tagged_names_its_language_and_has_no_missing_letter(name: str, code: str) -> None:
    root = cast(dict[str, Any], reader(name, code).root_object)
    assert root["/Lang"] == code
    assert root["/MarkInfo"]["/Marked"]
    assert "\ufffd" not in printed(name, code)


def test_the_same_form_gives_the_same_bytes() -> None:
    instrument = compiled("reinterview").instrument
    assert render.paper_pdf(instrument, language("vi")) == pdf("reinterview", "vi")


def test_a_form_known_by_its_digest_is_set_once() -> None:
    made = compiled("reinterview")
    first = render.paper_pdf(made.instrument, language("en"), digest=made.sha256)
    started = time.perf_counter()
    again = render.paper_pdf(made.instrument, language("en"), digest=made.sha256)
    assert again is first
    assert time.perf_counter() - started < 0.05
    assert render.paper_pdf(made.instrument, language("vi"), digest=made.sha256) != first
    assert made.sha256[:12] in squeezed(PdfReader(io.BytesIO(first)).pages[0].extract_text())


def test_values_known_beforehand_are_filled_in() -> None:
    filled = {"agency_name": "Cục Thống kê thành phố Cần Thơ", "decision_no": "12/QĐ", "assignment_code": "HO-0017"}
    source = render.html(lay_out(compiled("household").instrument, language("vi"), filled))
    for value in filled.values():
        assert value in source
    assert f"Cơ quan chủ trì: {filled['agency_name']}. Quyết định điều tra: {filled['decision_no']}." in source


def test_a_follow_up_stands_beside_its_answer() -> None:
    reason = item(paper("household"), "interview/household/fibre_no_reason").space
    assert [(a.code, [line.label for line in a.beside]) for a in reason.answers if a.beside] == [
        ("6", ["Please specify the other reason"])
    ]


def test_questions_that_share_their_answers_make_a_grid_under_their_note() -> None:
    grids = [block for block in paper("household").blocks if isinstance(block, Grid)]
    skills = next(grid for grid in grids if grid.lead and grid.lead.number == "N5")
    assert [found.number for found in skills.items][:3] == ["N5a", "N5b", "N5c"]
    assert [answer.code for answer in skills.answers] == ["1", "2"]


def test_names_and_numbers_stand_for_answers_in_the_texts() -> None:
    laid = paper("household")
    assert item(laid, "interview/member/sex").paragraphs == ("Is [NAME] male or female?",)
    assert "[Q6]" in " ".join(item(paper("enterprise"), "interview/finance/va_source").paragraphs)


def test_where_every_answer_leads_to_one_place_the_arrow_is_printed_once() -> None:
    found = item(paper("household"), "consent_section/refusal_reason")
    assert found.leads == "Q22"
    assert not any(answer.leads for answer in found.space.answers)


def test_communes_are_listed_by_district() -> None:
    lists = {codes.title: codes for codes in paper("household", "vi").lists}
    communes = lists["Xã, phường, thị trấn (trước ngày 01/7/2025)"]
    assert len(communes.groups) == 8
    assert communes.groups[0].title.startswith("930 ")
    assert sum(len(group.answers) for group in communes.groups) == 75


@each_form
def test_the_columns_of_a_roster_fill_a_page_and_no_more(name: str) -> None:
    for block in paper(name).blocks:
        if isinstance(block, Roster):
            tables = sheets(block)
            assert [cell.column for table in tables for cell in table.cells] == list(block.columns)
            for table in tables:
                assert sum(cell.width for cell in table.cells) == pytest.approx(254, abs=0.2)
                assert sum(band.span for band in table.bands) in (0, len(table.cells))


@each_form
def test_the_headings_are_those_of_the_groups(name: str) -> None:
    titles = [block.text for block in paper(name).blocks if isinstance(block, Heading)]
    assert titles
    assert all(titles)
    assert len(set(titles)) == len(titles)


@pytest.mark.parametrize(
    ("cells", "space"),
    [
        ("integer | . >= 1 and . <= 30 |", Space("number", boxes=(2,))),
        ("integer | . <= 10000000 |", Space("number", boxes=(2, 3, 3))),
        ("integer | . >= 0 |", Space("line")),
        ("decimal | . > 0 and . <= 100 |", Space("number", boxes=(3,), decimals=1)),
        ("text | regex(., '^[0-9]{1,5}$') |", Space("number", boxes=(5,))),
        ("text | |", Space("line")),
        ("text | | multiline", Space("lines")),
        ("date | |", Space("date")),
        ("date | | month-year", Space("month")),
        ("date | | year", Space("year")),
        ("time | |", Space("time")),
        ("dateTime | |", Space("datetime")),
        ("acknowledge | |", Space("tick")),
        ("image | | signature", Space("sign")),
        ("image | |", Space("attach")),
        ("file | |", Space("attach")),
        ("geopoint | |", Space("line")),
    ],
)
def test_the_room_follows_from_type_and_limits(cells: str, space: Space) -> None:
    kind, constraint, appearance = (cell.strip() for cell in cells.split("|"))
    message = "Sai" if constraint else ""
    pixels = "max-pixels=1024" if kind == "image" else ""
    made = form(
        f"""
        | type | name | label | constraint | constraint_message | appearance | parameters |
        | {kind} | answer | Answer | {constraint} | {message} | {appearance} | {pixels} |
        """
    )
    found = made.instrument.node("answer")
    assert isinstance(found, Question)
    assert plain_space(found) == space


NESTED = """
| type | name | label | relevant | parameters |
| begin_repeat | person | Persons | | |
| text | person_name | Name | |
| begin_repeat | trip | Trips | |
| text | place | Where to? | |
| end_repeat | | | |
| end_repeat | | | |
| select_one sort | kind | Which kind? | |
| text | kind_other | Which other? | ${kind} = 20 |
| date | day | Which day? | |
| dateTime | moment | Which moment? | |
| image | scan | A picture | | max-pixels=1024 |
"""


def test_rosters_in_rosters_long_lists_and_every_kind_of_room_are_set() -> None:
    choices = "\n".join(f"| sort | {n} | Kind {n} |" for n in range(1, 21))
    made = form(NESTED, f"| list_name | name | label |\n{choices}")
    laid = lay_out(made.instrument, language("en"))
    rosters = [block for block in laid.blocks if isinstance(block, Roster)]
    assert [(roster.heading.text, roster.inside) for roster in rosters] == [("Persons", ""), ("Trips", "Persons")]
    assert item(laid, "kind").space.list_number == 1
    assert item(laid, "kind_other").condition == "Ask only if question Q3 is answered 20."
    text = squeezed(" ".join(p.extract_text() for p in PdfReader(io.BytesIO(render.pdf(render.html(laid)))).pages))
    for words in ("Beforeeachline", "Whereto?", "Kind20", "Whichother?", "Attachacopy"):
        assert words in text
