"""Provisional figures on the overview: marked as such, for statisticians of the round only, nowhere else."""

from __future__ import annotations

from flask import Flask
from flask.testing import FlaskClient

from survey.db import Database
from survey.model import ProvisionalEstimate
from survey.model.base import utc_now
from tests.web.office_round import Staffed, send, sign_in

_FIGURE = {"indicator": "XH1", "variant": "main", "estimate": 82.66, "ci_low": 81.4, "ci_high": 84.0, "n": 5101}
_FEW = {"indicator": "XH2", "variant": "main", "estimate": 33.33, "ci_low": 1.0, "ci_high": 99.0, "n": 3}


def _keep(database: Database, staffed: Staffed, state: str = "done") -> None:
    figures = [_FIGURE | {"flag": "publish"}, _FEW | {"flag": "suppress"}]
    with database.transaction() as session:
        session.add(
            ProvisionalEstimate(
                round_id=staffed.round_id, state=state, made_at=utc_now(), approved=1234, figures=figures
            )
        )


def test_a_statistician_sees_them_marked_and_without_the_weak_ones(
    office: FlaskClient, office_database: Database, staffed: Staffed
) -> None:
    _keep(office_database, staffed)
    page = sign_in(office, "statistician").get(f"/office/rounds/{staffed.code}/overview?lang=en").text
    assert "82.7%" in page or "82,7%" in page
    assert "provisional" in page
    assert "33.3" not in page
    assert "33,3" not in page
    assert "approved questionnaires" in page


def test_nobody_else_sees_them(office_app: Flask, office_database: Database, staffed: Staffed) -> None:
    _keep(office_database, staffed)
    for username in ("supervisor", "viewer"):
        client = sign_in(office_app.test_client(), username)
        assert 'id="provisional"' not in client.get(f"/office/rounds/{staffed.code}/overview").text
        assert "82,7" not in client.get(f"/office/rounds/{staffed.code}/results").text
    assert "82,7" not in office_app.test_client().get("/").text


def test_a_second_calculation_waits_for_the_first(
    office: FlaskClient, office_database: Database, staffed: Staffed
) -> None:
    _keep(office_database, staffed, "running")
    sign_in(office, "statistician")
    overview = f"/office/rounds/{staffed.code}/overview"
    answer = send(office, "/auth/account", f"/office/rounds/{staffed.code}/provisional?lang=en")
    assert answer.headers["Location"].endswith("#provisional")
    assert "already being calculated" in office.get(f"{overview}?lang=en").text
