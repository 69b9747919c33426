"""Planning a round: frames are checked before they are written, draws repeat, work and letters change hands cleanly."""

from __future__ import annotations

import random
from collections import Counter
from datetime import date

import pytest
from sqlalchemy import func, select

from survey.db import Database
from survey.errors import Problem
from survey.model import Assignment, AuditEvent, FrameUnit, Identity, Invitation, Round, SampleDraw, SampleUnit
from survey.model.actor import SYSTEM
from survey.operations import accounts, planning, verification
from survey.operations.planning import FrameEntry

VI_THANH, NGA_BAY = "31318", "31340"


def _round(database: Database, code: str = "THU-MAU") -> int:
    with database.transaction() as session:
        return planning.create_round(
            session,
            SYSTEM,
            code=code,
            title="Đợt thử",
            reference_date=date(2026, 10, 1),
            starts_on=date(2026, 10, 5),
            ends_on=date(2026, 12, 1),
        ).id


def test_self_assessments_count_once_verified_unless_the_round_says_otherwise(database: Database) -> None:
    number = _round(database)
    with database.transaction() as session:
        assert verification.required(session.get_one(Round, number))
        verification.require(session, SYSTEM, number, on=False)
        assert not verification.required(session.get_one(Round, number))


def _areas(count: int = 40) -> list[FrameEntry]:
    """Return areas of two strata with sizes from 120 to 300 households."""
    return [
        FrameEntry(
            code=f"{commune}-{number:03d}",
            commune_code=commune,
            stratum=stratum,
            size=120 + 37 * number % 181,
            attributes={"name": f"Khu vực {number}"},
        )
        for commune, stratum in ((VI_THANH, "930-U"), (NGA_BAY, "931-U"))
        for number in range(1, count // 2 + 1)
    ]


def _households(codes: list[str], each: int = 30) -> list[FrameEntry]:
    return [
        FrameEntry(
            code=f"{area}-{number:03d}",
            commune_code=area[:5],
            stratum="930-U" if area.startswith(VI_THANH) else "931-U",
            parent_code=area,
            identity={"head_name": f"Chủ hộ {number}"},
        )
        for area in codes
        for number in range(1, each + 1)
    ]


def _enterprises() -> list[FrameEntry]:
    sizes = (("micro", 60), ("small", 30), ("large", 7))
    return [
        FrameEntry(code=f"{size}-{number}", commune_code=VI_THANH, stratum=f"trade-{size}")
        for size, count in sizes
        for number in range(count)
    ]


def _sampled(database: Database, round_id: int, kind: str) -> list[SampleUnit]:
    with database.reading() as session:
        query = select(SampleUnit).where(SampleUnit.round_id == round_id, SampleUnit.kind == kind)
        return list(session.scalars(query.order_by(SampleUnit.position)))


def _count(database: Database, table: type) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


@pytest.fixture
def two_stages(database: Database) -> tuple[Database, int]:
    """Return a round with a drawn two-stage sample: 10 areas, 6 households in each."""
    round_id = _round(database)
    with database.transaction() as session:
        planning.import_frame(session, SYSTEM, round_id, "area", _areas())
        planning.draw_area_sample(session, SYSTEM, round_id, n=10, seed=7)
    drawn = [unit.psu for unit in _sampled(database, round_id, "area")]
    with database.transaction() as session:
        planning.import_frame(session, SYSTEM, round_id, "household", _households(drawn))
        planning.draw_household_sample(session, SYSTEM, round_id, per_area=6, seed=8)
    return database, round_id


def test_a_round_starts_as_a_draft_and_its_code_is_taken(sqlite_database: Database) -> None:
    round_id = _round(sqlite_database)
    with sqlite_database.reading() as session:
        assert session.get_one(Round, round_id).state == "draft"
    with pytest.raises(Problem, match="THU-MAU"):
        _round(sqlite_database)


def test_a_round_cannot_end_before_it_starts(sqlite_database: Database) -> None:
    with pytest.raises(Problem) as caught, sqlite_database.transaction() as session:
        planning.create_round(
            session,
            SYSTEM,
            code="X",
            title="X",
            reference_date=date(2026, 1, 1),
            starts_on=date(2026, 2, 1),
            ends_on=date(2026, 1, 31),
        )
    assert caught.value.code == "bad-value"


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        (FrameEntry("a", "99999"), "unknown-commune"),
        (FrameEntry("31318-001", VI_THANH), "bad-frame"),
        (FrameEntry("b", VI_THANH, size=0), "bad-frame"),
        (FrameEntry("c", VI_THANH, size=float("nan")), "bad-frame"),
    ],
)
def test_one_bad_unit_keeps_the_whole_frame_out(sqlite_database: Database, entry: FrameEntry, code: str) -> None:
    round_id = _round(sqlite_database)
    with pytest.raises(Problem) as caught, sqlite_database.transaction() as session:
        planning.import_frame(session, SYSTEM, round_id, "area", [*_areas(), entry])
    assert caught.value.code == code
    assert _count(sqlite_database, FrameUnit) == 0


