"""The commands of a round: estimate, list, show, release; frames from files and draws that repeat."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from alembic import command as alembic
from click.testing import CliRunner, Result

from survey.cli import cli
from survey.cli.setup import alembic_config
from survey.config import write_default
from survey.pipeline.synthetic.build import CODE
from tests.pipeline.conftest import Instance


def _run(folder: Path, *arguments: str) -> Result:
    environment = {"PHIEU_SO_INSTANCE": str(folder), "PHIEU_SO_LOCALE": "en"}
    return CliRunner(env=os.environ | environment).invoke(cli, arguments)


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    """Return a migrated instance without a round."""
    write_default(tmp_path)
    alembic.upgrade(alembic_config(f"sqlite:///{tmp_path / 'survey.db'}"), "head")
    return tmp_path


def test_a_run_is_made_listed_shown_and_released(synthetic: Instance, tmp_path: Path) -> None:
    for name in ("config.py", "survey.db"):
        (tmp_path / name).write_bytes((synthetic.config.instance / name).read_bytes())
    made = _run(tmp_path, "estimate", "run", CODE, "--seed", "9")
    assert made.exit_code == 0, made.output
    number, _, state, *_ = made.output.splitlines()[0].split("\t")
    assert state == "draft"
    for code in ("KT1", "KT6", "XH1", "XH11"):
        assert f"\n{code}  " in made.output
    assert re.search(r"\d+,\d% \[\d+,\d; \d+,\d\]  n = \d+", made.output)
    shown = _run(tmp_path, "estimate", "show", number)
    assert shown.output == made.output
    assert _run(tmp_path, "estimate", "release", number).exit_code == 0
    assert _run(tmp_path, "estimate", "release", number).exit_code == 2
    listed = _run(tmp_path, "estimate", "list").output.splitlines()
    assert listed[0].split("\t")[2] == "released"
    assert _run(tmp_path, "estimate", "withdraw", number, "--reason", "Sai").exit_code == 0


def test_an_unknown_round_or_run_is_one_clear_line(empty: Path) -> None:
    for arguments in (("estimate", "run", "KHONG"), ("estimate", "show", "7"), ("estimate", "release", "7")):
        result = _run(empty, *arguments)
        assert result.exit_code == 2
        assert len(result.output.strip().splitlines()) == 1
        assert "Traceback" not in result.output


def _create(folder: Path) -> Result:
    days = ("--reference-date", "2027-04-01", "--starts-on", "2027-04-05", "--ends-on", "2027-05-31")
    return _run(folder, "fieldwork", "create", "D27", "--title", "Đợt 2027", *days)


def test_a_round_is_planned_from_the_command_line(empty: Path) -> None:
    assert _create(empty).output.strip() == "D27\tdraft"
    frame = empty / "areas.csv"
    rows = [f"31318-{n:03d},31318,930-U,{150 + n}" for n in range(1, 21)]
    frame.write_text("code,commune_code,stratum,size\n" + "\n".join(rows) + "\n", encoding="utf-8-sig")
    imported = _run(empty, "fieldwork", "import-frame", "D27", "area", str(frame))
    assert imported.exit_code == 0, imported.output
    assert "20" in imported.output
    drawn = _run(empty, "fieldwork", "draw", "D27", "area", "-n", "5", "--seed", "11")
    assert drawn.output.split("\t")[:2] == ["area", "5"]
    verified = _run(empty, "fieldwork", "verify-draws", "D27")
    assert verified.exit_code == 0
    assert "repeats" in verified.output
    assert _run(empty, "fieldwork", "state", "D27", "open").output.strip() == "D27\topen"


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ("code,commune_code,size\nA,99999,10\n", "99999"),
        ("code,place,size\nA,31318,10\n", "Xã/phường"),
        ("code,commune_code,size\nA,31318,many\n", "many"),
        ("code,commune_code,size\nA,31318,10\nA,31318,10\n", "row 2"),
    ],
)
def test_a_bad_frame_file_is_refused_and_named(empty: Path, content: str, named: str) -> None:
    _create(empty)
    file = empty / "frame.csv"
    file.write_text(content, encoding="utf-8")
    result = _run(empty, "fieldwork", "import-frame", "D27", "area", str(file))
    assert result.exit_code == 2
    assert named in result.output
    assert _run(empty, "fieldwork", "draw", "D27", "area", "-n", "1", "--seed", "1").exit_code == 2


def test_a_file_that_is_not_utf_8_is_refused(empty: Path) -> None:
    _create(empty)
    file = empty / "frame.csv"
    file.write_bytes("code,commune_code,name\nA,31318,Khu v\u1ef1c".encode("utf-16"))
    result = _run(empty, "fieldwork", "import-frame", "D27", "area", str(file))
    assert result.exit_code == 2


def test_the_estimate_group_also_reads_files(empty: Path) -> None:
    assert "file" in _run(empty, "estimate", "--help").output
