"""Conditions in words and skips: each says what the form does, and nothing when it cannot be said."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from survey.questionnaire.evaluate import Evaluation, evaluate
from survey.questionnaire.instrument import Instrument, Question
from survey.questionnaire.routing.numbering import LETTER, follow_ups, numbers, own_number, without_number
from survey.questionnaire.routing.skips import Target, skips, weigh
from survey.questionnaire.routing.words import Speaker
from survey.questionnaire.xpath import parse
from tests.forms.interviews import NAMES, compiled
from tests.questionnaire.interviews import NOW, random_answers
from tests.questionnaire.tiny import form

SURVEY = """
| type | name | label | relevant | calculation | universe |
| select_one yes_no_dk | fibre | B1. Fibre? | | | |
| select_multiple device | devices | B2. Devices? | | | |
| integer | size | B3. Size? | | | |
| text | remark | Remark | | | |
| select_one score | score | B4. Score? | | | |
| calculate | months | | | ${size} * 12 | |
| begin_repeat | member | Members | | | |
| text | name | C1. Name | | | |
| select_one yes_no_dk | phone | C2. Phone? | | | |
| text | brand | C3. Brand | %s | | %s |
| end_repeat | | | | | |
| text | last | D1. Last | %s | | %s |
"""
CHOICES = """
| list_name | name | label |
| yes_no_dk | 1 | Yes |
| yes_no_dk | 2 | No |
| yes_no_dk | 8 | Unknown |
| device | 1 | Computer |
| device | 2 | Tablet |
| device | 3 | None |
| score | 1 | One |
| score | 2 | Two |
| score | 3 | Three |
| score | 4 | Four |
| score | 5 | Five |
| score | 6 | Six |
| score | 7 | Seven |
| score | 8 | Eight |
"""


def tiny(inside: str = "", outside: str = "", universe: str = "") -> Instrument:
    """Return a small form with a condition on the last question of its roster or on its last question."""
    return form(SURVEY % (inside, universe if inside else "", outside, universe), CHOICES).instrument


def said(condition: str, *, path: str = "last", universe: str = "") -> tuple[str, str]:
    """Return what is said of a condition, and where the words come from."""
    instrument = tiny(condition, universe=universe) if path == "member/brand" else tiny("", condition, universe)
    found = Speaker(instrument, "en").asked_if(instrument.node(path))
    assert found is not None
    return found.text, found.source


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ("${fibre} = 2", "question B1 is answered 2"),
        ("2 = ${fibre}", "question B1 is answered 2"),
        ("${fibre} = '2'", "question B1 is answered 2"),
        ("${fibre} = 2 or ${fibre} = 8", "question B1 is answered 2 or 8"),
        ("${fibre} != 1", "question B1 is not answered 1"),
        ("${fibre} != 1 and ${fibre} != 8", "question B1 is not answered 1 or 8"),
        ("${fibre} != 1 or ${fibre} != 8", "question B1 is not answered 1 or question B1 is not answered 8"),
        ("${fibre} > 1", "question B1 is answered 2 or 8"),
        ("${fibre} <= 2", "question B1 is answered 1 or 2"),
        ("${score} >= 2", "the code of question B4 is 2 or more"),
        ("not(${fibre} = 1)", "question B1 is not answered 1"),
        ("${fibre} = ''", "question B1 is left blank"),
        ("${fibre} != ''", "question B1 has an answer"),
        ("selected(${devices}, '1')", "question B2 includes 1"),
        ("selected(${devices}, '1') or selected(${devices}, '2')", "question B2 includes 1 or 2"),
        (
            "selected(${devices}, '1') and selected(${devices}, '2')",
            "question B2 includes 1, and also question B2 includes 2",
        ),
        ("not(selected(${devices}, '3'))", "question B2 does not include 3"),
        ("selected(${fibre}, '1')", "question B1 is answered 1"),
        ("count-selected(${devices}) > 1", "the number of answers to question B2 is above 1"),
        ("${size} >= 15", "question B3 is 15 or more"),
        ("${size} < 15000", "question B3 is below 15,000"),
        ("${size} >= 1980", "question B3 is 1980 or more"),
        ("${size} > -100000", "question B3 is above −100,000"),
        ("${size} <= 1.5", "question B3 is at most 1.5"),
        ("${remark} = '0000'", f"question {LETTER}1 equals “0000”"),
        ("15 > ${size}", "question B3 is below 15"),
        ("${size} = ${fibre}", "question B3 equals the code of question B1"),
        ("${remark} != ''", f"question {LETTER}1 has an answer"),
        (
            "${fibre} = 1 and (${size} > 3 or ${score} = 1)",
            "question B1 is answered 1, and also (question B3 is above 3 or question B4 is answered 1)",
        ),
        (
            "(${fibre} = 1 and ${size} > 3) or ${score} = 1",
            "(question B1 is answered 1, and also question B3 is above 3) or question B4 is answered 1",
        ),
        (
            "${fibre} = 1 or ${size} = 2 or ${score} = 3",
            "question B1 is answered 1; question B3 equals 2; or question B4 is answered 3",
        ),
        (
            "not(${fibre} = 1 and ${size} > 3)",
            "it is not the case that (question B1 is answered 1, and also question B3 is above 3)",
        ),
    ],
)
def test_a_condition_is_said_in_words(condition: str, words: str) -> None:
    assert said(condition) == (words, "words")


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ("${phone} = 1", "question C2 is answered 1"),
        ("${fibre} = 1", "question B1 is answered 1"),
        ("position(..) = 1", "the line number equals 1"),
    ],
)
def test_inside_a_roster_the_questions_of_the_line_are_named(condition: str, words: str) -> None:
    assert said(condition, path="member/brand") == (words, "words")


def test_what_cannot_be_said_in_full_is_left_to_the_author() -> None:
    assert said("${fibre} = 1 and ${months} > 24", universe="Big households") == ("Big households", "universe")


@pytest.mark.parametrize(
    ("condition", "text"),
    [
        ("${fibre} = 1 and ${months} > 24", "question B1 is answered 1 and months > 24"),
        (
            "${fibre} = 1 and ${size} = 2 or ${months} > 24",
            "(question B1 is answered 1, and also question B3 equals 2) or months > 24",
        ),
        (
            "${months} > 24 or ${months} = 3 and ${fibre} = 1",
            "months > 24 or (months = 3 and question B1 is answered 1)",
        ),
        ("${months} > 24 or not(${months} = 12)", "months > 24 or not(months = 12)"),
        ("(${months} + 1) * 2 >= 10", "(months + 1) × 2 ≥ 10"),
        ("${months} - (${size} - 1) > 0", "months - (question B3 - 1) > 0"),
        ("string-length(${remark}) > 3", f"string-length(question {LETTER}1) > 3"),
        ("count(${member}) > 2", "count(member) > 2"),
        ("${months} != ''", "months ≠ “”"),
    ],
)
def test_without_the_authors_words_the_expression_itself_is_shown(condition: str, text: str) -> None:
    assert said(condition) == (text, "expression")


def test_the_universe_follows_its_introduction_with_a_small_letter_unless_it_begins_with_a_code() -> None:
    instrument = tiny("", "${months} > 24", "Những hộ lớn.")
    speaker = Speaker(instrument, "en")
    found = speaker.asked_if(instrument.node("last"))
    assert found is not None
    assert speaker.sentence(found) == "Ask only: những hộ lớn."
    coded = Speaker(tiny("", "${months} > 24", "FTTH có dây"), "en")
    again = coded.asked_if(coded.instrument.node("last"))
    assert again is not None
    assert coded.sentence(again) == "Ask only: FTTH có dây."


def test_words_go_through_the_translations() -> None:
    catalogue = {
        "{question} is answered {codes}": "{question} trả lời {codes}",
        "question {number}": "câu {number}",
        "{first} or {last}": "{first} hoặc {last}",
        "Ask only if {condition}.": "Chỉ hỏi nếu {condition}.",
    }
    speaker = Speaker(compiled("household").instrument, "vi", lambda message: catalogue.get(message, message))
    found = speaker.asked_if(speaker.instrument.node("interview/household/fibre_available"))
    assert found is not None
    assert speaker.sentence(found) == "Chỉ hỏi nếu câu B1 trả lời 2 hoặc 8."


@pytest.mark.parametrize(
    ("label", "number", "rest"),
    [
        ("B1. Có không?", "B1", "Có không?"),
        ("HKD1a. Bán lẻ?", "HKD1a", "Bán lẻ?"),
        ("N5đ. Cài đặt", "N5đ", "Cài đặt"),
        ("8a. Số học sinh", "8a", "Số học sinh"),
        ("Trong 12 tháng. Hỏi", "", "Trong 12 tháng. Hỏi"),
        ("4G. có sóng", "4G", "có sóng"),
        ("2.5 triệu", "", "2.5 triệu"),
    ],
)
def test_the_number_of_a_question_is_read_from_its_label(label: str, number: str, rest: str) -> None:
    assert (own_number(label), without_number(label)) == (number, rest)


@pytest.mark.parametrize("name", NAMES)
def test_every_question_of_the_real_forms_has_a_number_of_its_own_or_stands_beside_an_answer(name: str) -> None:
    instrument = compiled(name).instrument
    found, beside = numbers(instrument), follow_ups(instrument)
    asked = [question.path for question, _ in instrument.questions() if question.is_asked]
    assert [path for path in asked if path not in found and path not in beside] == []
    given = [found[path] for path in asked if path in found]
    assert len(set(given)) == len(given)


def test_a_question_for_one_answer_of_the_one_before_stands_beside_that_answer() -> None:
    found = follow_ups(compiled("household").instrument)
    reason = found["interview/household/fibre_no_reason_other"]
    assert (reason.parent, reason.code) == ("interview/household/fibre_no_reason", "6")
    evidence = follow_ups(compiled("institution").instrument)["interview/governance/governance_file"]
    assert (evidence.parent, evidence.code) == ("interview/governance/governance_evidence", "2")


@pytest.mark.parametrize(
    ("facts", "expression", "outcome"),
    [
        ({"a": {"1"}}, "${a} = 1", True),
        ({"a": {"2", "8"}}, "${a} = 1", False),
        ({"a": {"1", "2"}}, "${a} = 1", None),
        ({}, "${a} = 1", None),
        ({"a": {""}}, "${a} = 1", False),
        ({"a": {""}}, "${a} != 1", True),
        ({"a": {""}}, "${a} >= 0", False),
        ({"a": {""}}, "${a} = ''", True),
        ({"a": {"1"}}, "${a} = 2 and ${b} = 1", False),
        ({"a": {"1"}}, "${a} = 1 and ${b} = 1", None),
        ({"a": {"1"}}, "${a} = 1 or ${b} = 1", True),
        ({"a": {"10"}}, "${a} > 9", True),
        ({"a": {"1 3"}}, "selected(${a}, '3')", True),
        ({"a": {"13"}}, "selected(${a}, '3')", False),
        ({"a": {"1"}}, "not(${a} = 1)", False),
        ({"a": {"1"}}, "coalesce(${a}, 1) = 1", None),
        ({}, "true()", True),
    ],
)
def test_a_condition_is_weighed_with_what_is_known(
    facts: Mapping[str, set[str]], expression: str, outcome: bool | None
) -> None:
    tree = parse(expression.replace("${a}", "/data/a").replace("${b}", "/data/b"))
    assert weigh(tree, "x", {path: frozenset(values) for path, values in facts.items()}) is outcome


def arrows(name: str, path: str) -> dict[str, Target]:
    """Return where the answers of a question of a real form lead."""
    return skips(compiled(name).instrument, path, lambda question: question.is_asked)


def test_a_skip_names_the_next_question_that_may_be_asked() -> None:
    household = "interview/household"
    assert arrows("household", f"{household}/fibre_used") == {"1": Target("question", f"{household}/isp")}


def test_what_is_passed_over_is_blank_for_the_questions_after_it() -> None:
    leads = arrows("household", "consent_section/refusal_reason")
    assert set(leads) == {"1", "2", "3", "4", "5", "9"}
    assert set(leads.values()) == {Target("question", "closing/remarks")}


def test_why_a_question_is_asked_is_known_where_it_leads() -> None:
    leads = arrows("household", "interview/member/aged_15/seek_work")
    assert set(leads.values()) == {Target("question", "interview/member/aged_18/e_signature")}


def test_in_a_roster_the_way_may_lead_to_the_next_line() -> None:
    assert arrows("household", "interview/member/answered_by") == {"9": Target("line")}


def test_the_way_may_lead_to_the_end() -> None:
    instrument = tiny("", "${score} = 1")
    found = skips(instrument, "score", lambda question: question.name == "last")
    assert found == {code: Target("end") for code in "2345678"}


@pytest.mark.parametrize("name", NAMES)
def test_no_skip_passes_over_a_question_that_is_asked(name: str) -> None:
    instrument = compiled(name).instrument
    order = [question.path for question, _ in instrument.questions() if question.is_asked]
    leads = {path: found for path in order if (found := arrows(name, path))}
    taken = 0
    for seed in range(40):
        evaluation = evaluate(instrument, random_answers(instrument, seed), now=NOW)
        for path in [path for path, node, _ in evaluation.walk() if isinstance(node, Question)]:
            bare = _bare(path)
            target = leads.get(bare, {}).get(evaluation.value(path)) if evaluation.relevant(path) else None
            if target is None:
                continue
            taken += 1
            start = order.index(bare) + 1
            passed = order[start : order.index(target.path)] if target.path else _rest(order, start, bare, target)
            asked = [other for other in passed if _is_asked_beside(evaluation, path, other)]
            assert asked == [], (path, evaluation.value(path))
    assert taken > 20


def _bare(path: str) -> str:
    return "/".join(step.split("[")[0] for step in path.split("/"))


def _rest(order: list[str], start: int, path: str, target: Target) -> list[str]:
    roster = "interview/member/" if target.kind == "line" else ""
    return [other for other in order[start:] if other.startswith(roster)]


def _is_asked_beside(evaluation: Evaluation, path: str, other: str) -> bool:
    """Say whether another question is asked, in the same line where both stand in the roster, in any line otherwise."""
    walked = evaluation.walk()
    line = path[: path.index("]") + 1] if "]" in path else ""
    places = [p for p, node, _ in walked if isinstance(node, Question) and _bare(p) == other]
    if line and any("]" in place for place in places):
        places = [place for place in places if place.startswith(line)]
    return any(evaluation.relevant(place) for place in places)