def test_a_household_needs_its_area_in_the_frame(sqlite_database: Database) -> None:
    round_id = _round(sqlite_database)
    with pytest.raises(Problem) as caught, sqlite_database.transaction() as session:
        planning.import_frame(session, SYSTEM, round_id, "household", _households(["31318-001"]))
    assert caught.value.code == "bad-frame"
    assert caught.value.details["example"] == "31318-001"
    assert _count(sqlite_database, Identity) == 0


def test_names_and_addresses_lie_apart_from_the_frame(two_stages: tuple[Database, int]) -> None:
    database, _ = two_stages
    with database.reading() as session:
        unit = session.scalars(select(FrameUnit).where(FrameUnit.kind == "household").limit(1)).one()
        assert unit.identity_key is not None
        assert "head_name" not in unit.attributes
        assert session.get_one(Identity, unit.identity_key).values["head_name"].startswith("Chủ hộ")


def test_inclusion_probabilities_of_areas_are_proportional_to_size(two_stages: tuple[Database, int]) -> None:
    database, round_id = two_stages
    sizes = {area.code: area.size for area in _areas()}
    areas = _sampled(database, round_id, "area")
    assert len(areas) == 10
    for stratum in ("930-U", "931-U"):
        drawn = [unit for unit in areas if unit.stratum == stratum]
        total = sum(size for code, size in sizes.items() if (code[:5] == VI_THANH) == (stratum == "930-U"))
        for unit in drawn:
            assert unit.stage1_probability == pytest.approx(len(drawn) * sizes[unit.psu] / total)


def test_households_carry_both_stages_and_their_area(two_stages: tuple[Database, int]) -> None:
    database, round_id = two_stages
    first = {unit.psu: unit.stage1_probability for unit in _sampled(database, round_id, "area")}
    households = _sampled(database, round_id, "household")
    assert Counter(unit.psu for unit in households) == dict.fromkeys(first, 6)
    assert all(unit.stage1_probability == first[unit.psu] for unit in households)
    assert all(unit.stage2_probability == pytest.approx(6 / 30) for unit in households)


def test_a_draw_can_be_drawn_again_and_a_changed_frame_shows(two_stages: tuple[Database, int]) -> None:
    database, round_id = two_stages
    with database.reading() as session:
        draws = list(session.scalars(select(SampleDraw.id).where(SampleDraw.round_id == round_id)))
        assert [planning.verify_draw(session, draw_id) for draw_id in draws] == [True, True]
        session.scalars(select(FrameUnit).where(FrameUnit.kind == "area").limit(1)).one().size += 400
        session.flush()
        assert not planning.verify_draw(session, draws[0])


def test_the_same_seed_draws_the_same_units_in_another_round(two_stages: tuple[Database, int]) -> None:
    database, round_id = two_stages
    other = _round(database, "THU-HAI")
    with database.transaction() as session:
        planning.import_frame(session, SYSTEM, other, "area", _areas())
        again = planning.draw_area_sample(session, SYSTEM, other, n=10, seed=7).digest
        query = select(SampleDraw.digest).where(SampleDraw.round_id == round_id, SampleDraw.kind == "area")
        assert session.scalars(query).one() == again


def test_a_sample_is_drawn_once(two_stages: tuple[Database, int]) -> None:
    database, round_id = two_stages
    with pytest.raises(Problem) as caught, database.transaction() as session:
        planning.draw_area_sample(session, SYSTEM, round_id, n=4, seed=9)
    assert caught.value.code == "draw-exists"


