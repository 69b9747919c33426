"""Documents for the ingest benchmark: complete interviews of the real household questionnaire, five members each."""

from __future__ import annotations

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
from tests.forms.interviews import household, judged, member

FORM = Path(__file__).parents[2] / "forms" / "household.csv"


def prepare(count: int) -> tuple[list[bytes], Callable[[Session], None]]:
    """Return `count` documents that differ in their identifiers, and what puts the questionnaire into an open round."""
    compiled = compile_form(FORM)
    people = [member(f"Người {i}", year, sex=1 + i % 2) for i, year in enumerate((1970, 1972, 1998, 2003, 2015))]
    answers = judged("household", household(people)).answers

    def publish(session: Session) -> None:
        day = date(2026, 11, 1)
        round_ = Round(code="B", title="B", reference_date=day, starts_on=day, ends_on=day, state="open")
        session.add(round_)
        session.flush()
        forms.use_in_round(session, SYSTEM, round_, "household", forms.publish(session, SYSTEM, FORM))

    documents = [
        instance.serialise(compiled.instrument, answers, instance_id=f"uuid:{uuid.uuid4()}") for _ in range(count)
    ]
    return documents, publish
