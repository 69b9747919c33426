"""A small open round with a tiny questionnaire, and interviews for it: what the tests of doors and use-cases need."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path

from sqlalchemy.orm import Session

from survey.model import Round
from survey.model.actor import SYSTEM
from survey.operations import forms
from survey.questionnaire.xform import CompiledForm, compile_form

FOLDER = Path(__file__).parent / "cases" / "forms"


@cache
def tiny_form() -> CompiledForm:
    """Return the tiny questionnaire: household size with a limit, members with names, a photo."""
    return compile_form(FOLDER / "tiny.csv")


def small_round(session: Session, *, state: str = "open") -> Round:
    """Create a round in which households answer the tiny questionnaire."""
    round_ = Round(
        code="THU",
        title="Đợt thử",
        reference_date=date(2026, 11, 1),
        starts_on=date(2026, 11, 1),
        ends_on=date(2026, 11, 30),
        state=state,
    )
    session.add(round_)
    session.flush()
    forms.use_in_round(session, SYSTEM, round_, "household", forms.publish(session, SYSTEM, tiny_form()))
    return round_


@dataclass(frozen=True)
class Interview:
    """One interview with an identifier of its own."""

    instance_id: str = field(default_factory=lambda: f"uuid:{uuid.uuid4()}")

    def xml(
        self, *, size: str = "3", photo: str = "", form_id: str = "tiny", deprecated_id: str = "", name: str = "Lan"
    ) -> bytes:
        """Return the interview as an XForms instance document."""
        deprecated = f"<deprecatedID>{deprecated_id}</deprecatedID>" if deprecated_id else ""
        return (
            f'<data xmlns:orx="http://openrosa.org/xforms" id="{form_id}" version="1"><head><size>{size}</size>'
            f"<name>{name}</name><photo>{photo}</photo></head>"
            f"<orx:meta><orx:instanceID>{self.instance_id}</orx:instanceID>"
            f"{deprecated.replace('deprecatedID', 'orx:deprecatedID')}</orx:meta></data>"
        ).encode()
