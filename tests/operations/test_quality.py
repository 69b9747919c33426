"""The quality rules: each notices what it should and nothing else; runs repeat, decisions stay, names stay hidden."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from survey.db import Database
from survey.errors import Problem
from survey.model import AuditEvent, QualityFlag, QualityRun, Submission
from survey.model.actor import SYSTEM, Actor, RoleGrant
from survey.operations import accounts, quality, submissions
from survey.operations.quality_cases import Case, Head
from survey.operations.quality_checks import CODES, check, kilometres_outside
from survey.reference import geometry
from survey.reference.quality_rules import QualityRule, quality_rule, quality_rules, rules_of_round
from tests.rounds import Interview, small_round

START = datetime(2026, 11, 2, 2, 0, tzinfo=UTC)


def _case(number: int = 1, **changes: Any) -> Case:
    head = Head(f"r{number}", 1, "household", "11", "field", 7, f"H-{number:03d}", "31399")
    given: dict[str, Any] = {
        "started": START,
        "minutes": 30.0,
        "consent": "1",
        "asked": 40,
        "unknown": 0,
        "blocks": 0,
        "block_questions": 0,
        "codes": tuple(range(number * 100, number * 100 + 30)),
        "size": 3,
        "ages": (),
        "values": {},
        "point": None,
    }
    return Case(head=changes.pop("head", head), **{**given, **changes})


def _rule(code: str, **parameters: Any) -> QualityRule:
    rule = quality_rule(code)
    assert rule is not None
    return rules_of_round({code: {"parameters": parameters}})[[r.code for r in quality_rules()].index(code)]


def _flagged(code: str, cases: list[Case], **parameters: Any) -> list[str | None]:
    return [finding.submission_id for finding in check(_rule(code, **parameters), cases)]


def test_every_rule_of_the_data_has_a_function_and_its_words_name_only_its_figures() -> None:
    assert {rule.code for rule in quality_rules()} == CODES
    for rule in quality_rules():
        assert rule.severity in {"error", "warning", "note"}
        assert rule.subject in {"record", "enumerator"}
        assert all((rule.name.vi, rule.name.en, rule.about.vi, rule.about.en, rule.reason.vi, rule.reason.en))


def test_a_complete_interview_without_consent_is_flagged_and_a_refusal_is_not() -> None:
    refusal = Head("r2", 1, "household", "21", "field", 7, "H-002", "31399")
    cases = [_case(1, consent=""), _case(2, head=refusal, consent="2"), _case(3), _case(4, consent=None)]
    assert _flagged("consent-missing", cases) == ["r1"]


def test_the_same_household_and_telephone_are_flagged_at_every_record_of_the_group() -> None:
    cases = [_case(1, household_key="a"), _case(2, household_key="a"), _case(3, household_key="b"), _case(4)]
    assert _flagged("duplicate-household", cases) == ["r1", "r2"]
    phones = [_case(1, phone_keys=("p",)), _case(2, phone_keys=("p", "q")), _case(3, phone_keys=("q",)), _case(4)]
    assert sorted(_flagged("duplicate-phone", phones)) == ["r1", "r2", "r2", "r3"]
    assert _flagged("duplicate-phone", phones, allowed=2) == []


def test_durations_are_odd_among_those_of_the_same_kind_and_size() -> None:
    usual = [_case(n, minutes=25.0 + n) for n in range(1, 15)]
    cases = [*usual, _case(20, minutes=3.0), _case(21, minutes=400.0), _case(22, minutes=3.0, size=9)]
    assert _flagged("duration-short", cases) == ["r20", "r22"]
    assert _flagged("duration-long", cases) == ["r21"]
    figures = check(_rule("duration-short"), cases)[0].figures
    assert figures == {"minutes": 3.0, "median": 32.5}


def test_straight_lines_and_many_unknowns_are_flagged() -> None:
    assert _flagged("straight-lining", [_case(1, blocks=1, block_questions=9), _case(2, blocks=2)]) == ["r2"]
    cases = [_case(1, asked=20, unknown=7), _case(2, asked=20, unknown=6), _case(3, asked=5, unknown=5)]
    assert _flagged("dont-know", cases) == ["r1"]


@pytest.mark.parametrize(("hour", "found"), [(20, []), (21, ["r1"]), (5, ["r1"]), (6, [])])
def test_night_is_told_by_the_clock_of_vietnam(hour: int, found: list[str]) -> None:
    started = datetime(2026, 11, 2, hour, 30, tzinfo=UTC) - timedelta(hours=7)
    assert _flagged("night", [_case(1, started=started)]) == found


def test_a_position_is_measured_to_the_nearest_side_of_the_unit() -> None:
    square: geometry.Polygon = (((105.0, 10.0), (105.1, 10.0), (105.1, 10.1), (105.0, 10.1), (105.0, 10.0)),)
    assert kilometres_outside((10.05, 105.05), [square]) == 0
    assert kilometres_outside((10.2, 105.05), [square]) == pytest.approx(11.13, abs=0.01)
    hole: geometry.Polygon = (
        *square,
        ((105.04, 10.04), (105.06, 10.04), (105.06, 10.06), (105.04, 10.06), (105.04, 10.04)),
    )
    assert kilometres_outside((10.05, 105.05), [hole]) == pytest.approx(0.01 * 111.32 * 0.98465, abs=0.01)
    assert _flagged("gps-outside", [_case(1, point=(21.0, 105.8)), _case(2)]) == ["r1"]


def test_near_duplicates_are_looked_for_within_one_enumerator() -> None:
    same = tuple(range(30))
    other = Head("r3", 1, "household", "11", "field", 8, "H-003", "31399")
    cases = [_case(1, codes=same), _case(2, codes=(*same[:29], 99)), _case(3, head=other, codes=same), _case(4)]
    found = check(_rule("near-duplicate"), cases)
    assert [(f.submission_id, f.figures["unit"]) for f in found] == [("r1", "H-002"), ("r2", "H-001")]
    assert found[0].figures["percent"] == 96.7


def test_an_enumerator_is_flagged_once_for_a_crowded_day() -> None:
    cases = [_case(n) for n in range(5)] + [_case(9, started=START + timedelta(days=1))]
    found = check(_rule("many-in-a-day", most=4), cases)
    assert [(f.account_id, f.detail, f.figures["count"]) for f in found] == [(7, "2026-11-02", 5)]


def test_heaped_ages_are_flagged_with_the_index() -> None:
    cases = [_case(1, ages=(25, 30, 35, 40, 45, 50, 55, 60) * 13)]
    found = check(_rule("digit-preference"), cases)
    assert (found[0].account_id, found[0].figures) == (7, {"index": 500.0, "persons": 104})
    assert check(_rule("digit-preference"), [_case(1, ages=tuple(range(23, 63)) * 3)]) == []


def test_the_enumerator_who_differs_most_is_named_with_both_shares() -> None:
    def answers(account: int, ones: int) -> list[Case]:
        head = Head(f"e{account}", 1, "household", "11", "field", account, "H", "31399")
        return [_case(n, head=head, values={"fibre_used": "1" if n < ones else "2"}) for n in range(40)]

    found = check(_rule("interviewer-effect"), [*answers(1, 20), *answers(2, 22), *answers(3, 40)])
    assert [(f.account_id, f.detail) for f in found] == [(3, "fibre_used")]
    assert (found[0].figures["mine"], found[0].figures["others"]) == (100.0, 52.5)


def test_a_round_switches_a_rule_off_or_makes_it_graver() -> None:
    rules = {
        rule.code: rule for rule in rules_of_round({"night": {"off": True}, "duration-long": {"severity": "error"}})
    }
    assert "night" not in rules
    assert rules["duration-long"].severity == "error"


@pytest.fixture
def flagged(database: Database) -> tuple[Database, int, Actor]:
    """Return a database whose round has two records of the same household, and a statistician."""
    with database.transaction() as session:
        round_ = small_round(session)
        names = {"names": ["name"], "places": ["name"], "kinds": ["household"]}
        round_.settings = {"quality": {"duplicate-household": {"parameters": names}}}
        for name in ("Lan", "LAN", "Mai"):
            submissions.receive(session, SYSTEM, xml=Interview().xml(name=name), channel="openrosa")
        account = accounts.create_account(session, SYSTEM, username="tk", name="T", password="mat-khau-dai")
        return database, round_.id, Actor("account", account.id, grants=(RoleGrant("statistician"),))


def _run(database: Database, actor: Actor, round_id: int) -> dict[str, int]:
    with database.transaction() as session:
        return dict(quality.run(session, actor, round_id).counts)


def _states(database: Database) -> list[str]:
    with database.reading() as session:
        return list(session.scalars(select(QualityFlag.state).order_by(QualityFlag.id)))


def test_a_run_again_changes_nothing_and_a_decision_outlives_it(flagged: tuple[Database, int, Actor]) -> None:
    database, round_id, actor = flagged
    assert _run(database, actor, round_id) == {"duplicate-household": 2}
    with database.transaction() as session:
        first = session.scalars(select(QualityFlag.id).order_by(QualityFlag.id)).first()
        assert first is not None
        quality.dismiss(session, actor, first, reason="Hai hộ khác nhau cùng tên")
    assert _run(database, actor, round_id) == {"duplicate-household": 1}
    assert sorted(_states(database)) == ["dismissed", "open"]
    with database.reading() as session:
        assert session.scalars(select(QualityRun.state)).all() == ["done", "done"]


def test_what_is_no_longer_found_is_cleared(flagged: tuple[Database, int, Actor]) -> None:
    database, round_id, actor = flagged
    _run(database, actor, round_id)
    with database.transaction() as session:
        flags = session.scalars(select(QualityFlag.submission_id)).all()
        session.get_one(Submission, flags[0]).state = "rejected"
    assert _run(database, actor, round_id) == {}
    assert _states(database) == ["cleared", "cleared"]


def test_flags_hold_no_name_and_the_comparison_is_in_the_log(flagged: tuple[Database, int, Actor]) -> None:
    database, round_id, actor = flagged
    _run(database, actor, round_id)
    with database.reading() as session:
        figures = session.scalars(select(QualityFlag.figures)).all()
        assert all("lan" not in str(each).lower() for each in figures)
        assert "identity.compare" in session.scalars(select(AuditEvent.action)).all()


def test_only_a_statistician_runs_the_rules_and_a_decision_needs_a_reason(
    flagged: tuple[Database, int, Actor],
) -> None:
    database, round_id, actor = flagged
    viewer = Actor("account", actor.account_id, grants=(RoleGrant("viewer"),))
    with pytest.raises(Problem, match="right"):
        _run(database, viewer, round_id)
    _run(database, actor, round_id)
    with database.transaction() as session, pytest.raises(Problem, match="remark"):
        quality.dismiss(session, actor, 1, reason=" ")
    with database.transaction() as session, pytest.raises(Problem, match="right"):
        quality.dismiss(session, viewer, session.scalars(select(QualityFlag.id)).first() or 0, reason="x")


def test_two_runs_at_once_are_refused_and_a_stuck_one_gives_way(flagged: tuple[Database, int, Actor]) -> None:
    database, round_id, actor = flagged
    with database.transaction() as session:
        quality.begin(session, actor, round_id)
    with database.transaction() as session, pytest.raises(Problem, match="already"):
        quality.begin(session, actor, round_id)
    with database.transaction() as session:
        session.scalars(select(QualityRun)).one().started_at -= quality.PATIENCE
    with database.transaction() as session:
        quality.begin(session, actor, round_id)
    with database.reading() as session:
        assert session.scalars(select(QualityRun.state).order_by(QualityRun.id)).all() == ["failed", "running"]
