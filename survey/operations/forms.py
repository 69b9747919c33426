"""Publish questionnaire versions and read them back. A published version never changes."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session, undefer

from survey.errors import Problem
from survey.model import FormVersion, Round, RoundForm
from survey.model.actor import Actor
from survey.operations import audit
from survey.questionnaire.instrument import Instrument
from survey.questionnaire.read_xform import from_xform
from survey.questionnaire.xform import CompiledForm, compile_form


def publish(session: Session, actor: Actor, source: Path | CompiledForm) -> FormVersion:
    """Publish a form; the same bytes again are the same version, other bytes under its number are refused."""
    compiled = compile_form(source) if isinstance(source, Path) else source
    present = find(session, compiled.form_id, compiled.version)
    if present is not None and present.sha256 == compiled.sha256:
        return present
    if present is not None:
        raise Problem("form-published", form_id=compiled.form_id, version=compiled.version)
    row = FormVersion(
        form_id=compiled.form_id,
        version=compiled.version,
        title=next(iter(compiled.instrument.title.values())),
        xform=compiled.xml,
        source=source.read_bytes() if isinstance(source, Path) else b"",
        media={name: content.decode() for name, content in compiled.media.items()},
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
    return session.scalar(select(FormVersion).where(FormVersion.form_id == form_id, FormVersion.version == version))


def use_in_round(session: Session, actor: Actor, round_: Round, unit_kind: str, form: FormVersion) -> None:
    """Let a kind of unit answer a form version in a round from now on."""
    link = session.scalar(
        select(RoundForm).where(RoundForm.round_id == round_.id, RoundForm.unit_kind == unit_kind)
    ) or RoundForm(round_id=round_.id, unit_kind=unit_kind)
    link.form_version_id = form.id
    session.add(link)
    session.flush()
    audit.record(session, actor, "round.form", "round", round_.id, unit_kind=unit_kind, form=form.id)


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
        if row.sha256 not in _instruments:
            media = {name: text.encode() for name, text in row.media.items()}
            _instruments[row.sha256] = from_xform(row.xform, media)
        known[form_version_id] = _instruments[row.sha256]
    found: Instrument = known[form_version_id]
    return found


def _remembered(session: Session) -> dict[Any, Any]:
    """Return what is remembered of this session's database; a version that was rolled back is never asked for again."""
    return _by_engine.setdefault(session.get_bind().engine, {})


_instruments: dict[str, Instrument] = {}
_by_engine: WeakKeyDictionary[Engine, dict[Any, Any]] = WeakKeyDictionary()
