"""Phiếu số 4/KTXHS-PT: the same questions again, and what the household says of the enumerator."""

from __future__ import annotations

import pytest

from survey.questionnaire.instrument import Question
from tests.forms.interviews import compiled, found, judged, reinterview


def questions(name: str) -> dict[str, Question]:
    return {question.name: question for question, _ in compiled(name).instrument.questions()}


def codes(question: Question) -> list[str]:
    return [choice.value for choice in question.choices.items] if question.choices else []


def test_every_repeated_question_has_the_name_and_codes_of_the_household_form() -> None:
    first = questions("household")
    repeated = [question for question in questions("reinterview").values() if question.bank]
    assert len(repeated) == 16
    for again in repeated:
        one = first[again.name]
        assert (again.kind, again.bank, codes(again)) == (one.kind, one.bank, codes(one)), again.name


def test_no_earlier_answer_is_sent_with_the_form() -> None:
    sent = {name for name, question in questions("reinterview").items() if question.kind == "hidden"}
    assert {name for name in sent if name.startswith("original_")} == {
        "original_instance_id",
        "original_visit_day",
        "original_selected_name",
    }


def test_a_household_that_was_not_interviewed_is_not_asked_how_it_went() -> None:
    answers = reinterview(visited="3", conclusion="4")
    verdict = judged("reinterview", answers)
    assert verdict.findings == ()
    assert "conduct" not in verdict.answers["interview"]["verification"]
    assert found("reinterview", reinterview(visited="3")) == {("conclusion", "warning")}


def test_the_selected_person_must_be_on_the_list() -> None:
    assert ("selected_line", "constraint") in found("reinterview", reinterview(selected_line="3"))


def test_only_adults_are_asked_about_public_services_and_telehealth() -> None:
    answers = reinterview()
    answers["interview"]["member"][1]["birth_year"] = "2010"
    assert "sp_adult" not in judged("reinterview", answers).answers["interview"]["selected"]["sp"]


@pytest.mark.parametrize(
    ("status", "code"), [("1", "11"), ("2", "11"), ("3", "12"), ("4", "12"), ("5", "12"), ("6", "11")]
)
def test_the_result_says_whether_the_selected_person_answered(status: str, code: str) -> None:
    assert judged("reinterview", reinterview(sp_status=status)).answers["closing"]["result_code"] == code


@pytest.mark.parametrize("contact", ["21", "22", "23", "24", "32", "41", "42", "43"])
def test_a_visit_without_a_meeting_ends_the_form_with_its_code(contact: str) -> None:
    answers = reinterview(contact=contact)
    answers["closing"] = {}
    verdict = judged("reinterview", answers)
    assert verdict.findings == ()
    assert verdict.answers["closing"]["result_code"] == contact
