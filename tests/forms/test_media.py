"""The media lists of the instruments say what the reference data say."""

from __future__ import annotations

import csv

from survey.reference import units
from tests.forms.interviews import FORMS


def rows(name: str) -> list[dict[str, str]]:
    with (FORMS / "media" / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_districts_are_the_eight_of_the_former_province() -> None:
    assert [(row["name"], row["label"]) for row in rows("old_districts.csv")] == [
        (one.code, one.name) for one in units.districts()
    ]


def test_old_communes_lead_to_their_district_and_present_unit() -> None:
    listed = {row["name"]: row for row in rows("old_communes.csv")}
    assert len(listed) == 75
    for one in units.old_communes():
        present = units.present_unit_of(one.code)
        row = listed[one.code]
        assert (row["label"], row["district"]) == (one.name, one.district_code)
        assert (row["present_code"], row["present_label"]) == (present.code, present.name)
        assert row["area_type"] == ("1" if one.urban else "2")
        assert row["present_area_type"] == ("1" if present.urban else "2")


def test_present_communes_are_the_28() -> None:
    assert {(row["name"], row["label"], row["area_type"]) for row in rows("present_communes.csv")} == {
        (one.code, one.name, "1" if one.urban else "2") for one in units.present_units()
    }
