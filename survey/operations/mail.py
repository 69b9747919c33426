"""The outbox: messages are queued in the caller's transaction and sent later over SMTP by `survey mail deliver`.

At least once: a message that was handed over just before a crash goes again under the same Message-ID. Addresses and
texts stand in `identity`; the text is dropped once the message has left. Refuses addresses that no server could take.
"""

from __future__ import annotations

import re
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from survey.config import Config
from survey.db import Database
from survey.errors import Problem
from survey.model import Identity, MailMessage
from survey.model.actor import SYSTEM, Actor
from survey.model.base import random_key, utc_now
from survey.operations import audit
from survey.text import clean

LADDER = (timedelta(minutes=5), timedelta(hours=1), timedelta(hours=8), timedelta(hours=24))
"""How long to wait after the first, second … failure; after the last one the message is given up."""
LEASE = timedelta(minutes=10)
"""How long a message belongs to the run that took it; longer than any conversation with a server."""
_PATIENCE = 30
_REASON = 500
_ADDRESS = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z0-9-]{2,63}"
)
_SECURITY = ("starttls", "tls", "none")


@dataclass(frozen=True, slots=True)
class Letter:
    """A message as it goes out; `html` is empty where plain text is all."""

    id: int
    key: str
    to: str
    subject: str
    body: str
    html: str
    locale: str


@dataclass
class Delivery:
    """What one run did: ids of messages sent, to be tried again, given up, refused by the receiving server."""

    is_on: bool = True
    sent: list[int] = field(default_factory=list)
    retried: list[int] = field(default_factory=list)
    failed: list[int] = field(default_factory=list)
    bounced: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Fate:
    """What a server did with one message."""

    state: str  # sent delayed bounced
    reason: str = ""


def queue(
    session: Session,
    actor: Actor,
    *,
    to: str,
    subject: str,
    body: str,
    kind: str,
    subject_id: object,
    locale: str = "vi",
    subject_kind: str = "invitation",
    round_id: int | None = None,
    html: str = "",
    once: str | None = None,
) -> MailMessage | None:
    """Put a message into the outbox in the caller's transaction; Problem "bad-address" for an unusable address.

    `kind` says what sort of message it is (`invitation.reminder`), `subject_kind` and `subject_id` what it is about.
    With `once`, a name for what must be said only once, a second call returns None and queues nothing.
    """
    address = usable_address(to)
    if once is not None and session.scalar(select(MailMessage.id).where(MailMessage.once == once)) is not None:
        return None
    sealed = {"to": address, "subject": _one_line(subject), "body": body, "html": html}
    message = MailMessage(
        once=once,
        kind=kind,
        subject_kind=subject_kind,
        subject_id=str(subject_id),
        round_id=round_id,
        locale=locale,
        identity_key=random_key(),
        created_by=actor.account_id,
    )
    if not _stored(session, message, sealed):
        return None
    audit.record(session, actor, "mail.queue", subject_kind, subject_id, kind=kind, message=message.id)
    return message


def _stored(session: Session, message: MailMessage, sealed: dict[str, str]) -> bool:
    """Write a message with its address apart; False when somebody else has just said the same."""
    try:
        with session.begin_nested():
            session.add_all([Identity(key=message.identity_key, values=sealed), message])
            session.flush()
    except IntegrityError:
        return False
    return True


def usable_address(value: str) -> str:
    """Return an address in the form that servers take (international domains encoded); Problem "bad-address"."""
    address = clean(value)
    local, _at, domain = address.rpartition("@")
    try:
        encoded = f"{local}@{domain.encode('idna').decode()}"
    except UnicodeError:
        raise Problem("bad-address", address=address) from None
    if len(encoded) > 254 or not _ADDRESS.fullmatch(encoded) or ".." in local or local[:1] == "." or local[-1:] == ".":
        raise Problem("bad-address", address=address)
    return encoded


