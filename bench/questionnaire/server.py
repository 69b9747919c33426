"""The server's part of one submission: parse, judge, serialise, beside Python's own XML parser in the same run.

Processor time, because the machine may be shared.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from survey.questionnaire import instance
from survey.questionnaire.evaluate import evaluate
from survey.questionnaire.instrument import Instrument, Question
from survey.questionnaire.judge import judge
from survey.questionnaire.to_wtforms import bound, fields, form_class
from survey.questionnaire.xform import compile_form
from tests.questionnaire.interviews import NOW, random_answers

FORMS = Path(__file__).parents[2] / "forms"
FULL = {"member_count": "10", "consent": "1", "visit_result": "1"}


def best_ms(function: Callable[[], Any], rounds: int = 7, calls: int = 15) -> float:
    """Return the milliseconds of one call, in the best of several rounds."""
    found = []
    for _ in range(rounds):
        start = time.process_time()
        for _ in range(calls):
            function()
        found.append((time.process_time() - start) / calls * 1000)
    return min(found)


def busiest(made: Instrument, rows: int = 10) -> dict[str, Any]:
    """Return the random ten-member household with the most questions asked."""
    best: tuple[int, dict[str, Any]] = (-1, {})
    for seed in range(30):
        answers = random_answers(made, seed, fixed=FULL)
        evaluation = evaluate(made, answers, now=NOW)
        asked = sum(isinstance(node, Question) and node.is_asked for _, node, _ in evaluation.walk())
        if asked > best[0] and any(len(level) == rows for level in evaluation.levels[1:]):
            best = asked, evaluation.answers
    return best[1]


def report() -> None:
    """Print the cost of a ten-member household."""
    made = compile_form(FORMS / "household.csv").instrument
    answers = busiest(made)
    xml = instance.serialise(made, answers, instance_id="uuid:bench")
    shaped = instance.shape(made, instance.parse(xml).answers)
    asked = sum(isinstance(n, Question) and n.is_asked for _, n, _ in evaluate(made, answers, now=NOW).walk())
    verdict = judge(made, shaped, now=NOW)

    def submission() -> bytes:
        given = instance.shape(made, instance.parse(xml).answers)
        return instance.serialise(made, judge(made, given, now=NOW).answers, instance_id="uuid:bench")

    whole = best_ms(submission)
    bare = best_ms(lambda: ElementTree.fromstring(xml))
    print(f"household of ten, {asked} questions asked, {len(xml)} bytes of XML")
    print(
        f"  parse + judge + serialise  {whole:6.2f} ms (goal 3; {whole / bare:.0f} times ElementTree's {bare:.2f} ms)"
    )
    print(f"  parse (defusedxml)         {best_ms(lambda: instance.parse(xml)):6.2f} ms")
    print(f"  recompute                  {best_ms(lambda: evaluate(made, shaped, now=NOW)):6.2f} ms")
    print(f"  judge, recompute included  {best_ms(lambda: judge(made, shaped, now=NOW)):6.2f} ms")
    written = best_ms(lambda: instance.serialise(made, verdict.answers, instance_id="u"))
    print(f"  serialise                  {written:6.2f} ms")
    form_class(made)
    print(f"  WTForms, bound to answers  {best_ms(lambda: bound(made, None, answers), calls=3):6.2f} ms")
    shown = bound(made, None, answers)
    print(f"  WTForms, fields            {sum(1 for _ in fields(shown)):6d}")
