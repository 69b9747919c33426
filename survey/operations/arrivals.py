"""Records with their files as OpenRosa clients send them: given to the one door, held where it will not have them.

Whatever a known device sends is kept, also when the device or its account was blocked meanwhile. What the sender has
to be told is said with it; whether that is a refusal in the words of the protocol, the edge decides.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from survey.errors import Problem
from survey.model import Quarantine, Revision
from survey.model.actor import Actor
from survey.operations import attachments, devices, examination, quarantine, submissions
from survey.operations.devices import KnownDevice
from survey.operations.intake import CHANNEL
from survey.operations.submissions import Receipt

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a message: whether any of it was new, files still to come, why it is held, refused files."""

    is_new: bool
    missing: tuple[str, ...] = ()
    held: Problem | None = None
    refused_files: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Message:
    """What a client sent at once: the document and any of its files, by the names that the client gave them."""

    xml: bytes
    files: Sequence[tuple[str, bytes]] = ()


def take_in(
    session: Session, sender: KnownDevice | Actor, message: Message, *, store: Path, device: str | None = None
) -> Outcome:
    """Take in a message, or hold it when a known device sent it; idempotent on its bytes.

    A person without an enrolled device gets what `submissions.receive` raises.
    """
    if isinstance(sender, Actor):
        receipt = submissions.receive(session, sender, xml=message.xml, channel=CHANNEL, device=device)
        return _with_files(session, sender, message, receipt, store)
    devices.note_contact(session, [sender])
    sha256 = hashlib.sha256(message.xml).hexdigest()
    if (held := quarantine.by_document(session, sha256)) is not None:
        return _held(session, held, message, store, Problem(held.code, **held.details), is_new=False)
    found = _try(session, sender, message.xml, sha256)
    if isinstance(found, Receipt):
        return _with_files(session, sender.actor, message, found, store)
    row = quarantine.hold(session, sender.actor, _row(sender, message.xml, sha256, found), message.xml)
    return _held(session, row, message, store, found, is_new=True)


def _try(session: Session, sender: KnownDevice, xml: bytes, sha256: str) -> Receipt | Problem:
    """Give a document to the one door; return its receipt, or why it was not taken in.

    A fault of our own in one record is logged and held; a database that fails is no property of the record.
    """
    if not sender.is_trusted and not _is_here(session, _identifier(xml), sha256):
        return Problem("device-revoked")
    try:
        with session.begin_nested():
            return submissions.receive(session, sender.actor, xml=xml, channel=CHANNEL, device=sender.name)
    except Problem as problem:
        return problem
    except (SQLAlchemyError, OSError):
        raise
    except Exception as error:
        _log.exception("a record of device %s goes to the quarantine", sender.id)
        return Problem("unexpected", error=type(error).__name__)


def _is_here(session: Session, instance_id: str, sha256: str) -> bool:
    """Tell whether exactly this document was taken in before the device was blocked."""
    query = select(Revision.id).where(Revision.instance_id == instance_id, Revision.sha256 == sha256)
    return session.scalar(query) is not None


def _identifier(xml: bytes) -> str:
    """Return the instanceID of a document, "" when it cannot be read."""
    try:
        return examination.read(xml)[0].instance_id
    except Problem:
        return ""


def _row(sender: KnownDevice, xml: bytes, sha256: str, reason: Problem) -> Quarantine:
    """Return the line of the quarantine for a document."""
    return Quarantine(
        instance_id=_identifier(xml)[:255],
        sha256=sha256,
        device_id=sender.id,
        account_id=sender.actor.account_id,
        channel=CHANNEL,
        code=reason.code,
        details={name: str(value)[:200] for name, value in reason.details.items()},
    )


def _held(
    session: Session, held: Quarantine, message: Message, store: Path, reason: Problem, *, is_new: bool
) -> Outcome:
    """Keep the files of a held record beside it."""
    for name, content in message.files:
        if content and held.state == "waiting":
            sha256 = hashlib.sha256(content).hexdigest()
            is_new |= quarantine.add_file(session, held, store, name, content, sha256)
    return Outcome(is_new, held=reason)


def _with_files(session: Session, actor: Actor, message: Message, receipt: Receipt, store: Path) -> Outcome:
    """Keep the files of a received record; those that cannot be kept do not keep the record out."""
    done = attachments.Attached(0, ())
    if message.files:
        done = attachments.attach_all(session, actor, store, instance_id=receipt.instance_id, files=message.files)
    missing = attachments.missing(session, receipt.instance_id)
    return Outcome(receipt.is_new or done.new > 0, missing, None, done.refusals)
