"""WTForms classes drawn from an instrument, once per form version. WTForms parses strings and shows messages; the judge
decides.

    form = bound(instrument, formdata, answers)      # formdata: MultiDict of the POST, or None: stored answers
    filled = fill(form, base=draft, section="members[2]", now=now)   # read once, judged once, errors on the fields
    dress(form, filled.verdict.evaluation, "vi")          # labels, hints, choices, what is asked, required, read-only

Groups are FormField, rosters FieldList(FormField) with max_entries, select_one RadioField (SelectField when `minimal`),
select_multiple check boxes, anything else keeps the raw text. Calculations and metadata have no field, so they cannot
be posted. A field is posted as `group-question`, `roster-0-question`; its XForms path with positions is `field.path`,
its definition `field.question`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from weakref import WeakKeyDictionary

from wtforms import (
    BooleanField,
    Field,
    FieldList,
    FileField,
    Form,
    FormField,
    RadioField,
    SelectChoice,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.widgets import CheckboxInput, ListWidget

from survey.questionnaire.evaluate import MAX_ROWS, Answers, Evaluation
from survey.questionnaire.instrument import FILES, Group, Instrument, Question, Repeat, plain
from survey.questionnaire.judge import Finding, Verdict, judge
from survey.questionnaire.message import default_message
from survey.questionnaire.written import Unreadable, to_lexical, to_written

_PREFIX = "q_"
_CLASSES: WeakKeyDictionary[Instrument, type[Form]] = WeakKeyDictionary()


class CheckboxesField(SelectMultipleField):  # type: ignore[misc]
    """A select_multiple as a list of check boxes."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class RosterField(FieldList):  # type: ignore[misc]
    """A roster whose rows keep the numbers they were posted under: a page may hold one row of many."""

    def _extract_indices(self, prefix: str, formdata: Any) -> Iterator[int]:
        yield from (index for index in super()._extract_indices(prefix, formdata) if index < MAX_ROWS)

    def _compact_indices(self) -> None:
        return


@dataclass(frozen=True, slots=True)
class Reading:
    """What a form holds: answers in XForms form, and a finding for each text that is no answer of its type (left
    empty).
    """

    answers: Answers
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Filled:
    """A form that was read and judged: `answers` as read (not pruned, for the draft), the verdict, and every
    finding.
    """

    answers: Answers
    verdict: Verdict
    findings: tuple[Finding, ...]


def form_class(instrument: Instrument) -> type[Form]:
    """Return the WTForms class of an instrument, made once."""
    if instrument not in _CLASSES:
        _CLASSES[instrument] = _group_class(instrument.root, instrument)
    return _CLASSES[instrument]


def bound(instrument: Instrument, formdata: Any = None, answers: Mapping[str, Any] | None = None) -> Form:
    """Return a form over posted data (a MultiDict) or, without it, over stored answers; every field gets its `path`."""
    form = form_class(instrument)(formdata, data=initial(instrument.root, answers or {}))
    for path, field in fields(form):
        field.path = path
        field.warnings = []
    return form


def initial(group: Group | Repeat, answers: Mapping[str, Any]) -> dict[str, Any]:
    """Return the WTForms data of stored answers, written as people write them."""
    data: dict[str, Any] = {}
    for node in group.children:
        value = answers.get(node.name)
        if isinstance(node, Group):
            data[_PREFIX + node.name] = initial(node, value if isinstance(value, Mapping) else {})
        elif isinstance(node, Repeat):
            rows = value if isinstance(value, list) else []
            data[_PREFIX + node.name] = [initial(node, row) for row in rows[:MAX_ROWS]]
        elif value and has_field(node):
            data[_PREFIX + node.name] = _initial_value(node, str(value))
    return data


def _initial_value(question: Question, value: str) -> Any:
    if question.kind == "select_multiple":
        return value.split()
    return value == "OK" if question.kind == "acknowledge" else to_written(question, value)


def has_field(question: Question) -> bool:
    """Say whether somebody fills a question (a reason for an unlikely answer included)."""
    return question.kind == "reason" or (question.is_asked and question.calculate is None)


def _group_class(group: Group | Repeat, instrument: Instrument) -> type[Form]:
    attributes: dict[str, Any] = {}
    for node in group.children:
        if isinstance(node, Question):
            if has_field(node):
                attributes[_PREFIX + node.name] = _field(node, instrument)
        elif node.path != "meta":
            inner = FormField(_group_class(node, instrument), name=node.name)
            if isinstance(node, Repeat):
                inner = RosterField(FormField(_group_class(node, instrument)), name=node.name, max_entries=MAX_ROWS)
            attributes[_PREFIX + node.name] = inner
    made = type(f"{group.name.title()}Form", (Form,), attributes)
    made.node = group  # type: ignore[attr-defined]
    made.instrument = instrument  # type: ignore[attr-defined]
    return made


def _field(question: Question, instrument: Instrument) -> Any:
    language = instrument.languages[0]
    shared = {
        "label": plain(question.label, language),
        "description": plain(question.hint, language),
        "name": question.name,
    }
    return _FIELDS.get(question.kind, _text_field)(question, instrument, shared)


def _choice_field(question: Question, instrument: Instrument, shared: dict[str, Any]) -> Any:
    kind = SelectField if "minimal" in question.appearance.split() or _is_long(question) else RadioField
    return kind(choices=_choices(question, instrument), validate_choice=False, **shared)


def _checkboxes(question: Question, instrument: Instrument, shared: dict[str, Any]) -> Any:
    return CheckboxesField(choices=_choices(question, instrument), validate_choice=False, **shared)


def _text_field(question: Question, instrument: Instrument, shared: dict[str, Any]) -> Any:
    return (TextAreaField if "multiline" in question.appearance.split() else StringField)(**shared)


