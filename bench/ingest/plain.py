"""The household of the bar: 12 questions and five persons with 14 each, some 2.4 KB of XML, with checks and skips."""

from __future__ import annotations

import csv
import uuid
from collections.abc import Callable
from datetime import date
from pathlib import Path

from sqlalchemy.orm import Session

from survey.model import Round
from survey.model.actor import SYSTEM
from survey.operations import forms
from survey.questionnaire import instance
from survey.questionnaire.xform import compile_form

LABELS = ("label::Tiếng Việt (vi)", "label::English (en)")
MESSAGES = tuple(f"{kind}::{label[7:]}" for kind in ("constraint_message", "required_message") for label in LABELS)
COLUMNS = ("type", "name", *LABELS, "required", "relevant", "constraint", *MESSAGES)
TITLES = tuple(f"form_title::{label[7:]}" for label in LABELS)
SAID = ("Từ 0 đến 120", "0 to 120", "Cần trả lời", "An answer is needed")
HOUSEHOLD = 12
PERSON = 14
PEOPLE = 5


def write_form(path: Path) -> None:
    """Write the questionnaire as an XLSForm in one CSV file."""
    rows: list[tuple[str, ...]] = [("survey", *COLUMNS), ("", "begin_group", "hh", "Hộ", "Household")]
    rows += [_question("h", number) for number in range(1, HOUSEHOLD + 1)]
    rows += [("", "end_group"), ("", "begin_repeat", "member", "Thành viên", "Member")]
    rows += [_question("m", number) for number in range(1, PERSON + 1)]
    rows += [("", "end_repeat"), ("choices", "list_name", "name", *LABELS)]
    rows += [("", "yn", "1", "Có", "Yes"), ("", "yn", "2", "Không", "No")]
    rows += [("settings", "form_title", *TITLES, "form_id", "version", "default_language")]
    rows += [("", "Hộ", "Hộ", "Household", "bar", "1", "Tiếng Việt (vi)")]
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)


def prepare(count: int, folder: Path) -> tuple[list[bytes], Callable[[Session], None]]:
    """Return `count` documents that differ in their identifiers, and what puts the questionnaire into an open round."""
    path = folder / "bar.csv"
    write_form(path)
    compiled = compile_form(path)
    answers = {
        "hh": _answers("h", HOUSEHOLD),
        "member": [_answers("m", PERSON) for _ in range(PEOPLE)],
    }

    def publish(session: Session) -> None:
        day = date(2026, 11, 1)
        round_ = Round(code="B", title="B", reference_date=day, starts_on=day, ends_on=day, state="open")
        session.add(round_)
        session.flush()
        forms.use_in_round(session, SYSTEM, round_, "household", forms.publish(session, SYSTEM, path))

    documents = [
        instance.serialise(compiled.instrument, answers, instance_id=f"uuid:{uuid.uuid4()}") for _ in range(count)
    ]
    return documents, publish


def _question(letter: str, number: int) -> tuple[str, ...]:
    """Return a row: every third question a number with a range, every other a choice, asked after a yes."""
    name, text = f"{letter}_answer{number}", f"Câu {letter}{number}"
    if number % 3 == 1:
        return ("", "integer", name, text, text, "yes", "", ". >= 0 and . <= 120", *SAID)
    earlier = number - 1 if number % 3 == 2 else number - 2
    return ("", "select_one yn", name, text, text, "yes", f"${{{letter}_answer{earlier}}} > 0", "", *SAID)


def _answers(letter: str, count: int) -> dict[str, str]:
    return {f"{letter}_answer{number}": "34" if number % 3 == 1 else "1" for number in range(1, count + 1)}
