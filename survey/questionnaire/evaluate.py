"""Answers in, everything that follows from them out: calculations, what is asked, choices, labels, limits.

Recomputes all of it in one fixed order at every call; nothing is tracked between calls. Decides nothing about
acceptance: see `judge`.
"""

from __future__ import annotations

import math
import random
import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from survey.questionnaire.closure import (
    Closure,
    Row,
    Surroundings,
    item_passes,
)
from survey.questionnaire.instrument import Choice, Group, Instrument, Node, Question, Repeat
from survey.questionnaire.machine import Machine, machine
from survey.questionnaire.program import Action
from survey.questionnaire.resolver import Place
from survey.questionnaire.value import Moment, Value, moment_of, moment_of_date, number, stored, text, truth, typed

Answers = dict[str, Any]
MAX_ROWS = 1000
"""No roster has more rows than this, whatever count is posted."""
MAX_ALL_ROWS = 5000
"""All rosters of an interview together have no more rows than this: nested counts multiply."""


def evaluate(
    instrument: Instrument,
    answers: Mapping[str, Any],
    *,
    now: datetime,
    today: date | None = None,
    rng: random.Random | None = None,
    language: str | None = None,
) -> Evaluation:
    """Compute everything that follows from answers (nested, XForms lexical form); `today` defaults to the local day of
    `now`.

    `rng` makes draws reproducible; `language` (default: the form's first) is the one of `jr:choice-name`.
    """
    return Evaluation(
        machine(instrument), answers, now, today, rng or random.SystemRandom(), language or instrument.languages[0]
    )


