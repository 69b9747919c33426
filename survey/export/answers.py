"""The answers of a round as CSV, one file per level in a zip: records, and the rows of every roster.

Answers as they were judged, in the newest version of each record. Identity never enters: it is not stored with answers,
and a column whose question is marked as identity in any version is left out. A text that a spreadsheet would take for a
formula gets an apostrophe before it.
"""

from __future__ import annotations

import csv
import io
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby, repeat
from typing import Any, BinaryIO, TextIO

from sqlalchemy import Row, Select, select
from sqlalchemy.orm import Session

from survey.errors import Problem
from survey.model import FrameUnit, Revision, Round, RoundFormUse, SampleUnit, Submission
from survey.model.actor import Actor
from survey.operations import audit, forms
from survey.questionnaire.instrument import Group, Instrument, Question, Repeat

KEYS = ("record", "unit", "state", "outcome", "channel", "revision", "errors", "warnings", "received_at")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_SPOOL = 32_000_000
_FIXED = (1980, 1, 1, 0, 0, 0)

Answers = Mapping[str, Any]
Cell = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Column:
    """One question of a level: the groups that it stands in below the level, its name, the question."""

    groups: tuple[str, ...]
    question: Question

    @property
    def path(self) -> str:
        """Return the path below the level."""
        return "/".join((*self.groups, self.question.name))


@dataclass(slots=True, eq=False)
class Level:
    """The records, or the rows of one roster: where its rows stand in a row of the level above, and its columns."""

    name: str
    path: str = ""
    above: Level | None = None
    groups: tuple[str, ...] = ()
    columns: dict[str, Column] = field(default_factory=dict)
    below: dict[tuple[str, ...], Level] = field(default_factory=dict)

    @property
    def keys(self) -> list[str]:
        """Return the names of the columns that say which row it is: the record, and a position in each roster."""
        return [*self.above.keys, f"{self.name}_row"] if self.above else ["record"]


def export(
    session: Session,
    actor: Actor,
    round_code: str,
    *,
    kind: str,
    file: BinaryIO,
    is_approved: bool = True,
    language: str = "",
) -> int:
    """Write the answers of a round's units of one kind to a zip and return the number of records.

    Only approved records unless `is_approved` is False; labels in a language in place of codes where one is given.
    Problems: unknown-round, forbidden, not-found when no questionnaire was ever answered by this kind.
    """
    round_id = session.scalar(select(Round.id).where(Round.code == round_code))
    if round_id is None:
        raise Problem("unknown-round", round=round_code)
    if not actor.may("statistician", round_id=round_id):
        raise Problem("forbidden")
    top = levels(_instruments(session, round_id, kind), kind)
    writers = {level: _Writer(level, language) for level in _all(top)}
    count = 0
    for row in session.execute(_records(round_id, kind, is_approved).execution_options(yield_per=1000)):
        writers[top].record(row)
        for level in top.below.values():
            _rows(level, (row.id,), row.answers, writers)
        count += 1
    _pack(file, writers)
    details = {"unit_kind": kind, "records": count, "approved": is_approved}
    audit.record(session, actor, "answers.export", "round", round_id, details)
    return count


def levels(instruments: Iterable[Instrument], name: str) -> Level:
    """Return the levels of several versions of a questionnaire as one tree, columns in the order of the first."""
    found = list(instruments)
    hidden = {q.path for instrument in found for q, _ in instrument.questions() if q.identity}
    top = Level(name)
    for instrument in found:
        _collect(instrument.root, (), top, hidden)
    return top


def _collect(group: Group | Repeat, groups: tuple[str, ...], level: Level, hidden: set[str]) -> None:
    """Add the questions and rosters of a group to a level."""
    for node in group.children:
        if isinstance(node, Group):
            if node.path != "meta":
                _collect(node, (*groups, node.name), level, hidden)
        elif isinstance(node, Repeat):
            where = (*groups, node.name)
            _collect(node, (), level.below.setdefault(where, Level(node.name, node.path, level, where)), hidden)
        elif node.path not in hidden and node.kind != "note":
            column = Column(groups, node)
            level.columns.setdefault(column.path, column)


def _all(level: Level) -> Iterator[Level]:
    """Yield a level and everything below it."""
    yield level
    for inner in level.below.values():
        yield from _all(inner)


def _rows(level: Level, key: tuple[object, ...], answers: Answers, writers: Mapping[Level, _Writer]) -> None:
    """Write the rows of a roster inside one row of the level above, and what is inside them."""
    found = _inside(answers, level.groups[:-1]).get(level.groups[-1])
    write = writers[level].row
    for place, row in enumerate(found if isinstance(found, list) else (), start=1):
        write((*key, place), row)
        for inner in level.below.values():
            _rows(inner, (*key, place), row, writers)


