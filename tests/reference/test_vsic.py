"""Both versions of VSIC level 1, the digital core and the size sectors."""

from __future__ import annotations

import itertools
from collections import Counter
from datetime import date

import pytest

from survey.errors import Problem
from survey.reference.datafile import csv_rows
from survey.reference.enterprise_size import SizeSector
from survey.reference.vsic import (
    VsicVersion,
    all_sections,
    digital_core,
    in_digital_core,
    section,
    sections,
    version_on,
)


def test_2018_has_sections_a_to_u_and_2025_has_a_to_v() -> None:
    assert "".join(each.code for each in sections("2018")) == "ABCDEFGHIJKLMNOPQRSTU"
    assert "".join(each.code for each in sections("2025")) == "ABCDEFGHIJKLMNOPQRSTUV"
    assert len(csv_rows("vsic_sections.csv")) == len(all_sections()) == 43


def test_letters_from_k_on_moved_between_the_versions() -> None:
    assert section("2018", "K").title.vi.startswith("Hoạt động tài chính")
    assert section("2025", "L").title.vi.startswith("Hoạt động tài chính")
    assert section("2018", "P").title.vi == section("2025", "Q").title.vi == "Giáo dục và đào tạo"
    assert section("2018", "Q").title.vi == section("2025", "R").title.vi == "Y tế và hoạt động trợ giúp xã hội"
    assert section("2025", "K").title.vi.startswith("Hoạt động viễn thông")


def test_only_the_2025_title_of_section_g_is_marked_as_unverified() -> None:
    assert [(each.version, each.code) for each in all_sections() if not each.title_verified] == [("2025", "G")]


def test_agriculture_industry_and_construction_are_sections_a_to_f() -> None:
    for each in all_sections():
        assert (each.size_sector is SizeSector.AGRICULTURE_INDUSTRY) is (each.code in "ABCDEF")


@pytest.mark.parametrize("version", VsicVersion)
def test_divisions_of_the_sections_do_not_overlap_and_rise(version: VsicVersion) -> None:
    bounds = [(each.first_division, each.last_division) for each in sections(version)]
    assert all(first <= last for first, last in bounds)
    assert all(before[1] < after[0] for before, after in itertools.pairwise(bounds))


@pytest.mark.parametrize(
    ("version", "code", "letter"),
    [
        ("2018", "J", "J"),
        ("2018", "6201", "J"),
        ("2025", "6201", "K"),
        ("2018", "J62.01", "J"),
        ("2018", " g4711 ", "G"),
        ("2025", "58", "J"),
        ("2018", "01", "A"),
        ("2018", "99", "U"),
        ("2025", "99", "V"),
    ],
)
def test_a_code_finds_its_section(version: str, code: str, letter: str) -> None:
    assert section(version, code).code == letter


@pytest.mark.parametrize(
    ("version", "code"),
    [("2018", "V"), ("2018", "W"), ("2018", "34"), ("2018", "K6201"), ("2025", "J62"), ("2018", ""), ("2007", "A")],
)
def test_a_code_that_the_version_does_not_have_is_a_problem(version: str, code: str) -> None:
    with pytest.raises(Problem) as caught:
        section(version, code)
    assert caught.value.code == "bad-value"


def test_the_digital_core_of_2018_is_the_customary_list_and_that_of_2025_is_a_proposal() -> None:
    codes = {v: [each.code for each in digital_core() if each.version is v] for v in VsicVersion}
    assert codes[VsicVersion.V2018] == ["26", "4651", "4652", "582", "61", "62", "63", "951"]
    assert all(each.proposed is (each.version is VsicVersion.V2025) for each in digital_core())
    assert Counter(each.version for each in digital_core()) == {VsicVersion.V2018: 8, VsicVersion.V2025: 7}


def test_core_classes_lie_in_the_section_they_name() -> None:
    for each in digital_core():
        assert section(each.version, each.code).code == each.section


@pytest.mark.parametrize(
    ("code", "core"),
    [("C2610", True), ("4651", True), ("4659", False), ("J6201", True), ("5811", False), ("5820", True), ("J", False)],
)
def test_a_class_is_core_by_the_digits_it_starts_with(code: str, core: bool) -> None:
    assert in_digital_core("2018", code) is core


def test_the_version_in_force_changes_on_15_november_2025() -> None:
    assert version_on(date(2025, 11, 14)) is VsicVersion.V2018
    assert version_on(date(2025, 11, 15)) is VsicVersion.V2025
