"""Weights as a round chooses them: propensity classes, trimming, four calibrations, and the table of every step."""

from __future__ import annotations

import math

import numpy as np
import pytest

from survey.errors import Problem
from survey.estimation.design import build
from survey.estimation.result import estimate
from survey.pipeline import columns, weighting
from survey.pipeline.analysis import Tables, analyse
from survey.pipeline.calibration import calibrated
from survey.pipeline.weight_plan import Plan, plans
from tests.pipeline.conftest import Instance


@pytest.fixture(scope="module")
def tables(synthetic: Instance) -> dict[str, columns.Columns]:
    """Return the tables of the synthetic round's snapshot."""
    (manifest,) = synthetic.config.snapshots.glob("*/manifest.json")
    found = {}
    for path in manifest.parent.glob("*.parquet"):
        table = columns.parquet.read_table(path)
        found[path.stem] = {name: columns._array(table.column(name)) for name in table.column_names}
    return found


def _steps(made: Tables, kind: str) -> dict[str, dict]:
    return {step["step"]: dict(step) for step in made.steps if step["kind"] == kind}


def test_every_step_says_what_the_weights_were_before_and_after(tables: dict[str, columns.Columns]) -> None:
    found = _steps(analyse(tables), "household")
    assert list(found) == ["stage1", "base", "eligibility", "nonresponse"]
    for name, earlier in (("base", "stage1"), ("eligibility", "base"), ("nonresponse", "eligibility")):
        for number in ("n", "total", "least", "greatest", "cv", "n_effective"):
            assert found[name]["before"][number] == found[earlier][number]
    assert found["eligibility"]["total"] == pytest.approx(found["base"]["total"])
    assert found["nonresponse"]["n"] < found["eligibility"]["n"] < found["base"]["n"]
    last = found["nonresponse"]
    assert last["design_effect"] == pytest.approx(1 + last["cv"] ** 2)
    assert last["n_effective"] == pytest.approx(last["n"] / last["design_effect"])


def test_response_rates_one_to_six_are_there_for_every_kind(tables: dict[str, columns.Columns]) -> None:
    made = analyse(tables)
    assert [entry["kind"] for entry in made.responses] == ["household", "respondent", "enterprise", "institution"]
    for entry in made.responses:
        assert list(entry["rates"]) == [f"RR{i}" for i in range(1, 7)]
        assert all(0 <= rate <= 100 for rate in entry["rates"].values())


def test_propensity_classes_keep_the_total_and_change_the_weights(tables: dict[str, columns.Columns]) -> None:
    chosen = plans({kind: {"nonresponse": "propensity"} for kind in ("household", "respondent", "enterprise")})
    plain, made = analyse(tables), analyse(tables, None, chosen)
    for kind, step in (("household", "nonresponse"), ("respondent", "respondent"), ("enterprise", "nonresponse")):
        before, after = _steps(plain, kind)[step], _steps(made, kind)[step]
        assert after["method"] == "propensity"
        assert after["n"] == before["n"]
        assert after["total"] == pytest.approx(before["total"], rel=0.02)
        assert after["least"] != before["least"]
    used = {entry["class"] for entry in made.classes["household"]}
    assert used <= {"p1", "p2", "p3", "p4", "p5", "low*", "high*", "all*"}


def test_propensity_classes_remove_a_bias_that_response_brings() -> None:
    """The young answer half as often and own twice as many phones: without classes the share is too low."""
    random = np.random.default_rng(8)
    n = 6_000
    young = random.random(n) < 0.4
    owns = random.random(n) < np.where(young, 0.8, 0.4)
    answered = random.random(n) < np.where(young, 0.35, 0.75)
    age = np.where(young, "15-34", "35+")
    weight = np.full(n, 10.0)
    true = float(owns.mean())
    everyone = np.ones(n, dtype=bool)
    levels = weighting.propensity_levels(weight, answered, everyone, [age, random.random(n)])
    step = weighting.adjust_persons(weight, everyone, answered, levels, weighting.ClassRule())
    adjusted = weight * step.factor
    naive = float(owns[answered].mean())
    assert abs(naive - true) > 0.05
    assert float((adjusted * owns).sum() / adjusted.sum()) == pytest.approx(true, abs=0.02)
    assert adjusted.sum() == pytest.approx(weight.sum())


def test_columns_that_follow_from_others_do_not_break_the_model() -> None:
    random = np.random.default_rng(9)
    place = random.choice(np.array(["a", "b", "c"]), 400)
    same = np.char.add(place, "!")
    answered = random.random(400) < 0.7
    levels = weighting.propensity_levels(np.ones(400), answered, np.ones(400, dtype=bool), [place, same, np.ones(400)])
    assert len(np.unique(levels[0])) <= 3


