"""Findings edited before the release: who may, what is kept, what the report says."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from survey.cli.report import _kept_edits
from survey.config import Config
from survey.db import Database
from survey.export.figures import file_name
from survey.model import AuditEvent, EstimateRun, FindingEdit, Grant
from survey.query import runs
from survey.query.results import RunResults
from tests.report import sample, stored
from tests.web.office_round import Staffed, send, sign_in

_RUNS = "/office/rounds/2026/results"


@pytest.fixture
def put(office_database: Database, staffed: Staffed) -> Callable[[RunResults], int]:
    """Return a function that stores a run; the statistician and the viewer hold their roles in its round."""

    def stored_run(results: RunResults) -> int:
        with office_database.transaction() as session:
            run_id = stored.store(session, results)
            round_id = session.get_one(EstimateRun, run_id).round_id
            for name in ("statistician", "viewer"):
                session.add(Grant(account_id=staffed.people[name], role=name, round_id=round_id))
        return run_id

    return stored_run


def _page(run_id: int) -> str:
    return f"{_RUNS}/{run_id}/findings"


def _seen(text: str) -> str:
    found = re.search(r'name="seen" value="(\d+)"', text)
    assert found
    return found.group(1)


def _edits(database: Database) -> list[FindingEdit]:
    with database.reading() as session:
        return list(session.scalars(select(FindingEdit).order_by(FindingEdit.id)))


def test_every_finding_stands_beside_its_field(office: FlaskClient, put: Callable[[RunResults], int]) -> None:
    run_id = put(sample.results(state="draft"))
    text = sign_in(office, "statistician").get(_page(run_id)).text
    assert text.count("<textarea") == 19
    assert text.count("verdict verdict--") == 17
    assert f"{run_id}/findings" in office.get(f"{_RUNS}/{run_id}").text


def test_what_was_changed_is_kept_with_who_and_when_and_reaches_the_report(
    office: FlaskClient, office_app: Flask, office_database: Database, put: Callable[[RunResults], int], config: Config
) -> None:
    run_id = put(sample.results(state="draft"))
    with office_database.reading() as session:
        old = config.reports / file_name(runs.run_results(session, run_id), "pdf")
    old.parent.mkdir(parents=True, exist_ok=True)
    old.write_bytes(b"%PDF-old")
    sign_in(office, "statistician")
    page = _page(run_id)
    data = {"seen": "0", "text-XH3": "Chữ ký số còn <rất> thấp.", "text-recommendations": "Một.\r\n\r\n Hai. "}
    assert send(office, page, page, **data).status_code == 302
    kept = _edits(office_database)
    assert [(each.place, each.text) for each in kept] == [
        ("XH3", "Chữ ký số còn <rất> thấp."),
        ("recommendations", "Một.\nHai."),
    ]
    assert all(each.made_by and each.made_at for each in kept)
    assert "XH3" not in kept[0].original
    assert len(kept[0].original) > 20
    assert not old.exists()
    text = office.get(page).text
    assert "Chữ ký số còn &lt;rất&gt; thấp." in text
    assert "Lê Thị Thống Kê" in text
    with office_database.reading() as session:
        event = session.scalars(select(AuditEvent).where(AuditEvent.action == "findings.edit")).one()
    assert event.details["places"] == ["XH3", "recommendations"]


def test_the_report_of_the_command_takes_the_kept_texts(
    office: FlaskClient,
    office_database: Database,
    put: Callable[[RunResults], int],
    config: Config,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run_id = put(sample.results(state="draft"))
    sign_in(office, "statistician")
    send(office, _page(run_id), _page(run_id), **{"seen": "0", "text-XH1": "Đã đạt.", "text-outlook": "A.\nB."})
    monkeypatch.setenv("PHIEU_SO_INSTANCE", str(config.instance))
    monkeypatch.setenv("PHIEU_SO_SECRET_KEY", "test-only-key")
    monkeypatch.setenv("PHIEU_SO_DATABASE_URL", str(office_database.engine.url))
    made = _kept_edits(run_id, "vi")
    assert made.findings == {"XH1": "Đã đạt."}
    assert made.outlook == ("A.", "B.")
    assert _kept_edits(run_id, "en").findings == {}


def test_the_generated_text_comes_back_and_the_history_keeps_both(
    office: FlaskClient, office_database: Database, put: Callable[[RunResults], int]
) -> None:
    run_id = put(sample.results(state="draft"))
    sign_in(office, "statistician")
    page = _page(run_id)
    send(office, page, page, **{"seen": "0", "text-XH3": "Khác."})
    seen = _seen(office.get(page).text)
    send(office, page, page, **{"seen": seen, "text-XH3": "Khác.", "undo-XH3": "1"})
    assert [each.text for each in _edits(office_database)] == ["Khác.", ""]
    assert 'name="undo-' not in office.get(page).text


def test_an_unchanged_page_keeps_nothing(
    office: FlaskClient, office_database: Database, put: Callable[[RunResults], int]
) -> None:
    run_id = put(sample.results(state="draft"))
    sign_in(office, "statistician")
    page = _page(run_id)
    fields = re.findall(r'<textarea[^>]* name="(text-[^"]+)"[^>]*>\n?([^<]*)</textarea>', office.get(page).text)
    assert len(fields) == 19
    data = {name: unescape(value).replace("\u00a0", " ") for name, value in fields}
    assert send(office, page, page, seen="0", **data).status_code == 302
    assert _edits(office_database) == []


def test_who_did_not_see_the_last_edit_overwrites_nothing(
    office: FlaskClient, office_database: Database, put: Callable[[RunResults], int]
) -> None:
    run_id = put(sample.results(state="draft"))
    sign_in(office, "statistician")
    page = _page(run_id)
    send(office, page, page, **{"seen": "0", "text-XH3": "Người thứ nhất."})
    late = send(office, page, page, **{"seen": "0", "text-XH3": "Người thứ hai."})
    assert late.status_code == 409
    assert [each.text for each in _edits(office_database)] == ["Người thứ nhất."]


def test_a_released_run_and_a_text_without_end_are_refused(
    office: FlaskClient, office_database: Database, put: Callable[[RunResults], int]
) -> None:
    run_id = put(sample.results(state="draft"))
    sign_in(office, "statistician")
    page = _page(run_id)
    assert send(office, page, page, **{"seen": "0", "text-XH3": "x" * 4001}).status_code == 400
    with office_database.transaction() as session:
        session.get_one(EstimateRun, run_id).state = "released"
    assert "<textarea" not in office.get(page).text
    assert send(office, f"{_RUNS}/{run_id}", page, **{"seen": "0", "text-XH3": "x"}).status_code == 409
    assert _edits(office_database) == []


def test_a_reader_is_not_let_in(office: FlaskClient, put: Callable[[RunResults], int]) -> None:
    run_id = put(sample.results(state="draft"))
    sign_in(office, "viewer")
    assert office.get(_page(run_id)).status_code == 403


def test_a_run_of_another_round_is_not_found(
    office: FlaskClient, staffed: Staffed, put: Callable[[RunResults], int]
) -> None:
    run_id = put(sample.results(state="draft"))
    sign_in(office, "statistician")
    assert office.get(f"/office/rounds/{staffed.code}/results/{run_id}/findings").status_code == 404
