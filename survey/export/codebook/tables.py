"""The codebook as files for programs: JSON with everything, CSV with a line per variable."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import asdict
from typing import Any

from survey.export.codebook.build import Codebook, Variable, Words

_RULES = ("constraint", "constraint_message", "warning", "warning_message", "calculation", "choice_filter")
_TEXTS = ("part", "label", "hint", "universe", "asked")


def as_json(book: Codebook) -> bytes:
    """Return the codebook as JSON, in UTF-8, keys in a fixed order."""
    return (json.dumps(asdict(book), ensure_ascii=False, indent=1) + "\n").encode()


def as_csv(book: Codebook) -> bytes:
    """Return a line per variable in UTF-8 with a byte order mark, so that spreadsheets read the Vietnamese letters."""
    lines = [_line(book, variable) for variable in book.variables]
    buffer = io.StringIO(newline="")
    writer = csv.DictWriter(buffer, fieldnames=list(lines[0]) if lines else ["variable"], lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(lines)
    return b"\xef\xbb\xbf" + buffer.getvalue().encode()


def _line(book: Codebook, variable: Variable) -> dict[str, Any]:
    line: dict[str, Any] = {
        "variable": variable.name,
        "path": variable.path,
        "roster": variable.roster,
        "number": variable.number,
        "bank": " ".join(variable.bank),
        "kind": variable.kind,
        "datatype": variable.datatype,
        "indicators": " ".join(variable.indicators),
        "required": _mark(variable.is_required),
        "identity": _mark(variable.is_identity),
        "sensitive": _mark(variable.is_sensitive),
        "list": variable.list_file or variable.list_name,
        "reason_for": variable.stands_for,
    }
    texts: dict[str, Words] = {name: getattr(variable, name) for name in _TEXTS}
    texts |= {name: variable.rules.get(name, {}) for name in _RULES}
    for name, words in texts.items():
        line |= {f"{name}_{language}": words.get(language, "") for language in book.languages}
    for language in book.languages:
        line[f"codes_{language}"] = "; ".join(
            f"{code.value} = {code.label.get(language, '')}" for code in variable.codes
        )
    return line


def _mark(flag: bool) -> str:
    return "yes" if flag else ""
