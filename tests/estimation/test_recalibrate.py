"""Replicates calibrated each: their totals, two ways to rake them, and what a known total leaves of its variance."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from survey.errors import Problem
from survey.estimation import calibrate, quantile, recalibrate, replicate
from survey.estimation.calibrate import Auxiliary, Margin
from survey.estimation.design import Design, build
from survey.estimation.distance import EXPONENTIAL, LINEAR, bounded_logit


def sample(seed: int) -> tuple[Design, list[Margin], np.ndarray]:
    """Return 60 rows in 12 units with two margins whose totals are those of a sample near theirs."""
    random = np.random.default_rng(seed)
    psu = np.repeat(np.arange(12), 5)
    sex, zone = np.tile(["m", "f"], 30), np.array(["x", "y", "z"])[np.arange(60) % 3]
    design = build(random.uniform(1, 3, 60), psu=psu)
    near = design.weight * random.uniform(0.8, 1.3, 60)
    margins = [
        Margin(name, values, {v: float(near[values == v].sum()) for v in np.unique(values).tolist()})
        for name, values in (("sex", sex), ("zone", zone))
    ]
    return design, margins, random.normal(10, 3, 60)


@given(st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_raking_on_cells_and_the_raking_distance_on_rows_give_the_same_replicates(seed: int) -> None:
    design, margins, y = sample(seed)
    jack = replicate.jackknife(design)
    known = calibrate.auxiliary(margins)
    after = calibrate.rake(design, margins).design
    cells = recalibrate.rake(jack, margins, after)
    rows = recalibrate.by_distance(jack, known, EXPONENTIAL, calibrate.exponential(design, known).design)
    for r in range(jack.count):
        assert cells.weights(r) == pytest.approx(rows.weights(r), rel=1e-7, abs=1e-9)
    one, two = (replicate.estimate(r, "mean", y)[0] for r in (cells, rows))
    assert (one.estimate, one.se) == pytest.approx((two.estimate, two.se), rel=1e-7)


@given(st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_every_replicate_meets_the_totals_and_a_known_total_has_no_variance(seed: int) -> None:
    design, margins, _ = sample(seed)
    jack = replicate.jackknife(design)
    known = calibrate.auxiliary(margins)
    for made in (
        recalibrate.rake(jack, margins, calibrate.rake(design, margins).design),
        recalibrate.by_distance(jack, known, LINEAR, calibrate.linear(design, known).design),
    ):
        for margin in margins:
            for label, total in margin.totals.items():
                inside = (margin.values == label).astype(float)
                assert made.sums(inside[:, None])[:, 0] == pytest.approx(total, rel=1e-8)
                (figure,) = replicate.estimate(made, "total", inside)
                assert figure.estimate == pytest.approx(total, rel=1e-8)
                assert figure.se == pytest.approx(0, abs=1e-6 * total)


def test_with_one_margin_raking_is_post_stratification_in_every_replicate() -> None:
    design, margins, y = sample(1)
    jack = replicate.jackknife(design)
    after = calibrate.post_stratify(design, margins[1]).design
    made = recalibrate.rake(jack, margins[1:], after)
    for r in range(jack.count):
        weight = jack.weights(r)
        found = {z: float(weight[margins[1].values == z].sum()) for z in "xyz"}
        wanted = weight * np.array([margins[1].totals[z] / found[z] for z in margins[1].values])
        assert made.weights(r) == pytest.approx(wanted, rel=1e-9)
    (figure,) = replicate.estimate(made, "mean", y)
    assert figure.se > 0


def test_progress_is_told_after_each_replicate_and_bounds_hold_in_all() -> None:
    design, margins, _ = sample(2)
    jack, known, heard = replicate.jackknife(design), calibrate.auxiliary(margins), []
    distance = bounded_logit((0.2, 4.0))
    after = calibrate.by_distance(design, known, distance).design
    made = recalibrate.by_distance(jack, known, distance, after, lambda done, of: heard.append((done, of)))
    assert heard == [(k, 12) for k in range(1, 13)]
    for r in range(12):
        used = jack.weights(r) > 0
        g = made.weights(r)[used] / jack.weights(r)[used]
        assert ((g > 0.2) & (g < 4.0)).all()


def test_totals_out_of_reach_of_a_replicate_are_refused_by_name() -> None:
    design = build(np.ones(6), psu=np.arange(6))
    known = Auxiliary(("size", "rare"), np.column_stack([np.ones(6), [1.0, 0, 0, 0, 0, 0]]), np.array([6.0, 1.0]))
    after = calibrate.linear(design, known).design
    with pytest.raises(Problem) as caught:
        recalibrate.by_distance(replicate.jackknife(design), known, LINEAR, after)
    assert (caught.value.code, caught.value.details["margin"]) == ("calibration-not-reached", "rare")


@given(st.integers(0, 10_000), st.floats(0.1, 0.9))
@settings(max_examples=25, deadline=None)
def test_quantiles_from_replicates_move_with_the_variable(seed: int, p: float) -> None:
    design, _, y = sample(seed)
    jack = replicate.jackknife(design)
    for interval in ("mean", "replicates"):
        one = quantile.replicated(jack, y, p, interval=interval)
        two = quantile.replicated(jack, 100 + 2 * y, p, interval=interval)
        assert two.estimate == pytest.approx(100 + 2 * one.estimate)
        assert two.se == pytest.approx(2 * one.se)
    (named,) = quantile.estimate_replicated(jack, y, p, interval="replicates")
    assert (named.kind, named.ci_method, named.df) == ("quantile", "replicates", 11)
