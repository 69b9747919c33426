"""Substitution and sample sizes from the command line."""

from __future__ import annotations

import pytest
from click.testing import CliRunner, Result

from survey.cli import cli
from survey.config import Config, write_default
from survey.db import Database
from survey.model.actor import SYSTEM
from survey.operations import planning
from tests.operations.test_planning import _enterprises, _round, _sampled


@pytest.fixture
def drawn(config: Config, monkeypatch: pytest.MonkeyPatch) -> tuple[Database, int]:
    """Return an instance with a round whose enterprises were drawn with reserves, at which commands are pointed."""
    write_default(config.instance)
    monkeypatch.setenv("PHIEU_SO_INSTANCE", str(config.instance))
    monkeypatch.setenv("PHIEU_SO_DATABASE_URL", config.database_url)
    monkeypatch.setenv("PHIEU_SO_LOCALE", "en")
    made = Database(config.database_url)
    round_id = _round(made)
    with made.transaction() as session:
        planning.import_frame(session, SYSTEM, round_id, "enterprise", _enterprises())
    return made, round_id


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, list(arguments))


def test_reserves_are_drawn_used_listed_and_given_back(drawn: tuple[Database, int]) -> None:
    database, round_id = drawn
    assert run("fieldwork", "draw", "THU-MAU", "enterprise", "-n", "30", "--seed", "5", "--reserve", "2").exit_code == 0
    assert run("fieldwork", "verify-draws", "THU-MAU").exit_code == 0
    units = _sampled(database, round_id, "enterprise")
    assert {u.reserve_order for u in units if u.role == "reserve"} == {1, 2}
    gone = next(u for u in units if u.role == "main" and u.stratum == "trade-micro").psu
    options = ["--kind", "enterprise", "--reason", "closed", "--note", "Đã giải thể"]
    made = run("sample", "substitute", "THU-MAU", gone, *options)
    assert made.exit_code == 0, made.stderr
    assert gone in made.stdout
    again = run("sample", "substitute", "THU-MAU", gone, *options)
    assert (again.exit_code, again.stdout) == (2, "")
    listed = run("sample", "substitutions", "THU-MAU").stdout
    assert "Đã giải thể" in listed
    assert "1 of 30" in listed
    assert run("sample", "take-back", "1").exit_code == 0
    assert "0 of 30" in run("sample", "substitutions", "THU-MAU").stdout
    assert run("sample", "take-back", "1").exit_code == 2
    assert run("fieldwork", "verify-draws", "THU-MAU").exit_code == 0


def test_sizes_are_printed_by_domain_with_their_sum() -> None:
    result = run("sample", "size", "930=18500", "931=600", "--half-width", "0.05", "--design-effect", "1.5")
    lines = [line.split("\t") for line in result.stdout.splitlines()]
    assert [line[0] for line in lines[1:3]] == ["930", "931"]
    assert [line[1] for line in lines[1:]] == ["559", "294", "853"]
    assert run("sample", "size", "930", "--half-width", "0.05").exit_code == 2
    assert run("sample", "size", "930=5", "--half-width", "2").exit_code == 2
