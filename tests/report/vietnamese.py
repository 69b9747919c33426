"""The report's languages for tests: Vietnamese from the translations as they are kept, English as it is written."""

from __future__ import annotations

import functools
from pathlib import Path

from babel.messages.pofile import read_po

from survey.report.language import Language

_FOLDER = Path(__file__).resolve().parents[2] / "translations" / "vi"
ENGLISH = Language("en", str)


@functools.cache
def vietnamese() -> Language:
    """Return Vietnamese with the texts of the catalogue."""
    with (_FOLDER / "LC_MESSAGES" / "messages.po").open("rb") as file:
        texts = {str(m.id): str(m.string) for m in read_po(file) if m.id and m.string}
    return Language("vi", lambda message: texts.get(message, message))