class Evaluation:
    """The state that follows from one set of answers. Paths have 1-based positions: `members[2]/age`."""

    def __init__(
        self,
        made: Machine,
        answers: Mapping[str, Any],
        now: datetime,
        today: date | None,
        rng: random.Random,
        language: str,
    ) -> None:
        self.machine = made
        self.program = made.program
        self.instrument = made.program.instrument
        self.language = language
        self.capped: list[str] = []
        self.room = MAX_ALL_ROWS
        moment = moment_of(now)
        self.around = Surroundings(
            today=moment_of_date(today) if today else Moment(moment.days * 86_400_000),
            now=moment,
            draw=rng.random,
            identifier=lambda: str(uuid.UUID(int=rng.getrandbits(128), version=4)),
            lists=made.lists,
            choice_label=self._choice_name,
        )
        self.levels: list[list[Row]] = [[] for _ in self.program.levels]
        self.root = self._load(0, None, 1, answers)
        self._run()

    def _load(self, index: int, parent: Row | None, place: int, answers: Mapping[str, Any]) -> Row:
        level = self.program.levels[index]
        row = Row(parent, place, len(level.leaves), level.conditions, level.kids)
        self.levels[index].append(row)
        top = level.repeat if level.repeat is not None else self.instrument.root
        self._fill(row, top, answers)
        return row

    def _fill(self, row: Row, group: Group | Repeat, answers: Mapping[str, Any]) -> None:
        places = self.program.places
        for node in group.children:
            given = answers.get(node.name)
            if isinstance(node, Question):
                if given and type(given) is str:
                    row.values[places[node.path].slot] = typed(node.datatype, given)
            elif isinstance(node, Group):
                self._fill(row, node, given if isinstance(given, Mapping) else {})
            elif isinstance(given, Sequence) and not isinstance(given, str):
                self._fill_rows(row, node, given)

    def _fill_rows(self, row: Row, node: Repeat, given: Sequence[Any]) -> None:
        index = self.program.places[node.path].level
        if len(given) > min(MAX_ROWS, self.room):
            self.capped.append(node.path)
        for place, one in enumerate(given[:MAX_ROWS], start=1):
            if self.room <= 0:
                return
            self.room -= 1
            row.kids[index].append(self._load(index, row, place, one if isinstance(one, Mapping) else {}))

    def _run(self) -> None:
        around = self.around
        for step, expression, count in self.machine.steps:
            if step.action == "value":
                assert expression is not None  # noqa: S101
                self._value(step, expression)
            elif step.action == "condition":
                assert expression is not None  # noqa: S101
                for row in self.levels[step.level]:
                    met = (
                        row.relevant
                        and (step.source < 0 or row.conditions[step.source])
                        and truth(expression(row, around))
                    )
                    row.conditions[step.slot] = met
                    if not met:
                        for slot in step.blanks:
                            row.values[slot] = ""
            else:
                self._rows(step, expression, count)

    def _value(self, step: Action, expression: Closure) -> None:
        datatype = self.program.levels[step.level].leaves[step.slot].datatype
        for row in self.levels[step.level]:
            if not row.relevant or (step.source >= 0 and not row.conditions[step.source]):
                row.values[step.slot] = ""
            elif not step.drawn or row.values[step.slot] == "":
                value = expression(row, self.around)
                if value != value:
                    value = ""
                if type(value) is not str or datatype != "string":
                    value = typed(datatype, stored(datatype, value))
                row.values[step.slot] = value

    def _rows(self, step: Action, relevant: Closure | None, count: Closure | None) -> None:
        level = self.program.levels[step.level]
        for parent in self.levels[level.parent]:
            rows = parent.kids[step.level]
            if count is not None:
                self._resize(rows, parent, step.level, number(count(parent, self.around)))
            outer = parent.relevant and (step.source < 0 or parent.conditions[step.source])
            for row in rows:
                row.relevant = outer and (relevant is None or truth(relevant(row, self.around)))
                if not row.relevant:
                    row.values = [""] * len(row.values)
                    row.conditions = [False] * len(row.conditions)
        self.levels[step.level] = [row for parent in self.levels[level.parent] for row in parent.kids[step.level]]

    def _resize(self, rows: list[Row], parent: Row, index: int, wanted: float) -> None:
        level = self.program.levels[index]
        length = int(wanted) if math.isfinite(wanted) and wanted > 0 else 0
        if wanted == math.inf or length > MAX_ROWS:
            length = MAX_ROWS
            assert level.repeat  # noqa: S101
            self.capped.append(level.repeat.path)
        del rows[length:]
        if length - len(rows) > self.room:
            length = len(rows) + self.room
            assert level.repeat  # noqa: S101
            self.capped.append(level.repeat.path)
        self.room -= max(0, length - len(rows))
        while len(rows) < length:
            rows.append(Row(parent, len(rows) + 1, len(level.leaves), level.conditions, level.kids))

    # -- what follows, by path -------------------------------------------------------------------------------------

    @property
    def answers(self) -> Answers:
        """Return the recomputed answers: what is not asked is left out, what is asked and not answered is ""."""
        return self._tree(self.root, self.instrument.root)

    def _tree(self, row: Row, group: Group | Repeat) -> Answers:
        tree: Answers = {}
        places = self.program.places
        for node in group.children:
            place = places[node.path]
            if isinstance(node, Repeat):
                rows = [self._tree(kid, node) for kid in row.kids[place.level] if kid.relevant]
                if rows:
                    tree[node.name] = rows
            elif row.relevant and (place.source < 0 or row.conditions[place.source]):
                tree[node.name] = self.lexical(row, place) if isinstance(node, Question) else self._tree(row, node)
        return tree

    def _met(self, row: Row, place: Place) -> bool:
        return row.relevant and (place.source < 0 or row.conditions[place.source])

    def lexical(self, row: Row, place: Place) -> str:
        """Return the stored form of the value in a slot."""
        value = row.values[place.slot]
        return (
            value if type(value) is str else stored(self.program.levels[place.level].leaves[place.slot].datatype, value)
        )

    def locate(self, path: str) -> tuple[Node, Row]:
        """Return the node and the row at a path with positions; KeyError when there is none."""
        row, names = self.root, []
        for part in path.split("/"):
            name, _, position = part.partition("[")
            names.append(name)
            place = self.program.places["/".join(names)]
            node = self.instrument.by_path["/".join(names)]
            if isinstance(node, Repeat) and position:
                rows = row.kids[place.level]
                index = int(position.rstrip("]"))
                if not 1 <= index <= len(rows):
                    raise KeyError(path)
                row = rows[index - 1]
        return node, row

    def rows(self, path: str) -> list[str]:
        """Return the paths of the asked rows of a roster, `path` being that of the roster: `members` → `members[1]`…"""
        outer, _, name = path.rpartition("/")
        node, row = self.locate(path)
        if not isinstance(node, Repeat):
            raise KeyError(path)
        prefix = f"{outer}/" if outer else ""
        return [
            f"{prefix}{name}[{kid.place}]" for kid in row.kids[self.program.places[node.path].level] if kid.relevant
        ]

    def relevant(self, path: str) -> bool:
        """Say whether a node is asked; for a roster without a position, whether a row could be added."""
        node, row = self.locate(path)
        place = self.program.places[node.path]
        if isinstance(node, Repeat) and not path.endswith("]"):
            level = self.program.levels[place.level]
            closure = self.machine.closure(node, "relevant")
            trial = Row(row, 1, len(level.leaves), level.conditions, level.kids)
            outer = row.relevant and (level.outer_source < 0 or row.conditions[level.outer_source])
            return outer and (closure is None or truth(closure(trial, self.around)))
        return self._met(row, place)

    def value(self, path: str) -> str:
        """Return the stored form of the answer at a path; "" when there is none."""
        node, row = self.locate(path)
        return self.lexical(row, self.program.places[node.path]) if isinstance(node, Question) else ""

    def rule(self, node: Node, row: Row, name: str, missing: bool = False) -> bool:
        """Evaluate one rule of a node in a row; `missing` is the answer when the node has no such rule."""
        closure = self.machine.closure(node, name)
        return missing if closure is None else truth(closure(row, self.around))

    def required(self, path: str) -> bool:
        """Say whether an answer is required at a path."""
        return self.rule(*self.locate(path), "required")

    def readonly(self, path: str) -> bool:
        """Say whether the answer at a path cannot be edited."""
        return self.rule(*self.locate(path), "readonly")

    def label(self, path: str, language: str | None = None, name: str = "label") -> str:
        """Return the label (or `hint`, `guidance`, `constraint_message`…) of a node with the answers in it."""
        node, row = self.locate(path)
        return self.text(node, row, name, language or self.language)

    def text(self, node: Node, row: Row, name: str, language: str) -> str:
        """Return a text of a node in a row."""
        parts = self.machine.parts(node, name, language)
        return "".join(part if isinstance(part, str) else _shown(part(row, self.around)) for part in parts)

    def choices(self, path: str) -> list[Choice]:
        """Return the choices offered at a path, in the order of the list."""
        node, row = self.locate(path)
        return list(self.offered(node, row)) if isinstance(node, Question) else []

    def offered(self, question: Question, row: Row) -> Iterator[Choice]:
        """Yield the choices offered by a question in a row."""
        choices = question.choices
        if choices is None:
            return
        if choices.repeat:
            yield from self._row_choices(question, row)
            return
        closure = self.machine.closure(question, "filter")
        for item in choices.items:
            if closure is None or item_passes(closure, item, row, self.around):
                yield item

    def offers(self, question: Question, row: Row, code: str) -> bool:
        """Say whether a question offers a choice in a row, without listing all of them."""
        choices = question.choices
        if choices is None or choices.repeat:
            return any(item.value == code for item in self.offered(question, row))
        found = self._items(question, code)
        if choices.filter is None or not found:
            return bool(found)
        closure = self.machine.closure(question, "filter")
        return any(closure is None or item_passes(closure, item, row, self.around) for item in found)

    def _items(self, question: Question, code: str) -> Sequence[Choice]:
        choices = question.choices
        assert choices  # noqa: S101
        if choices.list_name:
            return self.machine.lists[choices.list_name].where(choices.value, code)
        return [item for item in choices.items if item.value == code]

    def _row_choices(self, question: Question, row: Row) -> Iterator[Choice]:
        choices = question.choices
        assert choices  # noqa: S101
        value, label = (self.program.places[f"{choices.repeat}/{name}"] for name in (choices.value, choices.label))
        for kid in self.machine.choice_rows(question)(row, self.around):
            code = self.lexical(kid, value)
            if code:
                shown = self.lexical(kid, label)
                yield Choice(code, dict.fromkeys(self.instrument.languages, shown), {})

    def _choice_name(self, path: str, row: Row, code: str) -> str:
        question = self.instrument.by_path[path]
        assert isinstance(question, Question)  # noqa: S101
        assert question.choices  # noqa: S101
        if question.choices.repeat:
            return next((c.label[self.language] for c in self._row_choices(question, row) if c.value == code), "")
        found = self._items(question, code)
        return found[0].label.get(self.language, "") if found else ""

    def walk(self) -> Iterator[tuple[str, Node, Row]]:
        """Yield every node that is asked with its path and row, in the order of the form."""
        yield from self._walk(self.root, self.instrument.root, "")

    def _walk(self, row: Row, group: Group | Repeat, prefix: str) -> Iterator[tuple[str, Node, Row]]:
        for node in group.children:
            place = self.program.places[node.path]
            if isinstance(node, Repeat):
                for kid in row.kids[place.level]:
                    if kid.relevant:
                        yield f"{prefix}{node.name}[{kid.place}]", node, kid
                        yield from self._walk(kid, node, f"{prefix}{node.name}[{kid.place}]/")
            elif self._met(row, place):
                yield prefix + node.name, node, row
                if isinstance(node, Group):
                    yield from self._walk(row, node, f"{prefix}{node.name}/")


