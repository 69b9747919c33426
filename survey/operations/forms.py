"""Publish questionnaire versions and read them back. A published version never changes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, Select, func, select
from sqlalchemy.orm import Session, undefer

from survey.errors import Problem
from survey.model import Account, Draft, FormVersion, Revision, Round, RoundForm, RoundFormUse
from survey.model.actor import Actor
from survey.operations import audit
from survey.questionnaire import xform
from survey.questionnaire.instrument import Instrument
from survey.questionnaire.read_xform import from_xform


@dataclass(frozen=True, slots=True)
class PublishedVersion:
    """One published version and the work done on it; `rounds` are the codes of the rounds that answer it now."""

    id: int
    form_id: str
    version: str
    title: str
    sha256: str
    published_at: datetime
    published_by: str
    rounds: tuple[str, ...]
    submissions: int
    open_drafts: int


def publish(session: Session, actor: Actor, form: Path | xform.CompiledForm, *, source: bytes = b"") -> FormVersion:
    """Publish a form with its media lists and the file it was written in; the same bytes again are the same version.

    Problem form-published when anything differs from what stands under its version number.
    """
    compiled = xform.compile_form(form) if isinstance(form, Path) else form
    media = {name: content.decode() for name, content in sorted(compiled.media.items())}
    present = find(session, compiled.form_id, compiled.version)
    if present is not None:
        if (present.sha256, present.media) != (compiled.sha256, media):
            raise Problem("form-published", form_id=compiled.form_id, version=compiled.version)
        return present
    row = FormVersion(
        form_id=compiled.form_id,
        version=compiled.version,
        title=next(iter(compiled.instrument.title.values())),
        xform=compiled.xml,
        source=form.read_bytes() if isinstance(form, Path) else source,
        media=media,
        sha256=compiled.sha256,
        md5=compiled.md5,
        published_by=actor.account_id,
    )
    session.add(row)
    session.flush()
    audit.record(session, actor, "form.publish", "form", row.id, form_id=row.form_id, version=row.version)
    return row


def find(session: Session, form_id: str, version: str) -> FormVersion | None:
    """Return a published version, or None."""
    query = select(FormVersion).where(FormVersion.form_id == form_id, FormVersion.version == version)
    return session.scalar(query.options(undefer(FormVersion.media)))


def use_in_round(session: Session, actor: Actor, round_: Round, unit_kind: str, form: FormVersion) -> None:
    """Let a kind of unit answer a form version in a round from now on; work begun on an earlier version is kept."""
    link = session.scalar(
        select(RoundForm).where(RoundForm.round_id == round_.id, RoundForm.unit_kind == unit_kind)
    ) or RoundForm(round_id=round_.id, unit_kind=unit_kind)
    link.form_version_id = form.id
    session.add(link)
    _remember_use(session, round_.id, unit_kind, form.id)
    session.flush()
    audit.record(session, actor, "round.form", "round", round_.id, unit_kind=unit_kind, form=form.id)


def _remember_use(session: Session, round_id: int, unit_kind: str, form_version_id: int) -> None:
    """Keep that a version was used, so that what was begun on it is taken in after the next one came."""
    use = {"round_id": round_id, "unit_kind": unit_kind, "form_version_id": form_version_id}
    if session.scalar(select(RoundFormUse.id).filter_by(**use)) is None:
        session.add(RoundFormUse(**use))


def versions(session: Session, form_id: str | None = None) -> tuple[PublishedVersion, ...]:
    """Return every published version, or those of one form, the newest of each form last."""
    query = select(FormVersion, Account.username).outerjoin(Account, Account.id == FormVersion.published_by)
    if form_id is not None:
        query = query.where(FormVersion.form_id == form_id)
    rows = session.execute(query.order_by(FormVersion.form_id, FormVersion.published_at, FormVersion.id)).all()
    rounds = session.execute(
        select(RoundForm.form_version_id, Round.code).join(Round, Round.id == RoundForm.round_id).order_by(Round.id)
    ).all()
    records = _counted(session, select(Revision.form_version_id, func.count(Revision.submission_id.distinct())))
    drafts = _counted(session, select(Draft.form_version_id, func.count()).where(Draft.submitted_at.is_(None)))
    return tuple(
        PublishedVersion(
            row.id,
            row.form_id,
            row.version,
            row.title,
            row.sha256,
            row.published_at,
            username or "",
            tuple(code for number, code in rounds if number == row.id),
            records.get(row.id, 0),
            drafts.get(row.id, 0),
        )
        for row, username in rows
    )


def _counted(session: Session, query: Select[int, int]) -> dict[int, int]:
    """Return the counts of a query of pairs, grouped by form version."""
    rows = session.execute(query.group_by(query.selected_columns[0])).all()
    return {row[0]: row[1] for row in rows}


def named(session: Session, name: str) -> FormVersion:
    """Return the version called `FORM@VERSION`, or the newest of `FORM`; Problem unknown-form when there is none."""
    form_id, _, version = name.partition("@")
    found = versions(session, form_id)
    wanted = [known for known in found if version in ("", known.version)]
    if not wanted:
        raise Problem("unknown-form", form_id=form_id, version=version or "–")
    return session.get_one(FormVersion, wanted[-1].id)


def number_of(session: Session, form_id: str, version: str) -> int:
    """Return the number of a published version; remembered per database, because it never changes."""
    known = _remembered(session)
    key = (form_id, version)
    if key not in known:
        row = find(session, form_id, version)
        if row is None:
            raise Problem("unknown-form", form_id=form_id, version=version)
        known[key] = row.id
    return int(known[key])


def instrument_of(session: Session, form_version_id: int) -> Instrument:
    """Return the compiled instrument of a published version; compiled once per process and database."""
    known = _remembered(session)
    if form_version_id not in known:
        options = [undefer(FormVersion.xform), undefer(FormVersion.media)]
        row = session.get(FormVersion, form_version_id, options=options)
        if row is None:
            raise Problem("unknown-form", form_id=form_version_id, version="–")
        content = row.sha256, tuple(sorted(row.media.items()))
        if content not in _instruments:
            _instruments[content] = from_xform(row.xform, {name: text.encode() for name, text in row.media.items()})
        known[form_version_id] = _instruments[content]
    found: Instrument = known[form_version_id]
    return found


def _remembered(session: Session) -> dict[Any, Any]:
    """Return what is remembered of this session's database; a version that was rolled back is never asked for again."""
    return _by_engine.setdefault(session.get_bind().engine, {})


_instruments: dict[tuple[str, tuple[tuple[str, str], ...]], Instrument] = {}
_by_engine: WeakKeyDictionary[Engine, dict[Any, Any]] = WeakKeyDictionary()
