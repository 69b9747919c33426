"""The questions of a round that an indicator rests on, worded as they were asked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.model import RoundForm
from survey.operations import forms
from survey.questionnaire.instrument import Instrument, Question, Text, plain
from survey.reference.wording import Wording

_CHOICES_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Asked:
    """One question with its explanation and its answers; a name filled in at the interview stands as an ellipsis."""

    indicators: tuple[str, ...]
    text: Wording
    hint: Wording
    choices: tuple[Wording, ...]


def asked_in(session: Session, round_id: int) -> tuple[Asked, ...]:
    """Return every question of a round's questionnaires that serves an indicator, in the order of asking."""
    found = session.scalars(
        select(RoundForm.form_version_id).where(RoundForm.round_id == round_id).order_by(RoundForm.id)
    )
    return tuple(asked for form in found for asked in _asked(forms.instrument_of(session, form)))


def _asked(instrument: Instrument) -> Iterator[Asked]:
    for question, _ in instrument.questions():
        if question.is_asked and question.indicators and not question.identity:
            yield Asked(question.indicators, _words(question.label), _words(question.hint), _choices(question))


def _choices(question: Question) -> tuple[Wording, ...]:
    """Return the answers of a short list; long ones (industries, places) are left out."""
    items = question.choices.items if question.choices else ()
    if len(items) > _CHOICES_SHOWN:
        return ()
    return tuple(Wording(item.label.get("vi", item.value), item.label.get("en", item.value)) for item in items)


def _words(text: Text) -> Wording:
    return Wording(plain(text, "vi"), plain(text, "en"))
