"""Made-up names, addresses and phones for the synthetic round. Any likeness to real people is chance."""

from __future__ import annotations

import functools
import json
import random
from importlib import resources
from typing import Any


@functools.cache
def _words() -> dict[str, Any]:
    content: dict[str, Any] = json.loads(
        (resources.files("survey.pipeline.synthetic") / "names.json").read_text(encoding="utf-8")
    )
    return content


def person_name(rng: random.Random, sex: int) -> str:
    """Return a full name; `sex` is coded as in the questionnaire."""
    words, key = _words(), str(sex)
    return f"{rng.choice(words['family'])} {rng.choice(words['middle'][key])} {rng.choice(words['given'][key])}"


def hamlet(rng: random.Random, *, urban: bool) -> str:
    """Return a hamlet or urban neighbourhood."""
    return f"Khu vực {rng.randint(1, 9)}" if urban else f"Ấp {rng.choice(_words()['hamlets'])}"


def address(rng: random.Random, *, urban: bool) -> str:
    """Return a house number with street, or a place along a canal."""
    if urban:
        return f"Số {rng.randint(1, 480)}, đường {rng.choice(_words()['roads'])}"
    return f"Nhà {rng.randint(1, 90)}, {rng.choice(_words()['canals'])}, tổ {rng.randint(1, 12)}"


def mobile(rng: random.Random) -> str:
    """Return a mobile number of ten digits."""
    return f"0{rng.choice('35789')}{rng.randint(10_000_000, 99_999_999)}"


def firm_name(rng: random.Random, legal_form: int) -> str:
    """Return an enterprise's name with its legal form."""
    words = _words()
    form = words["firm_forms"][str(legal_form)]
    return f"{form} {rng.choice(words['trades'])} {rng.choice(words['stars'])} {rng.choice(words['given']['1'])}"


def school_name(rng: random.Random, kind: int, place: str) -> str:
    """Return an institution's name."""
    words = _words()
    name = place if kind <= 3 else f"{rng.choice(words['schools'])} – {place}"
    return f"{words['school_kinds'][str(kind)]} {name}"


def tax_code(rng: random.Random) -> str:
    """Return a ten-digit tax code with a right check digit, of the series that starts with 63 (former Hậu Giang)."""
    weights = (31, 29, 23, 19, 17, 13, 7, 5, 3)
    while True:
        digits = f"63{rng.randint(0, 9_999_999):07d}"
        check = 10 - sum(w * int(d) for w, d in zip(weights, digits, strict=True)) % 11
        if check < 10:
            return f"{digits}{check}"
