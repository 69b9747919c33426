"""One case file, three judges: Python here, JavaScript in `tests/browser/test_engine.py`, JavaRosa where a JDK is at
hand.
"""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from survey.questionnaire.closure import compile_expression
from survey.questionnaire.evaluate import evaluate
from survey.questionnaire.functions import ARITY
from survey.questionnaire.value import Moment, Value, text
from survey.questionnaire.xform import CompiledForm, compile_form
from survey.questionnaire.xpath import calls, parse
from tests.questionnaire.oracle import AVAILABLE, Oracle
from tests.questionnaire.random_expressions import random_expression

CASES = Path(__file__).parents[1] / "cases"
DOCUMENT: dict[str, Any] = json.loads((CASES / "expressions.json").read_text("utf-8"))
_JAVA = {"String": "text", "Double": "number", "Boolean": "truth", "Date": "moment"}


@pytest.fixture(scope="module")
def form() -> CompiledForm:
    return compile_form(CASES / DOCUMENT["form"])


def written(value: Value) -> str:
    kind = "moment" if isinstance(value, Moment) else {str: "text", float: "number", bool: "truth"}[type(value)]
    return f"{kind}:{text(value)}"


def same(one: str, other: str) -> bool:
    """Numbers may differ in the last binary digit, which mathematical libraries round differently."""
    if one == other:
        return True
    kinds = one.partition(":"), other.partition(":")
    if kinds[0][0] != "number" or kinds[1][0] != "number":
        return False
    left, right = float(kinds[0][2]), float(kinds[1][2])
    return abs(left - right) <= 1e-12 * max(abs(left), abs(right))


def test_python_agrees_with_the_case_file(form: CompiledForm) -> None:
    evaluation = evaluate(form.instrument, DOCUMENT["answers"], now=datetime.now(UTC))
    wrong = []
    for at, expression, expected in DOCUMENT["cases"]:
        node, row = evaluation.locate(at)
        run = compile_expression(evaluation.program.resolve(parse(expression), node.path))
        found = written(run(row, evaluation.around))
        if not same(found, expected):
            wrong.append((at, expression, expected, found))
    assert wrong == []


def test_the_case_file_is_large_and_covers_every_function() -> None:
    expressions = [expression for _, expression, _ in DOCUMENT["cases"]]
    used = set().union(*(calls(parse(expression)) for expression in expressions))
    assert len(expressions) >= 200
    assert set(ARITY) - used == {"once"}, "once() is tried in whole interviews, because it reads the node it stands in"


def test_no_expression_however_odd_can_fail(form: CompiledForm) -> None:
    evaluation = evaluate(form.instrument, DOCUMENT["answers"], now=datetime.now(UTC))
    for seed in range(4000):
        expression = parse(random_expression(random.Random(seed)))
        run = compile_expression(evaluation.program.resolve(expression, "probe"))
        assert written(run(evaluation.root, evaluation.around))


@pytest.mark.skipif(not AVAILABLE, reason="no JDK: the case file holds what JavaRosa answered when it was drawn up")
def test_javarosa_agrees_with_the_case_file(form: CompiledForm, tmp_path: Path) -> None:
    cases = [(at, expression) for at, expression, _ in DOCUMENT["cases"]]
    answers = Oracle.compiled(tmp_path).expressions(form, DOCUMENT["answers"], cases)
    wrong = []
    for (at, expression, expected), answer in zip(DOCUMENT["cases"], answers, strict=True):
        kind, _, value = answer.partition(":")
        if not same(f"{_JAVA.get(kind, kind)}:{value}", expected):
            wrong.append((at, expression, expected, answer))
    assert wrong == []
