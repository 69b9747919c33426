"""Random interviews: answers that a careless, hurried or mischievous interviewer could have given, drawn from a
seed.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from survey.questionnaire.closure import Row
from survey.questionnaire.evaluate import Evaluation, evaluate
from survey.questionnaire.functions import DRAWN
from survey.questionnaire.instrument import FILES, Group, Instrument, Question, Repeat
from survey.questionnaire.value import number, typed
from survey.questionnaire.xpath import calls

NOW = datetime.now(UTC)
NAMES = ("Nguyễn Văn An", "Trần Thị Bình", "Lê Đình Đức", "Võ Thị Ỷ Nhi", "Không", "0912345678", "1801234567", "x")
WHOLE = tuple("0 1 2 3 4 5 8 12 15 17 18 34 60 75 98 99 100 1980 2004 2025 2026".split())  # noqa: SIM905
LARGEST_ROSTER = 40
"""A wrong number is never larger than this: it could be the number of rows of a roster, and JavaRosa would build them
all.
"""
DECIMALS = ("0", "0.5", "1.25", "7", "12.5", "80", "100", "250.75")


def random_answers(
    instrument: Instrument, seed: int, passes: int = 12, fixed: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Return raw answers: every question asked has most likely been answered, and some that are not asked as well.

    `fixed` gives the answers of some questions by name.
    """
    rng = random.Random(seed)
    answers = _rows(instrument.root, rng)
    for _ in range(passes):
        evaluation = evaluate(instrument, answers, now=NOW, rng=random.Random(seed))
        answers, changed = _Filler(evaluation, rng, fixed or {}).group(instrument.root, evaluation.root, answers)
        if not changed:
            break
    return answers


def _rows(group: Group | Repeat, rng: random.Random) -> dict[str, Any]:
    """Return the rows that an interviewer adds by hand; rosters with a count get theirs from it."""
    tree: dict[str, Any] = {}
    for node in group.children:
        if isinstance(node, Group):
            tree[node.name] = _rows(node, rng)
        elif isinstance(node, Repeat):
            rows = 0 if node.count is not None else rng.randint(0, 3)
            tree[node.name] = [_rows(node, rng) for _ in range(rows)]
    return tree


class _Filler:
    """Answers the questions that are still blank, once."""

    def __init__(self, evaluation: Evaluation, rng: random.Random, fixed: Mapping[str, str]) -> None:
        self.fixed = fixed
        self.evaluation = evaluation
        self.rng = rng
        self.changed = False
        self.eager = 0.6
        """How often the first choice is taken, which in most forms leads to further questions."""

    def group(self, group: Group | Repeat, row: Row, given: dict[str, Any]) -> tuple[dict[str, Any], bool]:
        tree: dict[str, Any] = {}
        for node in group.children:
            place = self.evaluation.program.places[node.path]
            value = given.get(node.name)
            if isinstance(node, Group):
                tree[node.name], _ = self.group(node, row, value or {})
            elif isinstance(node, Repeat):
                rows = list(value or [])
                rows += [{}] * (len(row.kids[place.level]) - len(rows))
                kids = zip(row.kids[place.level], rows, strict=False)
                tree[node.name] = [self.group(node, kid, one)[0] for kid, one in kids]
            else:
                asked = row.relevant and (place.source < 0 or row.conditions[place.source])
                tree[node.name] = value or self.drawn(node, row) or self.answer(node, row, asked)
        return tree, self.changed

    def drawn(self, node: Question, row: Row) -> str:
        """Keep what the form drew, as a client does."""
        if node.calculate is None or not calls(node.calculate) & DRAWN:
            return ""
        return self.evaluation.lexical(row, self.evaluation.program.places[node.path])

    def answer(self, node: Question, row: Row, asked: bool) -> str:
        if node.name in self.fixed:
            return self.fixed[node.name]
        if not node.is_asked or node.kind in ("metadata", "reason"):
            return ""
        if self.rng.random() < (0.02 if asked else 0.97):
            return ""
        for _ in range(8 if self.rng.random() < 0.93 else 1):
            text = self.draw(node, row)
            if not text or self.allowed(node, row, text):
                break
            if node.datatype == "int" and number(text) > LARGEST_ROSTER:
                text = ""
        self.changed = self.changed or bool(text)
        return text

    def allowed(self, node: Question, row: Row, text: str) -> bool:
        slot = self.evaluation.program.places[node.path].slot
        kept, row.values[slot] = row.values[slot], typed(node.datatype, text)
        try:
            return self.evaluation.rule(node, row, "constraint", missing=True)
        finally:
            row.values[slot] = kept

    def draw(self, node: Question, row: Row) -> str:
        rng = self.rng
        if node.choices is not None:
            return self.choose(node, [choice.value for choice in self.evaluation.offered(node, row)])
        if node.kind in FILES:
            return "ảnh.jpg"
        makers = {
            "int": lambda: rng.choice(WHOLE) if rng.random() < 0.8 else str(rng.randint(0, 3000)),
            "decimal": lambda: rng.choice(DECIMALS),
            "date": lambda: (date(1935, 1, 1) + timedelta(days=rng.randint(0, 33_500))).isoformat(),
            "dateTime": lambda: "2026-11-23T08:30:00.000+07:00",
            "time": lambda: "08:30:00.000+07:00",
            "geopoint": lambda: "9.7845 105.4701 3.0 5.0",
        }
        if node.kind == "acknowledge":
            return "OK"
        return makers.get(node.datatype, lambda: rng.choice(NAMES))()

    def choose(self, node: Question, codes: list[str]) -> str:
        if not codes:
            return ""
        if node.kind == "select_one":
            return codes[0] if self.rng.random() < self.eager else self.rng.choice(codes)
        if node.kind == "rank":
            return " ".join(self.rng.sample(codes, len(codes)))
        return " ".join(self.rng.sample(codes, self.rng.randint(1, len(codes))))
