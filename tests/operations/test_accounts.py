"""Sign-in, roles and invitations."""

from __future__ import annotations

from datetime import timedelta

import pytest

from survey.db import Database
from survey.errors import Problem
from survey.model.actor import SYSTEM, RoleGrant
from survey.model.base import utc_now
from survey.operations import accounts

PASSWORD = "mat-khau-dai"


def _account(database: Database) -> int:
    with database.transaction() as session:
        account = accounts.create_account(session, SYSTEM, username="Lan", name="Trần Thị Lan", password=PASSWORD)
        accounts.grant_role(session, SYSTEM, account.id, "supervisor", area_code="930")
        return account.id


def _sign_in(database: Database, password: str = PASSWORD) -> str | None:
    with database.transaction() as session:
        return accounts.sign_in(session, username=" LAN ", password=password, address="10.0.0.1")


def test_a_right_password_opens_a_session_with_the_granted_roles(database: Database) -> None:
    number = _account(database)
    token = _sign_in(database)
    assert token is not None
    with database.reading() as session:
        actor = accounts.actor_for_token(session, token)
    assert actor is not None
    assert actor.account_id == number
    assert actor.grants == (RoleGrant("supervisor", None, "930"),)


def test_a_wrong_password_and_an_unknown_name_are_refused_alike(database: Database) -> None:
    _account(database)
    assert _sign_in(database, "sai-mat-khau") is None
    with database.transaction() as session:
        assert accounts.sign_in(session, username="khong-co", password=PASSWORD) is None


def test_guessing_is_stopped_even_with_the_right_password(database: Database) -> None:
    _account(database)
    for _ in range(accounts.ATTEMPT_LIMIT):
        _sign_in(database, "sai-mat-khau")
    with pytest.raises(Problem, match="attempts") as caught:
        _sign_in(database)
    assert caught.value.status == 429


def test_a_session_ends_by_signing_out_and_by_age(database: Database) -> None:
    _account(database)
    token = _sign_in(database)
    assert token is not None
    with database.transaction() as session:
        later = utc_now() + accounts.SESSION_LIFE + timedelta(minutes=1)
        assert accounts.actor_for_token(session, token, now=later) is None
        actor = accounts.actor_for_token(session, token)
        assert actor is not None
        accounts.sign_out(session, actor, token)
        assert accounts.actor_for_token(session, token) is None


def test_a_locked_account_can_neither_enter_nor_go_on(database: Database) -> None:
    number = _account(database)
    token = _sign_in(database)
    assert token is not None
    with database.transaction() as session:
        accounts.set_state(session, SYSTEM, account_id=number, state="locked")
        assert accounts.actor_for_token(session, token) is None
    assert _sign_in(database) is None


def test_changing_the_password_ends_the_sessions_and_needs_the_old_one(database: Database) -> None:
    number = _account(database)
    token = _sign_in(database)
    assert token is not None
    with database.transaction() as session:
        actor = accounts.actor_for_token(session, token)
        assert actor is not None
        with pytest.raises(Problem, match="current password"):
            accounts.change_password(session, actor, account_id=number, current="sai", new="mat-khau-moi-1")
        accounts.change_password(session, actor, account_id=number, current=PASSWORD, new="mat-khau-moi-1")
        assert accounts.actor_for_token(session, token) is None
    assert _sign_in(database, "mat-khau-moi-1") is not None


def test_a_role_reaches_only_its_area() -> None:
    grant = RoleGrant("supervisor", area_code="930")
    assert grant.covers(1, ("31318", "930"))
    assert not grant.covers(1, ("31340", "931"))


def test_codes_are_read_however_they_are_typed() -> None:
    code = accounts.new_invitation_code()
    spaced = f" {code[:4].lower()}-{code[4:8]} {code[8:]} "
    assert accounts.invitation_hash(spaced) == accounts.invitation_hash(code)
    assert len(set(code) & set("01IO")) == 0
