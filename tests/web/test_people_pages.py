"""People from pages: links instead of passwords, second factors, duties before anything else, lists as files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import pyotp
import pytest
from flask import Flask
from flask.testing import FlaskClient

from survey.app import create_app
from survey.db import Database
from survey.model.actor import SYSTEM
from survey.model.base import utc_now
from survey.operations import accounts, devices
from tests.web.office_round import PASSWORD, Staffed, send, sign_in, token_in

NEW = "một mật khẩu khác hẳn"


def _account(staffed: Staffed, name: str) -> str:
    return f"/office/system/accounts/{staffed.people[name]}"


def _secret(page: str) -> str:
    found = re.search(r"<code>([A-Z2-7]{32})</code>", page)
    assert found, "no key is shown"
    return found.group(1)


def _switch_on(client: FlaskClient) -> tuple[str, list[str]]:
    address = "/auth/account/second-factor"
    secret = _secret(client.get(address).text)
    shown = send(client, address, address, code=pyotp.TOTP(secret).now())
    assert shown.status_code == 200
    return secret, re.findall(r"<li>([0-9A-Z]{5}-[0-9A-Z]{5})</li>", shown.text)


def test_a_link_sets_a_password_once_and_signs_in(office: FlaskClient, office_app: Flask, staffed: Staffed) -> None:
    sign_in(office, "admin")
    shown = send(office, _account(staffed, "viewer"), f"{_account(staffed, 'viewer')}/link").text
    link = shown.split("<code>http://localhost")[1].split("</code>")[0]
    visitor = office_app.test_client()
    assert send(visitor, link, link, new=NEW, again="khác").status_code == 400
    answer = send(visitor, link, link, new=NEW, again=NEW)
    assert answer.location == "/office/"
    assert visitor.get("/office/").status_code == 302
    assert office_app.test_client().get(link).status_code == 410
    assert link not in office.get(_account(staffed, "viewer")).text


def test_a_second_factor_is_set_up_asked_for_and_taken_away(
    office: FlaskClient, office_app: Flask, staffed: Staffed
) -> None:
    secret, codes = _switch_on(sign_in(office, "viewer"))
    assert len(codes) == 10
    again = office_app.test_client()
    token = token_in(again.get("/auth/sign-in").text)
    answer = again.post("/auth/sign-in", data={"csrf_token": token, "username": "viewer", "password": PASSWORD})
    assert answer.location == "/auth/code"
    assert again.get("/office/").location.startswith("/auth/sign-in")
    assert send(again, "/auth/code", "/auth/code", code="000000").status_code == 401
    later = pyotp.TOTP(secret).at(utc_now(), counter_offset=1)
    assert send(again, "/auth/code", "/auth/code", code=later).location == "/office/"
    assert again.get("/office/").status_code == 302
    boss = sign_in(office_app.test_client(), "admin")
    page = _account(staffed, "viewer")
    assert send(boss, page, f"{page}/security/factor-off").status_code == 302
    assert send(boss, page, f"{page}/security/factor-off").status_code == 404
    assert sign_in(office_app.test_client(), "viewer").get("/office/").status_code == 302


def test_a_password_set_by_another_is_changed_before_anything_else(
    office: FlaskClient, office_app: Flask, staffed: Staffed
) -> None:
    sign_in(office, "admin")
    send(office, _account(staffed, "viewer"), f"{_account(staffed, 'viewer')}/security/demand")
    viewer = sign_in(office_app.test_client(), "viewer")
    assert viewer.get("/office/").location == "/auth/account"
    changed = send(viewer, "/auth/account", "/auth/account/password", current=PASSWORD, new=NEW, again=NEW)
    assert changed.status_code == 302
    assert viewer.get("/office/").location != "/auth/account"


@pytest.fixture
def strict_app(office_app: Flask) -> Iterator[Flask]:
    """Return the application where administrators need a second factor."""
    config = replace(office_app.extensions["survey.config"], second_factor_roles="admin")
    application = create_app(config)
    application.testing = True
    yield application
    application.extensions["survey.db"].dispose()


def test_a_role_may_need_a_second_factor(strict_app: Flask, staffed: Staffed) -> None:
    admin = sign_in(strict_app.test_client(), "admin")
    assert admin.get("/office/system").location == "/auth/account/second-factor"
    _switch_on(admin)
    assert admin.get("/office/system").status_code == 200
    page = "/auth/account/second-factor"
    assert send(admin, page, f"{page}/off").status_code == 409
    assert sign_in(strict_app.test_client(), "viewer").get("/office/").location != page


def test_a_lockout_is_shown_and_lifted_and_sessions_are_ended(
    office: FlaskClient, office_app: Flask, staffed: Staffed, office_database: Database
) -> None:
    viewer = sign_in(office_app.test_client(), "viewer")
    with office_database.transaction() as session:
        accounts.record_failure(session, *[accounts.name_key("viewer")] * accounts.ATTEMPT_LIMIT)
    sign_in(office, "admin")
    page = _account(staffed, "viewer")
    assert "Locked out for the moment" in office.get(f"{page}?lang=en").text
    send(office, page, f"{page}/security/lift")
    shown = office.get(f"{page}?lang=en").text
    assert "Locked out for the moment" not in shown
    end = re.search(rf"{page}/sign-ins/\d+/end", shown)
    assert end is not None
    assert send(office, page, end.group()).status_code == 302
    assert viewer.get("/auth/account").status_code == 302
    other = _account(staffed, "statistician")
    assert send(office, page, end.group().replace(page, other)).status_code == 404


def test_lists_are_given_as_they_are_shown(office: FlaskClient, staffed: Staffed) -> None:
    sign_in(office, "admin")
    everybody = office.get("/office/system/accounts.csv").text
    assert "Võ Thị Lan" in everybody
    assert "Võ Thị Lan" not in office.get("/office/system/accounts.csv?role=viewer").text
    log = office.get("/office/system/log.csv?action=round.form").text
    assert log.count("\n") == 2
    assert office.get("/office/system/log.csv?action=khong-co").text.count("\n") == 1


def test_an_enumerator_sees_and_revokes_own_devices_only(
    office: FlaskClient, staffed: Staffed, office_database: Database
) -> None:
    with office_database.transaction() as session:
        own, _token = devices.enrol(session, SYSTEM, account_id=staffed.people["lan"], name="Máy của Lan")
        theirs, _token = devices.enrol(session, SYSTEM, account_id=staffed.people["an"], name="Máy của An")
    sign_in(office, "lan")
    shown = office.get("/auth/account").text
    assert "Máy của Lan" in shown
    assert "Máy của An" not in shown
    page = "/auth/account"
    assert send(office, page, f"{page}/devices/{own.id}/revoke").status_code == 302
    assert send(office, page, f"{page}/devices/{theirs.id}/revoke").status_code == 404
