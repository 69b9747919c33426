"""Who may enter where, and what every answer carries."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from survey.model.actor import ROLES, SYSTEM
from survey.operations import accounts
from survey.web import access

_GOLDEN = Path(__file__).parent / "routes.txt"


def test_every_route_has_the_guard_of_the_golden_list(app: Flask) -> None:
    found = sorted(f"{rule}  [{methods}]  {guard}" for methods, rule, guard in access.guards(app))
    assert found == _GOLDEN.read_text(encoding="utf-8").splitlines()


def test_an_unguarded_view_stops_the_start(app: Flask) -> None:
    app.view_functions["stray"] = lambda: "open"
    app.url_map.add(app.url_rule_class("/stray", endpoint="stray"))
    with pytest.raises(RuntimeError, match="/stray"):
        access.refuse_unguarded(app)


def _signed_in(app: Flask, role: str) -> FlaskClient:
    with app.extensions["survey.db"].transaction() as session:
        account = accounts.create_account(session, SYSTEM, username=role, name=role, password="mat-khau-dai")
        accounts.grant_role(session, SYSTEM, account.id, role)
        token = accounts.sign_in(session, username=role, password="mat-khau-dai")
    client = app.test_client()
    client.set_cookie("session", token or "")
    return client


def _plain_pages(app: Flask) -> list[tuple[str, str]]:
    """Return (address, guard) of every page without variables."""
    rules = [r for r in app.url_map.iter_rules() if "GET" in (r.methods or set()) and not r.arguments]
    return [(r.rule, getattr(app.view_functions[r.endpoint], "_guard", "public")) for r in rules]


@pytest.mark.parametrize("role", ROLES)
def test_each_role_enters_exactly_the_pages_that_name_it(app: Flask, role: str) -> None:
    client = _signed_in(app, role)
    for address, guard in _plain_pages(app):
        if guard in {"public", "device"}:
            continue
        status = client.get(address).status_code
        allowed = (
            guard == "signed in" or role in guard.split() or (role == "admin" and guard not in {"invited", "delegated"})
        )
        assert (status == 403) == (not allowed), (address, guard, status)


def test_a_stranger_is_sent_to_sign_in_and_back(app: Flask, client: FlaskClient) -> None:
    for address, guard in _plain_pages(app):
        if guard in {"public", "device"}:
            continue
        response = client.get(address)
        assert response.status_code == 302, address
        entrance = "/portal" if guard in {"invited", "delegated"} else "/auth"
        assert response.headers["Location"].startswith(entrance), address


def test_pages_forbid_inline_scripts_and_framing_and_are_not_cached(client: FlaskClient) -> None:
    response = client.get("/auth/sign-in")
    policy = response.headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Cache-Control"] == "no-store"


def test_a_form_without_its_token_is_refused_in_words(client: FlaskClient) -> None:
    response = client.post("/auth/sign-in", data={"username": "a", "password": "b"})
    assert response.status_code == 400
    assert "hết hạn" in response.text


def test_an_unknown_page_says_so_in_vietnamese_and_in_json(client: FlaskClient) -> None:
    assert "không tồn tại" in client.get("/khong-co").text
    answer = client.get("/khong-co", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json["error"]) == (404, "not-found")


def test_the_language_is_kept(client: FlaskClient) -> None:
    assert 'lang="en"' in client.get("/auth/sign-in?lang=en").text
    assert 'lang="en"' in client.get("/auth/sign-in").text
