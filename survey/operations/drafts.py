"""Unfinished questionnaires kept on the server: open, save, add and remove roster rows, send, reopen.

Owns the draft and its merge; what somebody else changed is never overwritten. Sending goes through `receive` like
everything else. Names and phones lie apart, under the draft's identity key.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from survey.errors import Problem
from survey.model import Account, Draft, Identity, Revision, SampleUnit, Submission
from survey.model.actor import Actor
from survey.model.base import random_key, utc_now
from survey.operations import attachments, audit, delegation, forms, identity, sign_off
from survey.operations.draft_start import count_question, fresh_contents, new_key, settle
from survey.operations.merging import EMPTY, Cell, Conflict, Contents, Edit, Line, merge
from survey.operations.sign_off import Head
from survey.operations.submissions import Receipt, receive
from survey.query import drafts as reads
from survey.query.drafts import UnitView
from survey.questionnaire import instance as instances
from survey.questionnaire.instrument import Instrument, Repeat
from survey.questionnaire.judge import Finding, Verdict, judge
from survey.questionnaire.value import ZONE

__all__ = [
    "EMPTY",
    "Cell",
    "Conflict",
    "Contents",
    "Edit",
    "Line",
    "Opened",
    "Saved",
    "add_row",
    "blocks",
    "check",
    "needs_sign_off",
    "open_or_create",
    "opened",
    "remove_row",
    "save",
    "submit",
]

MAX_ROWS = 30
_UNREAD = "?"
_REOPENABLE = frozenset({"received", "returned"})


@dataclass(frozen=True, slots=True)
class Opened:
    """A draft with everything written on it, its questionnaire and its unit; `sealed` holds its names and phones."""

    draft: Draft
    contents: Contents
    instrument: Instrument
    unit: UnitView
    sealed: Identity | None = None
    is_locked: bool = False

    @property
    def seen(self) -> tuple[str, ...]:
        """Return the names of the sections that were gone through."""
        return tuple(self.draft.margin.get("seen", ()))

    @property
    def files(self) -> dict[str, dict[str, Any]]:
        """Return the files that were chosen on the pages, by name: SHA-256 and size."""
        return dict(self.draft.margin.get("files", {}))


@dataclass(frozen=True, slots=True)
class Saved:
    """What a save did: the draft as it is now, what was written, and what somebody else had changed."""

    work: Opened
    written: tuple[str, ...] = ()
    conflicts: tuple[Conflict, ...] = ()


def open_or_create(session: Session, actor: Actor, sample_unit_id: int, *, now: datetime | None = None) -> Draft:
    """Return the unsent draft of a sampled unit, made from the frame or, where one was sent before, from that record.

    Raises unknown-unit, forbidden, round-closed, and not-reopenable for a record that was approved or rejected.
    """
    session.get(SampleUnit, sample_unit_id, with_for_update=True)
    unit = _unit(session, actor, sample_unit_id)
    present = reads.open_draft(session, sample_unit_id)
    if present is not None:
        return present
    if actor.kind == "delegate":
        raise Problem("outside-section")
    if unit.round.state != "open":
        raise Problem("round-closed", round=unit.round.title)
    submission = reads.newest_submission(session, sample_unit_id)
    if submission is not None:
        return _reopen(session, actor, unit, submission, now or utc_now())
    form_version_id = reads.form_of_kind(session, unit.round.id, unit.kind)
    if form_version_id is None:
        raise Problem("unknown-form", form_id=unit.kind, version="–")
    instrument = forms.instrument_of(session, form_version_id)
    contents = fresh_contents(instrument, unit, now=now or utc_now(), interviewer=_user_name(session, actor))
    draft = Draft(form_version_id=form_version_id)
    return _create(session, actor, draft, unit, instrument, contents, now or utc_now())


def opened(session: Session, actor: Actor, draft_id: str, *, lock: bool = False) -> Opened:
    """Return a draft with its contents for somebody who may fill it; raises not-found and forbidden."""
    query = select(Draft, Identity).outerjoin(Identity, Identity.key == Draft.identity_key).where(Draft.id == draft_id)
    if lock:
        query = query.with_for_update(of=Draft).execution_options(populate_existing=True)
    draft, sealed = session.execute(query).one_or_none() or (None, None)
    if draft is None or draft.sample_unit_id is None:
        raise Problem("not-found")
    unit = _unit(session, actor, draft.sample_unit_id)
    delegation.refuse_outside(session, actor, draft.id)
    instrument = forms.instrument_of(session, draft.form_version_id)
    return Opened(draft, _contents(draft, sealed), instrument, unit, sealed, is_locked=lock)


def save(
    session: Session,
    actor: Actor,
    draft_id: str,
    edits: Sequence[Edit],
    *,
    line: Line | None = None,
    seen: str = "",
    files: Mapping[str, Mapping[str, object]] | None = None,
    work: Opened | None = None,
    now: datetime | None = None,
) -> Saved:
    """Merge what was typed on a page into a draft; fields that somebody else changed come back as conflicts.

    `line` names the roster row that the page is about, `seen` a section that was gone through, `files` what was stored
    for answers that name a file. Who has opened the draft with a lock in this transaction hands it over as `work`: it
    is not read again, and stays as it was. Raises row-gone when the row was removed meanwhile and draft-sent when the
    draft was sent.
    """
    work = _for_writing(session, actor, draft_id, paths=[edit.path for edit in edits], work=work)
    if line is not None and work.contents.position(line) is None:
        raise Problem("row-gone")
    written, conflicts = merge(work.contents, edits, line)
    if written or (seen and seen not in work.seen):
        _store(session, actor, work, "draft.save", now, seen=seen, files=files, fields=len(written))
    delegation.note_use(session, actor, now or utc_now(), wrote=bool(written))
    return Saved(work, tuple(written), tuple(conflicts))


def add_row(session: Session, actor: Actor, draft_id: str, roster: str, *, now: datetime | None = None) -> Line:
    """Append an empty row to a roster, raising the count that fixes it; raises too-many-rows beyond the limit."""
    work = _for_writing(session, actor, draft_id, paths=[roster])
    rows = len(work.contents.rows(roster))
    if rows >= MAX_ROWS:
        raise Problem("too-many-rows", limit=MAX_ROWS)
    line = work.contents.add_row(roster, new_key())
    _write_count(work, roster, rows + 1)
    _store(session, actor, work, "draft.add-row", now, roster=roster)
    return line


def remove_row(session: Session, actor: Actor, draft_id: str, line: Line, *, now: datetime | None = None) -> None:
    """Take a row out of a roster, lowering the count that fixes it; one that is gone already is no failure."""
    work = _for_writing(session, actor, draft_id, paths=[line.roster])
    if work.contents.position(line) is None:
        return
    work.contents.remove_row(line)
    _write_count(work, line.roster, len(work.contents.rows(line.roster)))
    _store(session, actor, work, "draft.remove-row", now, roster=line.roster)


def check(work: Opened, *, now: datetime | None = None) -> Verdict:
    """Return what the judge says of a draft as it stands."""
    return judge(work.instrument, work.contents.answers, now=now or utc_now())


def submit(
    session: Session,
    actor: Actor,
    draft_id: str,
    *,
    channel: str,
    head: Head | None = None,
    now: datetime | None = None,
) -> Receipt | None:
    """Send a draft through the one door and return its receipt; a second press returns the same receipt.

    None while the judge finds an error, a warning has no reason or a text cannot be read, and while the `head` of an
    institution has not confirmed: nothing is sent then.
    """
    moment = now or utc_now()
    work = opened(session, actor, draft_id, lock=True)
    if actor.kind == "delegate":
        raise Problem("outside-section")
    if work.draft.submitted_at is not None:
        return _receipt_again(session, actor, work, channel)
    _refuse_late(session, actor, work.unit, moment)
    verdict = check(work, now=moment)
    if work.contents.unread or any(blocks(finding) for finding in verdict.findings):
        return None
    is_signed = needs_sign_off(actor, work, verdict)
    if is_signed and not sign_off.is_complete(head):
        return None
    receipt = _send(session, actor, work, verdict, channel, moment)
    if is_signed and head is not None:
        sign_off.confirm(session, actor, receipt, head)
    work.draft.submitted_at = receipt.received_at
    audit.record(session, actor, "draft.submit", "draft", work.draft.id, submission=receipt.submission_id)
    return receipt


def _unit(session: Session, actor: Actor, sample_unit_id: int) -> UnitView:
    """Return a unit that somebody may fill the questionnaire of."""
    unit = reads.unit_view(session, sample_unit_id)
    if unit is None:
        raise Problem("unknown-unit", code=sample_unit_id)
    if not reads.may_fill(session, actor, unit):
        raise Problem("forbidden")
    return unit


def needs_sign_off(actor: Actor, work: Opened, verdict: Verdict) -> bool:
    """Tell whether the head must confirm a draft before it is sent: an institution that agreed to answer."""
    consents = verdict.answers.get("consent_section", {}).get("consent") == "1"
    return sign_off.is_needed(actor, work.unit.kind, consents)


def _refuse_late(session: Session, actor: Actor, unit: UnitView, moment: datetime) -> None:
    """Refuse what a unit sends about itself after its last day, days granted by the office counted in."""
    if actor.kind == "invitation" and (unit.round.state != "open" or reads.is_late(session, unit, moment)):
        raise Problem("round-closed", round=unit.round.title)


def _user_name(session: Session, actor: Actor) -> str:
    account = session.get(Account, actor.account_id) if actor.account_id is not None else None
    return account.username if account else ""


def _reopen(session: Session, actor: Actor, unit: UnitView, submission: Submission, now: datetime) -> Draft:
    """Return a draft that corrects a record: its answers and names, a new identifier, the old one as deprecated."""
    if submission.state not in _REOPENABLE:
        raise Problem("not-reopenable")
    newest = reads.newest_revision(session, submission.id)
    revision = session.get_one(Revision, newest.id, options=[undefer(Revision.answers)], populate_existing=True)
    sealed = session.get(Identity, revision.identity_key)
    instrument = forms.instrument_of(session, revision.form_version_id)
    contents = Contents(identity.merge(revision.answers, dict(sealed.values) if sealed else {}))
    settle(instrument, contents, now=now)
    draft = Draft(form_version_id=revision.form_version_id, deprecated_id=revision.instance_id)
    return _create(session, actor, draft, unit, instrument, contents, now)


def _create(
    session: Session,
    actor: Actor,
    draft: Draft,
    unit: UnitView,
    instrument: Instrument,
    contents: Contents,
    now: datetime,
) -> Draft:
    """Store a new draft of a unit."""
    draft.round_id, draft.sample_unit_id, draft.account_id = unit.round.id, unit.sample_unit_id, actor.account_id
    draft.instance_id = f"uuid:{random_key()}"
    draft.margin, draft.version, draft.created_at = {}, 0, now
    session.add(draft)
    session.flush()
    session.add(Identity(key=draft.identity_key, values={}))
    session.flush()
    _store(session, actor, Opened(draft, contents, instrument, unit), "draft.open", now)
    return draft


def _for_writing(
    session: Session, actor: Actor, draft_id: str, *, paths: Sequence[str] = (), work: Opened | None = None
) -> Opened:
    """Return a locked draft with contents of its own, refused to those who may not write at some paths."""
    if work is not None and work.is_locked and work.draft.id == draft_id:
        work = replace(work, contents=work.contents.copied())
    else:
        work = opened(session, actor, draft_id, lock=True)
    delegation.refuse_outside(session, actor, draft_id, paths)
    if work.draft.submitted_at is not None:
        raise Problem("draft-sent")
    return work


def _contents(draft: Draft, sealed: Identity | None) -> Contents:
    """Put answers, names and unread texts of a draft together."""
    values = dict(sealed.values) if sealed else {}
    unread = {**draft.margin.get("unread", {}), **values.pop(_UNREAD, {})}
    lines = {roster: list(keys) for roster, keys in draft.margin.get("lines", {}).items()}
    return Contents(identity.merge(draft.answers, values), unread, lines)


def _store(
    session: Session,
    actor: Actor,
    work: Opened,
    action: str,
    now: datetime | None,
    *,
    seen: str = "",
    files: Mapping[str, Mapping[str, object]] | None = None,
    **details: object,
) -> None:
    """Write a draft's contents, names apart from answers, as its next version."""
    moment = now or utc_now()
    contents, draft = work.contents, work.draft
    settle(work.instrument, contents, now=moment)
    answers, sealed = identity.split(work.instrument, contents.answers)
    hidden = _hidden(work.instrument, contents.unread)
    kept = work.sealed or session.get_one(Identity, draft.identity_key)
    draft.answers = answers
    draft.margin = {
        "unread": {mark: text for mark, text in contents.unread.items() if mark not in hidden},
        "lines": contents.lines,
        "seen": list(dict.fromkeys([*work.seen, *([seen] if seen else [])])),
        "files": {**work.files, **{name: dict(note) for name, note in (files or {}).items()}},
    }
    kept.values = {**sealed, _UNREAD: hidden} if hidden else dict(sealed)
    draft.version += 1
    draft.updated_at = moment
    session.flush()
    audit.record(session, actor, action, "draft", draft.id, version=draft.version, **details)


