"""The instrument as one JSON document for `static/js/engine`: the same program that Python runs, with texts and lists.

Made once per form version; holds no answers. Empty entries are left out to keep it small.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from weakref import WeakKeyDictionary

from survey.questionnaire.instrument import Choice, Choices, Group, Instrument, Node, Question, Repeat, Text
from survey.questionnaire.lexical import FORMS
from survey.questionnaire.message import DEFAULTS, default_message
from survey.questionnaire.program import Action, Program, program
from survey.questionnaire.resolver import Expression, Level

_PAYLOADS: WeakKeyDictionary[Instrument, dict[str | None, dict[str, Any]]] = WeakKeyDictionary()
_CODES = (
    "required",
    "constraint",
    "warning",
    "choice",
    "range",
    "integer",
    "decimal",
    "date",
    "time",
    "datetime",
    "geopoint",
    "file",
)
_RULES = {
    "relevant": "relevant",
    "required": "required",
    "constraint": "constraint",
    "warning": "warning",
    "readonly": "readonly",
}
_TEXTS = {
    "label": "label",
    "hint": "hint",
    "guidance": "guidance",
    "constraint_message": "constraintMessage",
    "required_message": "requiredMessage",
    "warning_message": "warningMessage",
}


def payload(instrument: Instrument, language: str | None = None) -> dict[str, Any]:
    """Return the JSON-ready document of an instrument, made once; do not change it.

    With a `language` only its texts are in it, which makes it about a third smaller.
    """
    made = _PAYLOADS.setdefault(instrument, {})
    if language not in made:
        languages = instrument.languages if language is None else (language,)
        made[language] = _document(program(instrument), languages)
    return made[language]


def _document(made: Program, languages: tuple[str, ...]) -> dict[str, Any]:
    instrument = made.instrument
    return {
        "form": instrument.form_id,
        "version": instrument.version,
        "title": {code: instrument.title[code] for code in languages},
        "code": instrument.code,
        "languages": list(languages),
        "levels": [_level(level) for level in made.levels],
        "steps": [_step(step) for step in made.steps],
        "lists": {name: _list(items, languages) for name, items in _lists(instrument).items()},
        "forms": {key: [code, pattern] for key, (code, pattern) in FORMS.items()},
        "messages": {code: _chosen(DEFAULTS[code], languages) for code in _CODES},
        "root": _Nodes(made, languages).group(instrument.root),
    }


def _chosen(texts: Mapping[str, str], languages: tuple[str, ...]) -> dict[str, str]:
    return {code: texts.get(code, texts["en"]) for code in languages}


def _level(level: Level) -> dict[str, Any]:
    types = [leaf.datatype for leaf in level.leaves]
    return {"parent": level.parent, "kids": level.kids, "conditions": level.conditions, "types": types}


def _step(step: Action) -> dict[str, Any]:
    return {
        "action": step.action,
        "level": step.level,
        "slot": step.slot,
        "source": step.source,
        "x": step.expression,
        "count": step.count,
        "blanks": list(step.blanks),
        "drawn": step.drawn,
    }


def _lists(instrument: Instrument) -> dict[str, Sequence[Choice]]:
    found: dict[str, Sequence[Choice]] = dict(instrument.lists)
    for question, _ in instrument.questions():
        if question.choices and not question.choices.list_name and question.choices.items:
            found[f"/{question.path}"] = question.choices.items
    return found


def _list(items: Sequence[Choice], languages: tuple[str, ...]) -> dict[str, Any]:
    """Return a list as a table: its columns, then one row a choice; `label:vi` is the label in a language, `image:` the
    picture.
    """
    columns = dict.fromkeys(column for item in items for column in item.columns if column not in ("itextId", "label"))
    columns.pop("name", None)
    labels = [f"label:{language}" for language in languages]
    pictures = ["image:"] if any(item.image for item in items) else []
    rows = [
        [item.value, *(item.label.get(language, "") for language in languages), *([item.image] if pictures else []),
         *(item.columns.get(column, "") for column in columns)]
        for item in items
    ]  # fmt: skip
    return {"columns": ["name", *labels, *pictures, *columns], "rows": rows}


def _limits(parameters: Mapping[str, str]) -> dict[str, str]:
    return {name: parameters.get(name, "1") for name in ("start", "end", "step")}


def _scale(parameters: Mapping[str, str], slot: int) -> Expression:
    """Return the test that a value stands on the scale of a range."""
    start, end, step = (float(value) for value in _limits(parameters).values())
    value = ["V", 0, slot]
    steps = ["div", ["-", value, start], step]
    whole = ["<", ["abs", ["-", steps, ["round", steps]]], 1e-9]
    return ["and", ["and", [">=", value, start], ["<=", value, end]], whole]


class _Nodes:
    """Writes the tree of nodes with their rules as expression lists."""

    def __init__(self, made: Program, languages: tuple[str, ...]) -> None:
        self.program = made
        self.languages = languages

    def group(self, group: Group | Repeat) -> dict[str, Any]:
        """Return a group, a roster or the root with everything in it."""
        node = self.shared(group)
        node["children"] = [self.question(c) if isinstance(c, Question) else self.group(c) for c in group.children]
        place = self.program.places[group.path]
        if isinstance(group, Repeat):
            node |= {
                "level": place.level,
                "source": self.program.levels[place.level].outer_source,
                "fixed": group.count is not None,
            }
        else:
            node["source"] = place.source
        return node

    def shared(self, node: Node) -> dict[str, Any]:
        kind = node.kind if isinstance(node, Question) else type(node).__name__.lower()
        found: dict[str, Any] = {"name": node.name, "kind": kind, "appearance": node.appearance}
        for name, key in _RULES.items():
            tree = getattr(node, name, None)
            if tree is not None:
                found[key] = self.program.resolve(tree, node.path)
        for name, key in _TEXTS.items():
            found[key] = self.text(getattr(node, name, {}), node.path)
        return {key: value for key, value in found.items() if value not in ("", {}, None)}

    def text(self, text: Text, path: str) -> dict[str, Any]:
        """Return a text per language as a list of strings and of one-element lists that hold an expression."""
        return {
            language: [part if isinstance(part, str) else [self.program.resolve(part, path)] for part in parts]
            for language, parts in text.items()
            if language in self.languages
        }

    def question(self, question: Question) -> dict[str, Any]:
        place = self.program.places[question.path]
        node = self.shared(question)
        node |= {"type": question.datatype, "slot": place.slot, "source": place.source, "asked": question.is_asked}
        extra: dict[str, Any] = {
            "default": question.default,
            "preload": question.preload,
            "parameters": dict(question.parameters),
            "image": {code: name for code, name in question.image.items() if code in self.languages},
            "identity": question.identity,
            "sensitive": question.sensitive,
            "calculated": question.calculate is not None,
            "choices": self.choices(question.choices, question) if question.choices else None,
        }
        if question.kind == "range":
            extra["scale"] = _scale(question.parameters, place.slot)
            message = default_message("range", self.languages, **_limits(question.parameters))
            extra["rangeMessage"] = {language: [text] for language, text in message.items()}
        if question.dynamic_default is not None:
            extra["dynamic"] = self.program.resolve(question.dynamic_default, question.path)
        return node | {key: value for key, value in extra.items() if value not in ("", {}, None, False)}

    def choices(self, choices: Choices, question: Question) -> dict[str, Any]:
        if choices.repeat:
            rows = self.program.resolve_rows(choices, question)
            return {"rows": rows, "repeat": choices.repeat, "value": choices.value, "label": choices.label}
        items = self.program.items(choices, question)
        return {"items": items, "filter": choices.filter is not None, "randomized": choices.randomized}
