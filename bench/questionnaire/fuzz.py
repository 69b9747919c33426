"""Thousands of random interviews through JavaRosa and through us, counting differences and time on each side."""

from __future__ import annotations

import time
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.questionnaire.server import FORMS
from survey.questionnaire.evaluate import evaluate
from survey.questionnaire.instrument import Instrument
from survey.questionnaire.xform import CompiledForm, compile_form
from tests.questionnaire.interviews import NOW, random_answers
from tests.questionnaire.oracle import AVAILABLE, Oracle, differences
from tests.questionnaire.test_against_javarosa import ADDED, DEVICES, LISTS, NESTED
from tests.questionnaire.tiny import form


def report(interviews: int) -> None:
    """Print, for every form, how many interviews differ from JavaRosa, and what both took."""
    if not AVAILABLE:
        print("fuzz: no JDK here, nothing compared")
        return
    forms: dict[str, CompiledForm] = {path.stem: compile_form(path) for path in sorted(FORMS.glob("*.csv"))}
    forms |= {"nested, counted": form(NESTED, LISTS), "nested, extended": form(ADDED, DEVICES)}
    with TemporaryDirectory() as folder:
        oracle = Oracle.compiled(Path(folder))
        for name, compiled in forms.items():
            _compare(oracle, name, compiled, interviews)


def _compare(oracle: Oracle, name: str, compiled: CompiledForm, interviews: int) -> None:
    made: Instrument = compiled.instrument
    raws = [random_answers(made, seed) for seed in range(10_000, 10_000 + interviews)]
    start = time.perf_counter()
    theirs = oracle.interviews(compiled, raws)
    java = time.perf_counter() - start
    start = time.perf_counter()
    for raw in raws:
        evaluate(made, raw, now=NOW)
    ours = time.perf_counter() - start
    found = [list(differences(made, raw, one, NOW)) for raw, one in zip(raws, theirs, strict=True)]
    wrong = sum(bool(one) for one in found)
    asked = sum(len(one.get("asked", ())) for one in theirs) / interviews
    times = f"JavaRosa {java:.1f} s, ours {ours:.2f} s"
    print(f"{name:18} {interviews} interviews, {asked:5.1f} asked, {wrong} differ; {times}")
    for one in [one for one in found if one][:3]:
        print("   ", one[0][:300])
