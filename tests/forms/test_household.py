"""Phiếu số 1/KTXHS-HO: who is asked what, the draw of the respondent, ages, and how a visit ends."""

from __future__ import annotations

from collections import Counter
from copy import deepcopy
from datetime import date

import pytest

from survey.reference import retirement
from tests.forms.interviews import SELECTED, Answers, family, found, household, judged, member

DAY = date(2026, 11, 23)


def interview(answers: Answers) -> Answers:
    result: Answers = judged("household", answers).answers["interview"]
    return result


def result_code(answers: Answers) -> str:
    code: str = judged("household", answers).answers["closing"]["result_code"]
    return code


@pytest.mark.parametrize("sex", [1, 2])
def test_working_age_follows_the_decree_for_every_month_of_birth(sex: int) -> None:
    births = [(year, month) for year in range(1955, 2013) for month in [*range(1, 13), 98]]
    for start in range(0, len(births), 30):
        batch = births[start : start + 30]
        people = [
            member("A", year, month=month, sex=sex, relation=1 if i == 0 else 3)
            for i, (year, month) in enumerate(batch)
        ]
        for (year, month), row in zip(batch, interview(household(people))["member"], strict=True):
            known = None if month == 98 else month
            expected = retirement.working_age("male" if sex == 1 else "female", year, known, DAY)
            assert row["retirement_months"] == str(expected.retirement_months), (year, month)
            assert row["working_age"] == str(int(expected.in_working_age)), (year, month)
            assert row["age_months"] == str(expected.age_months)


def test_age_counts_from_the_reference_date_when_one_is_assigned() -> None:
    people = [member("A", 2008, month=10, relation=1)]
    assert interview(household(people))["member"][0]["age_months"] == "217"
    assert interview(household(people, reference_date="2026-07-01"))["member"][0]["age_months"] == "213"


def test_a_newborn_with_an_unknown_month_is_never_younger_than_zero() -> None:
    people = [member("A", 1980, relation=1), member("B", 2026, month=98)]
    early = interview(household(people, reference_date="2026-02-01"))["member"][1]
    assert early["age_months"] == "0"
    assert early["age_years"] == "0"


def test_a_birth_after_the_interview_is_refused() -> None:
    people = [member("A", 1980, relation=1), member("B", 2026, month=12)]
    assert ("birth_year", "constraint") in found("household", household(people))
    assert ("birth_year", "constraint") not in found("household", household([*people[:1], member("B", 2026, month=11)]))


def test_questions_follow_the_age_of_each_member() -> None:
    people = [
        member("A", 1970, relation=1),
        member("B", 2009, month=11),
        member("C", 2011, month=11),
        member("D", 2011, month=12),
    ]
    rows = interview(household(people))["member"]
    assert [("aged_15" in row, "aged_18" in row, "all_ages" in row) for row in rows] == [
        (True, True, True),
        (True, False, True),
        (True, False, True),
        (False, False, True),
    ]


def test_every_adult_is_drawn_equally_often_and_children_never() -> None:
    people = [*family(), member("E", 1990), member("F", 2020)]
    draws = 400
    drawn = Counter(
        interview(household(people, random=str((i + 0.5) / draws)))["selected_position"] for i in range(draws)
    )
    assert drawn == {"1": 100, "2": 100, "3": 100, "5": 100}
    assert interview(household(people))["eligible_count"] == "4"


def test_the_draw_is_kept_when_the_interview_is_opened_again() -> None:
    once = judged("household", household(random="")).answers
    again = judged("household", deepcopy(once)).answers
    assert once["selection_random"]
    assert again["selection_random"] == once["selection_random"]
    assert again["interview"]["selected_position"] == once["interview"]["selected_position"]


def test_what_is_sent_about_the_draw_is_recomputed() -> None:
    forged = household(random="0.4")
    forged["interview"]["selected_position"] = "1"
    assert interview(forged)["selected_position"] == "2"


def test_a_household_of_children_has_no_selected_respondent() -> None:
    kept = interview(household([member("A", 2013, relation=1), member("B", 2015)]))
    assert "selected" not in kept
    assert kept["eligible_count"] == "0"
    assert kept["selected_position"] == ""


