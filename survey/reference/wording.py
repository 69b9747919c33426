"""A text of the reference data in both languages. Interface text goes through gettext instead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Wording:
    """One text in Vietnamese (the authoritative one) and English."""

    vi: str
    en: str

    @classmethod
    def read(cls, entry: Mapping[str, str]) -> Wording:
        """Build a wording from a data entry with the keys `vi` and `en`."""
        return cls(entry["vi"], entry["en"])

    def in_language(self, locale: str) -> str:
        """Return the English text for English locales and the Vietnamese text for every other."""
        return self.en if locale.lower().startswith("en") else self.vi
