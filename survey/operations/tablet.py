"""The server's side of a tablet: enrolment, finished records with their files, its own reports, wipe orders.

A finished record of a known device is never refused: what `receive` will not have goes to the quarantine, whole, and
the device is told so. Only an unknown token and bytes that were damaged on the way are sent back.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from survey.errors import Problem
from survey.model import Account, Device, Quarantine, Revision
from survey.model.actor import Actor
from survey.model.base import utc_now
from survey.operations import accounts, attachments, audit, devices, quarantine, second_factor, submissions
from survey.operations.submissions import Receipt

CHANNEL = "field"
FIELD_ROLES = ("enumerator", "supervisor")
_REPORTED = {"build": str, "unsent": int, "drafts": int, "persisted": bool, "free_mb": int, "skew_s": int, "room": str}
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What a tablet keeps after its enumerator has signed in once."""

    token: str
    device_id: int
    account: Account


@dataclass(frozen=True, slots=True)
class Sender:
    """A known device and the person it sends for; `is_trusted` is False once the device or the account was blocked."""

    actor: Actor
    device: Device
    is_trusted: bool


@dataclass(frozen=True, slots=True)
class Slip:
    """What the server holds of one record now: hash of the document, hash of each file, names still to come.

    `held` is the code of the reason when the record stands in the quarantine, "" when it was taken in.
    """

    instance_id: str
    sha256: str
    received_at: datetime
    is_new: bool
    held: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Refusal:
    code: str
    details: dict[str, str] = field(default_factory=dict)


def enrol(
    session: Session,
    *,
    username: str,
    password: str,
    device_name: str,
    code: str = "",
    key: str = "",
    address: str = "",
) -> Enrolment | None:
    """Enrol a tablet for an enumerator; None for a wrong name, password or code (already counted, so commit).

    An account with a second factor needs a code of its generator or a recovery code; `key` is the secret of the
    installation. Raises code-needed, too-many-attempts, and forbidden for an account without field work.
    """
    actor = accounts.prove(session, username=username, password=password, address=address)
    if actor is None or actor.account_id is None:
        return None
    if not actor.may(*FIELD_ROLES):
        raise Problem("forbidden")
    if accounts.has_second_factor(session, actor.account_id):
        if not code.strip():
            raise Problem("code-needed")
        if not second_factor.accept(session, actor.account_id, code, key=key):
            return None
    device, token = devices.enrol(session, actor, account_id=actor.account_id, name=device_name)
    return Enrolment(token, device.id, session.get_one(Account, actor.account_id))


def recovery_key(secret: str, account_id: int) -> bytes:
    """Return the 32 bytes that open an enumerator's forgotten vault or a copy of it; given only after signing in."""
    return hmac.digest(secret.encode(), f"tablet-recovery:{account_id}".encode(), "sha256")


def recognise(session: Session, token: str, *, address: str = "") -> Sender:
    """Return who sends; a blocked device is known but not trusted. Raises sign-in-required for an unknown token."""
    device = session.scalar(select(Device).where(Device.token_hash == devices.token_hash(token)))
    if device is None:
        raise Problem("sign-in-required")
    account = session.get_one(Account, device.account_id)
    is_trusted = device.revoked_at is None and account.state == "active"
    return Sender(accounts.actor_of(session, account, address=address), device, is_trusted)


def require_trust(sender: Sender) -> None:
    """Refuse work to a device that was blocked; its finished records are still taken in."""
    if not sender.is_trusted:
        raise Problem("device-revoked")


def take_in(
    session: Session,
    sender: Sender,
    *,
    xml: bytes,
    sha256: str,
    instance_id: str,
    round_id: int | None = None,
    sample_unit_id: int | None = None,
    is_unfinished: bool = False,
    now: datetime | None = None,
) -> Slip:
    """Take in one finished record, or keep it in the quarantine; idempotent on its bytes.

    An unfinished record, handed over because its tablet is being cleared, always goes to the quarantine: the office
    decides. Raises damaged when the bytes are not those that the tablet hashed.
    """
    if hashlib.sha256(xml).hexdigest() != sha256:
        raise Problem("damaged", name=instance_id)
    moment = now or utc_now()
    sender.device.seen_at = moment
    if (held := quarantine.by_document(session, sha256)) is not None:
        return _slip(session, instance_id, sha256, is_new=False, held=held)
    refusal = _Refusal("unfinished" if is_unfinished else "device-revoked")
    if (not is_unfinished and sender.is_trusted) or _is_here(session, instance_id, sha256):
        found = _try(session, sender, xml, round_id, sample_unit_id, moment)
        if isinstance(found, Receipt):
            return _slip(session, found.instance_id, sha256, is_new=found.is_new)
        refusal = found
    held = quarantine.hold(
        session,
        sender.actor,
        Quarantine(
            instance_id=instance_id[:255],
            sha256=sha256,
            round_id=round_id,
            sample_unit_id=sample_unit_id,
            device_id=sender.device.id,
            account_id=sender.device.account_id,
            code=refusal.code,
            details=refusal.details,
            received_at=moment,
        ),
        xml,
    )
    return _slip(session, instance_id, sha256, is_new=True, held=held)


