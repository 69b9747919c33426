"""Runs of estimates in the office: who sees drafts, release, withdrawal with a reason, the report."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from survey.db import Database
from survey.model import AuditEvent, EstimateRun, Grant
from survey.query.results import RunResults
from tests.report import sample, stored
from tests.web.office_round import Staffed, send, sign_in

_CODE = "2026"
_RUN = f"/office/rounds/{_CODE}/results"


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


def _state(database: Database, run_id: int) -> str:
    with database.reading() as session:
        return session.get_one(EstimateRun, run_id).state


def test_a_run_shows_the_seventeen_indicators_with_their_verdicts(
    office: FlaskClient, put: Callable[[RunResults], int]
) -> None:
    run_id = put(sample.results(state="draft"))
    text = sign_in(office, "statistician").get(f"{_RUN}/{run_id}").text
    for number in range(1, 7):
        assert f">KT{number}</span>" in text
    for number in range(1, 12):
        assert f">XH{number}</span>" in text
    assert text.count('class="verdict verdict--') == 34
    assert text.count('verdict--experimental"') == 4


def test_a_draft_is_only_for_statisticians(office: FlaskClient, put: Callable[[RunResults], int]) -> None:
    run_id = put(sample.results(state="draft"))
    sign_in(office, "viewer")
    assert office.get(f"{_RUN}/{run_id}").status_code == 404
    assert office.get(f"{_RUN}/{run_id}/report.pdf").status_code == 404
    assert f"{_RUN}/{run_id}" not in office.get(_RUN).text


def test_a_released_run_is_for_every_reader(office: FlaskClient, put: Callable[[RunResults], int]) -> None:
    run_id = put(sample.results(state="released"))
    text = sign_in(office, "viewer").get(f"{_RUN}/{run_id}").text
    assert "/release" not in text
    assert "/withdraw" not in text


def test_a_run_under_another_round_is_not_found(
    office: FlaskClient, staffed: Staffed, put: Callable[[RunResults], int]
) -> None:
    run_id = put(sample.results(state="released"))
    sign_in(office, "admin")
    assert office.get(f"/office/rounds/{staffed.code}/results/{run_id}").status_code == 404


def test_only_statisticians_withdraw(
    office: FlaskClient, office_database: Database, put: Callable[[RunResults], int]
) -> None:
    run_id = put(sample.results(state="released"))
    sign_in(office, "viewer")
    assert send(office, "/auth/account", f"{_RUN}/{run_id}/withdraw", reason="Sai").status_code == 403
    assert _state(office_database, run_id) == "released"


def test_a_withdrawal_needs_a_reason_that_goes_into_the_log(
    office: FlaskClient, office_database: Database, put: Callable[[RunResults], int]
) -> None:
    run_id = put(sample.results(state="released"))
    sign_in(office, "statistician")
    page = f"{_RUN}/{run_id}"
    assert send(office, page, f"{page}/withdraw", reason=" ").status_code == 400
    assert _state(office_database, run_id) == "released"
    assert send(office, page, f"{page}/withdraw", reason="Sai quyền số").status_code == 302
    assert _state(office_database, run_id) == "withdrawn"
    with office_database.reading() as session:
        event = session.scalars(select(AuditEvent).where(AuditEvent.action == "estimate.withdraw")).one()
    assert event.details["reason"] == "Sai quyền số"
    assert f"{page}/release" not in office.get(page).text


@pytest.mark.slow
def test_a_release_sets_the_report_that_readers_download(
    office: FlaskClient, office_database: Database, put: Callable[[RunResults], int]
) -> None:
    run_id = put(sample.results(state="draft"))
    page = f"{_RUN}/{run_id}"
    sign_in(office, "statistician")
    assert send(office, page, f"{page}/release?lang=en").status_code == 302
    assert _state(office_database, run_id) == "released"
    answer = office.get(f"{page}/report.pdf")
    assert answer.status_code == 200
    assert answer.data.startswith(b"%PDF-")
    answer.close()
    text = office.get(f"{page}?lang=en").text
    assert "The report could not be set" not in text
    assert "The microdata archive could not be made" in text, "the sample run has no snapshot to make it from"


def test_a_run_is_released_once(office: FlaskClient, put: Callable[[RunResults], int]) -> None:
    run_id = put(sample.results(state="released"))
    sign_in(office, "statistician")
    assert send(office, f"{_RUN}/{run_id}", f"{_RUN}/{run_id}/release").status_code == 409
