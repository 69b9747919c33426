"""Keeps what people write in place of the generated findings of a draft; refuses runs that were released."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from survey.errors import Problem
from survey.model import EstimateRun, FindingEdit
from survey.model.actor import Actor
from survey.operations import audit
from survey.text import clean

LIMIT = 4000
"""Greatest number of characters of one place."""


@dataclass(frozen=True, slots=True)
class Change:
    """The text that counts so far in one place, what was generated for it, and the new text."""

    present: str
    original: str
    text: str


def save(
    session: Session, actor: Actor, run_id: int, changes: Mapping[str, Change], *, language: str, seen: int
) -> tuple[str, ...]:
    """Keep the new texts of the places that changed and return these; the generated text or none undoes an edit.

    `seen` is the number of the last edit that the writer saw. Problems no-run, forbidden, not-editable,
    text-too-long, and findings-changed when somebody else has saved since.
    """
    run = session.get(EstimateRun, run_id, with_for_update=True)
    if run is None:
        raise Problem("no-run", run=run_id)
    if not actor.may("statistician", round_id=run.round_id):
        raise Problem("forbidden")
    if run.state != "draft":
        raise Problem("not-editable", run=run_id, state=run.state)
    made = [edit for place, change in changes.items() if (edit := _edit(place, change)) is not None]
    if not made:
        return ()
    if last_edit(session, run_id, language=language) != seen:
        raise Problem("findings-changed")
    for edit in made:
        edit.run_id, edit.language, edit.made_by = run_id, language, actor.account_id
        session.add(edit)
    places = tuple(edit.place for edit in made)
    audit.record(session, actor, "findings.edit", "estimate_run", run_id, places=list(places), language=language)
    return places


def last_edit(session: Session, run_id: int, *, language: str) -> int:
    """Return the number of the last edit of a run's report, 0 where there is none."""
    query = select(func.max(FindingEdit.id)).where(FindingEdit.run_id == run_id, FindingEdit.language == language)
    return session.scalar(query) or 0


def _edit(place: str, change: Change) -> FindingEdit | None:
    """Return the edit that a change makes, None where it leaves what counts."""
    written = "\n".join(filter(None, map(clean, change.text.splitlines())))
    if len(written) > LIMIT:
        raise Problem("text-too-long", name=place, limit=LIMIT)
    if _alike(written, change.present or change.original):
        return None
    text = "" if _alike(written, change.original) else written
    return None if text == change.present else FindingEdit(place=place, original=change.original, text=text)


def _alike(one: str, other: str) -> bool:
    """Tell whether two texts differ in nothing but the kind of their blanks, which some browsers change."""
    return one.replace("\u00a0", " ") == other.replace("\u00a0", " ")