def take_file(
    session: Session, sender: Sender, store: Path, *, record: tuple[str, str], name: str, content: bytes, sha256: str
) -> Slip:
    """Take in one file of a record that came before; `record` is its instanceID and the hash of its document.

    Raises damaged, empty-file, and not-found when the document has not come.
    """
    instance_id, document = record
    if hashlib.sha256(content).hexdigest() != sha256:
        raise Problem("damaged", name=name)
    if not content:
        raise Problem("empty-file", name=name)
    if (held := quarantine.by_document(session, document, waiting_only=True)) is not None:
        is_new = quarantine.add_file(session, held, store, name, content, sha256)
        return _slip(session, instance_id, document, is_new=is_new, held=held)
    if not _is_here(session, instance_id, document):
        raise Problem("not-found")
    is_new = attach(session, sender.actor, store, instance_id, name, content)
    return _slip(session, instance_id, document, is_new=is_new)


def attach(session: Session, actor: Actor, store: Path, instance_id: str, name: str, content: bytes) -> bool:
    """Attach a file; other content under a used name is kept beside it under a name of its own, never refused."""
    try:
        return attachments.attach(session, actor, store, instance_id=instance_id, name=name, content=content)
    except Problem as problem:
        if problem.code != "file-conflict":
            raise
    own = f"{hashlib.sha256(content).hexdigest()[:12]}-{name}"[:400]
    return attachments.attach(session, actor, store, instance_id=instance_id, name=own, content=content)


def report(session: Session, sender: Sender, said: Mapping[str, Any], *, now: datetime | None = None) -> bool:
    """Keep what a tablet says of itself (unsent records, storage, clock); return whether it has to wipe itself."""
    kept = {name: kind(said[name]) for name, kind in _REPORTED.items() if isinstance(said.get(name), kind)}
    sender.device.report = {**kept, "at": (now or utc_now()).isoformat()}
    sender.device.seen_at = now or utc_now()
    return sender.device.wipe_ordered_at is not None and sender.device.wiped_at is None


def order_wipe(session: Session, actor: Actor, device_id: int, *, now: datetime | None = None) -> None:
    """Order a tablet to send what it holds and then forget this enumerator; it learns so at its next contact."""
    device = session.get(Device, device_id)
    if device is None or not actor.may("supervisor"):
        raise Problem("not-found")
    device.wipe_ordered_at = device.wipe_ordered_at or now or utc_now()
    audit.record(session, actor, "device.wipe-order", "device", device.id)


def confirm_wipe(session: Session, sender: Sender, *, now: datetime | None = None) -> None:
    """Note that a tablet has forgotten its enumerator; its token ends with that."""
    moment = now or utc_now()
    sender.device.wiped_at = sender.device.wiped_at or moment
    sender.device.revoked_at = sender.device.revoked_at or moment
    audit.record(session, sender.actor, "device.wiped", "device", sender.device.id)


def _try(
    session: Session, sender: Sender, xml: bytes, round_id: int | None, sample_unit_id: int | None, moment: datetime
) -> Receipt | _Refusal:
    """Give a document to the one door and return its receipt, or why it was not taken in.

    A fault of our own in one record must not block a tablet's queue, so it is logged and held too; a database that
    fails is no property of the record and goes up, for the tablet to try again.
    """
    try:
        with session.begin_nested():
            return submissions.receive(
                session,
                sender.actor,
                xml=xml,
                channel=CHANNEL,
                round_id=round_id,
                sample_unit_id=sample_unit_id,
                device=sender.device.name,
                received_at=moment,
            )
    except Problem as problem:
        return _Refusal(problem.code, {name: str(value)[:200] for name, value in problem.details.items()})
    except (SQLAlchemyError, OSError):
        raise
    except Exception as error:
        _log.exception("a record of device %s goes to the quarantine", sender.device.id)
        return _Refusal("unexpected", {"error": type(error).__name__})


def _is_here(session: Session, instance_id: str, sha256: str) -> bool:
    """Tell whether exactly this document was taken in before."""
    query = select(Revision.id).where(Revision.instance_id == instance_id, Revision.sha256 == sha256)
    return session.scalar(query) is not None


def _slip(session: Session, instance_id: str, sha256: str, *, is_new: bool, held: Quarantine | None = None) -> Slip:
    """Describe what the server holds of a record now."""
    if held is not None:
        return Slip(instance_id, sha256, held.received_at, is_new, held.code, dict(held.files))
    revision = session.scalars(select(Revision).where(Revision.instance_id == instance_id)).one()
    files = attachments.present(session, revision.id)
    missing = attachments.missing(session, instance_id)
    return Slip(instance_id, revision.sha256, revision.received_at, is_new, "", files, missing)
