"""VSIC level 1 in its two versions (QĐ 27/2018 and QĐ 36/2025), the digital core and the size sector of each section.

A bare letter is ambiguous, because the letters from K on moved in 2025: every look-up asks for the version.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from survey.errors import Problem
from survey.reference.datafile import csv_rows
from survey.reference.enterprise_size import SizeSector
from survey.reference.wording import Wording

VSIC_2025_FROM = date(2025, 11, 15)
_CODE = re.compile(r"([A-V])?(\d{2,5})?")


class VsicVersion(StrEnum):
    """The two versions of the Vietnam Standard Industrial Classification in use."""

    V2018 = "2018"
    V2025 = "2025"


@dataclass(frozen=True, slots=True)
class Section:
    """A level-1 section with its range of two-digit divisions; `title_verified` is False where the source is unsure."""

    version: VsicVersion
    code: str
    title: Wording
    first_division: str
    last_division: str
    size_sector: SizeSector
    title_verified: bool


@dataclass(frozen=True, slots=True)
class DigitalCoreClass:
    """A division, group or class of the digital core; `proposed` marks one that no Vietnamese text confirms yet."""

    version: VsicVersion
    section: str
    code: str
    title: Wording
    proposed: bool


def version_on(day: date) -> VsicVersion:
    """Return the version in force on a date: the 2025 one from 15 November 2025."""
    return VsicVersion.V2025 if day >= VSIC_2025_FROM else VsicVersion.V2018


@functools.cache
def all_sections() -> tuple[Section, ...]:
    """Return the 21 sections of 2018 followed by the 22 of 2025."""
    return tuple(
        Section(
            version=VsicVersion(row["version"]),
            code=row["code"],
            title=Wording(row["title_vi"], row["title_en"]),
            first_division=row["first_division"],
            last_division=row["last_division"],
            size_sector=SizeSector(row["size_sector"]),
            title_verified=row["title_status"] == "sourced",
        )
        for row in csv_rows("vsic_sections.csv")
    )


def sections(version: VsicVersion | str) -> tuple[Section, ...]:
    """Return the sections of one version in letter order."""
    wanted = _version(version)
    return tuple(section for section in all_sections() if section.version is wanted)


def section(version: VsicVersion | str, code: str) -> Section:
    """Return the section of a letter or of any longer code of a version (`J`, `62`, `6201`, `J62.01`).

    Problem "bad-value" for a code that the version does not have, or whose letter contradicts its division.
    """
    letter, digits = _parts(code)
    for candidate in sections(version):
        named = letter in ("", candidate.code)
        covered = not digits or candidate.first_division <= digits[:2] <= candidate.last_division
        if named and covered:
            return candidate
    raise Problem("bad-value", name="VSIC", value=code, expected=f"VSIC {_version(version)}")


@functools.cache
def digital_core() -> tuple[DigitalCoreClass, ...]:
    """Return the classes counted as core digital economy, in both versions."""
    return tuple(
        DigitalCoreClass(
            version=VsicVersion(row["version"]),
            section=row["section"],
            code=row["code"],
            title=Wording(row["title_vi"], row["title_en"]),
            proposed=row["status"] == "proposed",
        )
        for row in csv_rows("digital_core_classes.csv")
    )


def in_digital_core(version: VsicVersion | str, code: str) -> bool:
    """Tell whether a division, group or class belongs to the digital core; a code too short to tell does not."""
    wanted, digits = _version(version), _parts(code)[1]
    return any(entry.version is wanted and digits.startswith(entry.code) for entry in digital_core())


def _version(value: VsicVersion | str) -> VsicVersion:
    try:
        return VsicVersion(value)
    except ValueError:
        raise Problem("bad-value", name="VSIC", value=value, expected="2018, 2025") from None


def _parts(code: str) -> tuple[str, str]:
    match = _CODE.fullmatch(code.strip().upper().replace(".", ""))
    if match is None or not match.group():
        raise Problem("bad-value", name="VSIC", value=code, expected="A–V, 01–99")
    return match.group(1) or "", match.group(2) or ""
