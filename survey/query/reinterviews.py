"""Re-interviews: who does which, and how their answers compare with the first ones. Reads answers, never names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, aliased, undefer

from survey.estimation.agreement import Agreement, agreement
from survey.model import Account, FrameUnit, Reinterview, ReinterviewDraw, Revision, SampleUnit, Submission
from survey.query.scope import Communes, within
from survey.questionnaire.instrument import Instrument, Question

_Enumerator = aliased(Account)
_Supervisor = aliased(Account)
_UNLIKE = 3.0
"""Two persons of a household list are taken for the same below this: 2 for another sex, 1 a year of birth."""


@dataclass(frozen=True, slots=True)
class Work:
    """One re-interview as the list shows it."""

    id: int
    submission_id: str
    unit_code: str
    commune_code: str
    enumerator_id: int | None
    enumerator: str
    supervisor_id: int | None
    supervisor: str
    result_id: str | None
    done_at: datetime | None


@dataclass(frozen=True, slots=True)
class Compared:
    """One question asked twice: its name, and what the pairs of answers say."""

    question: Question
    result: Agreement


def works(session: Session, round_id: int, communes: Communes) -> list[Work]:
    """Return the re-interviews of a round within reach, those to do first."""
    query: Select[*tuple[Any, ...]] = (
        select(
            Reinterview.id,
            Reinterview.submission_id,
            FrameUnit.code,
            FrameUnit.commune_code,
            Reinterview.enumerator_id,
            func.coalesce(_Enumerator.name, ""),
            Reinterview.supervisor_id,
            func.coalesce(_Supervisor.name, ""),
            Reinterview.result_id,
            Reinterview.done_at,
        )
        .join(Submission, Submission.id == Reinterview.submission_id)
        .join(SampleUnit, SampleUnit.id == Submission.sample_unit_id)
        .join(FrameUnit, FrameUnit.id == SampleUnit.frame_unit_id)
        .outerjoin(_Enumerator, _Enumerator.id == Reinterview.enumerator_id)
        .outerjoin(_Supervisor, _Supervisor.id == Reinterview.supervisor_id)
        .where(Reinterview.round_id == round_id)
        .order_by(Reinterview.done_at.is_not(None), FrameUnit.code)
    )
    return [Work(*row) for row in session.execute(within(query, FrameUnit.commune_code, communes))]


def draws(session: Session, round_id: int) -> list[ReinterviewDraw]:
    """Return the draws of a round, the newest first."""
    query = select(ReinterviewDraw).where(ReinterviewDraw.round_id == round_id)
    return list(session.scalars(query.order_by(ReinterviewDraw.id.desc())))


def pairs(session: Session, round_id: int, communes: Communes) -> list[tuple[int, Any, int, Any]]:
    """Return (form version, answers) of the interview drawn and of the re-interview, for each that is done."""
    second_record, second = aliased(Submission), aliased(Revision)
    query = (
        select(Revision, second)
        .select_from(Reinterview)
        .join(
            Revision,
            (Revision.submission_id == Reinterview.submission_id) & (Revision.number == Reinterview.revision_number),
        )
        .join(second_record, second_record.id == Reinterview.result_id)
        .join(second, (second.submission_id == second_record.id) & (second.number == second_record.revision_count))
        .join(Submission, Submission.id == Reinterview.submission_id)
        .join(SampleUnit, SampleUnit.id == Submission.sample_unit_id)
        .join(FrameUnit, FrameUnit.id == SampleUnit.frame_unit_id)
        .where(Reinterview.round_id == round_id)
        .options(undefer(Revision.answers), undefer(second.answers))
        .order_by(Reinterview.id)
    )
    rows = session.execute(within(query, FrameUnit.commune_code, communes))
    return [(a.form_version_id, a.answers, b.form_version_id, b.answers) for a, b in rows]


def compared(found: Sequence[tuple[int, Any, int, Any]], instruments: Mapping[int, Instrument]) -> list[Compared]:
    """Compare the questions that both forms ask under one name, in the order of the re-interview form."""
    answers: dict[str, tuple[list[str], list[str]]] = defaultdict(lambda: ([], []))
    asked: dict[str, Question] = {}
    for first_form, first, second_form, second in found:
        shared = _shared(instruments[first_form], instruments[second_form])
        asked |= {name: question for name, (_, question) in shared.items()}
        for name, one, other in _answers(shared, instruments[second_form], first, second):
            answers[name][0].append(one)
            answers[name][1].append(other)
    return [Compared(asked[name], agreement(*answers[name])) for name in asked if answers[name][0]]


def _shared(first: Instrument, second: Instrument) -> dict[str, tuple[Question, Question]]:
    """Return the questions of the bank that both forms ask, by name."""
    before = {q.name: q for q, _ in first.questions() if q.is_asked and not q.identity}
    return {
        q.name: (before[q.name], q)
        for q, _ in second.questions()
        if q.is_asked and q.bank and not q.identity and q.name in before
    }


def _answers(
    shared: Mapping[str, tuple[Question, Question]], instrument: Instrument, first: Any, second: Any
) -> Iterator[tuple[str, str, str]]:
    """Yield (question, first answer, second answer) where both interviews answered; persons are matched."""
    roster = next((e.repeats[0].path for e in instrument.entries() if e.repeats), "")
    rows = list(matched(_rows(first, roster), _rows(second, roster)))
    for name, (before, after) in shared.items():
        if roster and after.path.startswith(f"{roster}/"):
            steps = after.path.removeprefix(f"{roster}/"), before.path.rpartition(f"{roster.rpartition('/')[2]}/")[2]
            both = [(_find(one, steps[1]), _find(other, steps[0])) for one, other in rows]
        else:
            both = [(_find(first, before.path), _find(second, after.path))]
        yield from ((name, one, other) for one, other in both if one and other)


def matched(
    first: Sequence[Mapping[str, Any]], second: Sequence[Mapping[str, Any]]
) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """Yield the rows of two household lists that are about one person: nearest by sex, year of birth and line."""
    costs = sorted(
        (_unlike(one, other) + abs(i - j) / 100, i, j) for i, one in enumerate(first) for j, other in enumerate(second)
    )
    taken: tuple[set[int], set[int]] = set(), set()
    for cost, i, j in costs:
        if cost <= _UNLIKE and i not in taken[0] and j not in taken[1]:
            taken[0].add(i)
            taken[1].add(j)
            yield first[i], second[j]


def _unlike(one: Mapping[str, Any], other: Mapping[str, Any]) -> float:
    years = [str(row.get("birth_year", "")) for row in (one, other)]
    apart = abs(int(years[0]) - int(years[1])) if all(year.isdigit() for year in years) else 1
    return 2.0 * (one.get("sex") != other.get("sex")) + min(apart, 9)


def _rows(answers: Any, roster: str) -> list[Mapping[str, Any]]:
    node: Any = answers
    for step in roster.split("/") if roster else ():
        node = node.get(step, {}) if isinstance(node, Mapping) else {}
    return node if isinstance(node, list) else []


def _find(answers: Any, path: str) -> str:
    """Return the answer at a path; blank inside a roster or where there is none."""
    node: Any = answers
    for step in path.split("/"):
        node = node.get(step, "") if isinstance(node, Mapping) else ""
    return node if isinstance(node, str) else ""
