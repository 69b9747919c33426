"""Vietnamese dictionary order: syllable by syllable, letters before tones. Keys for `sorted`, nothing else."""

from __future__ import annotations

import functools
import re
import unicodedata

_LETTERS = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
_TONES = {"\u0300": 1, "\u0309": 2, "\u0303": 3, "\u0301": 4, "\u0323": 5}
_RANK = {letter: rank for rank, letter in enumerate(_LETTERS, start=1)}
_SYLLABLE = re.compile(r"\d+|[^\W\d_]+")

SortKey = tuple[tuple[int, tuple[int, ...], int], ...]


@functools.lru_cache(maxsize=4096)
def sort_key(text: str) -> SortKey:
    """Return a key that sorts strings as a Vietnamese dictionary does.

    Letters follow a ă â b c d đ e ê …; within equal letters the tones follow ngang, huyền, hỏi, ngã, sắc, nặng;
    whole numbers sort by value before letters.
    """
    return tuple(_syllable_key(part) for part in _SYLLABLE.findall(unicodedata.normalize("NFC", text).lower()))


def _syllable_key(part: str) -> tuple[int, tuple[int, ...], int]:
    if part.isdecimal():
        return (0, (int(part),), 0)
    tone, letters = 0, []
    for letter in part:
        marks = unicodedata.normalize("NFD", letter)
        tone = next((_TONES[mark] for mark in marks if mark in _TONES), tone)
        bare = unicodedata.normalize("NFC", "".join(mark for mark in marks if mark not in _TONES))
        letters.append(_RANK.get(bare, 100 + ord(bare[0])))
    return (1, tuple(letters), tone)
