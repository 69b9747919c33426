"""Exports for programs with a key, and that no public address leads to a run that was not released."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from survey.cli import cli
from survey.config import Config
from survey.db import Database
from survey.errors import Problem
from survey.export import shelf
from survey.export.figures import file_name
from survey.model import AuditEvent, EstimateRun, ExportToken
from survey.model.actor import SYSTEM
from survey.model.base import utc_now
from survey.operations import export_tokens
from survey.query import runs
from survey.query.results import RunResults
from tests.report import sample, stored
from tests.web.test_results import follows

ROOT = "/api/v1/exports"
FILES = ("figures.json", "figures.csv", "figures.xlsx", "microdata.zip")


@pytest.fixture
def put(app: Flask) -> Callable[[RunResults], int]:
    """Return a function that stores a run in the application's database."""
    database: Database = app.extensions["survey.db"]

    def kept(results: RunResults) -> int:
        with database.transaction() as session:
            return stored.store(session, results)

    return kept


def key(app: Flask, *scopes: str, round_id: int | None = None) -> dict[str, str]:
    """Return the heading that carries a new key."""
    database: Database = app.extensions["survey.db"]
    with database.transaction() as session:
        _made, token = export_tokens.issue(
            session, SYSTEM, name="Máy", scopes=scopes or export_tokens.SCOPES, days=3, round_id=round_id
        )
    return {"Authorization": f"Bearer {token}"}


def test_a_key_opens_every_file_of_a_released_round(
    app: Flask, client: FlaskClient, put: Callable[[RunResults], int], config: Config
) -> None:
    run_id = put(sample.results())
    shelf.put(config.reports, run_id, b"PK-archive")
    mine = key(app)
    listed = client.get(ROOT, headers=mine).get_json()["exports"]
    assert listed[0]["files"] == [f"{ROOT}/2026/{name}" for name in FILES]
    for address in listed[0]["files"]:
        first = client.get(address, headers=mine)
        assert first.status_code == 200
        assert "private" in first.headers["Cache-Control"]
        again = client.get(address, headers=mine | {"If-None-Match": first.headers["ETag"]})
        assert again.status_code == 304, address
        first.close()
        again.close()
    with app.extensions["survey.db"].reading() as session:
        fetched = session.scalars(select(AuditEvent).where(AuditEvent.action == "export.fetch")).all()
    assert {event.details["subject"] for event in fetched} == {"list", *(f"2026/{name}" for name in FILES)}


@pytest.mark.parametrize("address", [ROOT, *(f"{ROOT}/2026/{name}" for name in FILES)])
def test_without_a_valid_key_nothing_opens(
    app: Flask, client: FlaskClient, put: Callable[[RunResults], int], address: str
) -> None:
    put(sample.results())
    mine = key(app)
    with app.extensions["survey.db"].transaction() as session:
        export_tokens.revoke(session, SYSTEM, session.scalars(select(ExportToken.id)).one())
    for headers in ({}, {"Authorization": "Bearer ps_guess"}, {"Authorization": "Basic eDp5"}, mine):
        answer = client.get(address, headers=headers)
        assert (answer.status_code, answer.get_json()["error"]) == (401, "token-refused")
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_key_opens_its_own_scope_and_round_only(
    app: Flask, client: FlaskClient, put: Callable[[RunResults], int]
) -> None:
    run_id = put(sample.results())
    other = put(_in_round("2022", "released"))
    with app.extensions["survey.db"].reading() as session:
        round_id = session.get_one(EstimateRun, run_id).round_id
    assert other != run_id
    assert client.get(f"{ROOT}/2026/microdata.zip", headers=key(app, "figures")).status_code == 403
    assert client.get(f"{ROOT}/2026/figures.csv", headers=key(app, "microdata")).status_code == 403
    mine = key(app, "figures", round_id=round_id)
    assert client.get(f"{ROOT}/2022/figures.csv", headers=mine).status_code == 403
    assert [each["round"] for each in client.get(ROOT, headers=mine).get_json()["exports"]] == ["2026"]


def _in_round(code: str, state: str) -> RunResults:
    results = sample.results(state=state)
    day = results.head.reference_date
    head = replace(
        results.head, round_code=code, reference_date=day.replace(year=2022), snapshot_digest="a" * 64, digest="b" * 64
    )
    return replace(results, head=head)


def test_an_archive_with_too_small_cells_is_refused_with_the_reason(
    app: Flask, client: FlaskClient, put: Callable[[RunResults], int], config: Config
) -> None:
    run_id = put(sample.results())
    address, mine = f"{ROOT}/2026/microdata.zip", key(app)
    assert client.get(address, headers=mine).status_code == 404
    shelf.put(config.reports, run_id, b"PK-archive")
    shelf.refuse(config.reports, run_id, Problem("small-cells", name="respondent", count=164, k=5))
    answer = client.get(address, headers=mine)
    assert (answer.status_code, answer.get_json()["error"]) == (409, "small-cells")
    assert "164" in answer.get_json()["message"]
    shelf.put(config.reports, run_id, b"PK-archive")
    sent = client.get(address, headers=mine)
    assert sent.data == b"PK-archive"
    sent.close()


def test_a_key_that_is_used_too_often_has_to_wait(app: Flask) -> None:
    database: Database = app.extensions["survey.db"]
    token = key(app)["Authorization"].removeprefix("Bearer ")
    start = utc_now()
    with database.transaction() as session:
        for _ in range(export_tokens.USES):
            export_tokens.use(session, token, "figures", subject="x", now=start)
        with pytest.raises(Problem) as refused:
            export_tokens.use(session, token, "figures", subject="x", now=start + timedelta(minutes=4))
        assert (refused.value.code, refused.value.details["minutes"]) == ("too-many-attempts", 6)
        export_tokens.use(session, token, "figures", subject="x", now=start + timedelta(minutes=10))


