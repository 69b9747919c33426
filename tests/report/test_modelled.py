"""Model-based figures stand apart: own table, own sign, only where the direct figure is too weak."""

from __future__ import annotations

from dataclasses import replace

from survey.config import Agency
from survey.query.model_figures import ModelFigure
from survey.reference import units
from survey.reference.wording import Wording
from survey.report import context, modelled, render
from survey.report.naming import judged_variant
from tests.report import sample
from tests.report.vietnamese import ENGLISH, vietnamese

RESULTS = sample.results()
UNIT = units.in_name_order(units.present_units())[3]
XH3 = ModelFigure(
    "XH3",
    judged_variant(RESULTS.indicator("XH3"), 2025).code,
    "unit",
    UNIT.code,
    Wording(UNIT.name, UNIT.name),
    41.26,
    3.2,
    35.1,
    47.8,
    0.37,
    24,
    2,
    "flag",
    (),
    "suppress",
)


def test_a_line_has_its_sign_interval_and_the_weight_of_its_own_answers() -> None:
    (line,) = modelled.lines([XH3], vietnamese())
    assert (line.label, line.estimate, line.interval, line.own_share, line.n) == (
        UNIT.name,
        "≈\u00a041,3*",
        "35,1–47,8%",
        "37%",
        "24",
    )


def test_suppressed_figures_and_other_variants_and_places_are_left_out() -> None:
    hidden = replace(XH3, estimate=None, rmse=None, ci_low=None, ci_high=None, flag="suppress")
    assert modelled.lines([hidden], ENGLISH) == ()
    assert modelled.table(RESULTS, [hidden], ENGLISH) is None
    strange = [replace(XH3, variant="other"), replace(XH3, dimension="commune"), replace(XH3, indicator="XH1")]
    assert modelled.of_indicator(RESULTS.indicator("XH3"), strange) == ()


def test_the_annex_has_a_table_of_its_own_and_the_direct_one_stays_as_it_was() -> None:
    plain = context.build(RESULTS, Agency(), ENGLISH)
    built = context.build(RESULTS, Agency(), ENGLISH, model_figures=[XH3])
    assert plain.model_table is None
    assert built.unit_table == plain.unit_table
    assert built.model_table is not None
    assert [column.code for column in built.model_table.columns] == ["domain", "XH3"]
    assert [(row.head.text, row.cells[0].text) for row in built.model_table.rows] == [(UNIT.name, "≈\u00a041.3*")]
    source = render.html(built)
    assert source.count("≈\u00a0") == 1
    assert "must not be mixed" in source
    assert "≈" not in render.html(plain)