def test_trimming_cuts_large_weights_and_keeps_their_sum(tables: dict[str, columns.Columns]) -> None:
    plain = _steps(analyse(tables), "respondent")
    made = _steps(analyse(tables, None, plans({"respondent": {"trim_above": 1.8}})), "respondent")
    assert "trimming" not in plain
    step = made["trimming"]
    assert step["cut"] > 0
    assert step["total"] == pytest.approx(step["before"]["total"])
    assert step["greatest"] < step["before"]["greatest"]
    assert step["cv"] < step["before"]["cv"]


@pytest.mark.parametrize("method", ["raking", "linear", "logit"])
def test_every_calibration_meets_its_totals_and_lowers_the_error(
    tables: dict[str, columns.Columns], method: str
) -> None:
    member = analyse(tables).analyses["member"]
    whole = member.design.weight.sum() * 1.04
    totals = {
        "sex": {"male": 0.5 * whole, "female": 0.5 * whole},
        "urban_old": {"urban": 0.3 * whole, "rural": 0.7 * whole},
    }
    made = analyse(tables, {"member": totals}, plans({"member": {"calibration": method}}))
    found = made.analyses["member"]
    for margin, wanted in totals.items():
        for category, value in wanted.items():
            rows = found.dimensions[margin] == category
            assert found.design.weight[rows].sum() == pytest.approx(value, rel=1e-8)
    (record,) = made.calibrations
    assert record["method"] == method
    assert record["least_factor"] < 1.04 < record["greatest_factor"]
    assert _steps(made, "member")["calibration"]["before"]["total"] == pytest.approx(member.design.weight.sum())
    men = (found.columns["sex_label"] == "male").astype(float)
    assert estimate(found.design, "total", men)[0].se < 1e-6 * estimate(member.design, "total", men)[0].se


def test_post_stratification_meets_one_margin_and_refuses_two() -> None:
    random = np.random.default_rng(2)
    group = random.choice(np.array(["a", "b"], dtype=object), 200)
    design = build(np.where(np.arange(200) < 180, 5.0, 1.0), strata=np.zeros(200), psu=np.arange(200) // 4)
    design = design.reweighted(np.where(np.arange(200) < 180, 5.0, 0.0))
    plan = Plan(calibration="poststratification")
    wanted = {"g": {"a": 400.0, "b": 600.0}}
    found, record = calibrated("member", design, {"g": group}, wanted, plan)
    raked, _ = calibrated("member", design, {"g": group}, wanted, Plan())
    assert found.weight == pytest.approx(raked.weight)
    assert (found.weight[180:] == 0).all()
    assert [margin["after"] for margin in record["margins"]] == pytest.approx([400.0, 600.0])
    y = random.random(200)
    assert estimate(found, "mean", y)[0].se == pytest.approx(estimate(raked, "mean", y)[0].se, rel=1e-6)
    with pytest.raises(Problem) as caught:
        calibrated("member", design, {"g": group, "h": group}, {**wanted, "h": wanted["g"]}, plan)
    assert caught.value.code == "bad-value"


def test_bounds_that_the_totals_do_not_allow_are_an_error_not_a_wrong_weight() -> None:
    group = np.array(["a"] * 50 + ["b"] * 50, dtype=object)
    design = build(np.ones(100), strata=np.zeros(100), psu=np.arange(100))
    plan = Plan(calibration="logit", bounds=(0.9, 1.1))
    with pytest.raises(Problem) as caught:
        calibrated("member", design, {"g": group}, {"g": {"a": 80.0, "b": 20.0}}, plan)
    assert caught.value.code == "calibration-not-reached"


@pytest.mark.parametrize(
    "settings",
    [
        {"persons": {}},
        {"household": {"nonresponse": "guess"}},
        {"household": {"trimming": 3}},
        {"household": {"trim_above": 0.5}},
        {"member": {"calibration": "magic"}},
        {"member": {"bounds": [1.2, 3]}},
    ],
)
def test_a_choice_that_does_not_exist_is_refused(settings: dict) -> None:
    with pytest.raises(Problem) as caught:
        plans(settings)
    assert caught.value.code == "bad-value"


def test_without_settings_the_plan_is_classes_and_raking() -> None:
    assert set(plans().values()) == {Plan()}
    assert plans({"member": {"bounds": [0.5, 2]}})["member"].bounds == (0.5, 2)
    assert math.isclose(Plan().bounds[1], 3.0)
