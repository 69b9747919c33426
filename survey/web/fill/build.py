"""Turns a sheet into the plain views that templates show: fields, groups, rosters, the list of sections.

Names and controls of fields come from the WTForms class of the instrument; a page about a roster row posts it as row 0.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from werkzeug.datastructures import MultiDict
from wtforms import Field, SelectField, TextAreaField
from wtforms.fields import RadioField

from survey.operations.drafts import MAX_ROWS, Cell, Edit, Line
from survey.questionnaire.instrument import FILES, Group, Node, Question, Repeat
from survey.questionnaire.to_wtforms import has_field
from survey.web.fill.controls import controls_of, read
from survey.web.fill.parts import Part, is_shown, questions_in
from survey.web.fill.reading import cell_of, is_amount, objection, text_of, unit_of
from survey.web.fill.sheet import Count, Sheet
from survey.web.fill.view import BlockView, CardView, FieldView, Option, Progress, RosterView, SectionView, fields_of
from survey.web.fill.words import dong_in_words

_NUMBER_PAD = {"integer": "numeric", "decimal": "decimal", "range": "numeric"}
_INPUT_TYPES = {"time": "time"}


@dataclass
class Page:
    """One page of a sheet: a part, or a row of the roster that it is."""

    sheet: Sheet
    part: Part
    line: Line | None = None
    typed: Mapping[str, str] = field(default_factory=dict)
    theirs: Mapping[str, Cell] = field(default_factory=dict)
    remarks: Mapping[str, str] = field(default_factory=dict)
    show_missing: bool = False
    new_from: frozenset[str] = frozenset()
    fields: Mapping[str, Field] = field(init=False)

    def __post_init__(self) -> None:
        self.fields = controls_of(self.sheet.work.instrument, self.line.roster if self.line else "")

    @property
    def nodes(self) -> tuple[Node, ...]:
        """Return what stands on the page: the nodes of the part, or what stands in a row."""
        if self.part.roster is None:
            return self.part.nodes
        return self.part.roster.children if self.line else ()

    @property
    def questions(self) -> dict[str, Question]:
        """Return the questions that have a field on the page, by the name of their field."""
        found = (q for q in questions_in(self.nodes) if has_field(q) and q.kind not in FILES)
        return {self.fields[q.path].name: q for q in found}

    @property
    def file_questions(self) -> dict[str, Question]:
        """Return the questions of the page that are answered with a file, by the name of their field."""
        asked = (q for q in questions_in(self.nodes) if has_field(q) and q.kind in FILES)
        found = (q for q in asked if self.sheet.offers(q))
        return {self.fields[q.path].name: q for q in found}

    def position(self, node: Node) -> str:
        """Return a node's path with the position of the page's row."""
        if self.line is None:
            return node.path
        return self.sheet.positioned(self.line) + node.path[len(self.line.roster) :]

    def cell(self, question: Question) -> Cell:
        """Return what is stored for a question of the page."""
        return self.sheet.work.contents.cell(question.path, self.line)

    def written(self, posted: MultiDict[str, str]) -> dict[str, str]:
        """Return what was posted, by field name, as the instrument's WTForms class reads it."""
        return {name: read(self.fields[q.path], posted) for name, q in self.questions.items()}

    def visible(self) -> list[FieldView]:
        """Return the views of the fields that are asked now."""
        return [view for view in fields_of(self.items()) if view.is_relevant]

    def said(self, question: Question, cell: Cell) -> str:
        """Return a cell in words: labels of what was chosen, otherwise what stands in the field."""
        options = self._options(question, cell.value)
        return "; ".join(o.label for o in options if o.is_chosen) if options else text_of(question, cell)

    def edits(self, posted: MultiDict[str, str]) -> list[Edit]:
        """Return what was typed in each field beside what the page had shown there; fields not shown are left out."""
        shown, kept = _shown(posted.get("_base", "")), set(posted.getlist("_theirs"))
        return [
            Edit(q.path, cell_of(q, read(self.fields[q.path], posted)), cell_of(q, shown[name]))
            for name, q in self.questions.items()
            if name in shown and name not in kept and not self._is_locked(q)
        ]

    def _is_locked(self, question: Question) -> bool:
        """Tell whether a filled field may not be edited, whatever is posted for it."""
        if question.readonly is None or not self.cell(question).value:
            return False
        return self._asked(question) and self.sheet.verdict.evaluation.readonly(self.position(question))

    def base(self) -> str:
        """Return what the page shows in each field, for the three-way merge when it comes back."""
        shown = {name: text_of(q, self.cell(q)) for name, q in self.questions.items()}
        return json.dumps(shown, ensure_ascii=False, separators=(",", ":"))

    def items(self) -> list[FieldView | BlockView | RosterView]:
        """Return the views of everything on the page."""
        if self.part.roster is not None and self.line is None:
            return [self._roster(self.part.roster)]
        return self._items(self.nodes, title_of=self.part.head)

    def _items(self, nodes: Sequence[Node], *, title_of: Group | Repeat | None = None) -> list[Any]:
        views: list[Any] = []
        for node in nodes:
            if not is_shown(node):
                continue
            if isinstance(node, Question):
                views += [self._field(node)] if self.sheet.offers(node) else []
            elif node is title_of:
                views += self._items(node.children)
            elif isinstance(node, Group):
                title = self._text(node, "label") if self._asked(node) else ""
                views.append(BlockView(self.position(node), title, self._asked(node), self._items(node.children)))
        return views

    def _asked(self, node: Node) -> bool:
        return self.sheet.verdict.evaluation.relevant(self.position(node))

    def _text(self, node: Node, name: str) -> str:
        return self.sheet.verdict.evaluation.label(self.position(node), self.sheet.language, name)

    def _field(self, question: Question) -> FieldView:
        item = self.fields.get(question.path)
        name = item.name if item is not None else question.path.replace("/", "-")
        cell = self.cell(question)
        text = self.typed.get(name, text_of(question, cell))
        path, evaluation = self.position(question), self.sheet.verdict.evaluation
        asked = self._asked(question)
        theirs = self.theirs.get(name)
        return FieldView(
            name=name,
            path=path,
            kind=question.kind,
            label=self._text(question, "label"),
            hint=self._text(question, "hint") if question.hint else "",
            guidance=self._text(question, "guidance") if question.guidance else "",
            text=text,
            options=self._options(question, text),
            is_relevant=asked,
            is_required=evaluation.required(path),
            is_readonly=self._is_locked(question),
            is_new=asked and question.path in self.new_from,
            input_mode=_input_mode(question),
            input_type=_INPUT_TYPES.get(question.kind, "text"),
            suffix=unit_of(question, self.sheet.language),
            is_long=isinstance(item, TextAreaField),
            is_drop_down=isinstance(item, SelectField) and not isinstance(item, RadioField),
            is_file=question.kind in FILES,
            is_amount=is_amount(question),
            is_filtered=question.choices is not None and question.choices.filter is not None,
            echo=dong_in_words(cell.value, self.sheet.language) if is_amount(question) else "",
            problems=self._problems(question, path, text) if asked else (),
            warning=self._warning(path),
            reason=self._reason(question),
            theirs=self.said(question, theirs) if theirs is not None else None,
            mine=self.said(question, cell_of(question, text)) if theirs is not None else "",
            remark=self.remarks.get(path, ""),
        )

    def _options(self, question: Question, text: str) -> tuple[Option, ...]:
        if question.choices is None:
            return ()
        chosen = set(text.split())
        offered = self.sheet.verdict.evaluation.choices(self.position(question))
        language = self.sheet.language
        return tuple(Option(c.value, c.label.get(language, c.value), c.value in chosen) for c in offered)

    def _problems(self, question: Question, path: str, text: str) -> tuple[str, ...]:
        cell = cell_of(question, text)
        if not cell.is_read:
            return (objection(question, cell, self.sheet.language),)
        found = self.sheet.findings.get(path, ())
        shown = [f for f in found if f.severity == "error" and (self.show_missing or f.code != "required")]
        return tuple(f.message[self.sheet.language] for f in shown)

    def _warning(self, path: str) -> str:
        found = [f for f in self.sheet.findings.get(path, ()) if f.code == "warning"]
        return found[0].message[self.sheet.language] if found else ""

    def _reason(self, question: Question) -> FieldView | None:
        node = self.sheet.work.instrument.by_path.get(f"{question.path}_reason")
        if not isinstance(node, Question) or node.kind != "reason":
            return None
        name = self.fields[node.path].name
        text = self.typed.get(name, self.cell(node).value)
        return FieldView(name=name, path=self.position(node), kind="reason", label="", text=text)

    def _roster(self, roster: Repeat) -> RosterView:
        rows = self.sheet.rows(roster)
        return RosterView(
            path=roster.path,
            title=self._text(roster, "label"),
            cards=[self._card(line, number) for number, line in enumerate(rows, start=1)],
            may_grow=self.sheet.may_grow(roster),
            is_full=len(rows) >= MAX_ROWS,
            is_relevant=True,
            surplus=self.sheet.surplus(roster),
        )

    def _card(self, line: Line, number: int) -> CardView:
        path = self.sheet.positioned(line)
        count = self.sheet.counts.get(path, Count())
        seen = f"{self.part.name}/{line.key}" in self.sheet.work.seen
        state = count.state(seen=seen)
        return CardView(
            key=line.key,
            title=row_title(self.sheet, line),
            number=number,
            age=row_age(self.sheet, line),
            state=state,
            open_count=count.wrong or count.missing,
        )