def retry(session: Session, actor: Actor, message_id: int, *, now: datetime | None = None) -> None:
    """Give a message that was given up a new set of attempts; one that bounced or was sent is refused."""
    message = session.get(MailMessage, message_id, with_for_update=True)
    if message is None or message.state != "failed":
        raise Problem("not-found")
    message.state, message.attempts, message.next_at = "queued", 0, now or utc_now()
    audit.record(session, actor, "mail.retry", message.subject_kind, message.subject_id, message=message.id)


def mark_bounced(session: Session, actor: Actor, message_id: int, *, reason: str) -> None:
    """Note that a message which had left came back; reminders to its address stop."""
    message = session.get(MailMessage, message_id, with_for_update=True)
    if message is None or message.state not in {"sent", "failed"}:
        raise Problem("not-found")
    message.state, message.reason = "bounced", clean(reason)[:_REASON]
    audit.record(session, actor, "mail.bounced", message.subject_kind, message.subject_id, message=message.id)


def cancel(session: Session, actor: Actor, *, subject_kind: str, subject_id: object) -> int:
    """Take the unsent messages about something out of the outbox and return how many there were."""
    query = select(MailMessage).where(
        MailMessage.subject_kind == subject_kind,
        MailMessage.subject_id == str(subject_id),
        MailMessage.state == "queued",
    )
    waiting = list(session.scalars(query.with_for_update()))
    for message in waiting:
        message.state = "cancelled"
        _drop_text(session, message)
    if waiting:
        audit.record(session, actor, "mail.cancel", subject_kind, subject_id, messages=[m.id for m in waiting])
    return len(waiting)


def deliver(database: Database, config: Config, *, now: datetime | None = None, limit: int = 500) -> Delivery:
    """Send what is due over SMTP; without a server or a sender in the settings `is_on` is False and nothing is tried.

    Two runs at once never take the same message. Each message's fate is committed before the next one is tried.
    """
    run = Delivery(is_on=bool(config.smtp_host and config.mail_from))
    if not run.is_on:
        return run
    if config.smtp_tls not in _SECURITY:
        raise Problem("bad-value", name="SMTP_TLS", value=config.smtp_tls, expected=", ".join(_SECURITY))
    moment = now or utc_now()
    letters = _take(database, moment, limit)
    if not letters:
        return run
    for letter, fate in _conversation(config, letters, moment):
        _settle(database, letter, fate, moment, run)
    return run


