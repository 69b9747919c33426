"""A questionnaire's rules for the scripts of a page: the engine's document in one language, packed once per version."""

from __future__ import annotations

import json
from collections.abc import Set
from typing import Any
from weakref import WeakKeyDictionary

from survey.questionnaire.instrument import Instrument
from survey.questionnaire.to_client import payload
from survey.web.compress import Packed, pack

_PACKED: WeakKeyDictionary[Instrument, dict[str, Packed]] = WeakKeyDictionary()


def rules_of(instrument: Instrument, language: str) -> Packed:
    """Return the rules in a language of the questionnaire; any other language means its first."""
    chosen = language if language in instrument.languages else instrument.languages[0]
    packed = _PACKED.setdefault(instrument, {})
    if chosen not in packed:
        document = in_language(payload(instrument), chosen, frozenset(instrument.languages)) | {"languages": [chosen]}
        packed[chosen] = pack(
            json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode(), "application/json"
        )
    return packed[chosen]


def in_language(value: Any, chosen: str, languages: Set[str]) -> Any:
    """Return the engine's document without its texts in other languages."""
    if isinstance(value, list):
        return [in_language(item, chosen, languages) for item in value]
    if not isinstance(value, dict):
        return value
    if value and set(value) <= languages:
        return {chosen: in_language(value.get(chosen, next(iter(value.values()))), chosen, languages)}
    if "columns" in value and "rows" in value:
        return _table(value, {f"label:{language}" for language in languages} - {f"label:{chosen}"})
    return {key: in_language(item, chosen, languages) for key, item in value.items()}


def _table(table: dict[str, Any], dropped: set[str]) -> dict[str, Any]:
    """Return a list of choices without some columns."""
    kept = [at for at, name in enumerate(table["columns"]) if name not in dropped]
    return {
        "columns": [table["columns"][at] for at in kept],
        "rows": [[row[at] for at in kept] for row in table["rows"]],
    }
