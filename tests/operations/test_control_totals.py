"""Control totals: checked before anything is written, replaced by margin, removed, logged, and compared by margin."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.db import Database
from survey.errors import Problem
from survey.model import AuditEvent, ControlTotal
from survey.model.actor import SYSTEM, Actor, RoleGrant
from survey.operations import control_totals as totals
from survey.operations import frame_tables
from survey.pipeline import columns
from survey.pipeline.analysis import PLACES
from survey.pipeline.labels import categories_by_name, labels
from survey.query import control_totals as reads
from survey.query.control_totals import Total
from tests.rounds import small_round

DAY = date(2026, 4, 1)
SOURCE = "Niên giám thống kê 2025, bảng 12"


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    with database.reading() as found:
        yield found


def _totals(table: str = "member", margin: str = "sex", **values: float) -> list[Total]:
    return [Total(table, margin, category, value, SOURCE, DAY) for category, value in values.items()]


def test_entered_totals_are_read_back_with_source_and_day(session: Session) -> None:
    round_id = small_round(session).id
    assert totals.enter(session, SYSTEM, round_id, _totals(male=21_000, female=20_000)) == 2
    found = reads.entered(session, round_id)
    assert [(each.category, each.value) for each in found] == [("male", 21_000.0), ("female", 20_000.0)]
    assert {(each.source, each.as_of) for each in found} == {(SOURCE, DAY)}
    event = session.scalars(select(AuditEvent).where(AuditEvent.action == "control-totals.enter")).one()
    assert event.details["sums"] == {"member/sex": 41_000.0}


def test_entering_again_replaces_one_category_and_replacing_the_whole_margin(session: Session) -> None:
    round_id = small_round(session).id
    totals.enter(session, SYSTEM, round_id, _totals(male=1, female=2) + _totals("household", "urban_old", urban=3))
    totals.enter(session, SYSTEM, round_id, _totals(male=5))
    assert {each.category: each.value for each in reads.entered(session, round_id)} == {
        "urban": 3,
        "male": 5,
        "female": 2,
    }
    totals.replace(session, SYSTEM, round_id, _totals(female=9))
    assert {each.category: each.value for each in reads.entered(session, round_id)} == {"urban": 3, "female": 9}


def test_a_margin_or_a_whole_table_is_removed(session: Session) -> None:
    round_id = small_round(session).id
    both = _totals(male=1, female=2) + _totals(margin="age", **{"0-14": 3.0})
    totals.enter(session, SYSTEM, round_id, both + _totals("household", "urban_old", urban=3))
    assert totals.remove(session, SYSTEM, round_id, table="member", margin="age") == 1
    assert totals.remove(session, SYSTEM, round_id, table="member") == 2
    assert [each.table for each in reads.entered(session, round_id)] == ["household"]
    assert totals.remove(session, SYSTEM, round_id, table="member") == 0


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (Total("people", "sex", "male", 1, SOURCE, DAY), "bad-value"),
        (Total("household", "sex", "male", 1, SOURCE, DAY), "bad-value"),
        (Total("member", "sex", "man", 1, SOURCE, DAY), "bad-value"),
        (Total("member", "sex", "male", -1, SOURCE, DAY), "bad-value"),
        (Total("member", "sex", "male", float("nan"), SOURCE, DAY), "bad-value"),
        (Total("member", "sex", "male", 1, "  ", DAY), "source-missing"),
        (Total("member", "sex", "female", 2, SOURCE, DAY), "bad-value"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_written(session: Session, wrong: Total, code: str) -> None:
    round_id = small_round(session).id
    with pytest.raises(Problem) as caught:
        totals.enter(session, SYSTEM, round_id, [*_totals(female=1), wrong])
    assert caught.value.code == code
    assert session.scalars(select(ControlTotal)).all() == []


def test_only_a_statistician_of_the_round_may_change_totals(session: Session) -> None:
    round_id = small_round(session).id
    for role in ("viewer", "supervisor", "enumerator"):
        with pytest.raises(Problem) as caught:
            totals.enter(session, Actor("account", grants=(RoleGrant(role),)), round_id, _totals(male=1))
        assert caught.value.code == "forbidden"
    assert totals.enter(session, Actor("account", grants=(RoleGrant("statistician"),)), round_id, _totals(male=1)) == 1


def test_margins_of_a_table_say_by_how_much_they_differ() -> None:
    given = _totals(male=500, female=480) + _totals(margin="urban_old", urban=300, rural=700)
    found = {each.margin: each for each in reads.agreements(given)}
    assert (found["sex"].total, found["sex"].difference, found["sex"].agrees) == (980, -20, False)
    assert found["urban_old"].agrees
    assert found["sex"].missing == ()
    assert found["urban_old"].categories == 2
    assert reads.agreements(_totals(male=1.0))[0].missing == ("female",)


FILE = """table;margin;category;value;source;as_of
member;sex;Nam;21.000;NGTK 2025;01/04/2026
member;sex;female;20000,5;;
member;age;Dưới 15 tuổi;;;
member;district;931;8.000;;2026-01-31
"""


def test_a_file_may_use_names_or_codes_and_leave_lines_blank() -> None:
    table = frame_tables.read(FILE.encode(), "totals.csv")
    found = totals.from_table(table, categories_by_name(), source=SOURCE, as_of=DAY)
    assert [(each.category, each.value, each.source, each.as_of) for each in found] == [
        ("male", 21_000.0, "NGTK 2025", DAY),
        ("female", 20_000.5, SOURCE, DAY),
        ("931", 8_000.0, SOURCE, date(2026, 1, 31)),
    ]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("table;margin;value\nmember;sex;3\n", "bad-column"),
        ("table;margin;category;value\nmember;sex;Nam;3.5\n", "bad-value"),
        ("table;margin;category;value;as_of\nmember;sex;Nam;3;ngày kia\n", "bad-value"),
        ("table;margin;category;value\nmember;sex;Nam;3\nmember;sex;male;4\n", "bad-value"),
        ("table;margin;category;value\n", "bad-value"),
    ],
)
def test_a_file_that_cannot_be_read_names_what_is_wrong(content: str, code: str) -> None:
    table = frame_tables.read(content.encode(), "totals.csv")
    with pytest.raises(Problem) as caught:
        totals.from_table(table, categories_by_name(), source=SOURCE, as_of=DAY)
    assert caught.value.code == code


def test_margins_and_categories_are_those_that_the_pipeline_calibrates_on() -> None:
    known = labels()
    for margin, categories in reads.CATEGORIES.items():
        if margin != "commune":
            assert set(categories()) == {entry[0] for entry in known[margin]}, margin
    assert reads.AGES == columns.AGE_GROUPS
    for margins in reads.MARGINS.values():
        assert set(PLACES) | {"commune"} <= set(margins)