def _shown(value: Value) -> str:
    """Write a value inside a sentence: moments the Vietnamese way."""
    return value.local().strftime("%d/%m/%Y") if isinstance(value, Moment) else text(value)


def fresh(instrument: Instrument, *, now: datetime, rng: random.Random | None = None) -> Answers:
    """Return the answers of a new interview: defaults, first draws, one row in each roster that the user extends."""
    empty = _defaults(instrument.root)
    evaluation = evaluate(instrument, empty, now=now, rng=rng)
    for path, node, row in list(evaluation.walk()):
        if isinstance(node, Question) and node.dynamic_default is not None and not evaluation.value(path):
            closure = evaluation.machine.closure(node, "dynamic_default")
            assert closure is not None  # noqa: S101
            value = closure(row, evaluation.around)
            row.values[evaluation.program.places[node.path].slot] = typed(node.datatype, stored(node.datatype, value))
    return evaluate(instrument, evaluation.answers, now=now, rng=rng).answers


def _defaults(group: Group | Repeat) -> Answers:
    tree: Answers = {}
    for node in group.children:
        if isinstance(node, Question):
            tree[node.name] = node.default
        elif isinstance(node, Group):
            tree[node.name] = _defaults(node)
        else:
            tree[node.name] = [_defaults(node)]
    return tree