def sections(sheet: Sheet, current: str, address: Any, helpers: Mapping[str, str] | None = None) -> list[SectionView]:
    """Return the list of sections; `address` gives the URL of a part by its name, `helpers` who works on it."""
    views = []
    for number, part in enumerate(sheet.parts, start=1):
        count = sheet.counts.get(part.name, Count())
        views.append(
            SectionView(
                name=part.name,
                title=part_title(sheet, part),
                state=count.state(seen=part.name in sheet.work.seen),
                open_count=count.missing,
                wrong_count=count.wrong,
                is_current=part.name == current,
                address=address(part.name),
                number=number,
                helper=(helpers or {}).get(part.name, ""),
            )
        )
    return views


def progress(sheet: Sheet) -> Progress:
    """Return how many of the required questions asked so far are answered."""
    counts = [sheet.counts.get(part.name, Count()) for part in sheet.parts]
    return Progress(sum(c.answered for c in counts), sum(c.required for c in counts))


def part_title(sheet: Sheet, part: Part) -> str:
    """Return a part's title in the sheet's language; that of the questionnaire where it has none."""
    if not part.head.path:
        return sheet.work.instrument.title[sheet.language]
    return sheet.verdict.evaluation.label(part.head.path, sheet.language)


def row_title(sheet: Sheet, line: Line) -> str:
    """Return the name of the person that a roster row is about, empty before it is written."""
    roster = sheet.work.instrument.node(line.roster)
    texts = [q for q in questions_in([roster]) if q.kind == "text"]
    named = next((q for q in texts if q.identity), None) or next(iter(texts), None)
    return sheet.work.contents.cell(named.path, line).value if named else ""


def row_age(sheet: Sheet, line: Line) -> str:
    """Return the age in completed years that a roster row computes as `age_years`, empty without one."""
    path = f"{line.roster}/age_years"
    if path not in sheet.work.instrument.by_path:
        return ""
    return sheet.verdict.evaluation.value(f"{sheet.positioned(line)}/age_years")


def _input_mode(question: Question) -> str:
    if question.kind == "text" and "numbers" in question.appearance.split():
        return "numeric"
    if question.kind == "date":
        return "numeric"
    return _NUMBER_PAD.get(question.kind, "")


def _shown(base: str) -> dict[str, str]:
    """Return what a page says it had shown; nothing when that cannot be read."""
    try:
        found = json.loads(base)
    except ValueError:
        return {}
    return {str(k): v for k, v in found.items() if isinstance(v, str)} if isinstance(found, dict) else {}
