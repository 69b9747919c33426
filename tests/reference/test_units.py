"""The administrative facts: sums, the map, look-ups by date, search and order."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from datetime import date

import pytest

from survey.errors import Problem
from survey.reference import geometry, units
from survey.reference.datafile import csv_rows
from survey.reference.units import MERGER, UnitKind

BEFORE = date(2025, 6, 30)
AFTER = date(2025, 7, 1)

DISTRICTS = {
    # code: name, wards, townships, communes
    "930": ("Thành phố Vị Thanh", 5, 0, 4),
    "931": ("Thành phố Ngã Bảy", 4, 0, 2),
    "932": ("Huyện Châu Thành A", 0, 4, 6),
    "933": ("Huyện Châu Thành", 0, 2, 6),
    "934": ("Huyện Phụng Hiệp", 0, 3, 12),
    "935": ("Huyện Vị Thuỷ", 0, 1, 9),
    "936": ("Huyện Long Mỹ", 0, 1, 7),
    "937": ("Thị xã Long Mỹ", 4, 0, 5),
}


def test_the_eight_districts_hold_the_wards_townships_and_communes_of_the_official_list() -> None:
    found = {}
    for district in units.districts():
        kinds = Counter(unit.kind for unit in units.old_communes_in(district.code))
        found[district.code] = (
            district.name,
            kinds[UnitKind.WARD],
            kinds[UnitKind.TOWNSHIP],
            kinds[UnitKind.COMMUNE],
        )
    assert found == DISTRICTS


def test_seventy_five_old_communes_are_thirteen_wards_eleven_townships_and_fifty_one_communes() -> None:
    kinds = Counter(unit.kind for unit in units.old_communes())
    assert kinds == {UnitKind.WARD: 13, UnitKind.TOWNSHIP: 11, UnitKind.COMMUNE: 51}
    assert len({unit.code for unit in units.old_communes()}) == 75
    assert sum(unit.urban for unit in units.old_communes()) == 24


def test_twenty_eight_present_units_are_seven_wards_and_twenty_one_communes() -> None:
    kinds = Counter(unit.kind for unit in units.present_units())
    assert kinds == {UnitKind.WARD: 7, UnitKind.COMMUNE: 21}
    assert len({unit.code for unit in units.present_units()}) == 28
    assert {unit.code for unit in units.present_units() if unit.urban} == {
        "31321",
        "31333",
        "31340",
        "31411",
        "31471",
        "31473",
        "31480",
    }


def test_codes_are_five_digits_of_the_province_and_kinds_start_the_names() -> None:
    for unit in (*units.old_communes(), *units.present_units()):
        assert len(unit.code) == 5
        assert unit.code.startswith("31")
        assert unit.name.lower().startswith(unit.kind.value)
        assert units.bare_name(unit)
        assert not units.bare_name(unit).lower().startswith(unit.kind.value)


def test_the_map_takes_every_old_commune_once_and_reaches_every_present_unit() -> None:
    mapped = units.unit_map()
    assert len(csv_rows("unit_map.csv")) == len(mapped) == 75
    assert {code for code, _ in mapped} == {unit.code for unit in units.old_communes()}
    assert {code for code, _ in mapped.values()} == {unit.code for unit in units.present_units()}
    assert {valid_from for _, valid_from in mapped.values()} == {MERGER}
    assert {row["merged"] for row in csv_rows("unit_map.csv")} == {"in full"}


def test_old_communes_and_present_units_answer_each_other() -> None:
    back = [old for unit in units.present_units() for old in units.old_communes_of(unit.code)]
    assert sorted(unit.code for unit in back) == sorted(unit.code for unit in units.old_communes())
    for unit in units.present_units():
        assert 2 <= len(units.old_communes_of(unit.code)) <= 4
        assert {units.present_unit_of(old.code) for old in units.old_communes_of(unit.code)} == {unit}


def test_a_present_unit_keeps_the_code_of_one_of_its_old_communes() -> None:
    for unit in units.present_units():
        assert unit.code in {old.code for old in units.old_communes_of(unit.code)}


def test_only_dong_phuoc_and_vinh_thuan_dong_cross_old_districts() -> None:
    crossing = {unit.name: unit.district_codes for unit in units.present_units() if len(unit.district_codes) > 1}
    assert crossing == {"Xã Đông Phước": ("932", "933"), "Xã Vĩnh Thuận Đông": ("935", "936")}


def test_nine_present_communes_hold_an_old_township_and_five_wards_hold_old_communes() -> None:
    def holds(unit: units.PresentUnit, kind: UnitKind) -> bool:
        return any(old.kind is kind for old in units.old_communes_of(unit.code))

    present = units.present_units()
    assert sum(holds(unit, UnitKind.TOWNSHIP) for unit in present if not unit.urban) == 9
    assert sum(holds(unit, UnitKind.COMMUNE) for unit in present if unit.urban) == 5


def test_the_same_code_names_different_areas_before_and_after_the_merger() -> None:
    before, after = units.commune("31333", on=BEFORE), units.commune("31333", on=AFTER)
    assert (before.name, before.kind) == ("Xã Vị Tân", UnitKind.COMMUNE)
    assert (after.name, after.kind) == ("Phường Vị Tân", UnitKind.WARD)
    assert not before.urban
    assert after.urban
    assert before.valid_until == after.valid_from == MERGER


def test_some_codes_change_meaning_to_a_place_with_another_name() -> None:
    changed = {u.code for u in units.present_units() if units.old_commune(u.code).name != u.name}
    assert "31342" in changed
    assert units.commune("31342", on=BEFORE).name == "Thị trấn Một Ngàn"
    assert units.commune("31342", on=AFTER).name == "Xã Tân Hòa"


@pytest.mark.parametrize(
    ("code", "on"),
    [("31318", AFTER), ("00001", BEFORE), ("", AFTER), ("31321", date(2020, 1, 1))],
)
def test_a_code_that_no_unit_carried_on_the_date_is_a_problem_that_names_it(code: str, on: date) -> None:
    with pytest.raises(Problem) as caught:
        units.commune(code, on=on)
    assert caught.value.code == "unknown-commune"
    assert caught.value.details["code"] == code


def test_every_look_up_refuses_an_unknown_code() -> None:
    for look_up in (
        units.district,
        units.old_commune,
        units.present_unit,
        units.present_unit_of,
        units.old_communes_of,
        units.old_communes_in,
        geometry.boundary,
    ):
        with pytest.raises(Problem, match="99999"):
            look_up("99999")


def test_search_ignores_accents_case_and_the_place_of_the_tone() -> None:
    assert [unit.name for unit in units.search("HOA LUU", on=BEFORE)] == ["Xã Hoả Lựu"]
    assert [unit.name for unit in units.search("hỏa lựu", on=AFTER)] == ["Xã Hỏa Lựu"]
    assert [unit.name for unit in units.search("Dong Phuoc", on=BEFORE)] == ["Xã Đông Phước", "Xã Đông Phước A"]
    assert [unit.code for unit in units.search("31489", on=BEFORE)] == ["31489"]


def test_search_puts_the_exact_name_first_and_finds_nothing_for_nothing() -> None:
    names = [unit.name for unit in units.search("thanh", on=BEFORE)]
    assert names[0] == "Xã Thạnh Hòa"
    assert "Phường Hiệp Thành" in names
    assert units.search("  ", on=BEFORE) == ()
    assert units.search("Cà Mau", on=AFTER) == ()


def test_units_sort_in_vietnamese_order_without_their_kind() -> None:
    names = [units.bare_name(unit) for unit in units.in_name_order(units.present_units())]
    assert names[:3] == ["Châu Thành", "Đại Thành", "Đông Phước"]
    assert names.index("Phụng Hiệp") < names.index("Phương Bình")
    assert names.index("Vị Thanh") < names.index("Vị Thanh 1") < names.index("Vị Thủy") < names.index("Vĩnh Tường")


def test_areas_sum_to_the_province_and_seats_lie_inside_the_outline() -> None:
    assert sum(unit.area_km2 for unit in units.present_units()) == pytest.approx(1621.7, abs=1.0)
    west, south, east, north = geometry.extent()
    for unit in units.present_units():
        assert west < unit.longitude < east
        assert south < unit.latitude < north
        assert unit.seat.strip(".") == unit.seat
        assert len(unit.seat) > 5


def _area_km2(polygon: geometry.Polygon) -> float:
    def ring_area(ring: geometry.Ring) -> float:
        scale = math.cos(math.radians(9.8)) * 111.32 * 110.57
        pairs = itertools.pairwise(ring)
        return abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in pairs)) / 2 * scale

    return ring_area(polygon[0]) - sum(ring_area(hole) for hole in polygon[1:])


def test_boundaries_are_closed_and_have_the_area_of_their_unit() -> None:
    assert set(geometry.boundaries()) == {unit.code for unit in units.present_units()}
    for unit in units.present_units():
        polygons = geometry.boundary(unit.code)
        assert all(ring[0] == ring[-1] and len(ring) >= 4 for polygon in polygons for ring in polygon)
        assert sum(map(_area_km2, polygons)) == pytest.approx(unit.area_km2, rel=0.02)


def test_the_outline_is_the_union_of_the_boundaries_and_the_credit_is_kept() -> None:
    total = sum(_area_km2(polygon) for polygons in geometry.boundaries().values() for polygon in polygons)
    assert _area_km2(geometry.outline()) == pytest.approx(total, rel=1e-3)
    assert "sapnhap.bando.com.vn" in geometry.CREDIT.vi
    assert "MIT" in geometry.CREDIT.en
