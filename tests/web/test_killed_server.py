"""A server that is killed while it takes in records has lost none that it acknowledged and doubled none."""

from __future__ import annotations

from pathlib import Path

import pytest

from survey.config import write_default
from survey.db import Database
from survey.model.actor import SYSTEM
from survey.operations import accounts, devices
from tests.killed_server import Server, run
from tests.rounds import Interview, small_round

_RECORDS = 200
_KILLS = 3


@pytest.mark.slow
def test_nothing_acknowledged_is_lost_and_nothing_is_doubled(database: Database, tmp_path: Path) -> None:
    write_default(tmp_path)
    for name in ("media", "snapshots", "reports"):
        (tmp_path / name).mkdir()
    with database.transaction() as session:
        small_round(session)
        account = accounts.create_account(session, SYSTEM, username="lan", name="Lan", password="mat-khau-dai")
        accounts.grant_role(session, SYSTEM, account.id, "enumerator")
        _, token = devices.enrol(session, SYSTEM, account_id=account.id, name="Máy 1")
    url = database.engine.url.render_as_string(hide_password=False)
    interviews = [Interview() for _ in range(_RECORDS)]
    documents = {interview.instance_id: interview.xml() for interview in interviews}
    server = Server(tmp_path, url, "--workers", "1")
    outcome = run(server, f"/openrosa/key/{token}/submission", documents, url, kills=_KILLS)
    assert outcome.kills == _KILLS
    assert len(outcome.acknowledged) == _RECORDS
    assert (outcome.lost, outcome.doubled, outcome.changed, outcome.broken_events) == (0, 0, 0, 0)
