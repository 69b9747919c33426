"""Whatever is sent, the judge answers with findings: it never fails, keeps nothing without a place, takes no time."""

from __future__ import annotations

import random
import time
from pathlib import Path
from typing import Any

import pytest

from survey.questionnaire import instance
from survey.questionnaire.instrument import Group, Instrument, Question, Repeat
from survey.questionnaire.judge import judge
from survey.questionnaire.lexical import fault
from survey.questionnaire.xform import compile_form
from tests.questionnaire.interviews import NOW, random_answers
from tests.questionnaire.tiny import form

FORMS = sorted((Path(__file__).parents[2] / "forms").glob("*.csv"))
JUNK: tuple[Any, ...] = (
    None,
    7,
    2.5,
    True,
    [],
    {},
    [[]],
    ["a", "b"],
    {"x": {"y": "z"}},
    "-1",
    "999999999999999",
    "1e99",
    "NaN",
    "9999-12-31",
    "9999-12-31T23:59:59.999-12:00",
    "0001-01-01",
    "2026-13-45",
    "\u202e\x00\ud7ff",
    "a" * 30_000,
    "1 2 3 other",
    "' or 1=1",
    "]]>",
)


def spoiled(value: Any, rng: random.Random) -> Any:
    """Return answers with some of their parts replaced by junk, and some parts that no form has."""
    if rng.random() < 0.06:
        return rng.choice(JUNK)
    if isinstance(value, dict):
        result = {key: spoiled(one, rng) for key, one in value.items()}
        if rng.random() < 0.1:
            result[rng.choice(("zz", "meta", "start", "size"))] = rng.choice(JUNK)
        return result
    if isinstance(value, list):
        return [spoiled(one, rng) for one in value]
    return value


def known(instrument: Instrument, group: Group | Repeat, answers: dict[str, Any]) -> None:
    """Check that answers hold only what an instrument has, in the forms its types require."""
    nodes = {node.name: node for node in group.children}
    assert answers.keys() <= nodes.keys()
    for name, value in answers.items():
        node = nodes[name]
        if isinstance(node, Question):
            assert isinstance(value, str)
            assert not value or node.calculate is not None or fault(node, value) == ""
        elif isinstance(node, Group):
            known(instrument, node, value)
        else:
            for row in value:
                known(instrument, node, row)


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_no_submission_however_odd_can_fail(path: Path) -> None:
    made = compile_form(path).instrument
    for seed in range(150):
        rng = random.Random(seed)
        given = spoiled(random_answers(made, seed), rng)
        verdict = judge(made, given if isinstance(given, dict) else {}, now=NOW)
        known(made, made.root, verdict.answers)
        assert instance.parse(instance.serialise(made, verdict.answers, instance_id="uuid:1")).instance_id == "uuid:1"


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_judging_twice_changes_nothing(path: Path) -> None:
    made = compile_form(path).instrument
    for seed in range(60):
        once = judge(made, random_answers(made, seed), now=NOW)
        twice = judge(made, once.answers, now=NOW)
        assert twice.answers == once.answers


def test_a_posted_count_of_a_billion_in_nested_rosters_is_answered_quickly() -> None:
    compiled = form(
        """
        | type         | name | label | repeat_count |
        | integer      | n    | N     |              |
        | begin_repeat | m    | M     | ${n}         |
        | integer      | k    | K     |              |
        | begin_repeat | r    | R     | ${n}         |
        | text         | who  | Tên   |              |
        | end_repeat   |      |       |              |
        | end_repeat   |      |       |              |
        """
    )
    start = time.process_time()
    verdict = judge(compiled.instrument, {"n": "1000000000"}, now=NOW)
    assert time.process_time() - start < 1
    assert {finding.code for finding in verdict.findings} == {"roster"}
