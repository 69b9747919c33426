"""The quarantine from the command line: seen, read, replayed, given up."""

from __future__ import annotations

import hashlib

import pytest
from click.testing import CliRunner

from survey.cli import cli
from survey.config import Config, write_default
from survey.db import Database
from survey.model.actor import SYSTEM
from survey.operations import accounts, devices, tablet
from tests.rounds import Interview, small_round


@pytest.fixture
def held(config: Config, monkeypatch: pytest.MonkeyPatch) -> Interview:
    """Return an interview that a blocked tablet sent, and beside it a document that nobody can read."""
    write_default(config.instance)
    monkeypatch.setenv("PHIEU_SO_INSTANCE", str(config.instance))
    monkeypatch.setenv("PHIEU_SO_DATABASE_URL", config.database_url)
    interview = Interview()
    database = Database(config.database_url)
    with database.transaction() as session:
        small_round(session)
        account = accounts.create_account(session, SYSTEM, username="lan", name="Võ Thị Lan", password="mat-khau-dai")
        accounts.grant_role(session, SYSTEM, account.id, "enumerator")
        device, token = devices.enrol(session, SYSTEM, account_id=account.id, name="Máy 7")
        devices.revoke(session, SYSTEM, device.id)
        for xml in (interview.xml(), b"<data"):
            sender = tablet.recognise(session, token)
            digest = hashlib.sha256(xml).hexdigest()
            tablet.take_in(session, sender, xml=xml, sha256=digest, instance_id=interview.instance_id)
    database.dispose()
    return interview


def _run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(cli, ["quarantine", *arguments])
    return result.exit_code, result.output


def test_held_records_are_listed_read_and_replayed(held: Interview) -> None:
    code, output = _run("list")
    first, second = output.splitlines()
    assert code == 0
    assert first.split("\t")[2:6] == ["Võ Thị Lan", "Máy 7", "0", "device-revoked"]
    assert held.instance_id in _run("show", first.split("\t")[0])[1]
    assert _run("replay", first.split("\t")[0])[0] == 0
    assert _run("list")[1].splitlines() == [second]


def test_a_record_that_stays_broken_is_reported_and_can_be_given_up(held: Interview) -> None:
    number = _run("list")[1].splitlines()[1].split("\t")[0]
    assert _run("replay", number)[0] == 2
    assert _run("dismiss", number, "--remark", "Bản thử")[0] == 0
    assert len(_run("list")[1].splitlines()) == 1
