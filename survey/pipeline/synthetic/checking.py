"""Quality control of the synthetic round: a sample asked again with slips of memory, and a run of the quality rules.

The second answers are the first ones, each changed to another choice with a small seeded chance.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from survey.model import Account, FrameUnit, Reinterview, Revision, Round, SampleUnit, Submission
from survey.model.actor import SYSTEM, Actor
from survey.operations import accounts, forms, quality, reinterviews
from survey.pipeline.synthetic import names
from survey.pipeline.synthetic.chance import choices
from survey.questionnaire.instrument import Instrument, Question

FORM = "reinterview.csv"
SLIP = 0.06
"""Chance that a person answers a question differently the second time."""
_SHARE = 0.02
_STILL_TO_DO = 5
"""Every fifth re-interview is left to do."""
_BEARING = {
    "reinterview_mode": "1",
    "contact": "10",
    "consent": "1",
    "visited": "1",
    "consent_was_asked": "1",
    "interview_length": "3",
    "members_were_asked": "1",
    "selected_was_asked": "1",
    "enumerator_attitude": "1",
    "sp_status": "1",
    "guardian_consent": "1",
    "conclusion": "1",
}


def check(session: Session, round_code: str, form_folder: Path, *, seed: int, statistician: Account) -> None:
    """Draw re-interviews, answer most of them, and run the quality rules; the same seed gives the same answers."""
    survey_round = session.scalars(select(Round).where(Round.code == round_code)).one()
    forms.publish(session, SYSTEM, form_folder / FORM)
    drawer = accounts.actor_of(session, statistician)
    reinterviews.draw(session, drawer, survey_round.id, seed=seed, share=_SHARE)
    for number, (work, first, code) in enumerate(_drawn(session, survey_round.id)):
        if number % _STILL_TO_DO and work.supervisor_id is not None:
            asker = accounts.actor_of(session, session.get_one(Account, work.supervisor_id))
            _ask_again(session, asker, work.id, first, choices(seed, "asked again", code))
    quality.run(session, SYSTEM, survey_round.id)


def _drawn(session: Session, round_id: int) -> list[tuple[Reinterview, Revision, str]]:
    """Return the work with the newest version of the first interview and the code of its unit, in order of codes."""
    query = (
        select(Reinterview, Revision, FrameUnit.code)
        .join(Submission, Submission.id == Reinterview.submission_id)
        .join(Revision, (Revision.submission_id == Submission.id) & (Revision.number == Submission.revision_count))
        .join(SampleUnit, SampleUnit.id == Submission.sample_unit_id)
        .join(FrameUnit, FrameUnit.id == SampleUnit.frame_unit_id)
        .where(Reinterview.round_id == round_id)
        .options(undefer(Revision.answers))
        .order_by(FrameUnit.code)
    )
    return [(work, first, code) for work, first, code in session.execute(query)]


def _ask_again(session: Session, asker: Actor, work_id: int, first: Revision, rng: random.Random) -> None:
    instrument, known = reinterviews.beginning(session, asker, work_id)
    typed = dict(_typed(instrument, first.answers, rng))
    answers = reinterviews.examine(instrument, known, typed).answers
    document = uuid.UUID(int=rng.getrandbits(128), version=4)
    reinterviews.finish(session, asker, work_id, answers, instance_id=f"uuid:{document}")


def _typed(instrument: Instrument, first: Mapping[str, Any], rng: random.Random) -> Iterator[tuple[str, str]]:
    """Yield what the asker writes down, by positioned path."""
    people = first.get("interview", {}).get("member", [])
    single = {**_leaves(first), **_BEARING, "member_count": str(len(people))}
    single["selected_line"] = str(first.get("interview", {}).get("selected_position", "1") or "1")
    for question, repeats in instrument.questions():
        if not question.is_asked:
            continue
        if not repeats and (question.name in single or question.bank):
            yield question.path, _recalled(question, single.get(question.name, ""), rng)
        for position, person in enumerate(people if repeats else (), start=1):
            answers = _leaves(person) | {"member_name": names.person_name(rng, int(person.get("sex") or 1))}
            path = question.path.replace(repeats[0].path, f"{repeats[0].path}[{position}]", 1)
            yield path, _recalled(question, answers.get(question.name, ""), rng)


def _leaves(answers: Mapping[str, Any]) -> dict[str, str]:
    """Return the answers of groups by the name of the question; rosters are left out."""
    found: dict[str, str] = {}
    for name, value in answers.items():
        if isinstance(value, Mapping):
            found |= _leaves(value)
        elif isinstance(value, str):
            found[name] = value
    return found


def _recalled(question: Question, value: str, rng: random.Random) -> str:
    """Return an answer of the first interview as it is given the second time; what was left blank is answered now."""
    if question.kind != "select_one" or not question.bank or question.choices is None:
        return value
    if value and rng.random() >= SLIP:
        return value
    return rng.choice([choice.value for choice in question.choices.items if choice.value != value])
