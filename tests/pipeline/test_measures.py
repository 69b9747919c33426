"""What the variants measure: complete against the plan, readable by the instruments, changeable by settings."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest

from survey.errors import Problem
from survey.estimation.design import build
from survey.pipeline.analysis import Analysis
from survey.pipeline.measures import Measure, measures, values
from survey.pipeline.rule import columns_of
from survey.questionnaire.instrument import Instrument
from survey.questionnaire.xform import compile_form
from survey.reference.plan import indicators

FORMS = Path(__file__).resolve().parents[2] / "forms"
DERIVED = {"size", "sector", "sells", "retail_sales", "online_sales", "value_added_known", "digital_value_added"}
TABLE_FORM = {"member": "household", "respondent": "household", "household": "household", "seller": ""}


@cache
def _instrument(name: str) -> Instrument:
    return compile_form(FORMS / f"{name}.csv").instrument


def _measure(key: str, settings: dict | None = None) -> Measure:
    return next(each for each in measures(settings) if f"{each.indicator}/{each.variant}" == key)


def _table(name: str, **columns: list[str]) -> Analysis:
    arrays = {key: np.array(column) for key, column in columns.items()}
    count = len(next(iter(arrays.values())))
    return Analysis(name, arrays, build(np.ones(count)), {}, name)


def test_every_variant_that_the_survey_can_measure_without_official_input_is_measured() -> None:
    wanted = {
        (indicator.id, variant.id)
        for indicator in indicators()
        for variant in indicator.variants
        if variant.from_survey and not variant.official_inputs
    }
    assert {(each.indicator, each.variant) for each in measures()} == wanted


def test_every_headline_of_the_plan_is_measured_or_official() -> None:
    measured = {(each.indicator, each.variant) for each in measures()}
    for indicator in indicators():
        for year in (2025, 2030):
            assert (indicator.id, indicator.survey_headline(year).id) in measured


@pytest.mark.parametrize("measure", measures(), ids=lambda each: f"{each.indicator}/{each.variant}")
def test_rules_read_questions_that_the_instrument_asks(measure: Measure) -> None:
    form = TABLE_FORM.get(measure.table, measure.table)
    known = DERIVED | ({entry.node.name for entry in _instrument(form).entries()} if form else set())
    read = set(columns_of(measure.universe)) | set(columns_of(measure.rule or {"item": measure.y}))
    assert read <= known


@pytest.mark.parametrize("measure", [m for m in measures() if m.rule], ids=lambda m: f"{m.indicator}/{m.variant}")
def test_rules_use_codes_that_the_question_offers(measure: Measure) -> None:
    def leaves(rule: dict) -> list[dict]:
        inner = [*rule.get("all", ()), *rule.get("any", ()), *([rule["not"]] if "not" in rule else [])]
        return [rule] if "item" in rule else [leaf for part in inner for leaf in leaves(part)]

    form = TABLE_FORM.get(measure.table, measure.table)
    questions = {question.name: question for question, _ in _instrument(form).questions()}
    for leaf in leaves(dict(measure.rule or {})):
        choices = questions[leaf["item"]].choices
        if choices is not None:
            offered = {choice.value for choice in choices.items}
            used = {str(code) for key in ("in", "no", "has", "unknown") for code in leaf.get(key, ())}
            assert used <= offered, leaf


def test_unknown_answers_leave_the_denominator_or_count_as_no_as_the_plan_says() -> None:
    bank = _table("member", age_months=["400"] * 4, bank_account=["1", "2", "8", "9"])
    found = values(_measure("XH2/narrow"), bank)
    assert found.answered.tolist() == [True, True, False, False]
    assert (found.dont_know.sum(), found.refused.sum()) == (1, 1)
    record = _table("member", age_months=["400"] * 4, health_record=["1", "3", "8", ""])
    found = values(_measure("XH9/known"), record)
    assert found.answered.tolist() == [True, True, True, False]
    assert np.nan_to_num(found.y, nan=-1).tolist() == [1.0, 0.0, 0.0, -1.0]
    assert found.dont_know.sum() == 1


def test_the_unemployed_are_in_the_labour_force_and_not_digital_workers() -> None:
    people = _table(
        "member",
        age_months=["300", "300", "300", "170", "300"],
        work_7d=["1", "3", "3", "1", "2"],
        seek_work=["", "1", "2", "", ""],
        job_industry=["K62", "", "", "K62", "A"],
        job_digital=["2", "", "", "1", "2"],
    )
    found = values(_measure("KT6/narrow"), people)
    assert found.eligible.tolist() == [True, True, False, False, True]
    assert found.y[found.answered].tolist() == [1.0, 0.0, 0.0]


def test_coverage_by_fibre_needs_to_be_known() -> None:
    homes = _table(
        "household", consent=["1"] * 5, fibre_used=["1", "2", "2", "2", "8"], fibre_available=["", "2", "3", "8", "1"]
    )
    found = values(_measure("XH5/covered"), homes)
    assert np.nan_to_num(found.y, nan=-1).tolist() == [1.0, 1.0, 0.0, -1.0, 1.0]
    assert values(_measure("XH5/ready"), homes).y[1] == 0.0


def test_an_official_signature_is_not_personal_unless_the_variant_says_so() -> None:
    people = _table(
        "member", age_months=["300"] * 4, e_signature=["1", "1", "2", "3"], signature_issuer=["1", "2", "", ""]
    )
    assert values(_measure("XH3/personal"), people).y.tolist() == [1.0, 0.0, 0.0, 0.0]
    assert values(_measure("XH3/with-public-service"), people).y.tolist() == [1.0, 1.0, 0.0, 0.0]


def test_settings_change_a_rule_and_the_formula_that_is_printed() -> None:
    stricter = {"rule": {"all": [{"item": "security_lock", "in": [1]}, {"item": "security_two_factor", "in": [1]}]}}
    plain, changed = _measure("XH6/basic"), _measure("XH6/basic", {"XH6/basic": stricter})
    people = _table(
        "respondent",
        selected_age_months=["300", "300"],
        sp_internet=["1", "1"],
        security_lock=["1", "1"],
        security_update=["1", "2"],
        security_antimalware=["2", "2"],
        security_filter=["2", "2"],
        security_two_factor=["2", "1"],
    )
    assert values(plain, people).y.tolist() == [1.0, 0.0]
    assert values(changed, people).y.tolist() == [0.0, 1.0]
    assert changed.changed
    assert "security_two_factor = 1" in changed.formula
    assert "security_two_factor" not in plain.formula


@pytest.mark.parametrize("settings", [{"XH6/baisc": {}}, {"XH6/basic": {"rules": {}}}])
def test_settings_for_what_does_not_exist_are_refused(settings: dict) -> None:
    with pytest.raises(Problem) as caught:
        measures(settings)
    assert caught.value.code == "bad-value"


def test_an_unknown_answer_can_be_counted_as_no_by_setting() -> None:
    people = _table("respondent", selected_age_months=["300", "300"], dossier_online=["8", "1"], dossier_who=["", "1"])
    key = "XH7/own-account"
    assert np.isnan(values(_measure(key), people).y[0])
    assert values(_measure(key, {key: {"unknown_answer": "counts-as-no"}}), people).y.tolist() == [0.0, 1.0]
