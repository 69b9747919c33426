"""Plan 128 against its own wording: a table of the 17 names and 34 targets as the plan prints them."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from survey.errors import Problem
from survey.reference import indicator_sheet
from survey.reference.plan import (
    Ages,
    DefinitionStatus,
    Group,
    Instrument,
    Level,
    Operator,
    UnknownAnswer,
    indicator,
    indicators,
    plan,
)

FOUR = "hoàn thiện được mô hình quản trị số, hoạt động số, chuẩn hóa dữ liệu số, kho học liệu số mở"
ACCOUNT = "Tỷ lệ dân số từ 15 tuổi trở lên có tài khoản giao dịch thanh toán tại ngân hàng hoặc tổ chức được phép khác"
HEALTH = "Tỷ lệ dân số trưởng thành dùng dịch vụ tư vấn sức khỏe trực tuyến, khám chữa bệnh từ xa"
SAME = ""

# id: (name for 2025, wording for 2025, name for 2030 where it differs, wording for 2030)
WORDING = {
    "KT1": ("Tỷ trọng kinh tế số trong GRDP", "đạt 20%", SAME, "đạt 30%"),
    "KT2": ("Tỷ trọng kinh tế số trong từng ngành, lĩnh vực", "đạt tối thiểu 10%", SAME, "đạt tối thiểu 20%"),
    "KT3": (
        "Tỷ trọng thương mại điện tử trong tổng mức bán lẻ",
        "đạt trên 10%",
        "Tỷ lệ thương mại điện tử trong tổng mức bán lẻ",
        "đạt trên 20%",
    ),
    "KT4": (
        "Tỷ lệ doanh nghiệp sử dụng hợp đồng điện tử",
        "đạt trên 80%",
        "Tỷ lệ doanh nghiệp sử dụng nền tảng hợp đồng điện tử",
        "đạt 100%",
    ),
    "KT5": ("Tỷ lệ doanh nghiệp nhỏ và vừa sử dụng nền tảng số", "đạt trên 50%", SAME, "đạt trên 70%"),
    "KT6": ("Tỷ lệ nhân lực lao động kinh tế số trong lực lượng lao động", "đạt trên 2%", SAME, "đạt trên 3%"),
    "XH1": ("Tỷ lệ dân số trưởng thành có điện thoại thông minh", "đạt 80%", SAME, "đạt 95%"),
    "XH2": (ACCOUNT, "đạt 80%", SAME, "đạt trên 95%"),
    "XH3": (
        "Tỷ lệ dân số trưởng thành có chữ ký số hoặc chữ ký điện tử cá nhân",
        "đạt trên 50%",
        SAME,
        "đạt trên 70%",
    ),
    "XH4": (
        "Tỷ lệ người dân trong độ tuổi lao động được đào tạo kỹ năng số cơ bản",
        "đạt trên 70%",
        SAME,
        "đạt trên 80%",
    ),
    "XH5": ("Tỷ lệ hộ gia đình được phủ mạng Internet băng rộng cáp quang", "đạt 80%", SAME, "đạt 100%"),
    "XH6": ("Tỷ lệ người dân kết nối mạng được bảo vệ ở mức cơ bản", "đạt trên 70%", SAME, "đạt trên 80%"),
    "XH7": (
        "Tỷ lệ dân số trưởng thành có sử dụng dịch vụ công trực tuyến",
        "đạt trên 50%",
        "Tỷ lệ dân số trưởng thành dùng dịch vụ công trực tuyến",
        "đạt trên 70%",
    ),
    "XH8": (HEALTH, "đạt trên 30%", SAME, "đạt trên 50%"),
    "XH9": ("Tỷ lệ người dân có hồ sơ sức khỏe điện tử", "đạt 90%", SAME, "đạt trên 95%"),
    "XH10": (f"Tỷ lệ cơ sở đào tạo đại học, cao đẳng, giáo dục nghề nghiệp {FOUR}", "đạt 80%", SAME, "đạt 100%"),
    "XH11": (f"Tỷ lệ cơ sở giáo dục từ tiểu học đến trung học phổ thông {FOUR}", "đạt 70%", SAME, "đạt 100%"),
}


def _read(wording: str) -> tuple[Operator, Decimal]:
    match = re.fullmatch(r"đạt (trên |tối thiểu |)(\d+)%", wording)
    assert match, wording
    return (Operator.ABOVE if match[1] == "trên " else Operator.AT_LEAST), Decimal(match[2])


def test_the_plan_has_six_economic_and_eleven_social_indicators_in_its_order() -> None:
    assert [each.id for each in indicators()] == list(WORDING)
    assert [each.group for each in indicators()] == [Group.ECONOMY] * 6 + [Group.SOCIETY] * 11
    assert (plan().number, plan().issued_on) == ("128/KH-UBND", date(2022, 7, 4))


@pytest.mark.parametrize("indicator_id", WORDING)
def test_names_and_targets_are_those_of_the_plan_in_both_years(indicator_id: str) -> None:
    name_2025, wording_2025, other_name, wording_2030 = WORDING[indicator_id]
    expected = [(2025, name_2025, wording_2025), (2030, other_name or name_2025, wording_2030)]
    for target, (year, name, wording) in zip(indicator(indicator_id).targets, expected, strict=True):
        assert (target.year, target.name.vi, target.wording.vi) == (year, name, wording)
        assert (target.operator, target.percent) == _read(wording)


def test_the_operator_changes_between_the_years_where_the_wording_does() -> None:
    changing = {each.id for each in indicators() if len({target.operator for target in each.targets}) == 2}
    assert changing == {"XH2", "XH9", "KT4"}
    for indicator_id in ("XH2", "XH9"):
        assert indicator(indicator_id).target(2025).operator is Operator.AT_LEAST
        assert indicator(indicator_id).target(2030).operator is Operator.ABOVE


def test_only_kt4_measures_something_else_in_2030() -> None:
    assert [each.id for each in indicators() if each.wording_changes] == ["KT4"]
    assert indicator("KT4").headline(2025).id == "any"
    assert indicator("KT4").headline(2030).id == "platform"


def test_the_later_target_is_never_the_easier_one() -> None:
    for each in indicators():
        assert each.target(2030).percent > each.target(2025).percent


@pytest.mark.parametrize("indicator_id", WORDING)
def test_exactly_the_target_meets_at_least_and_fails_above(indicator_id: str) -> None:
    for target in indicator(indicator_id).targets:
        at_least = target.operator is Operator.AT_LEAST
        assert target.met_by(target.percent) is at_least
        assert target.met_by_share(float(target.percent) / 100) is at_least
        assert target.met_by_share(target.percent / 100) is at_least
        assert target.met_by(target.percent + Decimal("1e-20"))
        assert not target.met_by(target.percent - Decimal("1e-20"))


def test_values_are_compared_unrounded() -> None:
    assert not indicator("XH1").target(2025).met_by(79.9999)
    assert indicator("XH3").target(2025).met_by(50.0001)


@pytest.mark.parametrize("denominator", [7, 20, 100, 1000, 3000])
def test_a_share_of_counts_is_judged_as_exact_fractions_are(denominator: int) -> None:
    for each in indicators():
        for target in each.targets:
            bound = Fraction(target.percent) / 100
            for count in range(denominator + 1):
                exact = Fraction(count, denominator)
                wanted = exact > bound if target.operator is Operator.ABOVE else exact >= bound
                assert target.met_by_share(count / denominator) is wanted


def test_kt1_and_kt2_are_judged_by_the_released_figure_and_only_estimated_experimentally() -> None:
    assert [each.id for each in indicators() if each.experimental] == ["KT1", "KT2"]
    for each in (indicator("KT1"), indicator("KT2")):
        for year in (2025, 2030):
            assert each.headline(year).instrument is Instrument.OFFICIAL
            assert not each.headline(year).experimental
            assert each.survey_headline(year).experimental
            assert each.survey_headline(year).from_survey


def test_every_other_indicator_is_judged_by_its_survey_variant() -> None:
    for each in indicators():
        if not each.experimental:
            for year in (2025, 2030):
                assert each.survey_headline(year) is each.headline(year)
                assert each.headline(year).from_survey


def test_only_kt2_has_a_value_per_sector() -> None:
    assert {each.id: each.vector for each in indicators() if each.vector} == {"KT2": "vsic-section"}


def test_levels_sources_and_ages_are_those_of_the_definitions() -> None:
    found = {each.id: each.survey_headline(2025) for each in indicators()}
    household_members = {"KT6", "XH1", "XH2", "XH3", "XH9"}
    selected = {"XH4", "XH6", "XH7", "XH8"}
    for indicator_id, variant in found.items():
        if indicator_id in household_members:
            assert variant.level is Level.MEMBER
        elif indicator_id in selected:
            assert variant.level is Level.SELECTED_RESPONDENT
    assert found["XH5"].level is Level.HOUSEHOLD
    assert {found[each].level for each in ("KT1", "KT2", "KT3", "KT4", "KT5")} == {Level.ENTERPRISE}
    assert {found[each].level for each in ("XH10", "XH11")} == {Level.INSTITUTION}
    assert {each for each, v in found.items() if v.ages is Ages.FROM_18} == {"XH1", "XH3", "XH7", "XH8"}
    assert {each for each, v in found.items() if v.ages is Ages.FROM_15} == {"KT6", "XH2", "XH6"}
    assert found["XH4"].ages is Ages.WORKING_AGE
    assert found["XH9"].ages is Ages.ALL


def test_a_member_question_is_about_persons_and_other_levels_are_not_unless_selected() -> None:
    for each in indicators():
        for variant in each.variants:
            personal = variant.level in (Level.MEMBER, Level.SELECTED_RESPONDENT)
            assert (variant.ages is not Ages.NONE) is personal, (each.id, variant.id)


def test_indicators_without_an_official_definition_say_so() -> None:
    assert indicator("XH6").status is DefinitionStatus.PROPOSED
    assert "Không tìm thấy định nghĩa chính thức" in indicator("XH6").definition_source.vi
    assert {each.id for each in indicators() if each.status is DefinitionStatus.OFFICIAL} == {"KT1"}
    assert indicator("XH5").variant("subscribed").status is DefinitionStatus.OFFICIAL


def test_not_knowing_counts_as_no_only_where_the_definition_is_about_knowing() -> None:
    counted = {each.id for each in indicators() if each.headline(2025).unknown_answer is UnknownAnswer.COUNTS_AS_NO}
    assert counted == {"XH3", "XH6", "XH9"}


@pytest.mark.parametrize(
    ("indicator_id", "variants"),
    [
        ("KT3", {"supply", "demand"}),
        ("KT4", {"any", "platform"}),
        ("KT5", {"voluntary", "any"}),
        ("KT6", {"narrow", "wide"}),
        ("XH2", {"wide", "narrow"}),
        ("XH3", {"personal", "with-public-service", "certificate"}),
        ("XH5", {"covered", "ready", "subscribed"}),
        ("XH7", {"own-account", "self", "assisted", "others"}),
    ],
)
def test_both_readings_of_an_open_definition_are_there(indicator_id: str, variants: set[str]) -> None:
    assert {variant.id for variant in indicator(indicator_id).variants} == variants


def test_variant_ids_are_unique_and_headlines_exist() -> None:
    for each in indicators():
        ids = [variant.id for variant in each.variants]
        assert len(ids) == len(set(ids))
        assert {target.variant for target in each.targets} <= set(ids)
        assert each.questions
        assert all(re.fullmatch(r"(H|TV|HKD|DN|GD)-[A-Z]?\d+", code) for code in each.questions)


def test_an_unknown_indicator_year_or_variant_is_a_problem_that_names_it() -> None:
    for call in (
        lambda: indicator("KT7"),
        lambda: indicator("KT1").target(2027),
        lambda: indicator("KT4").variant("x"),
    ):
        with pytest.raises(Problem) as caught:
            call()
        assert caught.value.code == "bad-value"


def test_the_indicators_document_is_what_the_data_say() -> None:
    document = Path(__file__).parents[2] / "docs" / "indicators.md"
    assert document.read_text(encoding="utf-8") == indicator_sheet.markdown(), (
        "run: python -m survey.reference.indicator_sheet > docs/indicators.md"
    )
