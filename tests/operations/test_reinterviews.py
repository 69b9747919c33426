"""Re-interviews: drawn from the seed, given to supervisors, sent through the one door, compared by person."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from survey.db import Database
from survey.errors import Problem
from survey.model import Account, AuditEvent, Reinterview, ReinterviewDraw, Submission
from survey.model.actor import SYSTEM, Actor
from survey.operations import accounts, forms, reinterviews
from survey.pipeline.snapshot import KINDS
from survey.query import reinterviews as reads
from tests.forms.interviews import Answers, compiled, reinterview
from tests.forms.interviews import member as person
from tests.web.office_round import Staffed, staffed_round


@pytest.fixture
def staffed(database: Database) -> tuple[Database, Staffed]:
    """Return a database with the staffed round, its interviews complete, and the re-interview form published."""
    with database.transaction() as session:
        made = staffed_round(session)
        forms.publish(session, SYSTEM, compiled("reinterview"))
        session.execute(update(Submission).values(outcome="11"))
    return database, made


def _actor(session: Session, made: Staffed, name: str) -> Actor:
    return accounts.actor_of(session, session.get_one(Account, made.people[name]))


def _draw(database: Database, made: Staffed, seed: int = 5, share: float = 0.05) -> ReinterviewDraw:
    with database.transaction() as session:
        return reinterviews.draw(session, _actor(session, made, "statistician"), made.round_id, seed=seed, share=share)


def test_every_enumerator_has_at_least_one_and_the_seed_draws_the_same_again(
    staffed: tuple[Database, Staffed],
) -> None:
    database, made = staffed
    first = _draw(database, made)
    assert first.strata == {str(made.people["lan"]): [4, 1], str(made.people["an"]): [1, 1]}
    with database.transaction() as session:
        session.execute(Reinterview.__table__.delete())
        session.execute(ReinterviewDraw.__table__.delete())
    assert _draw(database, made).digest == first.digest
    with database.reading() as session:
        works = reads.works(session, made.round_id, None)
    assert {work.enumerator for work in works} == {"Võ Thị Lan", "Nguyễn Văn An"}


def test_the_supervisor_of_the_place_gets_the_work_and_elsewhere_nobody(staffed: tuple[Database, Staffed]) -> None:
    database, made = staffed
    _draw(database, made)
    with database.reading() as session:
        works = {work.enumerator: work.supervisor for work in reads.works(session, made.round_id, None)}
    assert works == {"Võ Thị Lan": "Nguyễn Giám Sát", "Nguyễn Văn An": ""}


def test_a_second_draw_waits_for_the_first(staffed: tuple[Database, Staffed]) -> None:
    database, made = staffed
    _draw(database, made)
    with pytest.raises(Problem, match="already"):
        _draw(database, made)


@pytest.mark.parametrize("share", [0.0, 1.5])
def test_a_share_outside_0_to_1_is_refused(staffed: tuple[Database, Staffed], share: float) -> None:
    database, made = staffed
    with pytest.raises(Problem, match="share"):
        _draw(database, made, share=share)


def test_the_form_leads_to_the_household_shows_no_earlier_answer_and_the_reading_is_logged(
    staffed: tuple[Database, Staffed],
) -> None:
    database, made = staffed
    _draw(database, made)
    with database.transaction() as session:
        number = _number(session, made, "lan")
        boss = _actor(session, made, "supervisor")
        _, known = reinterviews.beginning(session, boss, number)
        assert known["visit"]["supervisor_code"] == "supervisor"
        assert known["original_instance_id"].startswith("uuid:")
        assert set(known) == {
            "round_code", "reference_date", "original_instance_id", "original_visit_day", "original_selected_name",
            "identification", "visit",
        }  # fmt: skip
        assert "reinterview.open" in session.scalars(select(AuditEvent.action)).all()


@pytest.mark.parametrize("name", ["statistician", "lan", "viewer"])
def test_only_a_supervisor_opens_it(staffed: tuple[Database, Staffed], name: str) -> None:
    database, made = staffed
    _draw(database, made)
    with database.transaction() as session, pytest.raises(Problem, match="right"):
        reinterviews.beginning(session, _actor(session, made, name), _number(session, made, "lan"))


def test_what_is_sent_is_a_record_that_no_estimate_reads(staffed: tuple[Database, Staffed]) -> None:
    database, made = staffed
    _draw(database, made)
    with database.transaction() as session:
        number, boss = _number(session, made, "lan"), _actor(session, made, "supervisor")
        instrument, known = reinterviews.beginning(session, boss, number)
        typed = dict(_flat(reinterview()))
        verdict = reinterviews.examine(instrument, known, typed)
        assert verdict.errors == ()
        record = reinterviews.finish(session, boss, number, verdict.answers)
        stored = session.get_one(Submission, record)
        assert (stored.unit_kind, stored.sample_unit_id, stored.outcome) == ("reinterview", None, "11")
        assert stored.unit_kind not in KINDS
        with pytest.raises(Problem, match="sent already"):
            reinterviews.finish(session, boss, number, verdict.answers)
    with database.reading() as session:
        assert len(reads.pairs(session, made.round_id, None)) == 1


def _flat(answers: Answers, prefix: str = "") -> list[tuple[str, str]]:
    found = []
    for name, value in answers.items():
        path = f"{prefix}{name}"
        if isinstance(value, dict):
            found += _flat(value, f"{path}/")
        elif isinstance(value, list):
            found += [pair for i, row in enumerate(value, start=1) for pair in _flat(row, f"{path}[{i}]/")]
        else:
            found.append((path, value))
    return found


def _number(session: Session, made: Staffed, enumerator: str) -> int:
    return session.scalars(select(Reinterview.id).where(Reinterview.enumerator_id == made.people[enumerator])).one()


def test_persons_are_matched_by_sex_and_year_of_birth_whatever_their_line() -> None:
    first = [{"sex": "1", "birth_year": "1970"}, {"sex": "2", "birth_year": "1974"}, {"sex": "1", "birth_year": "2001"}]
    second = [
        {"sex": "2", "birth_year": "1975"},
        {"sex": "1", "birth_year": "1970"},
        {"sex": "1", "birth_year": "1940"},
    ]
    pairs = sorted((one["birth_year"], other["birth_year"]) for one, other in reads.matched(first, second))
    assert pairs == [("1970", "1970"), ("1974", "1975")]


def test_questions_are_compared_inside_and_outside_the_household_list() -> None:
    household, again = compiled("household").instrument, compiled("reinterview").instrument
    one = {"interview": {"household": {"fibre_used": "1"}, "member": [_split(person("A", 1970, smartphone="1"))]}}
    other = {"interview": {"household": {"fibre_used": "2"}, "member": [_split(person("A", 1970, smartphone="1"))]}}
    found = {c.question.name: c.result for c in reads.compared([(1, one, 2, other)], {1: household, 2: again})}
    assert (found["fibre_used"].n, found["fibre_used"].gross) == (1, 1)
    assert (found["smartphone"].n, found["smartphone"].gross) == (1, 0)
    assert "bank_account" in found
    assert "consent" not in found


def _split(row: Answers) -> Answers:
    """Put the answers of one member where both forms keep them."""
    inside = {name: value for name, value in row.items() if not isinstance(value, dict)}
    return {
        **inside,
        "all_ages": dict(inside),
        "aged_15": dict(inside),
        **{k: v for k, v in row.items() if k not in inside},
    }