def _take(database: Database, moment: datetime, limit: int) -> list[Letter]:
    """Lease the messages that are due, so that another run leaves them alone."""
    due = (
        select(MailMessage)
        .where(MailMessage.state == "queued", MailMessage.next_at <= moment)
        .order_by(MailMessage.next_at, MailMessage.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    with database.transaction() as session:
        messages = list(session.scalars(due))
        keys = [message.identity_key for message in messages]
        sealed = {row.key: row.values for row in session.scalars(select(Identity).where(Identity.key.in_(keys)))}
        for message in messages:
            message.next_at = moment + LEASE
        return [_letter(message, sealed[message.identity_key]) for message in messages]


def _letter(message: MailMessage, sealed: dict[str, str]) -> Letter:
    return Letter(
        id=message.id,
        key=message.key,
        to=sealed["to"],
        subject=sealed["subject"],
        body=sealed["body"],
        html=sealed["html"],
        locale=message.locale,
    )


def _conversation(config: Config, letters: list[Letter], moment: datetime) -> Iterator[tuple[Letter, Fate]]:
    """Yield what the server did with each message; a server that cannot be reached makes all of them wait."""
    left = list(letters)
    try:
        with _server(config) as server:
            while left:
                yield left[0], _send(server, config, left[0], moment)
                left.pop(0)
    except (OSError, smtplib.SMTPException, UnicodeError) as error:
        for letter in left:
            yield letter, Fate("delayed", _reason_of(error))


@contextmanager
def _server(config: Config) -> Iterator[smtplib.SMTP]:
    """Open a signed-in conversation with the configured server."""
    context = ssl.create_default_context(cafile=config.smtp_ca or None)
    if config.smtp_tls == "tls":
        server: smtplib.SMTP = smtplib.SMTP_SSL(config.smtp_host, config.smtp_port, timeout=_PATIENCE, context=context)
    else:
        server = smtplib.SMTP(config.smtp_host, config.smtp_port, timeout=_PATIENCE)
    try:
        if config.smtp_tls == "starttls":
            server.starttls(context=context)
        if config.smtp_user:
            server.login(config.smtp_user, config.smtp_password)
        yield server
        server.quit()
    finally:
        server.close()  # No polite farewell after a failure: the server may never answer it.


def _send(server: smtplib.SMTP, config: Config, letter: Letter, moment: datetime) -> Fate:
    """Hand one message over; a lost connection is the caller's to handle."""
    try:
        server.send_message(as_email(letter, config, moment), parseaddr(config.mail_from)[1], [letter.to])
    except smtplib.SMTPServerDisconnected:
        raise
    except smtplib.SMTPRecipientsRefused as refused:
        code, said = next(iter(refused.recipients.values()))
        return Fate("bounced" if code >= 500 else "delayed", f"{code} {_text(said)}")
    except smtplib.SMTPResponseException as refused:
        permanent = isinstance(refused, smtplib.SMTPDataError) and refused.smtp_code >= 500
        return Fate("bounced" if permanent else "delayed", _reason_of(refused))
    return Fate("sent")


def as_email(letter: Letter, config: Config, moment: datetime) -> EmailMessage:
    """Return a message as it travels: UTF-8 text, HTML beside it if there is some, the same Message-ID every time."""
    email = EmailMessage(policy=SMTP)
    domain = parseaddr(config.mail_from)[1].rpartition("@")[2] or "localhost"
    email["From"], email["To"], email["Subject"] = config.mail_from, letter.to, letter.subject
    email["Date"], email["Message-ID"] = format_datetime(moment), f"<{letter.key}@{domain}>"
    email["Auto-Submitted"], email["Content-Language"] = "auto-generated", letter.locale
    email.set_content(letter.body, charset="utf-8", cte="base64")
    if letter.html:
        email.add_alternative(letter.html, subtype="html", charset="utf-8", cte="base64")
    return email


def _settle(database: Database, letter: Letter, fate: Fate, moment: datetime, run: Delivery) -> None:
    """Commit what became of a message."""
    with database.transaction() as session:
        state = settle(session, letter.id, fate, moment)
    lists = {"sent": run.sent, "bounced": run.bounced, "failed": run.failed, "queued": run.retried}
    lists[state].append(letter.id)


def settle(session: Session, message_id: int, fate: Fate, moment: datetime) -> str:
    """Store what a server did with a message, and return the state that it is in now."""
    message = session.get_one(MailMessage, message_id, with_for_update=True)
    message.attempts += 1
    message.reason = fate.reason[:_REASON]
    if fate.state != "delayed":
        message.state = fate.state
        message.sent_at = moment if fate.state == "sent" else None
        _drop_text(session, message)
    elif message.attempts > len(LADDER):
        message.state = "failed"
    else:
        message.next_at = moment + LADDER[message.attempts - 1]
    details = {"message": message.id, "attempt": message.attempts, "kind": message.kind}
    action = "mail.delayed" if message.state == "queued" else f"mail.{message.state}"
    audit.record(session, SYSTEM, action, message.subject_kind, message.subject_id, **details)
    return message.state


def _drop_text(session: Session, message: MailMessage) -> None:
    """Forget the text, which may hold a personal link; address and subject line stay for the office."""
    sealed = session.get_one(Identity, message.identity_key)
    sealed.values = {**sealed.values, "body": "", "html": ""}


def _one_line(subject: str) -> str:
    return " ".join(clean(subject).split())


def _reason_of(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {_text(error.smtp_error)}"
    return f"{type(error).__name__}: {error}"


def _text(said: bytes | str) -> str:
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else said
