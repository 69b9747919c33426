"""Reads of published questionnaires and of the rounds that use them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from survey.errors import Problem
from survey.model import FormVersion, Round, RoundForm


@dataclass(frozen=True, slots=True)
class FormFile:
    """One file of a questionnaire as a client downloads it; `md5` is of exactly these bytes."""

    name: str
    content: bytes
    md5: str


@dataclass(frozen=True, slots=True)
class ListedForm:
    """One line of the list of questionnaires in use."""

    id: int
    form_id: str
    version: str
    title: str
    md5: str
    unit_kind: str
    has_media: bool


def forms_in_use(session: Session) -> tuple[ListedForm, ...]:
    """Return the form versions that open rounds use, each once."""
    query = (
        select(FormVersion, RoundForm.unit_kind)
        .join(RoundForm, RoundForm.form_version_id == FormVersion.id)
        .join(Round, Round.id == RoundForm.round_id)
        .where(Round.state == "open")
        .options(undefer(FormVersion.media))
        .order_by(FormVersion.form_id, FormVersion.version)
    )
    listed = {form.id: _listed(form, kind) for form, kind in session.execute(query)}
    return tuple(listed.values())


def xform(session: Session, form_version_id: int) -> FormFile:
    """Return the XForm of a published version, byte for byte."""
    row = _version(session, form_version_id)
    return FormFile(f"{row.form_id}.xml", row.xform, row.md5)


def media_files(session: Session, form_version_id: int) -> tuple[FormFile, ...]:
    """Return the media files of a published version in the order of their names."""
    row = _version(session, form_version_id)
    return tuple(_media(name, text) for name, text in sorted(row.media.items()))


def _version(session: Session, form_version_id: int) -> FormVersion:
    """Return a version with its bytes."""
    options = [undefer(FormVersion.xform), undefer(FormVersion.media)]
    row = session.get(FormVersion, form_version_id, options=options)
    if row is None:
        raise Problem("not-found")
    return row


def _media(name: str, text: str) -> FormFile:
    """Return one media file."""
    content = text.encode()
    return FormFile(name, content, hashlib.md5(content, usedforsecurity=False).hexdigest())


def _listed(form: FormVersion, unit_kind: str) -> ListedForm:
    """Return one line of the list."""
    return ListedForm(form.id, form.form_id, form.version, form.title, form.md5, unit_kind, bool(form.media))
