"""Vietnamese dictionary order."""

from __future__ import annotations

import random

import pytest

from survey.reference.collation import sort_key

ORDERED = [
    ["a", "ă", "â", "b", "c", "d", "đ", "e", "ê", "g", "o", "ô", "ơ", "u", "ư", "y"],
    ["ma", "mà", "mả", "mã", "má", "mạ"],
    ["Long Mỹ", "Long Phú", "Long Phú 1", "Long Phú 2", "Long Phú 10", "Lương Tâm"],
    ["dân", "đan", "đàn", "đân"],
    ["hoa sen", "hoà an", "hòa mỹ", "hoả lựu"],
    ["Bảy", "BẢY A", "bảy b"],
]


@pytest.mark.parametrize("words", ORDERED, ids=lambda words: words[0])
def test_words_sort_as_in_a_vietnamese_dictionary(words: list[str]) -> None:
    shuffled = words.copy()
    random.Random(128).shuffle(shuffled)
    assert sorted(shuffled, key=sort_key) == words


def test_decomposed_and_composed_letters_have_the_same_key() -> None:
    assert sort_key("Ngã Bảy") == sort_key("Nga\u0303 Ba\u0309y")


def test_the_place_of_the_tone_mark_does_not_matter() -> None:
    assert sort_key("hoả") == sort_key("hỏa")
