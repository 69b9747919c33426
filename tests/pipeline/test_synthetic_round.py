"""The synthetic round: complete, through the one door, reproducible, near its known truth, and marked as synthetic."""

from __future__ import annotations

import json
import stat
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import func, select

from survey.db import Database
from survey.model import (
    Account,
    AuditEvent,
    EstimateRun,
    Grant,
    Invitation,
    QualityRun,
    Reinterview,
    ReviewEvent,
    Revision,
    Round,
    SampleDraw,
    SampleUnit,
    Submission,
)
from survey.model.actor import ROLES, SYSTEM
from survey.operations import accounts, planning
from survey.pipeline import run as runs
from survey.pipeline import snapshot
from survey.pipeline.synthetic import checking
from survey.pipeline.synthetic.build import CODE, PREVIOUS, Size, build
from survey.pipeline.synthetic.staff import PASSWORD
from survey.pipeline.synthetic.world import truth, world
from survey.query.runs import latest_released, trend
from tests.pipeline.conftest import Instance, make_instance, run_in

FORMS = Path(__file__).resolve().parents[2] / "forms"


def _counts(database: Database, column) -> Counter:  # type: ignore[no-untyped-def]
    with database.reading() as session:
        return Counter(session.scalars(select(column)))


def test_the_round_and_its_output_say_that_they_are_synthetic(synthetic: Instance) -> None:
    with synthetic.database.reading() as session:
        survey_round = session.scalars(select(Round)).one()
        assert survey_round.is_synthetic
        assert "mô phỏng" in survey_round.title
    assert json.loads((synthetic.config.instance / "demo" / "truth.json").read_text())["synthetic"] is True


def test_every_role_has_an_account_whose_printed_password_works(synthetic: Instance) -> None:
    with synthetic.database.reading() as session:
        grants = session.execute(select(Grant.role, Account.username).join(Account))
        held = {grant.role: grant.username for grant in grants}
        assert set(held) == set(ROLES)
        for username in held.values():
            assert username in synthetic.output
            assert accounts.sign_in(session, username=username, password=PASSWORD)
    assert PASSWORD in synthetic.output


def test_a_printed_code_opens_the_portal_of_a_unit_that_has_not_answered(synthetic: Instance) -> None:
    code = next(line.split()[1] for line in synthetic.output.splitlines() if line.strip().startswith("DN"))
    with synthetic.database.reading() as session:
        query = select(Invitation.sample_unit_id).where(Invitation.code_hash == accounts.invitation_hash(code))
        unit_id = session.scalars(query).one()
        assert not session.scalar(select(Submission.id).where(Submission.sample_unit_id == unit_id))
        assert accounts.claim_invitation(session, code=code)


def test_files_with_codes_are_readable_by_their_owner_only(synthetic: Instance) -> None:
    for name in ("accounts.csv", "codes.csv"):
        assert stat.S_IMODE((synthetic.config.instance / "demo" / name).stat().st_mode) == 0o600


def test_every_record_came_through_the_one_door(synthetic: Instance) -> None:
    with synthetic.database.reading() as session:
        revisions = session.scalar(select(func.count()).select_from(Revision))
        received = select(func.count()).select_from(AuditEvent).where(AuditEvent.action == "submission.receive")
        assert revisions == session.scalar(received)
        elsewhere = select(Submission.unit_kind).where(Submission.sample_unit_id.is_(None)).distinct()
        assert set(session.scalars(elsewhere)) == {"reinterview"}


def test_records_are_in_every_state_that_a_real_round_has(synthetic: Instance) -> None:
    states = _counts(synthetic.database, Submission.state)
    assert {"approved", "received", "returned"} <= set(states)
    assert states["approved"] > 0.8 * sum(states.values())
    assert _counts(synthetic.database, ReviewEvent.action)["return"] > 0
    outcomes = _counts(synthetic.database, Submission.outcome) if Submission.outcome is not None else Counter()
    assert sum(outcomes.values()) == sum(states.values())


def test_nothing_with_an_error_was_approved(synthetic: Instance) -> None:
    with synthetic.database.reading() as session:
        query = select(Submission.error_count).where(Submission.state == "approved")
        assert set(session.scalars(query)) == {0}


def test_some_households_were_asked_again_and_some_still_wait(synthetic: Instance) -> None:
    with synthetic.database.reading() as session:
        done = Counter(session.scalars(select(Reinterview.done_at.is_not(None))))
        assert done[True] > done[False] > 0
        assert session.scalar(select(func.count()).select_from(QualityRun)) == 1


def test_stored_draws_repeat(synthetic: Instance) -> None:
    with synthetic.database.reading() as session:
        draws = list(session.scalars(select(SampleDraw.id)))
        assert len(draws) == 4
        assert all(planning.verify_draw(session, draw_id) for draw_id in draws)