def _inside(answers: Answers, groups: Sequence[str]) -> Answers:
    """Return what stands in nested groups, nothing where one is missing."""
    for name in groups:
        answers = answers.get(name) or {}
    return answers


class _Writer:
    """Writes the rows of one level to a temporary file, as UTF-8 with the mark that Excel looks for."""

    def __init__(self, level: Level, language: str) -> None:
        columns = list(level.columns.values())
        self._parts = [
            (groups, [column.question.name for column in part])
            for groups, part in groupby(columns, key=lambda column: column.groups)
        ]
        self._cells = [(place, cell) for place, column in enumerate(columns) if (cell := _cell(column, language))]
        self._bytes = tempfile.SpooledTemporaryFile(_SPOOL)  # noqa: SIM115 - closed when it has been packed
        self._text: TextIO = io.TextIOWrapper(self._bytes, "utf-8-sig", newline="", write_through=False)
        self._write = csv.writer(self._text, lineterminator="\r\n").writerow
        self._write([*(level.keys if level.above else KEYS), *_headings(columns)])

    def record(self, row: Row[*tuple[Any, ...]]) -> None:
        """Write a record with what is known of it besides answers."""
        moment = row.received_at.isoformat(timespec="seconds")
        head = (row.id, row.code or "", row.state, row.outcome, row.channel, row.number)
        self.row((*head, row.error_count, row.warning_count, moment), row.answers)

    def row(self, key: Sequence[object], answers: Answers) -> None:
        """Write the answers that stand in a row."""
        values: list[str] = []
        for groups, names in self._parts:
            values.extend(map(_inside(answers, groups).get, names, repeat("")))
        for place, cell in self._cells:
            if values[place]:
                values[place] = cell(values[place])
        self._write([*key, *values])

    def copy_to(self, archive: zipfile.ZipFile, name: str) -> None:
        """Put the file into an archive and let go of it."""
        self._text.flush()
        self._bytes.seek(0)
        entry = zipfile.ZipInfo(name, _FIXED)
        entry.compress_type = zipfile.ZIP_DEFLATED
        with archive.open(entry, "w", force_zip64=True) as target:
            while block := self._bytes.read(1_000_000):
                target.write(block)
        self._text.close()


def _pack(file: BinaryIO, writers: Mapping[Level, _Writer]) -> None:
    """Write one file per level to a zip, named after its roster, or after its path where a name is used twice."""
    names = [level.name for level in writers]
    with zipfile.ZipFile(file, "w", compresslevel=1) as archive:
        for level, writer in writers.items():
            name = level.name if names.count(level.name) == 1 else level.path.replace("/", "-")
            writer.copy_to(archive, f"{name}.csv")


def _headings(columns: Sequence[Column]) -> list[str]:
    """Return the names of questions, with their groups where a name is used twice in the level."""
    names = [column.question.name for column in columns]
    return [column.path if names.count(column.question.name) > 1 else column.question.name for column in columns]


def _cell(column: Column, language: str) -> Cell | None:
    """Return what turns a stored answer into what is written, None where they are the same."""
    question = column.question
    if question.choices is None:
        return _harmless if question.datatype == "string" else None
    if not language or question.choices.repeat:
        return None
    labels = {choice.value: choice.label.get(language, choice.value) for choice in question.choices.items}
    if question.kind == "select_one":
        return lambda value: labels.get(value, value)
    return lambda value: "; ".join(labels.get(code, code) for code in value.split())


def _harmless(value: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    return f"'{value}" if value.startswith(_FORMULA) else value


def _instruments(session: Session, round_id: int, kind: str) -> list[Instrument]:
    """Return every version that a kind of unit has answered in a round, the newest first."""
    query = select(RoundFormUse.form_version_id).where(
        RoundFormUse.round_id == round_id, RoundFormUse.unit_kind == kind
    )
    numbers = session.scalars(query.order_by(RoundFormUse.id.desc())).all()
    if not numbers:
        raise Problem("not-found")
    return [forms.instrument_of(session, number) for number in numbers]


def _records(round_id: int, kind: str, is_approved: bool) -> Select[*tuple[Any, ...]]:
    """Return the query of the newest versions of a round's records."""
    query = (
        select(
            Submission.id,
            Submission.state,
            Submission.outcome,
            Submission.channel,
            Submission.error_count,
            Submission.warning_count,
            FrameUnit.code,
            Revision.number,
            Revision.received_at,
            Revision.answers,
        )
        .join(Revision, (Revision.submission_id == Submission.id) & (Revision.number == Submission.revision_count))
        .outerjoin(SampleUnit, SampleUnit.id == Submission.sample_unit_id)
        .outerjoin(FrameUnit, FrameUnit.id == SampleUnit.frame_unit_id)
        .where(Submission.round_id == round_id, Submission.unit_kind == kind)
        .order_by(Submission.created_at, Submission.id)
    )
    return query.where(Submission.state == "approved") if is_approved else query
