"""Codes and personal links: shown once, used once, ended by a new code; refusal and revocation."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from survey.db import Database
from survey.errors import Problem
from survey.model import AuditEvent, Invitation, InvitationLink, MailMessage
from survey.model.actor import SYSTEM
from survey.model.base import utc_now
from survey.operations import accounts, invitations, mail
from tests.operations.self_report import invited_round


def issue(session: Session, round_id: int, *unit_ids: int) -> list[invitations.Fresh]:
    made = invitations.fresh(unit_ids)
    invitations.issue(session, SYSTEM, round_id, made)
    return made


def one(session: Session) -> tuple[int, int, invitations.Fresh]:
    survey_round, units = invited_round(session)
    [made] = issue(session, survey_round.id, units["DN1"])
    return survey_round.id, units["DN1"], made


def invitation_of(session: Session, unit_id: int) -> Invitation:
    return session.scalars(select(Invitation).where(Invitation.sample_unit_id == unit_id)).one()


def test_letters_give_each_unit_a_code_and_a_link_that_both_open_the_portal(database: Database) -> None:
    with database.transaction() as session:
        survey_round, units = invited_round(session)
        made = issue(session, survey_round.id, units["GD1"], units["DN2"])
        assert [issued.sample_unit_id for issued in made] == [units["GD1"], units["DN2"]]
        for issued in made:
            assert accounts.claim_invitation(session, code=issued.code) is not None
            token = invitations.claim_link(session, token=issued.token)
            assert token is not None
            actor = accounts.actor_for_token(session, token)
            assert actor is not None
            assert actor.sample_unit_id == issued.sample_unit_id
            assert invitation_of(session, issued.sample_unit_id).letter_at is not None
        stored = {*session.scalars(select(Invitation.code_hash)), *session.scalars(select(InvitationLink.token_hash))}
        assert len(stored) == 4
        assert made[0].code not in stored
        assert made[0].token not in stored


def test_a_personal_link_opens_the_portal_once(database: Database) -> None:
    with database.transaction() as session:
        _round_id, _unit, issued = one(session)
        assert invitations.link_is_open(session, issued.token)
        assert invitations.claim_link(session, token=issued.token) is not None
        assert not invitations.link_is_open(session, issued.token)
        assert invitations.claim_link(session, token=issued.token) is None


def test_a_personal_link_ends_with_the_last_day_of_the_round(database: Database) -> None:
    with database.transaction() as session:
        survey_round, units = invited_round(session)
        [issued] = issue(session, survey_round.id, units["DN1"])
        end = invitations.end_of_round(survey_round)
        assert end.isoformat() == "2027-01-01T00:00:00+07:00"
        assert invitations.link_is_open(session, issued.token, now=end - timedelta(seconds=1))
        assert invitations.claim_link(session, token=issued.token, now=end) is None


def test_a_new_code_ends_the_old_code_its_links_its_sessions_and_its_unsent_messages(database: Database) -> None:
    with database.transaction() as session:
        round_id, unit, first = one(session)
        entered = accounts.claim_invitation(session, code=first.code)
        assert entered is not None
        mail.queue(
            session, SYSTEM, to="a@b.vn", subject="s", body="b", kind="k", subject_id=invitation_of(session, unit).id
        )
        [second] = issue(session, round_id, unit)
        assert second.code != first.code
        assert accounts.claim_invitation(session, code=first.code) is None
        assert invitations.claim_link(session, token=first.token) is None
        assert accounts.actor_for_token(session, entered) is None
        assert session.scalars(select(MailMessage.state)).one() == "cancelled"
        assert invitations.claim_link(session, token=second.token) is not None


def test_a_revoked_unit_cannot_enter_and_gets_no_link_until_its_code_is_renewed(database: Database) -> None:
    with database.transaction() as session:
        round_id, unit, issued = one(session)
        assert invitations.revoke(session, SYSTEM, round_id, [unit]) == 1
        assert invitations.revoke(session, SYSTEM, round_id, [unit]) == 0
        assert accounts.claim_invitation(session, code=issued.code) is None
        assert invitations.claim_link(session, token=issued.token) is None
        with pytest.raises(Problem, match="revoked"):
            invitations.issue_link(session, SYSTEM, invitation_of(session, unit).id)
        [again] = issue(session, round_id, unit)
        assert accounts.claim_invitation(session, code=again.code) is not None


def test_a_link_sent_by_mail_leaves_the_code_of_the_letter_as_it_is(database: Database) -> None:
    with database.transaction() as session:
        _round_id, unit, letter = one(session)
        token = invitations.issue_link(session, SYSTEM, invitation_of(session, unit).id)
        assert invitations.link_path(token) == f"/portal/l/{token}"
        assert invitations.claim_link(session, token=token) is not None
        assert invitations.claim_link(session, token=letter.token) is not None
        assert accounts.claim_invitation(session, code=letter.code) is not None


def test_guessing_links_is_counted_and_stopped(database: Database) -> None:
    with database.transaction() as session:
        _round_id, _unit, issued = one(session)
        for attempt in range(accounts.ATTEMPT_LIMIT):
            assert invitations.claim_link(session, token=f"guess{attempt}", address="10.0.0.1") is None
        with pytest.raises(Problem, match="Too many attempts"):
            invitations.claim_link(session, token=issued.token, address="10.0.0.1")
        assert invitations.claim_link(session, token=issued.token, address="10.0.0.2") is not None


def test_a_refusal_needs_words_stops_messages_and_can_be_taken_back(database: Database) -> None:
    with database.transaction() as session:
        round_id, unit, issued = one(session)
        mail.queue(
            session, SYSTEM, to="a@b.vn", subject="s", body="b", kind="k", subject_id=invitation_of(session, unit).id
        )
        with pytest.raises(Problem):
            invitations.refuse(session, SYSTEM, round_id, [unit], reason=" ")
        assert invitations.refuse(session, SYSTEM, round_id, [unit], reason="Từ chối qua điện thoại") == 1
        assert session.scalars(select(MailMessage.state)).one() == "cancelled"
        assert invitation_of(session, unit).refusal == "Từ chối qua điện thoại"
        assert accounts.claim_invitation(session, code=issued.code) is not None
        assert invitations.take_back_refusal(session, SYSTEM, round_id, [unit]) == 1
        assert invitation_of(session, unit).refused_at is None


def test_units_of_another_round_and_closed_rounds_are_refused_and_nothing_is_renewed(database: Database) -> None:
    with database.transaction() as session:
        survey_round, units = invited_round(session)
        with pytest.raises(Problem):
            issue(session, survey_round.id, units["DN1"], 9999)
        survey_round.state = "closed"
        with pytest.raises(Problem):
            issue(session, survey_round.id, units["DN1"])
        assert session.scalar(select(func.count()).select_from(Invitation)) == 0


def test_every_act_is_in_the_log(database: Database) -> None:
    with database.transaction() as session:
        round_id, unit, issued = one(session)
        invitations.claim_link(session, token=issued.token, now=utc_now())
        invitations.revoke(session, SYSTEM, round_id, [unit])
        actions = set(session.scalars(select(AuditEvent.action).where(AuditEvent.action.like("invitation%"))))
    assert actions == {
        "invitation.renew",
        "invitation.letters",
        "invitation.claim",
        "invitation.revoke",
    }
