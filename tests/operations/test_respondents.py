"""How units come in: tax codes as people write them, codes, own passwords, links by mail; nothing is given away."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from survey.db import Database
from survey.errors import Problem
from survey.model import Identity, Invitation, MailMessage, RespondentPassword, SignInAttempt, SignInSession
from survey.model.actor import SYSTEM, Actor
from survey.model.base import utc_now
from survey.operations import accounts, planning, portal_sessions, respondents
from survey.operations.respondents import read_login
from tests.web.filling import Scene, stage

PASSWORD = "mat-khau-rieng-2026"


@pytest.fixture
def scene(database: Database) -> Scene:
    """Return a staged round."""
    return stage(database)


def letter(path: str) -> tuple[str, str]:
    """Return a message that carries a link."""
    return "Liên kết", path


def inside(database: Database, scene: Scene) -> Actor:
    """Return the enterprise as who is inside."""
    with database.transaction() as session:
        code = scene.codes["enterprise"]
        token = respondents.enter(session, login=code.login, code=code)
        actor = accounts.actor_for_token(session, token or "")
    assert actor is not None
    return actor


@pytest.mark.parametrize(
    ("typed", "text", "kind", "doubtful"),
    [
        ("0100109106", "0100109106", "tax", False),
        (" 0100 109.106 ", "0100109106", "tax", False),
        ("0100109106-001", "0100109106001", "tax", False),
        ("0100109107", "0100109107", "tax", True),
        ("0100109106-000", "0100109106000", "tax", True),
        ("093 201 000123", "093201000123", "personal", False),
        ("gd-001", "GD001", "unit", False),
        ("", "", "unit", False),
    ],
)
def test_tax_codes_are_read_as_people_write_them(typed: str, text: str, kind: str, doubtful: bool) -> None:
    found = read_login(typed)
    assert (found.text, found.kind, found.is_doubtful) == (text, kind, doubtful)


def test_tax_code_and_code_belong_together(database: Database, scene: Scene) -> None:
    with database.transaction() as session:
        code = scene.codes["enterprise"]
        assert respondents.enter(session, login="0100 109 106", code=code.lower())
        assert respondents.enter(session, login="DN-001", code=code)
        assert respondents.enter(session, login="GD-001", code=code) is None
        assert respondents.enter(session, login="0100109107", code=code) is None
        assert respondents.enter(session, login="", code=code) is None
        assert respondents.enter(session, login="gd 001", code=scene.codes["institution"])


def test_failures_of_one_tax_code_are_counted_wherever_they_come_from(database: Database, scene: Scene) -> None:
    with database.transaction() as session:
        for number in range(accounts.ATTEMPT_LIMIT):
            respondents.enter(session, login="0100109106", code="AAAA", address=f"10.0.0.{number}")
        with pytest.raises(Problem) as problem:
            respondents.enter(session, login="0100109106", code=scene.codes["enterprise"], address="10.0.1.1")
    assert problem.value.code == "too-many-attempts"


def test_an_own_password_opens_the_portal_until_the_code_is_renewed(database: Database, scene: Scene) -> None:
    actor = inside(database, scene)
    with database.transaction() as session:
        respondents.set_password(session, actor, new=PASSWORD)
        assert PASSWORD not in session.scalars(select(RespondentPassword.password_hash)).one()
        assert respondents.sign_in(session, login="0100109106", password="etwas-anderes") is None
        assert respondents.sign_in(session, login="0100.109.106", password=PASSWORD)
    with database.transaction() as session:
        planning.invite(session, SYSTEM, scene.enterprise)
    with database.transaction() as session:
        assert respondents.sign_in(session, login="0100109106", password=PASSWORD) is None


def test_a_short_password_and_a_stranger_are_refused(database: Database, scene: Scene) -> None:
    actor = inside(database, scene)
    with database.transaction() as session:
        with pytest.raises(Problem, match="10"):
            respondents.set_password(session, actor, new="kurz")
        with pytest.raises(Problem):
            respondents.set_password(session, Actor(kind="account", account_id=1), new=PASSWORD)


def test_a_link_goes_to_the_address_on_record_and_nothing_else_differs(database: Database, scene: Scene) -> None:
    actor = inside(database, scene)
    with database.transaction() as session:
        respondents.set_email(session, actor, email="ketoan@luavang.example")
    with database.transaction() as session:
        respondents.send_link(session, login="0100109106", letter=letter)
        respondents.send_link(session, login="9999999999", letter=letter)
        assert session.scalar(select(func.count()).select_from(MailMessage)) == 1
        assert session.scalar(select(func.count()).where(SignInAttempt.key.startswith("link:"))) == 2
        sealed = session.get_one(Identity, session.scalars(select(MailMessage.identity_key)).one())
        assert sealed.values["to"] == "ketoan@luavang.example"
        assert sealed.values["body"].startswith("/portal/l/")


def test_an_idle_session_ends_and_a_used_one_goes_on(database: Database, scene: Scene) -> None:
    with database.transaction() as session:
        code = scene.codes["enterprise"]
        token = respondents.enter(session, login=code.login, code=code) or ""
    hashed, start = accounts.token_hash(token), utc_now()
    late = start + portal_sessions.IDLE_LIMIT + timedelta(minutes=1)
    with database.transaction() as session:
        assert accounts.actor_for_token(session, token, now=late) is None
        assert portal_sessions.left(session, hashed, now=late) == timedelta(0)
        portal_sessions.touch(session, hashed, now=start + timedelta(minutes=30))
    with database.transaction() as session:
        assert accounts.actor_for_token(session, token, now=late) is not None
        portal_sessions.touch(session, hashed, now=start + timedelta(minutes=30, seconds=20))
        seen = session.scalars(select(SignInSession.seen_at)).one()
        assert seen == start + timedelta(minutes=30)


def test_a_revoked_invitation_puts_out_who_is_inside(database: Database, scene: Scene) -> None:
    with database.transaction() as session:
        code = scene.codes["enterprise"]
        token = respondents.enter(session, login=code.login, code=code) or ""
        session.scalars(
            select(Invitation).where(Invitation.sample_unit_id == scene.enterprise)
        ).one().revoked_at = utc_now()
    with database.reading() as session:
        assert accounts.actor_for_token(session, token) is None
