"""`survey forms publish|versions|diff|paper|codebook` on an instance of its own."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from pypdf import PdfReader

from survey.cli.forms import forms
from survey.config import write_default
from survey.db import Database
from tests.rounds import FOLDER, small_round

TINY = FOLDER / "tiny.csv"


@pytest.fixture(autouse=True)
def instance(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Point the commands to an empty database, once of each kind, and to English messages."""
    write_default(tmp_path)
    monkeypatch.setenv("PHIEU_SO_INSTANCE", str(tmp_path))
    monkeypatch.setenv("PHIEU_SO_DATABASE_URL", database.engine.url.render_as_string(hide_password=False))
    monkeypatch.setenv("PHIEU_SO_LOCALE", "en")
    return tmp_path


def run(*arguments: str | Path) -> Result:
    """Run a command of the group."""
    return CliRunner().invoke(forms, [str(argument) for argument in arguments])


def second(folder: Path, version: str = "2") -> Path:
    """Write version 2 of the tiny form, in which at most 20 people live in a house."""
    text = TINY.read_text("utf-8").replace("tiny,1,", f"tiny,{version},").replace(". <= 30", ". <= 20")
    path = folder / "second.csv"
    path.write_text(text, "utf-8")
    return path


def test_publishing_says_what_was_stored_and_again_that_it_is_the_same() -> None:
    first, again = run("publish", TINY), run("publish", TINY)
    assert (first.exit_code, again.exit_code) == (0, 0)
    assert "published as version 1 of tiny, SHA-256 " in first.stdout
    assert "version 1 of tiny was published before, byte for byte the same" in again.stdout


def test_other_bytes_under_a_used_version_are_refused_with_what_to_do(instance: Path) -> None:
    run("publish", TINY)
    refused = run("publish", second(instance, version="1"))
    assert refused.exit_code == 2
    assert refused.stderr.startswith("Version 1 of tiny is published and cannot change. Give the new one another")


def test_when_one_file_is_refused_none_is_published(instance: Path) -> None:
    run("publish", TINY)
    other = instance / "other.csv"
    other.write_text(TINY.read_text("utf-8").replace("tiny,1,", "other,1,"), "utf-8")
    assert run("publish", other, second(instance, version="1")).exit_code == 2
    assert "other@1" not in run("versions").stdout


def test_the_versions_are_listed_one_in_a_line(instance: Path) -> None:
    assert run("versions").stdout == "No questionnaire has been published.\n"
    run("publish", TINY, second(instance))
    lines = [line.split("\t") for line in run("versions", "tiny").stdout.splitlines()]
    assert [line[0] for line in lines] == ["tiny@1", "tiny@2"]
    assert [line[4:] for line in lines] == [["0 records, 0 open drafts", "Phiếu thử"]] * 2
    assert all(len(line[2]) == 16 for line in lines)


def test_a_round_is_given_a_version_and_then_the_next_one(database: Database, instance: Path) -> None:
    run("publish", TINY, second(instance))
    with database.transaction() as session:
        small_round(session)
    used = run("use", "THU", "household", "tiny")
    assert (used.exit_code, used.stdout) == (0, "THU\thousehold\ttiny@2\n")
    rounds = [line.split("\t")[3] for line in run("versions").stdout.splitlines()]
    assert rounds == ["–", "THU"]
    assert run("use", "KHAC", "household", "tiny").exit_code == 2
    assert run("use", "THU", "household", "tiny@9").exit_code == 2


@pytest.mark.parametrize("old", ["tiny", "tiny@1", "FILE"])
def test_a_file_is_compared_with_a_file_or_with_what_is_published(instance: Path, old: str) -> None:
    run("publish", TINY)
    result = run("diff", TINY if old == "FILE" else old, second(instance))
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "head/size: the allowed answers changed",
        f"    Allowed answers: was «{said(30)}», now «{said(20)}»",
        "1 changes; indicators touched: –",
    ]


def said(limit: int) -> str:
    """Return the words of the limits of the tiny form."""
    return f"question Q1 is above 0, and also question Q1 is at most {limit}"


@pytest.mark.parametrize("command", ["diff", "paper", "codebook"])
def test_a_questionnaire_that_is_nowhere_is_named(command: str, instance: Path) -> None:
    rest = [TINY] if command == "diff" else ["--out", instance / "x.html"]
    unknown, missing = run(command, "khac@3", *rest), run(command, "khac.csv", *rest)
    assert (unknown.exit_code, missing.exit_code) == (2, 2)
    assert "khac" in unknown.stderr
    assert "there is no such file" in missing.stderr


def test_the_paper_form_is_written_with_the_name_of_the_agency(instance: Path) -> None:
    run("publish", TINY)
    out = instance / "tiny.pdf"
    result = run("paper", "tiny@1", "--out", out, "--lang", "en", "--agency", "Statistics office", "--decision", "7/QĐ")
    assert (result.exit_code, result.stdout) == (0, f"{out}\n")
    text = PdfReader(out).pages[0].extract_text()
    for words in ("Statistics office", "7/QĐ", "How many people live here?"):
        assert words in text


@pytest.mark.parametrize("suffix", [".html", ".csv", ".json", ".xml", ".pdf"])
def test_the_codebook_is_written_in_the_format_of_its_name(instance: Path, suffix: str) -> None:
    out = instance / f"codebook{suffix}"
    result = run("codebook", TINY, "--out", out, "--lang", "en")
    assert (result.exit_code, result.stdout) == (0, f"{out}\n")
    content = out.read_bytes()
    if suffix == ".json":
        assert json.loads(content)["form_id"] == "tiny"
    assert content.startswith(b"%PDF") if suffix == ".pdf" else b"How many people live here?" in content


def test_a_format_that_is_not_written_is_refused_with_those_that_are(instance: Path) -> None:
    result = run("codebook", TINY, "--out", instance / "codebook.docx")
    assert result.exit_code == 2
    assert ".json, .xml, .csv, .html, .pdf" in result.stderr
    assert not os.path.exists(instance / "codebook.docx")
