"""Every text of the reference data: normal form, diacritics, both languages."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from importlib import resources
from typing import Any

import pytest

from survey.reference.datafile import csv_rows, json_document
from survey.reference.wording import Wording

FILES = sorted(entry.name for entry in (resources.files("survey.reference") / "data").iterdir())
CSV_ROWS = {
    "benchmarks.csv": 34,
    "digital_core_classes.csv": 15,
    "enterprise_size.csv": 6,
    "frame_columns.csv": 37,
    "old_communes.csv": 75,
    "old_districts.csv": 8,
    "present_units.csv": 28,
    "registered_population.csv": 28,
    "retirement_by_birth.csv": 25,
    "retirement_by_year.csv": 16,
    "unit_map.csv": 75,
    "vsic_sections.csv": 43,
}
ALLOWED_IN_ENGLISH = re.compile(r"\d+/(\d+/)?(QĐ-\w+|NĐ-CP|TT-\w+|QH\d+)|Hậu Giang|xã Hỏa Lựu|xã Lương Tâm|Xã Hỏa Lựu")


def _pairs(node: Any) -> Iterator[tuple[str, str]]:
    if isinstance(node, dict):
        if set(node) == {"vi", "en"}:
            yield node["vi"], node["en"]
        for child in node.values():
            yield from _pairs(child)
    elif isinstance(node, list):
        for child in node:
            yield from _pairs(child)


def _bilingual() -> list[tuple[str, str]]:
    pairs = list(_pairs(json_document("plan128.json")))
    for name, stem in (
        ("vsic_sections.csv", "title"),
        ("digital_core_classes.csv", "title"),
        ("benchmarks.csv", "note"),
    ):
        pairs += [(row[f"{stem}_vi"], row[f"{stem}_en"]) for row in csv_rows(name) if row[f"{stem}_vi"]]
    return pairs


def _has_marks(text: str) -> bool:
    return any(c in "đĐ" or unicodedata.normalize("NFD", c) != c for c in text)


def test_every_csv_file_has_its_number_of_rows() -> None:
    assert {name: len(csv_rows(name)) for name in FILES if name.endswith(".csv")} == CSV_ROWS


@pytest.mark.parametrize("name", FILES)
def test_files_are_in_normal_form_c_without_invisible_characters(name: str) -> None:
    text = (resources.files("survey.reference") / "data" / name).read_text(encoding="utf-8")
    assert unicodedata.is_normalized("NFC", text)
    assert not set(text) & set("\u00a0\u200b\u200e\ufeff\t\r")


def test_every_vietnamese_text_carries_its_diacritics() -> None:
    assert len(_bilingual()) > 400
    bare = {vi for vi, _ in _bilingual() if not _has_marks(vi)}
    assert bare == set()


def test_every_text_has_an_english_half_without_vietnamese_left_in_it() -> None:
    for vi, en in _bilingual():
        assert vi
        assert en
        assert (vi.strip(), en.strip()) == (vi, en)
        rest = ALLOWED_IN_ENGLISH.sub("", en)
        assert not [word for word in re.findall(r"[^\W\d_]+", rest) if _has_marks(word)], en


def test_names_of_old_and_present_units_carry_their_diacritics() -> None:
    for name in ("old_districts.csv", "old_communes.csv", "present_units.csv"):
        assert all(_has_marks(row["name"]) for row in csv_rows(name))


def test_a_wording_gives_english_only_for_english_locales() -> None:
    wording = Wording("hộ", "household")
    assert [wording.in_language(locale) for locale in ("vi", "en", "en_US", "fr", "")] == [
        "hộ",
        "household",
        "household",
        "hộ",
        "hộ",
    ]
