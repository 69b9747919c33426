"""Phiếu số 2/KTXHS-DN: status, size inputs, contracts, platforms, value added, retail shares."""

from __future__ import annotations

import pytest
from stdnum.vn import mst

from tests.forms.interviews import enterprise, found, judged


def interview(**changes: str) -> dict[str, dict[str, object]]:
    kept: dict[str, dict[str, object]] = judged("enterprise", enterprise(**changes)).answers["interview"]
    return kept


@pytest.mark.parametrize(("status", "code"), [("2", "45"), ("3", "45"), ("4", "32")])
def test_an_enterprise_that_is_not_active_ends_the_form(status: str, code: str) -> None:
    answers = enterprise(operating_status=status)
    answers["closing"] = {}
    verdict = judged("enterprise", answers)
    assert verdict.findings == ()
    assert verdict.answers["closing"]["result_code"] == code
    assert "interview" not in verdict.answers


def test_a_refusal_is_a_result() -> None:
    answers = enterprise(consent="2")
    answers["closing"] = {}
    answers["consent_section"]["refusal_reason"] = "1"
    verdict = judged("enterprise", answers)
    assert verdict.findings == ()
    assert verdict.answers["closing"]["result_code"] == "21"


def test_an_enumerator_records_how_the_contact_ended() -> None:
    answers = enterprise(response_mode="2")
    assert {("enumerator_code", "required"), ("contact", "required")} <= found("enterprise", answers)
    answers["visit"] |= {"enumerator_code": "dtv02", "contact": "22"}
    answers["closing"] = {}
    verdict = judged("enterprise", answers)
    assert verdict.findings == ()
    assert verdict.answers["closing"]["result_code"] == "22"


@pytest.mark.parametrize("number", ["0100109106", "0100112437", "0102737963", "0312345670", "0100109106-001"])
def test_the_check_digit_of_a_tax_number_agrees_with_the_known_algorithm(number: str) -> None:
    wrong = ("tax_code", "warning") in found("enterprise", enterprise(tax_code=number))
    compact = number.replace("-", "")[:10]
    assert wrong is (mst.calc_check_digit(compact[:9]) != compact[9])


@pytest.mark.parametrize("number", ["079203001234", "093301000001"])
def test_personal_numbers_serve_as_tax_numbers_without_a_check_digit(number: str) -> None:
    assert found("enterprise", enterprise(tax_code=number)) == set()


@pytest.mark.parametrize("number", ["123", "01001091060", "0100109106-1", "01001O9106", "0100109106001"])
def test_other_tax_numbers_are_refused(number: str) -> None:
    assert ("tax_code", "constraint") in found("enterprise", enterprise(tax_code=number))


@pytest.mark.parametrize(("version", "section", "code", "unlikely"), [
    ("2018", "2018J", "6201", False), ("2025", "2025K", "6201", False), ("2025", "2025J", "6201", True),
    ("2018", "2018K", "6201", True), ("2025", "2025A", "0111", False), ("2025", "2025G", "0000", False),
    ("2025", "2025Q", "8531", False), ("2018", "2018P", "8531", False), ("2018", "2018Q", "8531", True),
])  # fmt: skip
def test_a_class_outside_its_section_asks_for_confirmation(
    version: str, section: str, code: str, unlikely: bool
) -> None:
    answers = enterprise(vsic_version=version, vsic_section=section, vsic_class=code)
    assert (("vsic_class", "warning") in found("enterprise", answers)) is unlikely


def test_the_sections_offered_are_those_of_the_version_chosen() -> None:
    evaluation = judged("enterprise", enterprise(vsic_version="2018")).evaluation
    offered = evaluation.choices("interview/enterprise/vsic_section")
    assert len(offered) == 21
    assert {choice.value[:4] for choice in offered} == {"2018"}
    assert ("vsic_section", "choice") in found("enterprise", enterprise(vsic_version="2018"))


@pytest.mark.parametrize(
    ("section", "sector"), [("2025A", "1"), ("2025F", "1"), ("2025G", "2"), ("2018C", "1"), ("2018S", "2")]
)
def test_the_sector_of_the_size_rule_follows_from_the_section(section: str, sector: str) -> None:
    kept = interview(vsic_version=section[:4], vsic_section=section)
    assert kept["enterprise"]["nd80_sector"] == sector


def test_figures_that_cannot_be_given_are_asked_as_ranges() -> None:
    answers = enterprise(revenue="", capital="")
    assert {("revenue_band", "required"), ("capital_band", "required")} <= found("enterprise", answers)
    answers["interview"]["enterprise"] |= {"revenue_band": "6", "capital_band": "99"}
    assert found("enterprise", answers) == set()


def test_revenue_ten_times_last_year_asks_for_confirmation() -> None:
    answers = {**enterprise(), "previous_revenue": "11999"}
    assert ("revenue", "warning") in found("enterprise", answers)
    assert found("enterprise", {**enterprise(), "previous_revenue": "12001"}) == set()
    assert ("revenue", "warning") in found("enterprise", {**enterprise(), "previous_revenue": "1300000"})


def test_value_added_adds_its_four_parts_and_losses_count() -> None:
    assert interview()["finance"]["accounts"]["value_added"] == "8950"  # type: ignore[index]
    kept = interview(profit="-9000")["finance"]["accounts"]
    assert kept["value_added"] == "-2150"  # type: ignore[index]


@pytest.mark.parametrize("source", ["8", "9"])
def test_an_enterprise_without_accounts_is_a_partial_answer(source: str) -> None:
    answers = enterprise(va_source=source)
    verdict = judged("enterprise", answers)
    assert verdict.findings == ()
    assert "accounts" not in verdict.answers["interview"]["finance"]
    assert verdict.answers["closing"]["result_code"] == "12"


def test_the_three_online_channels_add_up_to_at_most_all_of_retail() -> None:
    assert found("enterprise", enterprise(share_website="0", share_marketplace="60.5", share_social="39.5")) == set()
    over = found("enterprise", enterprise(share_website="0.1", share_marketplace="60.5", share_social="39.5"))
    assert over == {(name, "constraint") for name in ("share_website", "share_marketplace", "share_social")}


def test_the_share_of_e_commerce_is_shown_as_it_adds_up() -> None:
    sales = interview()["retail_section"]["retail_sales"]
    assert sales["ecommerce_share"] == "20"  # type: ignore[index]


def test_details_of_contracts_are_asked_only_of_those_who_have_them() -> None:
    assert {"econtract_partners", "econtract_means", "econtract_share"} & set(
        interview(econtract="2")["digital"]
    ) == set()


def test_no_platform_excludes_the_platforms() -> None:
    assert ("platforms", "constraint") in found("enterprise", enterprise(platforms="1 14"))


def test_a_contract_platform_that_is_not_among_the_platforms_asks_for_confirmation() -> None:
    assert found("enterprise", enterprise(platforms="1 2 3")) == {("platforms", "warning")}


def test_the_old_communes_offered_are_those_of_the_present_one() -> None:
    assert ("old_commune", "choice") in found("enterprise", enterprise(old_commune="31366"))
