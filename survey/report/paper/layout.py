"""An instrument as what is printed: headings, rows of questions, grids, rosters and lists of codes; no typography.

Calculations, hidden values and metadata have no place on paper. Whatever is asked is printed, once, with all its codes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeGuard

from survey.questionnaire.instrument import Choice, Group, Instrument, Node, Question, Repeat, Text, plain
from survey.questionnaire.routing.numbering import FollowUp, follow_ups, resolve, without_number
from survey.questionnaire.routing.skips import Target, skips
from survey.questionnaire.routing.words import Speaker
from survey.questionnaire.xpath import Binary, Literal, Path, Tree
from survey.report.language import Language
from survey.report.paper.blocks import Block, CodeGroup, CodeList, Column, Grid, Heading, Item, Paper, Roster, Rows
from survey.report.paper.space import Answer, Line, Space, has_list, plain_space
from survey.text import N_

BLANK = "…………"
_MOST_PRINTED = 400
_GRID = frozenset({"likert", "label", "list-nolabel", "horizontal"})


def lay_out(instrument: Instrument, language: Language, filled: Mapping[str, str] | None = None) -> Paper:
    """Return what is printed; `filled` holds values known beforehand by path (agency_name, decision_no…)."""
    return _Press(instrument, language, filled or {}).paper()


class _Press:
    """One instrument being laid out in one language."""

    def __init__(self, instrument: Instrument, language: Language, filled: Mapping[str, str]) -> None:
        self.instrument = instrument
        self.language = language
        self.filled = filled
        self.speaker = Speaker(instrument, language.code, language.gettext)
        self.rosters = {entry.node.path: entry.repeats for entry in instrument.entries()}
        self.beside = {path: after for path, after in follow_ups(instrument).items() if self._fits_beside(after)}
        self.notice = self._notice()
        self.lists = self._lists()

    def _fits_beside(self, after: FollowUp) -> bool:
        """Say whether there is a printed line to write on: not in a roster, not where the answers stand in a list."""
        parent = self.instrument.by_path[after.parent]
        return isinstance(parent, Question) and not has_list(parent) and not self.rosters[after.parent]

    def paper(self) -> Paper:
        notice = self.instrument.by_path.get(self.notice)
        title = self.instrument.title
        return Paper(
            self.language,
            self.instrument.code,
            title.get(self.language.code) or next(iter(title.values())),
            self.instrument.form_id,
            self.instrument.version,
            self._paragraphs(notice.label, self.notice) if notice else (),
            tuple(self._blocks(self.instrument.root, 0)),
            tuple(self._code_lists()),
            self.filled,
        )

    def _notice(self) -> str:
        """Return the path of the note that stands before every question: the notice in the box at the top."""
        for question, _ in self.instrument.questions():
            if question.is_asked:
                return ""
            if question.kind == "note":
                return question.path
        return ""

    def shown(self, question: Question) -> bool:
        """Say whether a question has a place of its own, to which an arrow can point."""
        return question.is_asked and question.path not in self.beside

    def printed(self, question: Question) -> bool:
        return self.shown(question) or (
            question.kind == "note" and question.path != self.notice and self._is_said(question)
        )

    def _is_said(self, note: Question) -> bool:
        """Say whether a note is printed: none that gives way to a value known beforehand, and none that is nothing
        but such a value while it is not known.
        """
        tree = note.relevant
        if not _asks_for_blank(tree) or not isinstance(tree.left, Path):
            return True
        target = resolve(tree.left, note.path)
        node = self.instrument.by_path.get(target or "")
        if not isinstance(node, Question) or node.kind != "hidden":
            return True
        if tree.op == "=":
            return target not in self.filled
        parts = [part for text in note.label.values() for part in text]
        return target in self.filled or any(isinstance(part, str) and part.strip() for part in parts)

    def _blocks(self, group: Group | Repeat, level: int) -> Iterator[Block]:
        waiting: list[Question] = []
        for child in group.children:
            if isinstance(child, Question):
                waiting += [child] if self.printed(child) else []
                continue
            yield from self._leaves(waiting)
            waiting = []
            if any(isinstance(node, Question) and self.printed(node) for node in _below(child)):
                yield from self._opened(child, level + 1)
        yield from self._leaves(waiting)

    def _opened(self, group: Group | Repeat, level: int) -> Iterator[Block]:
        heading = self._heading(group, level)
        if isinstance(group, Repeat):
            yield from self._roster(group, heading)
            return
        yield heading
        yield from self._blocks(group, level - 1 if heading.is_frame else level)

    def _heading(self, group: Group | Repeat, level: int) -> Heading:
        condition = self.condition(group)
        title = plain(group.label, self.language.code) if group.label else ""
        frame = not any(isinstance(child, Question) and self.printed(child) for child in group.children)
        return Heading(level, title, condition, frame and not isinstance(group, Repeat))

    def condition(self, node: Node) -> str:
        """Return when a node is asked as an instruction; nothing when that says no more than its title."""
        found = self.speaker.asked_if(node)
        if found is None or (isinstance(node, Question) and node.kind == "note" and _asks_for_blank(node.relevant)):
            return ""
        title = plain(node.label, self.language.code) if node.label else ""
        return "" if found.source == "universe" and found.text == title else self.speaker.sentence(found)

    def _leaves(self, questions: list[Question]) -> Iterator[Block]:
        rows: list[Item] = []
        rest = list(questions)
        while rest:
            grid = self._grid(rest)
            if len(grid) < 2:
                rows.append(self.item(rest.pop(0)))
                continue
            lead = rows.pop() if rows and rows[-1].space.kind == "note" and not rows[-1].condition else None
            if rows:
                yield Rows(tuple(rows))
                rows = []
            yield self._as_grid(lead, grid)
            rest = rest[len(grid) :]
        if rows:
            yield Rows(tuple(rows))

    def _grid(self, questions: list[Question]) -> list[Question]:
        """Return the questions at the front that share answers and condition and lead nowhere else."""
        first, found = questions[0], []
        for question in questions:
            alone = self._leads(question) or any(after.parent == question.path for after in self.beside.values())
            if alone or not _in_grid(question) or not _alike(first, question):
                break
            found.append(question)
        return found

    def _as_grid(self, lead: Item | None, questions: list[Question]) -> Grid:
        items = tuple(self.item(question) for question in questions)
        return Grid(lead, self.condition(questions[0]), items[0].space.answers, items)

    def item(self, question: Question) -> Item:
        """Return a question or note as printed."""
        leads = self._leads(question)
        everywhere = set(leads.values()) if question.choices and len(leads) == len(question.choices.items) else set()
        common = everywhere.pop() if len(everywhere) == 1 else ""
        return Item(
            question.path,
            self.speaker.numbers.get(question.path, ""),
            self._paragraphs(question.label, question.path),
            self.text(question.hint, question.path),
            " ".join(question.bank),
            self.condition(question),
            self._space(question, {} if common else leads),
            common,
        )

    def _leads(self, question: Question) -> dict[str, str]:
        found = skips(self.instrument, question.path, self.shown) if question.kind == "select_one" else {}
        return {code: self._target(target) for code, target in found.items()}

    def _target(self, target: Target) -> str:
        if target.kind == "end":
            return self.language.text(N_("End of the form"))
        if target.kind == "line":
            return self.language.text(N_("Next line"))
        return self.speaker.numbers.get(target.path) or self.speaker.called(target.path) or ""

    def _space(self, question: Question, leads: Mapping[str, str]) -> Space:
        if question.kind == "note":
            return Space("note")
        space = plain_space(question)
        if question.choices is None:
            return space
        if has_list(question):
            return Space("code", boxes=space.boxes, list_number=self.lists[self._list_key(question)])
        if question.choices.repeat:
            return Space("code", boxes=(2,))
        answers = tuple(self._answer(question, choice, leads) for choice in question.choices.items)
        return Space("circle" if question.kind == "select_one" else "mark", answers)

    def _answer(self, question: Question, choice: Choice, leads: Mapping[str, str]) -> Answer:
        nodes = [
            path for path, after in self.beside.items() if (after.parent, after.code) == (question.path, choice.value)
        ]
        return Answer(choice.value, self._label(choice), leads.get(choice.value, ""), tuple(map(self._line, nodes)))

    def _line(self, path: str) -> Line:
        question = self.instrument.by_path[path]
        if not isinstance(question, Question):
            raise TypeError(path)
        return Line(self.text(question.label, path), plain_space(question))

    def _label(self, choice: Choice) -> str:
        label = choice.label.get(self.language.code) or next(iter(choice.label.values()), choice.value)
        return label.removeprefix(f"{choice.value}. ")

    def _paragraphs(self, text: Text, path: str) -> tuple[str, ...]:
        lines = without_number(self.text(text, path)).split("\n")
        return tuple(line.strip() for line in lines if line.strip())

    def text(self, text: Text, path: str) -> str:
        """Return a text with its references filled in, named, or left to be filled in by hand."""
        if not text:
            return ""
        parts = text.get(self.language.code) or next(iter(text.values()))
        said = "".join(part if isinstance(part, str) else self._reference(part, path) for part in parts)
        return plain({self.language.code: (said,)}, self.language.code)

    def _reference(self, tree: Tree, path: str) -> str:
        target = resolve(tree, path) if isinstance(tree, Path) else None
        if target in self.filled:
            return self.filled[str(target)]
        node = self.instrument.by_path.get(target or "")
        if not isinstance(node, Question) or not node.is_asked:
            return BLANK
        if node.identity and self.rosters[node.path]:
            return self.language.text(N_("[NAME]"))
        number = self.speaker.numbers.get(node.path)
        return f"[{number}]" if number else BLANK

    def _roster(self, repeat: Repeat, heading: Heading, inside: str = "") -> Iterator[Roster]:
        columns = tuple(self._columns(repeat, ()))
        if columns:
            yield Roster(heading, columns, inside)
        for node in _below(repeat, through_rosters=False):
            if isinstance(node, Repeat):
                yield from self._roster(node, self._heading(node, heading.level), heading.text)

    def _columns(self, group: Group | Repeat, over: tuple[Group, ...]) -> Iterator[Column]:
        for child in group.children:
            if isinstance(child, Group):
                yield from self._columns(child, (*over, child))
            elif isinstance(child, Question) and self.printed(child):
                yield Column(self.item(child), self._over(over))

    def _over(self, groups: tuple[Group, ...]) -> str:
        titles = " – ".join(plain(g.label, self.language.code) for g in groups if g.label)
        conditions = [condition for condition in map(self.condition, groups) if condition]
        return " ".join([f"{titles}." if conditions and titles else titles, *conditions]).strip()

    def _list_key(self, question: Question) -> str:
        return question.choices.list_name if question.choices else ""

    def _lists(self) -> dict[str, int]:
        keys = [self._list_key(question) for question, _ in self.instrument.questions() if has_list(question)]
        return {key: number for number, key in enumerate(dict.fromkeys(keys), start=1)}

    def _code_lists(self) -> Iterator[CodeList]:
        users: dict[str, list[Question]] = {}
        for question, _ in self.instrument.questions():
            if has_list(question):
                users.setdefault(self._list_key(question), []).append(question)
        for key, number in self.lists.items():
            named = [self.speaker.called(question.path) or "" for question in users[key]]
            title = without_number(self.text(users[key][0].label, users[key][0].path))
            yield CodeList(number, title, ", ".join(filter(None, named)), tuple(self._groups(users[key][0])))

    def _groups(self, question: Question) -> Iterator[CodeGroup]:
        items = question.choices.items if question.choices else ()
        if len(items) > _MOST_PRINTED:
            return
        column, titles = self._grouping(question)
        sorted_in: dict[str, list[Answer]] = {}
        for choice in items:
            answer = Answer(choice.value, self._label(choice))
            sorted_in.setdefault(choice.columns.get(column, ""), []).append(answer)
        for key, answers in sorted_in.items():
            yield CodeGroup(titles.get(key, ""), tuple(answers))

    def _grouping(self, question: Question) -> tuple[str, dict[str, str]]:
        """Return the column by which a list is filtered, and the words for its values: communes go by district."""
        tree = question.choices.filter if question.choices else None
        if not isinstance(tree, Binary) or tree.op != "=" or not isinstance(tree.left, Path):
            return "", {}
        by = resolve(tree.right, question.path) if isinstance(tree.right, Path) else None
        other = self.instrument.by_path.get(by or "")
        if tree.left.start != "context" or not isinstance(other, Question) or other.choices is None:
            return "", {}
        titles = {choice.value: f"{choice.value} {self._label(choice)}" for choice in other.choices.items}
        return tree.left.steps[-1].name, titles


def _below(group: Node, *, through_rosters: bool = True) -> Iterator[Node]:
    for child in () if isinstance(group, Question) else group.children:
        yield child
        if through_rosters or not isinstance(child, Repeat):
            yield from _below(child, through_rosters=through_rosters)


def _asks_for_blank(tree: Tree | None) -> TypeGuard[Binary]:
    """Say whether a condition asks if a value is blank: on paper such a value is known, or written in by hand."""
    return (
        isinstance(tree, Binary)
        and tree.op in ("=", "!=")
        and isinstance(tree.right, Literal)
        and tree.right.value == ""
    )


def _in_grid(question: Question) -> bool:
    return question.kind == "select_one" and not has_list(question) and bool(_GRID & set(question.appearance.split()))


def _alike(first: Question, other: Question) -> bool:
    if first.choices is None or other.choices is None:
        return False
    same_codes = [(c.value, dict(c.label)) for c in first.choices.items] == [
        (c.value, dict(c.label)) for c in other.choices.items
    ]
    return same_codes and first.relevant == other.relevant
