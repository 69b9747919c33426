"""Keep names, phones and addresses apart from answers: split what an instrument marks as identity, and put it back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from weakref import WeakKeyDictionary

from survey.questionnaire.instrument import Instrument

Answers = dict[str, Any]


def split(instrument: Instrument, answers: Answers) -> tuple[Answers, dict[str, str]]:
    """Return the answers without identity values, and those values by positioned path (`members[2]/name`)."""
    sealed: dict[str, str] = {}
    marked = _marked(instrument)
    return _without(answers, "", "", marked, sealed), sealed


def merge(answers: Answers, values: dict[str, str]) -> Answers:
    """Return a copy of the answers with identity values put back at their positioned paths; lost rows are ignored."""
    copy: Answers = _copy(answers)
    for path, value in values.items():
        *steps, last = path.split("/")
        holder = _descend(copy, steps)
        if holder is not None:
            holder[last] = value
    return copy


def _marked(instrument: Instrument) -> frozenset[str]:
    """Return the paths of the questions that an instrument marks as identity, worked out once."""
    found = _MARKED.get(instrument)
    if found is None:
        found = frozenset(question.path for question, _ in instrument.questions() if question.identity)
        _MARKED[instrument] = found
    return found


_MARKED: WeakKeyDictionary[Instrument, frozenset[str]] = WeakKeyDictionary()


def _without(node: Answers, path: str, position: str, marked: frozenset[str], sealed: dict[str, str]) -> Answers:
    """Copy one level, moving marked values into `sealed`."""
    kept: Answers = {}
    for name, value in node.items():
        here, there = _join(path, name), _join(position, name)
        if isinstance(value, dict):
            kept[name] = _without(value, here, there, marked, sealed)
        elif isinstance(value, list):
            rows = enumerate(value, start=1)
            kept[name] = [_without(row, here, f"{there}[{i}]", marked, sealed) for i, row in rows]
        elif here in marked:
            if value:
                sealed[there] = value
        else:
            kept[name] = value
    return kept


def _descend(node: Answers, steps: list[str]) -> Answers | None:
    """Follow group names and `repeat[i]` steps; None where a row does not exist."""
    for step in steps:
        name, _, index = step.partition("[")
        found = node.get(name)
        if index:
            row = int(index.rstrip("]")) - 1
            if not isinstance(found, list) or row >= len(found):
                return None
            found = found[row]
        elif found is None:
            found = node.setdefault(name, {})
        if not isinstance(found, dict):
            return None
        node = found
    return node


def _copy(value: Any) -> Any:
    """Copy a tree of dicts and lists."""
    if isinstance(value, dict):
        return {name: _copy(item) for name, item in value.items()}
    return [_copy(item) for item in value] if isinstance(value, list) else value


def _join(path: str, name: str) -> str:
    """Append a step to a path."""
    return f"{path}/{name}" if path else name


def leaves(answers: Answers, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield every value with its positioned path."""
    for name, value in answers.items():
        path = _join(prefix, name)
        if isinstance(value, dict):
            yield from leaves(value, path)
        elif isinstance(value, list):
            for index, row in enumerate(value, start=1):
                yield from leaves(row, f"{path}[{index}]")
        else:
            yield path, value
