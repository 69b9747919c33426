"""Frames from the command line: the same checks as on the page, faults on standard error, nothing half written."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from survey.cli import cli
from survey.config import Config, write_default
from survey.db import Database
from survey.model import FrameUnit
from tests.rounds import small_round


@pytest.fixture
def database(config: Config, monkeypatch: pytest.MonkeyPatch) -> Database:
    """Return the database of an instance with a round, at which the commands are pointed."""
    write_default(config.instance)
    monkeypatch.setenv("PHIEU_SO_INSTANCE", str(config.instance))
    monkeypatch.setenv("PHIEU_SO_DATABASE_URL", config.database_url)
    made = Database(config.database_url)
    with made.transaction() as session:
        small_round(session)
    return made


def _run(*arguments: object) -> Result:
    return CliRunner().invoke(cli, ["fieldwork", *map(str, arguments)])


def _codes(database: Database) -> list[str]:
    with database.reading() as session:
        return list(session.scalars(select(FrameUnit.code).order_by(FrameUnit.code)))


def test_a_frame_is_checked_taken_in_and_mended(database: Database, tmp_path: Path) -> None:
    file = tmp_path / "dia-ban.csv"
    file.write_text("code,commune_code,size,urban\n31318-001,31318,120,1\n31318-002,31318,80,1\n", encoding="utf-8")
    checked = _run("import-frame", "THU", "area", file, "--check")
    assert checked.exit_code == 0
    assert "31318\tPhường I\t+2\t~0" in checked.output
    assert _codes(database) == []
    assert _run("import-frame", "THU", "area", file).exit_code == 0
    file.write_text("code,commune_code,size\n31318-002,31318,90\n31318-003,31318,70\n", encoding="utf-8")
    assert "+1\t~1" in _run("import-frame", "THU", "area", file).output
    assert _codes(database) == ["31318-001", "31318-002", "31318-003"]


def test_a_fault_is_told_by_row_and_ends_with_two(database: Database, tmp_path: Path) -> None:
    file = tmp_path / "dia-ban.csv"
    file.write_text("code,commune_code,size\na,31318,10\nb,Phuong Lai Hieuu,10\n", encoding="utf-8")
    result = _run("import-frame", "THU", "area", file)
    assert result.exit_code == 2
    assert "3\tcommune_code\tPhuong Lai Hieuu\t" in result.output
    assert "Phường Lái Hiếu (31341)" in result.output
    assert _codes(database) == []


def test_the_template_comes_from_the_command_line_too(database: Database, tmp_path: Path) -> None:
    file = tmp_path / "mau.xlsx"
    assert _run("frame-template", "household", file).exit_code == 0
    assert file.read_bytes().startswith(b"PK")
    assert _run("import-frame", "THU", "household", file, "--check").exit_code == 0
