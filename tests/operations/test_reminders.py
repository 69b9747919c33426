"""E-mail to invited units: on the days of the schedule, once per step, to nobody who has settled."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.db import Database
from survey.errors import Problem
from survey.model import Identity, MailMessage, Round
from survey.model.actor import SYSTEM
from survey.operations import invitations, mail, mail_wording, reminders
from survey.query.invitations import Filters, chosen, counts, days, invited_units
from tests.operations.self_report import UNITS, invited_round, school_answers

SENDER = reminders.Sender("Sở Khoa học và Công nghệ", "0292 3 820 123", "https://phieuso.example.vn/")
EMAILS = {"DN1": "dn1@example.vn", "DN2": "dn2@example.vn", "GD1": "gd1@example.vn"}
INVITED = datetime(2026, 12, 1, 2, tzinfo=UTC)


def day(number: int) -> datetime:
    return datetime(2026, 12, number, 2, tzinfo=UTC)


def with_letters(session: Session) -> tuple[Round, dict[str, int]]:
    survey_round, units = invited_round(session, EMAILS)
    invitations.issue(session, SYSTEM, survey_round.id, invitations.fresh(units[c] for c in UNITS), now=INVITED)
    return survey_round, units


def remind(session: Session, survey_round: Round, moment: datetime) -> dict[str, int]:
    return reminders.remind(session, SYSTEM, survey_round.id, SENDER, now=moment)


def outbox(session: Session) -> list[dict[str, str]]:
    query = select(Identity).join(MailMessage, MailMessage.identity_key == Identity.key).order_by(MailMessage.id)
    return [dict(row.values) for row in session.scalars(query)]


def test_a_reminder_goes_out_once_on_each_day_of_the_schedule_with_a_link_that_opens_the_portal(
    database: Database,
) -> None:
    with database.transaction() as session:
        survey_round, _units = with_letters(session)
        assert remind(session, survey_round, day(16)) == {"taken-back": 0}
        assert remind(session, survey_round, day(17)) == {"taken-back": 0, "queued": 3, "no-address": 1}
        assert remind(session, survey_round, day(18))["said"] == 3
        assert remind(session, survey_round, day(24))["queued"] == 3
        first = outbox(session)[0]
        assert first["to"] == "dn1@example.vn"
        assert "còn 14 ngày" in first["subject"]
        assert "31/12/2026" in first["body"]
        assert "Công ty DN1 (mã đơn vị DN1)" in first["body"]
        token = first["body"].partition("/portal/l/")[2].split()[0]
        assert invitations.claim_link(session, token=token) is not None


def test_a_late_start_sends_the_latest_step_alone_and_says_how_many_days_are_left(database: Database) -> None:
    with database.transaction() as session:
        survey_round, _units = with_letters(session)
        assert remind(session, survey_round, day(26))["queued"] == 3
        assert {text["subject"].partition(":")[0] for text in outbox(session)} == {"Nhắc trả lời phiếu, còn 5 ngày"}
        assert remind(session, survey_round, datetime(2027, 1, 1, 2, tzinfo=UTC)) == {"taken-back": 0}


def test_nobody_is_reminded_who_answered_refused_was_revoked_or_whose_address_bounced(database: Database) -> None:
    with database.transaction() as session:
        survey_round, units = with_letters(session)
        assert remind(session, survey_round, day(17))["queued"] == 3
        messages = {m.subject_id: m.id for m in session.scalars(select(MailMessage))}
        numbers = {u.code: str(u.invitation_id) for u in invited_units(session, survey_round.id)}
        session.get_one(MailMessage, messages[numbers["DN2"]]).state = "sent"
        mail.mark_bounced(session, SYSTEM, messages[numbers["DN2"]], reason="550")
        invitations.refuse(session, SYSTEM, survey_round.id, [units["DN1"]], reason="Không trả lời")
        school_answers(session, survey_round, units["GD1"])
        after = remind(session, survey_round, day(24))
        assert after == {"taken-back": 1, "settled": 2, "bounced": 1, "no-address": 1}
        states = {u.code: u.state for u in invited_units(session, survey_round.id)}
        assert states == {"DN1": "refused", "DN2": "sent", "DN3": "sent", "GD1": "submitted"}


def test_units_invited_after_the_day_of_a_step_wait_for_the_next_one(database: Database) -> None:
    with database.transaction() as session:
        survey_round, units = invited_round(session, EMAILS)
        made = invitations.fresh([units["DN1"]])
        invitations.issue(session, SYSTEM, survey_round.id, made, now=day(18))
        assert remind(session, survey_round, day(19)) == {"taken-back": 0, "not-invited": 4}
        assert remind(session, survey_round, day(24))["queued"] == 1


def test_an_invitation_by_mail_leaves_out_who_has_no_address_and_is_not_queued_twice(database: Database) -> None:
    with database.transaction() as session:
        survey_round, units = invited_round(session, EMAILS)
        ids = list(units.values())
        assert reminders.invite_by_mail(session, SYSTEM, survey_round.id, ids, SENDER) == {"queued": 3, "no-address": 1}
        again = reminders.invite_by_mail(session, SYSTEM, survey_round.id, ids, SENDER)
        assert again == {"waiting": 3, "no-address": 1}


def test_a_round_writes_its_own_words_and_days(database: Database) -> None:
    with database.transaction() as session:
        survey_round, _units = with_letters(session)
        own = {
            language: {"subject": "{unit}: {days}", "body": "{name} → {link}"} for language in mail_wording.LANGUAGES
        }
        reminders.set_step(session, SYSTEM, survey_round.id, "reminder-1", days_before=20, is_active=True, wording=own)
        step = reminders.schedule(session, survey_round.id)[1]
        assert reminders.preview(survey_round, step, SENDER, "en") == (
            "DN00000: 20",
            "Công ty TNHH Ví Dụ → https://phieuso.example.vn/portal/l/…",
        )
        assert remind(session, survey_round, day(11))["queued"] == 3
        assert outbox(session)[0]["subject"] == "DN1: 20"
        reminders.set_step(session, SYSTEM, survey_round.id, "reminder-2", days_before=7, is_active=False, wording=own)
        assert remind(session, survey_round, day(24)).get("queued") is None


@pytest.mark.parametrize("body", ["", "no link", "{link} {password}", "{link} {", "{link.x}", "{link!r}", "{link:>9}"])
def test_a_wording_that_cannot_be_filled_in_is_refused(body: str) -> None:
    texts = {"subject": "s", "body": body}
    with pytest.raises(Problem, match="cannot be used"):
        mail_wording.check({"vi": texts, "en": texts})


def test_the_words_that_come_with_the_product_can_be_filled_in() -> None:
    values = {name: name.upper() for name in mail_wording.PLACEHOLDERS}
    for wording in (mail_wording.INVITATION, mail_wording.REMINDER):
        mail_wording.check(wording)
        for language in mail_wording.LANGUAGES:
            subject, body = mail_wording.filled(wording, language, values)
            assert "{" not in subject + body
            assert "LINK" in body


def test_the_list_is_searched_without_accents_and_counted(database: Database) -> None:
    with database.transaction() as session:
        survey_round, _units = with_letters(session)
        units = invited_units(session, survey_round.id)
        assert [u.code for u in chosen(units, Filters(text="vi tan"))] == ["GD1"]
        assert [u.code for u in chosen(units, Filters(kind="enterprise", email="no"))] == ["DN3"]
        assert counts(units)["sent"] == 4
        assert [(d.day.day, d.letters, d.answers) for d in days(units)] == [(1, 4, 0)]