def _is_long(question: Question) -> bool:
    return question.choices is not None and len(question.choices.items) > 20


def _choices(question: Question, instrument: Instrument) -> list[SelectChoice]:
    items = question.choices.items if question.choices else ()
    return [SelectChoice(item.value, item.label.get(instrument.languages[0], item.value)) for item in items]


_Maker = Callable[[Question, Instrument, dict[str, Any]], Any]
_FIELDS: dict[str, _Maker] = {
    "select_one": _choice_field,
    "select_multiple": _checkboxes,
    "acknowledge": lambda question, instrument, shared: BooleanField(**shared),
    **dict.fromkeys(FILES, lambda question, instrument, shared: FileField(**shared)),
}


def fields(form: Form) -> Iterator[tuple[str, Field]]:
    """Yield every field of a form with its XForms path: enclosures first, rosters' rows by their posted number."""
    yield from _fields(form, "")


def _fields(form: Form, prefix: str) -> Iterator[tuple[str, Field]]:
    nodes = {node.name: node for node in form.node.children}
    for key, field in form._fields.items():
        name = key.removeprefix(_PREFIX)
        field.question = nodes[name]
        path = prefix + name
        yield path, field
        if isinstance(field, FormField):
            yield from _fields(field.form, f"{path}/")
        elif isinstance(field, FieldList):
            for entry in field.entries:
                row = f"{path}[{int(entry.name.rpartition('-')[2]) + 1}]"
                entry.question = nodes[name]
                yield row, entry
                yield from _fields(entry.form, f"{row}/")


def answers_from(form: Form, base: Mapping[str, Any] | None = None, section: str = "") -> Reading:
    """Read a form. With a `section` (path of a group, roster or row) only what stands there is read, the rest is kept
    from `base`.

    Without a section the whole form is read over `base`, which keeps what has no field (metadata, draws).
    """
    answers: Answers = deepcopy(dict(base or {}))
    findings: list[Finding] = []
    instrument: Instrument = form.instrument
    for path, field in fields(form):
        if isinstance(field, (FormField, FieldList)) or not _within(path, section):
            continue
        value, finding = _read(field, path, instrument)
        _put(answers, path, value)
        if finding:
            findings.append(finding)
    return Reading(answers, tuple(findings))


def _within(path: str, section: str) -> bool:
    return not section or path == section or path.startswith((f"{section}/", f"{section}["))


def _read(field: Field, path: str, instrument: Instrument) -> tuple[str, Finding | None]:
    question: Question = field.question
    if question.kind == "acknowledge":
        return ("OK" if field.data else ""), None
    if question.kind == "select_multiple":
        return " ".join(field.data or ()), None
    if question.kind in FILES:
        return str(getattr(field.data, "filename", field.data) or ""), None
    written = str(field.data or "")
    try:
        return to_lexical(question, written), None
    except Unreadable as error:
        message = default_message(error.code, instrument.languages, **error.details)
        return "", Finding("error", path, error.code, message, question.name, written[:200])


def _put(answers: Answers, path: str, value: str) -> None:
    place: Answers = answers
    *outer, last = path.split("/")
    for part in outer:
        name, _, position = part.partition("[")
        if position:
            rows: list[Answers] = place.setdefault(name, [])
            index = min(int(position[:-1]), MAX_ROWS)
            while len(rows) < index:
                rows.append({})
            place = rows[index - 1]
        else:
            place = place.setdefault(name, {})
    place[last] = value


def fill(form: Form, *, now: datetime, base: Mapping[str, Any] | None = None, section: str = "") -> Filled:
    """Read a form once, judge it once, and put what was found on its fields, in the first language of the
    instrument.
    """
    reading = answers_from(form, base, section)
    verdict = judge(form.instrument, reading.answers, now=now)
    unreadable = {finding.path for finding in reading.findings}
    findings = (*reading.findings, *(f for f in verdict.findings if f.path not in unreadable))
    attach(form, findings, form.instrument.languages[0])
    return Filled(reading.answers, verdict, findings)


def attach(form: Form, findings: tuple[Finding, ...], language: str) -> tuple[Finding, ...]:
    """Put findings on the fields they belong to (`errors`, `warnings`), replacing earlier ones; return those that have
    no field.
    """
    places = dict(fields(form))
    for field in places.values():
        if not isinstance(field, (FormField, FieldList)):
            field.errors = []
        field.warnings = []
    left = []
    for finding in findings:
        field = places.get(finding.path)
        if field is None or isinstance(field, (FormField, FieldList)):
            left.append(finding)
        else:
            (field.errors if finding.severity == "error" else field.warnings).append(finding.message[language])
    return tuple(left)


def dress(form: Form, evaluation: Evaluation, language: str) -> None:
    """Give every field what follows from the answers: `label`, `description`, `choices`, `relevant`, `required`,
    `readonly`, `path`.
    """
    for path, field in fields(form):
        field.path = path
        try:
            node, row = evaluation.locate(path)
        except KeyError:
            field.relevant = False
            continue
        field.relevant = evaluation.relevant(path)
        field.label.text = evaluation.text(node, row, "label", language)
        if not isinstance(node, Question) or not field.relevant:
            continue
        field.description = evaluation.text(node, row, "hint", language)
        field.required = evaluation.rule(node, row, "required")
        field.readonly = evaluation.rule(node, row, "readonly")
        if isinstance(field, (SelectField, SelectMultipleField)):
            offered = [
                SelectChoice(choice.value, choice.label.get(language, choice.value))
                for choice in evaluation.offered(node, row)
            ]
            field.choices = [SelectChoice("", "—"), *offered] if type(field) is SelectField else offered