def test_the_estimate_run_is_there_and_released(synthetic: Instance) -> None:
    with synthetic.database.reading() as session:
        assert session.scalars(select(EstimateRun.state)).one() == "released"


def test_a_second_build_is_refused_and_if_empty_only_prints_the_accounts(synthetic: Instance) -> None:
    again = run_in(synthetic.config.instance)
    assert again.exit_code == 2
    quiet = run_in(synthetic.config.instance, "--if-empty")
    assert quiet.exit_code == 0
    assert "quantri" in quiet.output
    assert _counts(synthetic.database, Round.code) == {CODE: 1}


@pytest.mark.slow
def test_the_seed_decides_every_byte_whatever_the_database(
    synthetic: Instance, postgres_database: Database, tmp_path: Path
) -> None:
    with postgres_database.transaction() as session:
        made = build(session, FORMS, Size.small(households=140))
        checking.check(session, CODE, FORMS, seed=128, statistician=made.staff.statistician)
        there = runs.run(session, SYSTEM, CODE, tmp_path).digest
        sent = set(map(tuple, session.execute(select(Revision.instance_id, Revision.sha256))))
    with synthetic.database.reading() as session:
        assert session.scalars(select(EstimateRun.digest)).one() == there
        assert set(map(tuple, session.execute(select(Revision.instance_id, Revision.sha256)))) == sent


def test_another_seed_is_another_population() -> None:
    first, second = world(1, scale=0.02), world(2, scale=0.02)
    assert len(first.people.household) != len(second.people.household)
    assert truth(first)["XH1/own"]["province"] != truth(second)["XH1/own"]["province"]
    assert truth(world(1, scale=0.02)) == truth(first)


def test_the_population_looks_like_the_province() -> None:
    whole = world(128)
    assert len(whole.people.household) == pytest.approx(733_017, rel=0.02)
    assert len({unit.code for unit in whole.places.communes}) == 75
    assert len(whole.firms.code) == 4007
    true = truth(whole)
    levels = {
        name: true[name]["province"][""]
        for name in ("XH1/own", "XH2/wide", "XH5/subscribed", "XH9/known", "KT6/narrow")
    }
    assert 75 <= levels["XH1/own"] <= 85
    assert levels["XH5/subscribed"] == pytest.approx(66, abs=2)
    assert 84 <= levels["XH9/known"] <= 90
    assert 1.5 <= levels["KT6/narrow"] <= 3
    assert true["XH2/narrow"]["province"][""] < levels["XH2/wide"]


def test_neighbours_are_more_alike_than_strangers() -> None:
    whole = world(128, scale=0.2)
    owns = (whole.traits.person["smartphone"] <= 2) & (whole.people.age >= 18)
    adults = whole.people.age >= 18
    area = whole.people.person_area[adults]
    share = np.bincount(area, weights=owns[adults]) / np.bincount(area)
    size = np.bincount(area).mean()
    p = owns[adults].mean()
    assert share.var() > 1.5 * p * (1 - p) / size


def test_only_sampled_units_have_records(synthetic: Instance) -> None:
    with synthetic.database.reading() as session:
        sampled = set(session.scalars(select(SampleUnit.id)))
        records = select(Submission.sample_unit_id).where(Submission.unit_kind != "reinterview")
        assert set(session.scalars(records)) <= sampled


def test_a_round_without_approved_records_gives_no_snapshot(database: Database, tmp_path: Path) -> None:
    from survey.errors import Problem
    from tests.rounds import small_round

    with database.transaction() as session:
        round_id = small_round(session).id
    with pytest.raises(Problem) as caught, database.transaction() as session:
        snapshot.take(session, SYSTEM, round_id, tmp_path / "snapshots")
    assert caught.value.code == "empty-snapshot"
    assert list(tmp_path.glob("snapshots/*")) == []


@pytest.mark.slow
def test_a_round_before_it_gives_every_indicator_a_trend(tmp_path: Path) -> None:
    instance = make_instance(tmp_path, "--households", "70")
    with instance.database.reading() as session:
        states = {each.code: each.state for each in session.scalars(select(Round))}
        assert states == {PREVIOUS.code: "closed", CODE: "open"}
        assert [point.round_code for point in trend(session, "XH1", "own")] == [PREVIOUS.code, CODE]
        latest = latest_released(session)
        assert latest is not None
        assert latest.round_code == CODE
        names = [username for _, username in session.execute(select(Account.id, Account.username))]
        assert len(names) == len(set(names)) == 13
        approved = select(Submission.error_count).where(Submission.state == "approved")
        assert set(session.scalars(approved)) == {0}
    instance.database.dispose()
