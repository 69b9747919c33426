"""What changed between two versions of an instrument, in words, and which indicators each change touches."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from survey.questionnaire.instrument import Group, Instrument, Node, Question, Repeat, plain
from survey.questionnaire.xpath import Path, Tree, walk
from survey.text import N_

_TEXTS = {
    "label": N_("{path}: the wording in {language} was «{old}», now «{new}»"),
    "hint": N_("{path}: the instruction in {language} was «{old}», now «{new}»"),
    "constraint_message": N_("{path}: the error message in {language} was «{old}», now «{new}»"),
    "required_message": N_("{path}: the message for a missing answer in {language} was «{old}», now «{new}»"),
    "warning_message": N_("{path}: the warning in {language} was «{old}», now «{new}»"),
}
_RULES = {
    "relevant": N_("{path}: the condition for asking it changed"),
    "required": N_("{path}: whether an answer is required changed"),
    "constraint": N_("{path}: the allowed answers changed"),
    "warning": N_("{path}: the check for unlikely answers changed"),
    "calculate": N_("{path}: the calculation changed"),
    "count": N_("{path}: the number of rows changed"),
    "readonly": N_("{path}: whether it can be edited changed"),
    "default": N_("{path}: the answer given beforehand changed"),
    "appearance": N_("{path}: the way it is shown changed"),
    "parameters": N_("{path}: its limits changed"),
    "identity": N_("{path}: whether it identifies a person changed"),
    "sensitive": N_("{path}: whether it is sensitive changed"),
    "indicators": N_("{path}: the indicators it serves changed"),
}


@dataclass(frozen=True, slots=True)
class Change:
    """One difference: the path of the node, a message id with its details, and the indicators that use the node."""

    path: str
    message: str
    details: Mapping[str, str] = field(default_factory=dict)
    indicators: tuple[str, ...] = ()

    def text(self, translate: Callable[[str], str] = str) -> str:
        """Return the change as one sentence; `translate` is gettext at the edges."""
        return translate(self.message).format(path=self.path, **self.details)


def changes(old: Instrument, new: Instrument) -> list[Change]:
    """Return every difference from `old` to `new`, in the order of the new version; removed nodes come last."""
    uses = _uses(old), _uses(new)
    found: list[Change] = []
    for path, node in new.by_path.items():
        touched = tuple(sorted(uses[0].get(path, set()) | uses[1].get(path, set())))
        before = old.by_path.get(path)
        if before is None:
            found.append(Change(path, N_("{path}: new"), {}, touched))
        else:
            found += [Change(path, message, details, touched) for message, details in _differences(before, node)]
    for path in old.by_path.keys() - new.by_path.keys():
        found.append(
            Change(path, N_("{path}: no longer in the questionnaire"), {}, tuple(sorted(uses[0].get(path, set()))))
        )
    return found


def _differences(old: Node, new: Node) -> Iterator[tuple[str, dict[str, str]]]:
    kinds = [node.kind if isinstance(node, Question) else type(node).__name__.lower() for node in (old, new)]
    if kinds[0] != kinds[1]:
        yield N_("{path}: the type was {old}, now {new}"), {"old": kinds[0], "new": kinds[1]}
    for name, message in _TEXTS.items():
        before, after = getattr(old, name, {}), getattr(new, name, {})
        for language in after:
            texts = plain({language: before.get(language, ())}, language), plain(after, language)
            if texts[0] != texts[1]:
                yield message, {"language": language, "old": texts[0], "new": texts[1]}
    for name, message in _RULES.items():
        if getattr(old, name, None) != getattr(new, name, None):
            yield message, {}
    if isinstance(old, Question) and isinstance(new, Question):
        yield from _choices(old, new)


def _choices(old: Question, new: Question) -> Iterator[tuple[str, dict[str, str]]]:
    before = {c.value: dict(c.label) for c in old.choices.items} if old.choices else {}
    after = {c.value: dict(c.label) for c in new.choices.items} if new.choices else {}
    for value in after:
        if value not in before:
            yield N_("{path}: the choice {value} is new: «{new}»"), {"value": value, "new": _first(after[value])}
        elif before[value] != after[value]:
            details = {"value": value, "old": _first(before[value]), "new": _first(after[value])}
            yield N_("{path}: the choice {value} was «{old}», now «{new}»"), details
    for value in before.keys() - after.keys():
        yield N_("{path}: the choice {value} («{old}») was removed"), {"value": value, "old": _first(before[value])}
    if old.choices and new.choices and old.choices.filter != new.choices.filter:
        yield N_("{path}: the condition for offering the choices changed"), {}


def _first(label: Mapping[str, str]) -> str:
    return next(iter(label.values()), "")


def _uses(instrument: Instrument) -> dict[str, set[str]]:
    """Return the indicators each node touches: its own, and those of every node whose asking or value depends on it."""
    touched = {path: set(node.indicators) for path, node in instrument.by_path.items() if isinstance(node, Question)}
    needs = {path: _needed(node, instrument) for path, node in instrument.by_path.items()}
    for path, node in instrument.by_path.items():
        if isinstance(node, (Group, Repeat)):
            inside = [codes for other, codes in touched.items() if other.startswith(f"{path}/")]
            touched[path] = set().union(*inside)
    changed = True
    while changed:
        changed = False
        for path, wanted in needs.items():
            for other in wanted & touched.keys():
                if not touched.get(path, set()) <= touched[other]:
                    touched[other] = touched[other] | touched[path]
                    changed = True
    return touched


def _needed(node: Node, instrument: Instrument) -> set[str]:
    trees: list[Tree | None] = [node.relevant]
    trees += [node.calculate, node.constraint] if isinstance(node, Question) else []
    trees += [node.count] if isinstance(node, Repeat) else []
    paths = [part for tree in trees if tree for part in walk(tree) if isinstance(part, Path)]
    return {_resolve(path, node.path) for path in paths} & instrument.by_path.keys()


def _resolve(path: Path, base: str) -> str:
    names = [step.name for step in path.steps]
    if path.start == "root":
        return "/".join(names[1:])
    place = base.split("/")
    for name in names:
        if name == "..":
            place = place[:-1]
        elif name != ".":
            place = [*place, name]
    return "/".join(place)