def _hidden(instrument: Instrument, unread: Mapping[str, str]) -> dict[str, str]:
    """Return the unread texts that stand where a name or a phone is asked: they are kept with the names."""
    if not unread:
        return {}
    marked = {question.path for question, _over in instrument.questions() if question.identity}
    return {mark: text for mark, text in unread.items() if mark.split("@")[0] in marked}


def _write_count(work: Opened, roster: str, rows: int) -> None:
    """Keep the answer that counts a roster's rows equal to their number."""
    node = work.instrument.node(roster)
    question = count_question(work.instrument, node) if isinstance(node, Repeat) else None
    if question is not None:
        work.contents.write(question.path, Cell(str(rows)))


def blocks(finding: Finding) -> bool:
    """Tell whether a finding forbids sending: an error, or an unlikely answer without a reason."""
    return finding.severity == "error" or (finding.code == "warning" and not finding.reason)


def _send(session: Session, actor: Actor, work: Opened, verdict: Verdict, channel: str, moment: datetime) -> Receipt:
    """Write the instance document and hand it to the one door."""
    draft = work.draft
    stamps = {name: text for name, text in _stamps(draft, moment).items() if name in work.instrument.by_path}
    document = instances.serialise(
        work.instrument,
        {**verdict.answers, **stamps},
        instance_id=draft.instance_id,
        deprecated_id=draft.deprecated_id,
    )
    receipt = receive(
        session,
        actor,
        xml=document,
        channel=channel,
        round_id=draft.round_id,
        sample_unit_id=draft.sample_unit_id,
        received_at=moment,
    )
    named = {name: note for name, note in work.files.items() if name in receipt.file_names}
    attachments.note(session, receipt.instance_id, named)
    return receipt


def _stamps(draft: Draft, moment: datetime) -> dict[str, str]:
    """Return when the interview began and ended, as a client of ODK would write it."""
    begun, ended = draft.created_at.astimezone(ZONE), moment.astimezone(ZONE)
    return {
        "start": begun.isoformat(timespec="milliseconds"),
        "end": ended.isoformat(timespec="milliseconds"),
        "today": ended.date().isoformat(),
        "deviceid": "web",
    }


def _receipt_again(session: Session, actor: Actor, work: Opened, channel: str) -> Receipt:
    """Return the receipt of a draft that was sent before, by sending the same bytes again."""
    sent = session.scalars(select(Revision).where(Revision.instance_id == work.draft.instance_id)).one()
    sealed = session.get_one(Identity, sent.identity_key, options=[undefer(Identity.document)], populate_existing=True)
    if sealed.document is None:
        raise Problem("draft-sent")
    return receive(session, actor, xml=sealed.document, channel=channel)