def test_a_person_past_working_age_is_not_asked_about_training() -> None:
    people = [member("A", 1950, relation=1)]
    assert "training" not in interview(household(people))["selected"]["sp"]
    assert "training" in interview(household([member("A", 1990, relation=1)]))["selected"]["sp"]


def test_public_services_and_telehealth_are_for_adults_only() -> None:
    selected = deepcopy(SELECTED)
    answers = household([member("A", 2010, month=1, relation=1)])
    answers["interview"]["selected"] = selected
    person = interview(answers)["selected"]["sp"]
    assert "public_service" not in person
    assert "telehealth" not in person
    assert "training" in person


def test_a_selected_child_under_16_needs_a_guardian() -> None:
    answers = household([member("A", 2011, month=1, relation=1, answered_by="2")])
    assert ("guardian_consent", "required") in found("household", answers)
    assert "sp" not in interview(answers)["selected"]
    answers["interview"]["selected"] = {**SELECTED, "guardian_consent": "2"}
    assert "sp" not in interview(answers)["selected"]
    assert result_code(answers) == "12"
    answers["interview"]["selected"] = {**SELECTED, "guardian_consent": "1"}
    assert "sp" in interview(answers)["selected"]


def test_internet_use_told_by_a_proxy_is_asked_again_of_the_selected_person() -> None:
    own = interview(household([member("A", 1990, relation=1)]))["selected"]["sp"]["sp_internet_group"]
    assert "sp_internet_check" not in own
    assert own["sp_internet"] == "1"
    answers = household([member("A", 1990, relation=1, answered_by="2")])
    assert ("sp_internet_check", "required") in found("household", answers)
    answers["interview"]["selected"] = deepcopy(SELECTED)
    answers["interview"]["selected"]["sp"]["sp_internet_group"]["sp_internet_check"] = "2"
    person = interview(answers)["selected"]["sp"]
    assert person["sp_internet_group"]["sp_internet"] == "2"
    assert "security" not in person


def test_without_consent_to_sensitive_questions_none_of_them_is_asked() -> None:
    answers = household(consent_section={"consent": "1", "consent_sensitive": "2"})
    kept = interview(answers)
    assert all("all_ages" not in row and "bank_account" not in row.get("aged_15", {}) for row in kept["member"])
    assert "telehealth" not in kept["selected"]["sp"]
    assert "cashless" not in kept["selected"]["sp"]["sp_internet_group"]
    assert found("household", answers) == set()
    assert result_code(answers) == "11"


def test_a_member_on_whom_nothing_was_collected_makes_the_interview_partial() -> None:
    people = family()
    people[2]["answered_by"] = "9"
    answers = household(people)
    assert found("household", answers) == set()
    row = interview(answers)["member"][2]
    assert not {"all_ages", "aged_15", "aged_18"} & set(row)
    assert result_code(answers) == "12"
    assert interview(answers)["eligible_count"] == "3"


def test_an_interview_broken_off_before_anything_was_collected_is_a_break_off() -> None:
    people = family()
    for one in people:
        one["answered_by"] = "9"
    assert result_code(household(people)) == "26"


@pytest.mark.parametrize("status", ["3", "4", "5"])
def test_a_selected_person_who_does_not_answer_makes_the_interview_partial(status: str) -> None:
    answers = household()
    answers["interview"]["selected"] = {"sp_status": status}
    assert found("household", answers) == set()
    assert result_code(answers) == "12"


@pytest.mark.parametrize("contact", ["21", "22", "23", "24", "31", "32", "41", "42", "43", "44"])
def test_a_visit_without_a_meeting_ends_the_form_with_its_code(contact: str) -> None:
    answers = household(visit={"enumerator_code": "dtv01", "visit_no": "3", "contact": contact}, closing={})
    verdict = judged("household", answers)
    assert verdict.findings == ()
    assert verdict.answers["closing"]["result_code"] == contact
    assert "interview" not in verdict.answers
    assert "consent_section" not in verdict.answers


def test_a_refusal_is_a_result_and_not_an_error() -> None:
    answers = household(consent_section={"consent": "2", "refusal_reason": "2"}, closing={})
    verdict = judged("household", answers)
    assert verdict.findings == ()
    assert verdict.answers["closing"]["result_code"] == "21"
    assert "interview" not in verdict.answers


def test_silence_is_not_consent() -> None:
    answers = household(consent_section={})
    assert ("consent", "required") in found("household", answers)
    assert "interview" not in judged("household", answers).answers


