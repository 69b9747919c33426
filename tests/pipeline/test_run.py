"""Snapshots and runs: only approved answers, no identity, same inputs same bytes, control totals, results as values."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.errors import Problem
from survey.model import (
    Account,
    ControlTotal,
    EstimateRow,
    EstimateRun,
    FrameUnit,
    Identity,
    OfficialFigure,
    Round,
    SampleUnit,
    Snapshot,
    Submission,
)
from survey.model.actor import SYSTEM, Actor, RoleGrant
from survey.operations import publishing, review, verification
from survey.operations.verification import Judgement
from survey.pipeline import columns, run, snapshot, suppression
from survey.pipeline.analysis import analyse
from survey.pipeline.measures import measures
from survey.pipeline.synthetic.build import CODE
from survey.query import model_figures, runs
from survey.query.results import DEFINITION_STATES, FLAGS, REASONS, VERDICTS, RunResults
from survey.reference import units
from survey.reference.plan import indicators
from tests.pipeline.conftest import Instance


def _frozen(synthetic: Instance) -> tuple[Path, dict]:
    with synthetic.database.reading() as session:
        found = session.scalars(select(Snapshot)).one()
    return synthetic.config.snapshots / found.digest, found.manifest


@pytest.fixture(scope="module")
def results(synthetic: Instance) -> RunResults:
    """Return the released run of the synthetic round."""
    with synthetic.database.reading() as session:
        head = runs.latest_released(session)
        assert head is not None
        return runs.run_results(session, head.id)


def test_a_snapshot_has_every_sampled_unit_and_only_approved_answers(synthetic: Instance) -> None:
    folder, manifest = _frozen(synthetic)
    table = pl.read_parquet(folder / "household.parquet")
    approved = table.filter(pl.col("record") == "approved")
    assert len(table) == 136
    assert len(approved) == manifest["approved"]["household"]
    others = table.filter(pl.col("record") != "approved")
    assert len(others) > 0
    assert others["result_code"].null_count() == len(others)
    assert others["fibre_used"].null_count() == len(others)
    assert sum(manifest["excluded"]["household"].values()) == (others["record"] != "").sum()


def test_no_name_address_or_phone_enters_a_snapshot(synthetic: Instance) -> None:
    folder, _ = _frozen(synthetic)
    with synthetic.database.reading() as session:
        sealed = [values for values in session.scalars(select(Identity.values)) if values]
    secrets = {str(value) for values in sealed for value in values.values() if len(str(value)) > 8}
    assert len(secrets) > 100
    for path in folder.glob("*.parquet"):
        content = pl.read_parquet(path)
        found = {
            value for name in content.columns if content[name].dtype == pl.String for value in content[name].to_list()
        }
        assert not found & secrets, path.name


def test_every_unit_carries_its_old_commune_and_all_places_follow_from_it(synthetic: Instance) -> None:
    folder, _ = _frozen(synthetic)
    table = pl.read_parquet(folder / "household.parquet")
    assert (table["unit"].str.slice(0, 5) == table["commune"]).all()
    assert (table["stratum"].str.slice(0, 3) == table["district"]).all()
    assert set(table["urban_old"].unique()) == {"urban", "rural"}


def test_a_changed_file_is_not_estimated_from(synthetic: Instance, tmp_path: Path) -> None:
    folder, manifest = _frozen(synthetic)
    for path in folder.glob("*.parquet"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "member.parquet").write_bytes((tmp_path / "household.parquet").read_bytes())
    with pytest.raises(Problem) as caught:
        columns.load(tmp_path, manifest)
    assert caught.value.details["name"] == "member.parquet"


def test_the_same_answers_and_code_give_the_same_run(synthetic: Instance) -> None:
    with synthetic.database.reading() as session:
        first = session.scalars(select(EstimateRun)).one()
        again = run.run(session, SYSTEM, CODE, synthetic.config.snapshots)
        assert (again.digest, again.snapshot_id) == (first.digest, first.snapshot_id)
        other = run.run(session, SYSTEM, CODE, synthetic.config.snapshots, seed=1)
        assert other.digest != first.digest


def test_a_record_that_loses_its_approval_leaves_the_estimates(synthetic: Instance, tmp_path: Path) -> None:
    with synthetic.database.reading() as session:
        taken = session.scalars(select(Snapshot)).one().manifest["approved"]["household"]
        query = select(Submission).where(Submission.state == "approved", Submission.unit_kind == "household")
        record = session.scalars(query.limit(1)).one()
        account = session.scalars(select(Account).where(Account.username == "chuyenvien")).one()
        reviewer = Actor(kind="account", account_id=account.id, grants=(RoleGrant("statistician"),))
        review.return_for_correction(
            session, reviewer, record.id, remark="Xem lại", expected_revision=record.revision_count
        )
        later = snapshot.take(session, SYSTEM, record.round_id, tmp_path)
        assert later.manifest["approved"]["household"] == taken - 1


def test_no_suppressed_figure_of_a_run_follows_from_the_published_ones(synthetic: Instance) -> None:
    folder, manifest = _frozen(synthetic)
    analysed = analyse(columns.load(folder, manifest))
    found = run.estimate_rows(analysed, measures())
    for measure in measures():
        own = [row for row in found if (row["indicator"], row["variant"]) == (measure.indicator, measure.variant)]
        assert suppression.derivable_rows(measure, analysed.analyses[measure.table], own) == []
    assert any(row["reasons"] == ["complementary"] for row in found)


def test_model_based_figures_are_stored_apart_and_read_only_when_asked_for(
    synthetic: Instance, results: RunResults
) -> None:
    with synthetic.database.reading() as session:
        made = session.scalars(select(EstimateRun)).one()
        weak = model_figures.model_figures(session, made.id)
        all_of_them = model_figures.model_figures(session, made.id, everywhere=True)
        communes = model_figures.model_figures(session, made.id, indicator="XH9", variant="known", dimension="commune")
        rows = session.scalars(select(EstimateRow.dimension).where(EstimateRow.run_id == made.id).distinct()).all()
    assert "commune" not in rows
    assert list(weak) == [figure for figure in all_of_them if figure.direct_flag != "publish"]
    assert {figure.direct_flag for figure in weak} <= {"", "flag", "suppress"}
    assert len(communes) == 75
    assert {figure.label.vi for figure in communes} == {unit.name for unit in units.old_communes()}
    assert all((figure.estimate is None) == (figure.flag == "suppress") for figure in all_of_them)
    assert all(set(figure.reasons) <= set(REASONS) for figure in all_of_them)
    fits = made.quality["models"]
    assert {fit["dimension"] for fit in fits} == {"district", "unit", "commune"}
    assert {fit["indicator"] for fit in fits} & {"XH10", "XH11", "KT1"} == set()
    assert all("benchmark" in fit or fit["without"] for fit in fits)


def test_what_the_office_found_counts_instead_of_what_an_institution_stated(
    synthetic: Instance, tmp_path: Path
) -> None:
    with synthetic.database.reading() as session:
        account = session.scalars(select(Account).where(Account.username == "chuyenvien")).one()
        office = Actor(kind="account", account_id=account.id, grants=(RoleGrant("statistician"),))
        query = select(Submission).where(Submission.state == "approved", Submission.unit_kind == "institution")
        records = session.scalars(query.order_by(Submission.id)).all()
        stated = _levels(session, records[0].round_id, tmp_path)
        chosen = next(r for r in records if stated[_unit(session, r)] == "1")
        judged = {name: Judgement("refused", reason="Không có minh chứng") for name in ("governance",)}
        judged |= {name: Judgement("accepted") for name in ("activity", "digital_data", "repository")}
        verification.verify(session, office, chosen.id, expected_revision=chosen.revision_count, judgements=judged)
        frozen = snapshot.take(session, SYSTEM, chosen.round_id, tmp_path)
        found = _levels(session, chosen.round_id, tmp_path)
        assert found[_unit(session, chosen)] == "3"
        assert {unit for unit in stated if stated[unit] != found[unit]} == {_unit(session, chosen)}
        verified = {"total": len(records), "verified": 1, "changed": 1, "required": 0}
        assert frozen.manifest["verified"] == verified
        verification.require(session, office, chosen.round_id, on=True)
        strict = snapshot.take(session, SYSTEM, chosen.round_id, tmp_path)
        assert strict.manifest["approved"]["institution"] == 1
        assert strict.manifest["excluded"]["institution"]["unverified"] == len(records) - 1
        made = run.run(session, SYSTEM, CODE, tmp_path)
        session.flush()
        quality = runs.run_results(session, made.id).quality
        assert quality.verified == verified | {"required": 1}


def _unit(session: Session, record: Submission) -> str:
    query = select(FrameUnit.code).join(SampleUnit, SampleUnit.frame_unit_id == FrameUnit.id)
    return session.scalars(query.where(SampleUnit.id == record.sample_unit_id)).one()


def _levels(session: Session, round_id: int, folder: Path) -> dict[str, str | None]:
    """Return the level of governance of every institution in a fresh snapshot."""
    frozen = snapshot.take(session, SYSTEM, round_id, folder)
    table = pl.read_parquet(folder / frozen.digest / "institution.parquet")
    return dict(zip(table["unit"].to_list(), table["governance_level"].to_list(), strict=True))


def test_every_variant_that_the_survey_can_measure_has_a_figure_with_its_breakdowns(results: RunResults) -> None:
    """Only two indicators have variants that other bodies publish and a survey cannot measure."""
    wanted = {
        "KT1": {"experimental"}, "KT2": {"experimental"}, "KT3": {"supply"}, "KT4": {"any", "platform"},
        "KT5": {"voluntary", "any"}, "KT6": {"narrow", "wide"}, "XH1": {"own", "access"}, "XH2": {"wide", "narrow"},
        "XH3": {"personal", "with-public-service", "certificate"}, "XH4": {"trained", "any-way", "skilled"},
        "XH5": {"covered", "ready", "subscribed"}, "XH6": {"basic", "strict"},
        "XH7": {"own-account", "self", "assisted", "others"}, "XH8": {"used", "consulted", "treated"},
        "XH9": {"known", "opened"}, "XH10": {"evidenced", "declared"}, "XH11": {"evidenced", "declared", "level-3"},
    }  # fmt: skip
    places = {"district", "unit", "urban_old", "urban_new"}
    persons, firms, schools = places | {"sex", "age"}, places | {"size", "sector"}, places | {"level"}
    by_table = {"household": places, "member": persons, "respondent": persons, "enterprise": firms}
    by_table |= {"institution": schools, "seller": places}
    tables = {(each.indicator, each.variant): each for each in measures()}
    for found in results.indicators:
        measured = {variant.code: variant for variant in found.variants if variant.figure}
        assert set(measured) == wanted[found.code]
        for code, variant in measured.items():
            measure = tables[found.code, code]
            assert set(variant.breakdowns) == set(measure.dimensions or by_table[measure.table]), (found.code, code)


def test_an_unknown_round_and_a_wrong_setting_write_nothing(synthetic: Instance, tmp_path: Path) -> None:
    with synthetic.database.reading() as session:
        with pytest.raises(Problem) as caught:
            run.run(session, SYSTEM, "KHONG-CO", tmp_path)
        assert caught.value.code == "unknown-round"
        session.scalars(select(Round)).one().settings = {
            "measures": {"XH6/basic": {"rule": {"item": "no_such", "in": [1]}}}
        }
        with pytest.raises(Problem) as caught:
            run.run(session, SYSTEM, CODE, tmp_path)
        assert caught.value.code == "bad-column"
        assert len(session.scalars(select(EstimateRun)).all()) == 1


def test_weights_add_up_to_the_frame(synthetic: Instance) -> None:
    folder, manifest = _frozen(synthetic)
    analysed = analyse(columns.load(folder, manifest))
    weights = {name: table.design.weight.sum() for name, table in analysed.analyses.items()}
    truth = json.loads((synthetic.config.instance / "demo" / "truth.json").read_text())
    assert weights["household"] == pytest.approx(truth["households"], rel=0.15)
    assert weights["member"] == pytest.approx(truth["persons"], rel=0.15)
    assert weights["institution"] == pytest.approx(330)
    adults = analysed.analyses["respondent"]
    assert adults.design.weight[adults.counted].min() > 0
    assert analysed.calibrated == ()


def test_control_totals_are_met_exactly_and_change_the_notice(synthetic: Instance) -> None:
    wanted = {"male": 21_000.0, "female": 20_000.0}
    with synthetic.database.reading() as session:
        round_id = session.scalars(select(Round.id)).one()
        for sex, value in wanted.items():
            session.add(
                ControlTotal(
                    round_id=round_id,
                    unit_kind="member",
                    margin="sex",
                    category=sex,
                    value=value,
                    source="Số giả định để thử",
                    as_of=date(2026, 4, 1),
                )
            )
        session.flush()
        made = run.run(session, SYSTEM, CODE, synthetic.config.snapshots)
        session.flush()
        quality = runs.run_results(session, made.id).quality
        frozen = session.get_one(Snapshot, made.snapshot_id)
    assert quality.calibrated
    (record,) = quality.calibrations
    assert [(each.category, each.label.vi, each.target) for each in record.margins] == [
        ("male", "Nam", 21_000.0),
        ("female", "Nữ", 20_000.0),
    ]
    assert all(each.after == pytest.approx(each.target) for each in record.margins)
    assert "calibration" in {step.step for step in quality.weights if step.kind == "member"}
    tables = columns.load(synthetic.config.snapshots / frozen.digest, frozen.manifest)
    member = analyse(tables, {"member": {"sex": wanted}}).analyses["member"]
    with pytest.raises(Problem):
        analyse(tables, {"member": {"no-such": wanted}})
    for sex, value in wanted.items():
        rows = member.columns["sex_label"] == sex
        assert member.design.weight[rows].sum() == pytest.approx(value, rel=1e-9)


def test_results_hold_all_17_indicators_with_both_targets(results: RunResults) -> None:
    assert [each.code for each in results.indicators] == [each.id for each in indicators()]
    for found, planned in zip(results.indicators, indicators(), strict=True):
        assert [target.year for target in found.targets] == [2025, 2030]
        assert {variant.code for variant in found.variants} == {variant.id for variant in planned.variants}
        assert found.definition in DEFINITION_STATES
        assert found.main.figure is not None
        assert found.name.vi == planned.name.vi


def test_experimental_indicators_are_never_judged(results: RunResults) -> None:
    for code in ("KT1", "KT2"):
        found = results.indicator(code)
        assert found.experimental
        assert (found.verdict(2025), found.verdict(2030)) == ("", "")
        assert all(not variant.figure.verdicts for variant in found.variants if variant.figure)


def test_each_year_is_judged_by_its_own_variant(results: RunResults) -> None:
    contracts = results.indicator("KT4")
    assert (contracts.target(2025).variant, contracts.target(2030).variant) == ("any", "platform")
    assert list(contracts.variant("any").figure.verdicts) == [2025]
    assert list(contracts.variant("platform").figure.verdicts) == [2030]
    assert contracts.headline(2030) == contracts.variant("platform").figure


def test_figures_lie_inside_their_intervals_and_use_known_codes(results: RunResults) -> None:
    figures = [
        figure
        for each in results.indicators
        for variant in each.variants
        if variant.figure
        for figure in (variant.figure, *(f for group in variant.breakdowns.values() for f in group))
    ]
    assert len(figures) > 500
    for figure in figures:
        assert figure.flag in FLAGS
        assert set(figure.reasons) <= set(REASONS)
        assert set(figure.verdicts.values()) <= set(VERDICTS)
        if figure.shown:
            assert figure.ci_low - 1e-9 <= figure.estimate <= figure.ci_high + 1e-9
            assert figure.label.vi
        else:
            assert (figure.estimate, figure.se, figure.numerator_count) == (None, None, None)


def test_breakdowns_add_up_to_the_whole(results: RunResults) -> None:
    own = results.indicator("XH1").variant("own")
    for dimension in ("district", "urban_old", "urban_new", "sex"):
        assert sum(figure.n for figure in own.breakdowns[dimension]) == own.figure.n
    assert len(own.breakdowns["district"]) == 8


def test_estimates_are_near_the_known_truth(results: RunResults, synthetic: Instance) -> None:
    true = json.loads((synthetic.config.instance / "demo" / "truth.json").read_text())["percent"]
    distances = []
    for each in results.indicators:
        for variant in each.variants:
            if variant.figure and variant.figure.shown and variant.figure.se:
                target = true[f"{each.code}/{variant.code}"]["province"][""]
                distances.append(abs(variant.figure.estimate - target) / variant.figure.se)
    assert len(distances) > 15
    assert np.median(distances) < 2
    assert max(distances) < 6


def test_quality_says_how_many_answered_and_what_was_left_out(results: RunResults) -> None:
    household = results.quality.response("household")
    assert household is not None
    parts = (
        household.completed + household.partial + household.refused + household.not_contacted
        + household.other + household.unknown + household.ineligible
    )  # fmt: skip
    assert parts == household.sampled == 136
    assert household.rates["RR1"] <= household.rates["RR3"] <= household.rates["RR5"] <= 100
    assert household.states["approved"] > 0
    assert results.quality.excluded["received"] > 0
    assert not results.quality.calibrated
    assert any("mô phỏng" in note.vi for note in results.quality.notes)


def test_official_figures_stand_beside_the_estimate(synthetic: Instance) -> None:
    with synthetic.database.reading() as session:
        run_id = session.scalars(select(EstimateRun.id)).one()
        round_id = session.scalars(select(Round.id)).one()
        session.add(
            OfficialFigure(
                round_id=round_id, indicator="KT1", category="", value=9.5, publisher="Cục Thống kê",
                published_on=date(2026, 3, 29), status="preliminary",
            )
        )  # fmt: skip
        session.flush()
        found = runs.run_results(session, run_id).indicator("KT1")
    assert [(each.value, each.status) for each in found.official] == [(9.5, "preliminary")]
    assert found.verdict(2025) == ""


def test_the_trend_has_one_point_for_every_released_round(synthetic: Instance) -> None:
    with synthetic.database.reading() as session:
        points = runs.trend(session, "XH1", "own")
        assert [point.round_code for point in points] == [CODE]
        assert points[0].figure.dimension == "province"
        assert runs.trend(session, "XH1", "no-such") == ()


def test_suppressed_rows_keep_their_numbers_out_of_results(synthetic: Instance) -> None:
    with synthetic.database.reading() as session:
        stored = session.scalars(
            select(EstimateRow).where(EstimateRow.flag == "suppress", EstimateRow.estimate.is_not(None))
        )
        row = stored.first()
        assert row is not None
        found = runs.run_results(session, row.run_id).indicator(row.indicator).variant(row.variant)
    figures = found.breakdowns.get(row.dimension, ()) if row.dimension != "province" else (found.figure,)
    shown = next(figure for figure in figures if figure is not None and figure.category == row.category)
    assert not shown.shown
    assert (shown.estimate, shown.all_yes, shown.item_response) == (None, None, None)
    assert shown.n == row.n


def test_a_run_that_does_not_exist_is_a_problem(synthetic: Instance) -> None:
    with synthetic.database.reading() as session, pytest.raises(Problem) as caught:
        runs.run_results(session, 999)
    assert caught.value.code == "no-run"


def test_only_a_draft_is_released_and_only_a_released_run_is_withdrawn(synthetic: Instance) -> None:
    with synthetic.database.reading() as session:
        made = run.run(session, SYSTEM, CODE, synthetic.config.snapshots, seed=5)
        with pytest.raises(Problem) as caught:
            publishing.withdraw(session, SYSTEM, made.id, reason="nhầm")
        assert caught.value.code == "not-withdrawable"
        publishing.release(session, SYSTEM, made.id)
        assert runs.latest_released(session).id == made.id
        with pytest.raises(Problem) as caught:
            publishing.release(session, SYSTEM, made.id)
        assert caught.value.code == "not-releasable"
        publishing.withdraw(session, SYSTEM, made.id, reason="Số liệu sai")
        assert runs.latest_released(session).id != made.id


def test_an_enumerator_cannot_release(synthetic: Instance) -> None:
    enumerator = Actor(kind="account", account_id=1, grants=(RoleGrant("enumerator"),))
    with synthetic.database.reading() as session:
        made = run.run(session, SYSTEM, CODE, synthetic.config.snapshots, seed=6)
        with pytest.raises(Problem) as caught:
            publishing.release(session, enumerator, made.id)
        assert caught.value.code == "forbidden"
        assert session.get_one(EstimateRun, made.id).state == "draft"
