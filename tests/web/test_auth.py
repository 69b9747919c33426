"""Signing in and out over HTTP, and one's own account."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from survey.db import Database
from survey.model import AuditEvent
from tests.web.office_round import PASSWORD, Staffed, send, sign_in, token_in


def test_office_people_arrive_in_the_office(office: FlaskClient, staffed: Staffed) -> None:
    answer = send(office, "/auth/sign-in", "/auth/sign-in", username="Supervisor ", password=PASSWORD)
    assert (answer.status_code, answer.location) == (302, "/office/")
    assert "HttpOnly" in answer.headers["Set-Cookie"]
    assert "SameSite=Lax" in answer.headers["Set-Cookie"]


def test_enumerators_arrive_in_the_field(office: FlaskClient, staffed: Staffed) -> None:
    answer = send(office, "/auth/sign-in", "/auth/sign-in", username="lan", password=PASSWORD)
    assert answer.location == "/field/"


def test_who_was_sent_to_sign_in_comes_back(office: FlaskClient, staffed: Staffed) -> None:
    sent = office.get(f"/office/rounds/{staffed.code}/review?state=approved")
    assert sent.status_code == 302
    page = office.get(sent.location)
    data = {"username": "supervisor", "password": PASSWORD, "csrf_token": token_in(page.text)}
    back = office.post("/auth/sign-in", data={**data, "next": f"/office/rounds/{staffed.code}/review?state=approved"})
    assert back.location == f"/office/rounds/{staffed.code}/review?state=approved"
    assert 'name="next"' in page.text


@pytest.mark.parametrize("address", ["https://example.com/", "//example.com/", "/\\example.com", "javascript:1"])
def test_sign_in_never_leads_elsewhere(office: FlaskClient, staffed: Staffed, address: str) -> None:
    answer = send(office, "/auth/sign-in", "/auth/sign-in", username="admin", password=PASSWORD, next=address)
    assert answer.location == "/office/"


def test_a_wrong_password_keeps_the_name_and_says_nothing_more(office: FlaskClient, staffed: Staffed) -> None:
    wrong = send(office, "/auth/sign-in", "/auth/sign-in", username="admin", password="không phải thế này")
    unknown = send(office, "/auth/sign-in", "/auth/sign-in", username="nobody", password="không phải thế này")
    assert wrong.status_code == unknown.status_code == 401
    assert 'value="admin"' in wrong.text
    assert "không phải thế này" not in wrong.text
    assert 'role="alert"' in wrong.text
    assert wrong.text.count("Tên đăng nhập hoặc mật khẩu") == unknown.text.count("Tên đăng nhập hoặc mật khẩu") == 1


def test_empty_fields_are_named_at_their_place(office: FlaskClient) -> None:
    answer = send(office, "/auth/sign-in", "/auth/sign-in", username="", password="")
    assert answer.status_code == 400
    assert answer.text.count('aria-invalid="true"') == 2
    assert 'id="username-error"' in answer.text


def test_guessing_is_slowed_down(office: FlaskClient, staffed: Staffed) -> None:
    for _ in range(10):
        assert send(office, "/auth/sign-in", "/auth/sign-in", username="admin", password="sai").status_code == 401
    answer = send(office, "/auth/sign-in", "/auth/sign-in", username="admin", password=PASSWORD)
    assert answer.status_code == 429
    assert 'value="admin"' in answer.text


def test_a_form_without_its_token_is_refused(office: FlaskClient, staffed: Staffed) -> None:
    answer = office.post("/auth/sign-in", data={"username": "admin", "password": PASSWORD})
    assert answer.status_code == 400
    assert "Set-Cookie" not in answer.headers or "session=" not in answer.headers["Set-Cookie"]


def test_signing_out_ends_the_session_on_the_server(office: FlaskClient, staffed: Staffed) -> None:
    sign_in(office, "admin")
    cookie = office.get_cookie("session")
    assert cookie is not None
    assert send(office, "/auth/account", "/auth/sign-out").status_code == 302
    office.set_cookie("session", cookie.value)
    assert office.get("/auth/account").status_code == 302


def test_signing_out_needs_a_post(office: FlaskClient, staffed: Staffed) -> None:
    assert sign_in(office, "admin").get("/auth/sign-out").status_code == 405


def test_another_device_can_be_signed_out(office_app: Flask, staffed: Staffed) -> None:
    here, there = sign_in(office_app.test_client(), "admin"), sign_in(office_app.test_client(), "admin")
    page = here.get("/auth/account").text
    assert page.count("/auth/account/sign-ins/") == 1
    address = page.split('action="/auth/account/sign-ins/')[1].split('"')[0]
    assert send(here, "/auth/account", f"/auth/account/sign-ins/{address}").status_code == 302
    assert there.get("/auth/account").status_code == 302
    assert here.get("/auth/account").status_code == 200


def test_nobody_ends_the_session_of_somebody_else(office_app: Flask, staffed: Staffed) -> None:
    sign_in(office_app.test_client(), "statistician")
    viewer = sign_in(office_app.test_client(), "viewer")
    assert send(viewer, "/auth/account", "/auth/account/sign-ins/1/end").status_code == 404


def test_a_new_password_ends_every_other_session(office_app: Flask, staffed: Staffed) -> None:
    here, there = sign_in(office_app.test_client(), "viewer"), sign_in(office_app.test_client(), "viewer")
    new = "một mật khẩu khác hẳn"
    answer = send(here, "/auth/account", "/auth/account/password", current=PASSWORD, new=new, again=new)
    assert answer.status_code == 302
    assert here.get("/auth/account").status_code == 200
    assert there.get("/auth/account").status_code == 302
    fresh = office_app.test_client()
    assert send(fresh, "/auth/sign-in", "/auth/sign-in", username="viewer", password=new).status_code == 302


@pytest.mark.parametrize(
    ("current", "new", "again", "status"),
    [
        ("sai mật khẩu", "một mật khẩu mới", "một mật khẩu mới", 400),
        (PASSWORD, "ngắn", "ngắn", 400),
        (PASSWORD, "một mật khẩu mới", "một mật khẩu lạ", 400),
        ("", "", "", 400),
    ],
)
def test_a_password_that_cannot_change_says_why_at_its_field(
    office: FlaskClient, staffed: Staffed, current: str, new: str, again: str, status: int
) -> None:
    sign_in(office, "viewer")
    answer = send(office, "/auth/account", "/auth/account/password", current=current, new=new, again=again)
    assert answer.status_code == status
    assert 'aria-invalid="true"' in answer.text
    assert "một mật khẩu" not in answer.text


def test_sign_ins_stand_in_the_log(office: FlaskClient, office_database: Database) -> None:
    sign_in(office, "admin")
    send(office, "/auth/account", "/auth/sign-out")
    with office_database.reading() as session:
        actions = list(session.scalars(select(AuditEvent.action).order_by(AuditEvent.id.desc()).limit(2)))
    assert actions == ["sign-out", "sign-in"]


def test_the_language_is_chosen_and_kept(office: FlaskClient) -> None:
    assert 'lang="vi"' in office.get("/auth/sign-in").text
    assert "Sign in" in office.get("/auth/sign-in?lang=en").text
    assert '<html lang="en">' in office.get("/auth/sign-in").text