def test_a_household_of_thirty_is_possible_and_one_above_fifteen_asks_for_confirmation() -> None:
    def of(size: int) -> set[tuple[str, str]]:
        return found("household", household([member("A", 1980, relation=1 if i == 0 else 8) for i in range(size)]))

    assert of(15) == set()
    assert of(16) == {("member_count", "warning")}
    assert of(30) == {("member_count", "warning")}
    assert ("member_count", "constraint") in of(31)


def test_only_the_first_line_is_the_head() -> None:
    people = family()
    people[1]["relationship"] = "1"
    assert found("household", household(people)) == {("relationship", "warning")}
    people = family()
    people[0]["relationship"] = "3"
    assert found("household", household(people)) == {("relationship", "warning")}


def test_fibre_coverage_is_asked_only_where_fibre_is_not_used() -> None:
    def kept(**answers: str) -> Answers:
        form = household()
        form["interview"]["household"] = {"member_count": "4", "devices": "5", **answers}
        part: Answers = interview(form)["household"]
        return part

    assert {"fibre_available", "fibre_no_reason"} & set(kept(fibre_used="1")) == set()
    assert "isp" in kept(fibre_used="1")
    assert {"fibre_available", "fibre_no_reason"} <= set(kept(fibre_used="2"))
    assert "fibre_no_reason" not in kept(fibre_used="8")
    assert "fibre_available" in kept(fibre_used="8")


def test_none_of_the_devices_excludes_the_devices() -> None:
    answers = household()
    answers["interview"]["household"]["devices"] = "1 5"
    assert found("household", answers) == {("devices", "constraint")}


def test_online_sales_of_a_household_business_cannot_exceed_its_retail_revenue() -> None:
    answers = household()
    answers["interview"]["business"] |= {"hb_online": "3", "hb_online_amount": "241"}
    assert found("household", answers) == {("hb_online_amount", "constraint")}
    answers["interview"]["business"]["hb_online_amount"] = "240"
    assert found("household", answers) == set()


def test_a_revenue_that_is_not_given_is_asked_as_a_range() -> None:
    answers = household()
    answers["interview"]["business"]["hb_retail_revenue"] = ""
    assert found("household", answers) == {("hb_retail_band", "required")}
    answers["interview"]["business"]["hb_retail_band"] = "98"
    assert found("household", answers) == set()


@pytest.mark.parametrize(
    ("phone", "good"),
    [("0912345678", True), ("02933961138", True), ("0112345678", False), ("091234567", False), ("+84912345678", False)],
)
def test_telephone_numbers_are_vietnamese(phone: str, good: bool) -> None:
    answers = household(closing={"main_informant": "1", "phone": phone})
    assert (("phone", "constraint") in found("household", answers)) is not good


def test_communes_are_offered_within_their_district_and_lead_to_the_present_unit() -> None:
    answers = household()
    answers["identification"] |= {"old_district": "935"}
    assert ("old_commune", "choice") in found("household", answers)
    kept = judged("household", household()).answers["identification"]
    assert (kept["present_commune"], kept["present_commune_name"], kept["area_type"]) == (
        "31321",
        "Phường Vị Thanh",
        "1",
    )


def test_an_assigned_form_locks_its_identification() -> None:
    evaluation = judged("household", household(assignment_code="HG-00123")).evaluation
    for name in ("old_district", "old_commune", "ea_code", "household_no"):
        assert evaluation.readonly(f"identification/{name}")
        assert not judged("household", household()).evaluation.readonly(f"identification/{name}")


def test_labels_speak_of_the_person_by_name_in_both_languages() -> None:
    evaluation = judged("household", household()).evaluation
    path = "interview/member[2]/aged_15/smartphone"
    assert evaluation.label(path, "vi") == "M1. Trần Thị Bình có điện thoại thông minh để sử dụng riêng không?"
    assert evaluation.label(path, "en") == "M1. Does Trần Thị Bình have a smartphone for personal use?"


def test_ages_do_not_depend_on_the_metadata_of_the_device() -> None:
    answers = household()
    answers |= {"today": "", "start": "", "end": ""}
    assert judged("household", answers).answers["reference_day"] == "2026-11-23"
    assert found("household", answers) == set()