def test_a_key_ends_with_its_last_day_and_its_word_is_nowhere_stored(database: Database) -> None:
    with database.transaction() as session:
        made, token = export_tokens.issue(session, SYSTEM, name="Máy", scopes=["figures"], days=1)
        assert token not in str([getattr(made, column.key) for column in ExportToken.__table__.columns])
        with pytest.raises(Problem, match="valid key"):
            export_tokens.use(session, token, "figures", subject="x", now=utc_now() + timedelta(days=1, minutes=1))


@pytest.mark.parametrize("wrong", [{"name": " "}, {"scopes": []}, {"scopes": ["drafts"]}, {"days": 0}, {"days": 400}])
def test_a_key_without_name_scope_or_end_is_not_issued(database: Database, wrong: dict[str, object]) -> None:
    given = {"name": "Máy", "scopes": ["figures"], "days": 9} | wrong
    with database.transaction() as session, pytest.raises(Problem) as refused:
        export_tokens.issue(session, SYSTEM, **given)  # type: ignore[arg-type]
    assert refused.value.code == "bad-value"


def test_exports_send_what_their_description_says(
    app: Flask, client: FlaskClient, put: Callable[[RunResults], int]
) -> None:
    put(sample.results())
    described = client.get("/api/v1/openapi.json").get_json()
    mine = key(app)
    for address, path in ((ROOT, ROOT), (f"{ROOT}/latest/figures.json", f"{ROOT}/{{round}}/figures.json")):
        entry = described["paths"][path]["get"]
        assert entry["security"] == [{"key": []}]
        schema = entry["responses"]["200"]["content"]["application/json"]["schema"]
        follows(client.get(address, headers=mine).get_json(), schema, described["components"]["schemas"])


def test_keys_are_issued_listed_and_revoked_on_the_command_line(
    config: Config, sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PHIEU_SO_INSTANCE", str(config.instance))
    monkeypatch.setenv("PHIEU_SO_SECRET_KEY", "test-only-key")
    monkeypatch.setenv("PHIEU_SO_DATABASE_URL", str(sqlite_database.engine.url))
    issued = CliRunner().invoke(cli, ["tokens", "issue", "Cục Thống kê", "--scope", "figures", "--days", "5"])
    assert issued.exit_code == 0, issued.output
    number, token = issued.output.split()
    listed = CliRunner().invoke(cli, ["tokens", "list"]).output
    assert listed.strip().endswith("valid")
    assert token not in listed
    assert CliRunner().invoke(cli, ["tokens", "revoke", number]).output == "Cục Thống kê\n"
    assert CliRunner().invoke(cli, ["tokens", "list"]).output.strip().endswith("revoked")
    with sqlite_database.reading() as session:
        actions = session.scalars(select(AuditEvent.action).order_by(AuditEvent.id)).all()
    assert list(actions) == ["export_token.issue", "export_token.revoke"]


@pytest.mark.parametrize("state", ["draft", "withdrawn"])
def test_no_public_address_tells_anything_of_a_run_that_is_not_released(
    app: Flask, client: FlaskClient, put: Callable[[RunResults], int], config: Config, state: str
) -> None:
    """Every public route and every export, with every value that could name the run, its round or its files."""
    run_id = put(sample.results(state=state))
    put(_in_round("2022", "released"))
    with app.extensions["survey.db"].reading() as session:
        hidden = runs.run_results(session, run_id)
    for name in (
        file_name(hidden, "pdf"),
        file_name(replace(hidden, head=replace(hidden.head, state="released")), "pdf"),
    ):
        (config.reports / name).parent.mkdir(parents=True, exist_ok=True)
        (config.reports / name).write_bytes(b"%PDF-sealed")
    shelf.put(config.reports, run_id, b"PK-sealed")
    mine = key(app)
    tried = 0
    for rule in app.url_map.iter_rules():
        guard = getattr(app.view_functions[rule.endpoint], "_guard", "public")
        is_open = guard == "public" or rule.rule.startswith(ROOT)
        if not is_open or "GET" not in (rule.methods or set()) or not rule.rule.startswith(_RESULTS):
            continue
        for address in _addresses(rule, run_id):
            tried += 1
            answer = client.get(address, headers=mine if rule.rule.startswith(ROOT) else {})
            assert b"-sealed" not in answer.data, address
            assert hidden.head.digest.encode()[:12] not in answer.data, address
            if "2026" in address or str(run_id) in address.split("/"):
                assert answer.status_code == 404, address
            answer.close()
    assert tried > 40


_RESULTS = ("/dot", "/chi-tieu", "/phuong-phap", "/so-lieu", "/bang-ma", "/bieu-do", "/bao-cao", "/api/")


def _addresses(rule: object, run_id: int) -> list[str]:
    """Return the addresses of a route with the names that a stranger could try."""
    found = [str(rule)]
    for names, values in (
        (("<round_code>",), ("2026", str(run_id), "latest")),
        (("<code>",), ("XH1", "kt2")),
    ):
        for name in names:
            found = [
                address.replace(name, value) for address in found for value in (values if name in address else ("",))
            ]
    return found


def test_a_refusal_is_noted_by_the_command_and_kept_until_an_archive_is_made(tmp_path: Path) -> None:
    shelf.refuse(tmp_path, 3, Problem("small-cells", name="member", count=2, k=5))
    assert json.loads((tmp_path / "phieu-so-run3-microdata.refused.json").read_text("utf-8"))["details"]["count"] == 2
    shelf.put(tmp_path, 3, b"x")
    assert [path.name for path in tmp_path.iterdir()] == ["phieu-so-run3-microdata.zip"]
