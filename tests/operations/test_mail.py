"""The outbox against a real SMTP server: what is queued leaves once, waits when it must, is given up in the end."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from survey.config import Config
from survey.db import Database
from survey.errors import Problem
from survey.model import AuditEvent, Identity, MailMessage
from survey.model.actor import SYSTEM
from survey.model.base import utc_now
from survey.operations import mail
from tests.operations.mail_server import Mailbox, certificate, only, serving


def settings(folder: Path, port: int, **more: object) -> Config:
    values = {"smtp_host": "127.0.0.1", "smtp_port": port, "smtp_tls": "none", "mail_from": "Sở KHCN <so@example.vn>"}
    return replace(Config(instance=folder, secret_key="x"), **{**values, **more})  # type: ignore[arg-type]


def queued(database: Database, to: str = "dn@example.vn", once: str | None = None) -> int:
    with database.transaction() as session:
        message = mail.queue(
            session,
            SYSTEM,
            to=to,
            subject="Mời tham gia điều tra",
            body="Kính gửi Quý đơn vị,\nMã: ABCD\n",
            kind="invitation.invitation",
            subject_id=7,
            once=once,
        )
        assert message is not None
        return message.id


def stored(database: Database, message_id: int) -> tuple[MailMessage, dict[str, str]]:
    with database.reading() as session:
        row = session.get_one(MailMessage, message_id)
        return row, session.get_one(Identity, row.identity_key).values


def test_a_queued_message_arrives_in_vietnamese_and_its_text_is_then_forgotten(
    database: Database, tmp_path: Path
) -> None:
    number = queued(database)
    mailbox = Mailbox()
    with serving(mailbox) as port:
        run = mail.deliver(database, settings(tmp_path, port))
        assert run.sent == [number]
        assert mail.deliver(database, settings(tmp_path, port)).sent == []
    [(address, email)] = mailbox.arrived
    row, sealed = stored(database, number)
    assert address == "dn@example.vn"
    assert email["Subject"] == "Mời tham gia điều tra"
    assert email["Message-ID"] == f"<{row.key}@example.vn>"
    assert email.get_content().replace("\r\n", "\n") == "Kính gửi Quý đơn vị,\nMã: ABCD\n"
    assert (row.state, row.attempts, sealed["to"], sealed["body"]) == ("sent", 1, "dn@example.vn", "")
    with database.reading() as session:
        actions = list(session.scalars(select(AuditEvent.action).order_by(AuditEvent.id)))
    assert actions == ["mail.queue", "mail.sent"]


def test_nothing_is_tried_where_no_server_is_configured(database: Database, tmp_path: Path) -> None:
    number = queued(database)
    run = mail.deliver(database, Config(instance=tmp_path, secret_key="x"))
    row, _sealed = stored(database, number)
    assert not run.is_on
    assert (row.state, row.attempts) == ("queued", 0)


def test_an_address_that_the_server_refuses_for_good_bounces_and_the_others_still_leave(
    database: Database, tmp_path: Path
) -> None:
    gone, fine = queued(database, "gone@example.vn"), queued(database)
    mailbox = Mailbox(answers={"gone@example.vn": "550 5.1.1 no such user"})
    with serving(mailbox) as port:
        run = mail.deliver(database, settings(tmp_path, port))
    assert (run.bounced, run.sent) == ([gone], [fine])
    row, _sealed = stored(database, gone)
    assert row.state == "bounced"
    assert "no such user" in row.reason


def test_a_busy_server_is_asked_again_on_the_ladder_with_the_same_message_id(
    database: Database, tmp_path: Path
) -> None:
    number = queued(database)
    mailbox = Mailbox(at_data="451 4.3.0 later")
    now = utc_now()
    with serving(mailbox) as port:
        for wait in mail.LADDER:
            assert mail.deliver(database, settings(tmp_path, port), now=now).retried == [number]
            assert mail.deliver(database, settings(tmp_path, port), now=now + wait - timedelta(seconds=1)).retried == []
            now += wait
        mailbox.at_data = ""
        assert mail.deliver(database, settings(tmp_path, port), now=now).sent == [number]
    row, _sealed = stored(database, number)
    assert row.attempts == len(mail.LADDER) + 1
    assert mailbox.arrived[0][1]["Message-ID"] == f"<{row.key}@example.vn>"


def test_a_message_is_given_up_after_the_last_step_and_can_be_tried_anew(database: Database, tmp_path: Path) -> None:
    number = queued(database)
    mailbox = Mailbox(answers={"dn@example.vn": "451 4.7.1 greylisted"})
    now = utc_now()
    with serving(mailbox) as port:
        runs = []
        for wait in (*mail.LADDER, timedelta()):
            runs.append(mail.deliver(database, settings(tmp_path, port), now=now))
            now += wait
        assert runs[-1].failed == [number]
        row, sealed = stored(database, number)
        assert (row.state, sealed["body"] != "") == ("failed", True)
        mailbox.answers.clear()
        with database.transaction() as session:
            mail.retry(session, SYSTEM, number, now=now)
        assert mail.deliver(database, settings(tmp_path, port), now=now).sent == [number]


def test_messages_wait_while_the_server_cannot_be_reached(database: Database, tmp_path: Path) -> None:
    first, second = queued(database), queued(database, "b@example.vn")
    with serving(Mailbox()) as port:
        pass
    run = mail.deliver(database, settings(tmp_path, port))
    assert run.retried == [first, second]
    row, _sealed = stored(database, first)
    assert "Refused" in row.reason


def test_a_message_that_left_just_before_a_crash_goes_again_under_the_same_id(
    database: Database, tmp_path: Path
) -> None:
    number = queued(database)
    mailbox = Mailbox()
    now = utc_now()
    with serving(mailbox) as port:
        config = settings(tmp_path, port)
        letters = mail._take(database, now, 10)
        conversation = mail._conversation(config, letters, now)
        next(conversation)  # handed over, its fate never stored
        del conversation
        assert mail.deliver(database, config, now=now).sent == []
        assert mail.deliver(database, config, now=now + mail.LEASE).sent == [number]
    assert len({email["Message-ID"] for _address, email in mailbox.arrived}) == 1
    assert len(mailbox.arrived) == 2


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_message_travels_encrypted_and_signed_in(sqlite_database: Database, tmp_path: Path, security: str) -> None:
    number = queued(sqlite_database)
    authority, context = certificate(tmp_path)
    mailbox = Mailbox()
    options: dict[str, object] = {"authenticator": only("so", "mat-khau"), "auth_required": True}
    if security == "starttls":
        options |= {"tls_context": context, "require_starttls": True}
    else:
        options = {"ssl_context": context, "authenticator": only("so", "mat-khau"), "auth_require_tls": False}
    with serving(mailbox, **options) as port:
        config = settings(tmp_path, port, smtp_tls=security, smtp_ca=str(authority), smtp_user="so")
        stranger = mail.deliver(sqlite_database, replace(config, smtp_ca="", smtp_password="mat-khau"))
        assert stranger.retried == [number], "a certificate from nowhere must not be trusted"
        later = utc_now() + mail.LADDER[0] + timedelta(seconds=5)
        assert mail.deliver(sqlite_database, replace(config, smtp_password="x"), now=later).retried == [number]
        later += mail.LADDER[1]
        assert mail.deliver(sqlite_database, replace(config, smtp_password="mat-khau"), now=later).sent == [number]
    assert len(mailbox.arrived) == 1


def test_what_must_be_said_once_is_queued_once(database: Database) -> None:
    queued(database, once="round 1 step 2")
    with database.transaction() as session:
        again = mail.queue(
            session, SYSTEM, to="a@b.vn", subject="s", body="b", kind="k", subject_id=1, once="round 1 step 2"
        )
        assert again is None
        assert len(list(session.scalars(select(MailMessage)))) == 1


def test_unsent_messages_about_something_can_be_taken_back(database: Database, tmp_path: Path) -> None:
    number = queued(database)
    with database.transaction() as session:
        assert mail.cancel(session, SYSTEM, subject_kind="invitation", subject_id=7) == 1
    row, sealed = stored(database, number)
    assert (row.state, sealed["body"]) == ("cancelled", "")
    with serving(Mailbox()) as port:
        assert mail.deliver(database, settings(tmp_path, port)).sent == []


@pytest.mark.parametrize(
    "address",
    ["", "lan", "lan@", "@example.vn", "a b@example.vn", "lan@example", "lan@example.vn\nBcc: x@y.vn", "a..b@c.vn"],
)
def test_an_address_that_no_server_could_take_is_refused(address: str) -> None:
    with pytest.raises(Problem, match="cannot be used"):
        mail.usable_address(address)


def test_an_international_domain_is_encoded() -> None:
    assert mail.usable_address(" lan@bücher.example ") == "lan@xn--bcher-kva.example"
