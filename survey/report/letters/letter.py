"""What stands in a letter to a unit, as plain values. Holds codes in clear: never store what is made here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import segno

from survey.config import Agency

_GROUP = 4
_QUIET = 2


@dataclass(frozen=True, slots=True)
class Recipient:
    """A unit as the post and the register know it; `kind` is enterprise or institution."""

    sample_unit_id: int
    unit_code: str
    kind: str
    name: str
    address: tuple[str, ...]
    tax_code: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter: to whom, and the way in that it carries; `link` is a whole address."""

    recipient: Recipient
    code: str
    link: str

    @property
    def groups(self) -> tuple[str, ...]:
        """Return the code in groups of four letters."""
        return tuple(self.code[start : start + _GROUP] for start in range(0, len(self.code), _GROUP))

    @property
    def picture(self) -> str:
        """Return the link as a QR code: an SVG picture in a data address, error correction M."""
        made = segno.make(self.link, error="m", micro=False)
        return str(made.svg_data_uri(border=_QUIET, scale=4, omitsize=True, xmldecl=False, svgns=True))


@dataclass(frozen=True, slots=True)
class Mailing:
    """What all letters of one mailing say; `portal` is the address where the code is entered."""

    agency: Agency
    round_title: str
    legal_basis: str
    deadline: date
    portal: str
    is_synthetic: bool = False

    @property
    def portal_words(self) -> str:
        """Return the portal's address as people type it."""
        return self.portal.removeprefix("https://").rstrip("/")


def name_of(named: Mapping[str, Any], unit_code: str) -> str:
    """Return the name of a unit from its identity, or its code where the frame has none."""
    known = (named.get(key) for key in ("name", "enterprise_name", "institution_name"))
    return next((str(value) for value in known if value), unit_code)


def address_of(named: Mapping[str, Any], *places: str) -> tuple[str, ...]:
    """Return the lines of a postal address: what the frame knows, then the places that it does not name already."""
    street = ", ".join(str(named[key]) for key in ("address", "hamlet") if named.get(key))
    further = [place for place in places if place and place not in street]
    return tuple(line for line in (street, ", ".join(further)) if line)
