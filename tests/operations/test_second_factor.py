"""Second factors and one-time links: codes count once, guessing is counted, secrets are sealed, links are spent."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest
from sqlalchemy import select

from survey.db import Database
from survey.errors import Problem
from survey.model import Account, RecoveryCode, SecondFactor
from survey.model.actor import SYSTEM, Actor
from survey.model.base import utc_now
from survey.operations import account_links, accounts, second_factor

PASSWORD = "mat-khau-dai"
KEY = "bí mật của hệ thống"
NOW = datetime(2026, 11, 23, 8, 0, 15, tzinfo=UTC)


def _actor(database: Database) -> Actor:
    with database.transaction() as session:
        account = accounts.create_account(session, SYSTEM, username="lan", name="Lan", password=PASSWORD)
        return accounts.actor_of(session, account)


def _secret(address: str) -> str:
    return parse_qs(urlsplit(address).query)["secret"][0]


def _switched_on(database: Database) -> tuple[Actor, str, tuple[str, ...]]:
    actor = _actor(database)
    with database.transaction() as session:
        secret = _secret(second_factor.start(session, actor, key=KEY))
        codes = second_factor.confirm(session, actor, pyotp.TOTP(secret).at(NOW), key=KEY, now=NOW)
    return actor, secret, codes


def _sign_in(database: Database) -> str:
    with database.transaction() as session:
        token = accounts.sign_in(session, username="lan", password=PASSWORD)
    assert token is not None
    return token


def _pass(database: Database, token: str, code: str, now: datetime | None = None) -> Actor | None:
    with database.transaction() as session:
        return second_factor.pass_code(session, token, code, key=KEY, now=now)


def test_the_password_alone_opens_nothing_once_a_factor_is_on(database: Database) -> None:
    actor, secret, _codes = _switched_on(database)
    token = _sign_in(database)
    with database.reading() as session:
        assert accounts.actor_for_token(session, token) is None
        assert second_factor.awaiting(session, token) == actor.account_id
    moment = utc_now() + timedelta(seconds=60)
    assert _pass(database, token, pyotp.TOTP(secret).at(moment), moment) is not None
    with database.reading() as session:
        who = accounts.actor_for_token(session, token)
        assert who is not None
        assert who.has_second_factor


def test_a_code_counts_once_and_half_a_minute_to_either_side(database: Database) -> None:
    _who, secret, _codes = _switched_on(database)
    generator = pyotp.TOTP(secret)
    start = utc_now()
    for drift, expected in ((90, False), (60, False), (-30, True), (-30, False), (30, True)):
        token = _sign_in(database)
        found = _pass(database, token, generator.at(start + timedelta(seconds=drift)), start)
        assert (found is not None) == expected, drift


def test_a_recovery_code_opens_once_and_only_its_hash_is_kept(database: Database) -> None:
    actor, _secret, codes = _switched_on(database)
    assert len(set(codes)) == 10
    assert _pass(database, _sign_in(database), codes[3].lower()) is not None
    assert _pass(database, _sign_in(database), codes[3]) is None
    with database.reading() as session:
        kept = [row.code_hash for row in session.scalars(select(RecoveryCode))]
        assert second_factor.codes_left(session, actor.account_id or 0) == 9
    assert not any(code.replace("-", "") in "".join(kept) for code in codes)


def test_guessing_codes_is_stopped(database: Database) -> None:
    _switched_on(database)
    token = _sign_in(database)
    for _ in range(accounts.ATTEMPT_LIMIT):
        assert _pass(database, token, "000 000x") is None
    with pytest.raises(Problem) as caught:
        _pass(database, token, "000000")
    assert caught.value.code == "too-many-attempts"


def test_a_password_that_waited_too_long_for_its_code_is_asked_for_again(database: Database) -> None:
    _switched_on(database)
    token = _sign_in(database)
    with pytest.raises(Problem) as caught:
        _pass(database, token, "123456", utc_now() + second_factor.PENDING_LIFE + timedelta(minutes=1))
    assert caught.value.code == "sign-in-required"


def test_the_secret_is_sealed_and_opens_with_no_other_key(database: Database) -> None:
    actor, secret, _codes = _switched_on(database)
    with database.reading() as session:
        row = session.get_one(SecondFactor, actor.account_id)
    assert secret not in row.sealed_secret
    token = _sign_in(database)
    with database.transaction() as session, pytest.raises(Problem):
        second_factor.pass_code(session, token, "123456", key="khác")


def test_a_wrong_first_code_switches_nothing_on_and_the_same_generator_is_offered_again(database: Database) -> None:
    actor = _actor(database)
    with database.transaction() as session:
        address = second_factor.start(session, actor, key=KEY)
        with pytest.raises(Problem):
            second_factor.confirm(session, actor, "12345", key=KEY)
        assert second_factor.start(session, actor, key=KEY) == address
        assert not accounts.has_second_factor(session, actor.account_id)


def test_only_the_owner_and_administrators_take_a_factor_away(database: Database) -> None:
    actor, _secret, _codes = _switched_on(database)
    stranger = Actor(kind="account", account_id=999)
    with database.transaction() as session:
        with pytest.raises(Problem):
            second_factor.remove(session, stranger, actor.account_id or 0)
        second_factor.remove(session, SYSTEM, actor.account_id or 0)
        assert second_factor.codes_left(session, actor.account_id or 0) == 0
    with database.reading() as session:
        assert accounts.actor_for_token(session, _sign_in(database)) is not None


def test_an_account_without_password_opens_only_through_its_link(database: Database) -> None:
    with database.transaction() as session:
        account = accounts.create_account(session, SYSTEM, username="hoa", name="Hoa", password=None)
        assert accounts.sign_in(session, username="hoa", password="!") is None
        token = account_links.make_link(session, SYSTEM, account.id)
        with pytest.raises(Problem):
            account_links.use_link(session, token, password="ngắn")
        account_links.use_link(session, token, password=PASSWORD)
        assert accounts.sign_in(session, username="hoa", password=PASSWORD) is not None
        with pytest.raises(Problem) as caught:
            account_links.use_link(session, token, password=PASSWORD)
    assert caught.value.code == "link-spent"


def test_a_link_ends_with_the_next_one_with_time_and_with_a_lock(database: Database) -> None:
    with database.transaction() as session:
        account = accounts.create_account(session, SYSTEM, username="hoa", name="Hoa", password=None)
        first = account_links.make_link(session, SYSTEM, account.id)
        second = account_links.make_link(session, SYSTEM, account.id)
        late = utc_now() + account_links.LIFE + timedelta(minutes=1)
        assert account_links.account_of(session, second).id == account.id
        for token, now in ((first, None), (second, late), ("khong-co", None)):
            with pytest.raises(Problem):
                account_links.account_of(session, token, now=now)
        accounts.set_state(session, SYSTEM, account_id=account.id, state="locked")
        with pytest.raises(Problem):
            account_links.account_of(session, second)


def test_a_password_set_by_another_has_to_be_changed_and_to_another_one(database: Database) -> None:
    actor = _actor(database)
    with database.transaction() as session:
        accounts.change_password(session, SYSTEM, account_id=actor.account_id or 0, current=None, new="duoc-cap-lai")
        assert session.get_one(Account, actor.account_id).must_change_password
        with pytest.raises(Problem) as caught:
            accounts.change_password(
                session, actor, account_id=actor.account_id or 0, current="duoc-cap-lai", new="duoc-cap-lai"
            )
        assert caught.value.code == "same-password"
        accounts.change_password(session, actor, account_id=actor.account_id or 0, current="duoc-cap-lai", new=PASSWORD)
        assert not session.get_one(Account, actor.account_id).must_change_password


def test_a_lockout_is_counted_and_lifted(database: Database) -> None:
    actor = _actor(database)
    with database.transaction() as session:
        for _ in range(accounts.ATTEMPT_LIMIT):
            accounts.sign_in(session, username="lan", password="sai")
        assert accounts.failures(session, "lan") == accounts.ATTEMPT_LIMIT
        with pytest.raises(Problem):
            accounts.lift_lockout(session, actor, actor.account_id or 0)
        accounts.lift_lockout(session, SYSTEM, actor.account_id or 0)
        assert accounts.failures(session, "lan") == 0
