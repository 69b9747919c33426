"""Phiếu số 3/KTXHS-CSGD: the four components, their evidence, the scores of Decision 4725."""

from __future__ import annotations

import pytest

from tests.forms.interviews import found, institution, judged

LEVELS = ("governance_level", "activity_level", "digital_data_level", "repository_level")
PARTIAL = {
    "governance_level": {"governance_assets": "2"},
    "activity_level": {"activity_lms": "3"},
    "digital_data_level": {"digital_data_sync": "2"},
    "repository_level": {"repository_open": "3"},
}


def test_a_school_with_four_complete_components_counts_as_complete() -> None:
    assert judged("institution", institution()).answers["interview"]["components_complete"] == "4"


@pytest.mark.parametrize("level", LEVELS)
def test_one_partial_component_is_enough_to_be_incomplete(level: str) -> None:
    answers = institution(**{level: "2"}, **PARTIAL[level])
    assert found("institution", answers) == set()
    assert judged("institution", answers).answers["interview"]["components_complete"] == "3"


@pytest.mark.parametrize("level", LEVELS)
def test_a_complete_level_with_an_incomplete_criterion_asks_for_confirmation(level: str) -> None:
    assert found("institution", institution(**PARTIAL[level])) == {(level, "warning")}


def test_a_criterion_that_does_not_apply_does_not_spoil_the_component() -> None:
    assert found("institution", institution(activity_admission="7")) == set()


def test_every_component_above_not_yet_needs_evidence() -> None:
    answers = institution()
    answers["interview"]["activity"] |= {"activity_evidence": "", "activity_link": ""}
    assert found("institution", answers) == {("activity_evidence", "required")}
    answers["interview"]["activity"]["activity_evidence"] = "1 2"
    assert found("institution", answers) == {("activity_link", "required"), ("activity_file", "required")}
    answers["interview"]["activity"]["activity_evidence"] = "3"
    assert found("institution", answers) == set()


def test_a_link_must_be_a_web_address() -> None:
    answers = institution(activity_link="truong.edu.vn")
    assert found("institution", answers) == {("activity_link", "constraint")}


@pytest.mark.parametrize("kind", ["1", "2", "3"])
def test_decision_4725_concerns_general_schools_only(kind: str) -> None:
    assert "index_4725" not in judged("institution", institution(kind=kind)).answers["interview"]
    assert "index_4725" in judged("institution", institution()).answers["interview"]


def test_a_recognised_level_far_from_the_scores_asks_for_confirmation() -> None:
    assert found("institution", institution(index_teaching="60", index_governance="55")) == {("index_level", "warning")}


@pytest.mark.parametrize("score", ["-1", "100.5"])
def test_scores_lie_between_0_and_100(score: str) -> None:
    assert ("index_teaching", "constraint") in found("institution", institution(index_teaching=score))


def test_a_multi_level_school_names_its_levels() -> None:
    answers = institution(kind="7")
    assert found("institution", answers) == {("levels", "required")}
    answers["interview"]["institution"]["levels"] = "1"
    assert found("institution", answers) == {("levels", "constraint")}


@pytest.mark.parametrize(("day", "year"), [("2026-07-31", "2025-2026"), ("2026-08-01", "2026-2027")])
def test_the_school_year_begins_in_august(day: str, year: str) -> None:
    answers = {**institution(), "reference_date": day}
    assert judged("institution", answers).answers["school_year"] == year


@pytest.mark.parametrize(("status", "code"), [("2", "45"), ("3", "45"), ("4", "32")])
def test_an_institution_that_does_not_operate_ends_the_form(status: str, code: str) -> None:
    answers = institution(operating_status=status)
    answers["closing"] = {}
    verdict = judged("institution", answers)
    assert verdict.findings == ()
    assert verdict.answers["closing"]["result_code"] == code


def test_the_form_is_dated_no_later_than_the_day_it_is_filled() -> None:
    assert found("institution", institution(reported_on="2026-11-24")) == {("reported_on", "constraint")}
