"""Questions as fields of a page that works without scripts, for corrections and re-interviews in the office.

Pure: takes an evaluation, returns frozen fields; reads what was typed back into XForms lexical form. Decides nothing
about answers: what cannot be read is passed on as it was typed, and the judge says what is wrong with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from survey.questionnaire.closure import Row
from survey.questionnaire.evaluate import Evaluation
from survey.questionnaire.instrument import NUMBERS, Group, Instrument, Question, Repeat, plain
from survey.text import clean, parse_decimal

PREFIX = "a:"
_KINDS = {"select_one": "one", "select_multiple": "many", "date": "date", "note": "note"}
_DROPDOWN = 8
"""From this many choices on, a list is shorter than buttons."""


class Typed(Protocol):
    """What a browser sent: every value under a name."""

    def getlist(self, key: str) -> list[str]:
        """Return the values under a name."""


@dataclass(frozen=True, slots=True)
class Field:
    """One question to fill: `kind` is one, list, many, number, date, text or note."""

    path: str
    kind: str
    label: str
    hint: str = ""
    value: str = ""
    options: Sequence[tuple[str, str]] = ()
    is_required: bool = False
    message: str = ""

    @property
    def name(self) -> str:
        """Return the name under which the browser sends it."""
        return PREFIX + self.path

    @property
    def id(self) -> str:
        """Return an id for the page."""
        return "f-" + self.path.replace("[", ".").replace("]", "").replace("/", "-")

    @property
    def shown(self) -> str:
        """Return the value as a person writes it: a decimal comma in numbers."""
        return self.value.replace(".", ",") if self.kind == "number" else self.value

    @property
    def chosen(self) -> frozenset[str]:
        """Return the codes chosen."""
        return frozenset(self.value.split())


@dataclass(frozen=True, slots=True)
class Part:
    """The fields under one heading."""

    title: str
    fields: list[Field] = field(default_factory=list)


def parts(
    evaluation: Evaluation,
    *,
    language: str,
    wanted: Callable[[Question], bool],
    with_names: bool = False,
    messages: Mapping[str, str] | None = None,
) -> list[Part]:
    """Return the wanted questions that are asked, under their headings; texts name persons only `with_names`."""
    found = [Part("")]
    for path, node, row in evaluation.walk():
        if isinstance(node, Group | Repeat):
            title = _title(node, path, language)
            if title:
                found.append(Part(title))
        elif wanted(node):
            message = (messages or {}).get(path, "")
            found[-1].fields.append(_field(evaluation, node, row, path, language, with_names, message))
    return [part for part in found if part.fields]


def typed(instrument: Instrument, sent: Typed, names: Sequence[str]) -> dict[str, str]:
    """Return what was typed by positioned path, in XForms lexical form, for the names that stand for questions."""
    found: dict[str, str] = {}
    for name in names:
        path = name.removeprefix(PREFIX)
        node = instrument.by_path.get("/".join(step.partition("[")[0] for step in path.split("/")))
        if name.startswith(PREFIX) and isinstance(node, Question):
            found[path] = _lexical(node, [clean(value) for value in sent.getlist(name)])
    return found


def _title(node: Group | Repeat, path: str, language: str) -> str:
    title = plain(node.label, language)
    number = path.rpartition("[")[2].rstrip("]") if isinstance(node, Repeat) else ""
    return f"{title} {number}".strip() if title or number else ""


def _field(
    evaluation: Evaluation, node: Question, row: Row, path: str, language: str, with_names: bool, message: str
) -> Field:
    options = [
        (item.value, item.label.get(language) or next(iter(item.label.values()), item.value))
        for item in evaluation.offered(node, row)
    ]
    label = evaluation.text(node, row, "label", language) if with_names else plain(node.label, language)
    return Field(
        path=path,
        kind=_kind(node, len(options)),
        label=label.strip() or node.name,
        hint=plain(node.hint, language),
        value=evaluation.value(path),
        options=options,
        is_required=evaluation.rule(node, row, "required"),
        message=message,
    )


def _kind(node: Question, options: int) -> str:
    if node.kind in NUMBERS:
        return "number"
    kind = _KINDS.get(node.kind, "text")
    return "list" if kind == "one" and options >= _DROPDOWN else kind


def _lexical(node: Question, values: list[str]) -> str:
    if node.kind == "select_multiple":
        return " ".join(value for value in values if value)
    value = values[-1] if values else ""
    if node.kind in NUMBERS and (number := parse_decimal(value)) is not None:
        return f"{number:f}"
    return value