def test_nothing_is_drawn_from_an_empty_frame(sqlite_database: Database) -> None:
    round_id = _round(sqlite_database)
    with pytest.raises(Problem) as caught, sqlite_database.transaction() as session:
        planning.draw_enterprise_sample(session, SYSTEM, round_id, n=10, seed=1)
    assert caught.value.code == "empty-frame"
    assert _count(sqlite_database, SampleDraw) == 0


def test_take_all_strata_are_certain_and_the_rest_adds_up(sqlite_database: Database) -> None:
    round_id = _round(sqlite_database)
    with sqlite_database.transaction() as session:
        planning.import_frame(session, SYSTEM, round_id, "enterprise", _enterprises())
        planning.draw_enterprise_sample(session, SYSTEM, round_id, n=37, seed=3, take_all=["trade-large"])
    units = _sampled(sqlite_database, round_id, "enterprise")
    counts = Counter(unit.stratum for unit in units)
    assert len(units) == 37
    assert counts["trade-large"] == 7
    assert all(unit.is_certainty == (unit.stratum == "trade-large") for unit in units)
    assert sum(1 / unit.stage1_probability for unit in units) == pytest.approx(97)


def test_a_census_takes_every_institution(sqlite_database: Database) -> None:
    round_id = _round(sqlite_database)
    schools = [FrameEntry(f"GD{n}", NGA_BAY, stratum="primary") for n in range(5)]
    with sqlite_database.transaction() as session:
        planning.import_frame(session, SYSTEM, round_id, "institution", schools)
        planning.take_all_institutions(session, SYSTEM, round_id)
    units = _sampled(sqlite_database, round_id, "institution")
    assert [unit.stage1_probability for unit in units] == [1.0] * 5


def test_an_area_given_to_someone_else_leaves_the_first(two_stages: tuple[Database, int]) -> None:
    database, round_id = two_stages
    area = _sampled(database, round_id, "area")[0].id
    with database.transaction() as session:
        people = [
            accounts.create_account(session, SYSTEM, username=name, name=name, password="mat-khau-dai").id
            for name in ("lan", "hung")
        ]
        planning.assign(session, SYSTEM, [area], account_id=people[0])
        planning.assign(session, SYSTEM, [area], account_id=people[1])
        planning.assign(session, SYSTEM, [area], account_id=people[0])
        held = {row.account_id: row.ended_at for row in session.scalars(select(Assignment))}
    assert held[people[0]] is None
    assert held[people[1]] is not None


def test_a_letter_code_is_stored_as_a_hash_and_a_new_one_replaces_it(sqlite_database: Database) -> None:
    round_id = _round(sqlite_database)
    with sqlite_database.transaction() as session:
        planning.import_frame(session, SYSTEM, round_id, "enterprise", _enterprises())
        planning.draw_enterprise_sample(session, SYSTEM, round_id, n=20, seed=3)
    unit = _sampled(sqlite_database, round_id, "enterprise")[0].id
    with sqlite_database.transaction() as session:
        first = planning.invite(session, SYSTEM, unit)
        second = planning.invite(session, SYSTEM, unit)
        stored = session.scalars(select(Invitation)).one()
        assert stored.code_hash not in (first, second)
        assert accounts.claim_invitation(session, code=first) is None
        assert accounts.claim_invitation(session, code=second.lower()) is not None


def test_a_seeded_code_repeats_and_only_self_reporting_units_get_one(two_stages: tuple[Database, int]) -> None:
    assert accounts.new_invitation_code(random.Random("a")) == accounts.new_invitation_code(random.Random("a"))
    database, round_id = two_stages
    household = _sampled(database, round_id, "household")[0].id
    with pytest.raises(Problem) as caught, database.transaction() as session:
        planning.invite(session, SYSTEM, household)
    assert caught.value.code == "unknown-unit"


def test_every_step_of_planning_is_in_the_audit_log(two_stages: tuple[Database, int]) -> None:
    database, _ = two_stages
    with database.reading() as session:
        actions = set(session.scalars(select(AuditEvent.action)))
    assert {"round.create", "frame.import", "sample.draw"} <= actions
