"""Answers as CSV: one file per level, without identity, codes or labels, harmless in a spreadsheet, recorded."""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import select, update

from survey.cli import cli
from survey.config import Config, write_default
from survey.db import Database
from survey.errors import Problem
from survey.export import answers
from survey.model import AuditEvent, Round, Submission
from survey.model.actor import SYSTEM, Actor, RoleGrant
from survey.operations import forms, submissions
from survey.questionnaire.xform import CompiledForm
from tests.questionnaire.tiny import form
from tests.rounds import Interview, small_round

_CHOICES = "| list_name | name | label |\n| use | 1 | Work |\n| use | 2 | Study |"


def _form(version: str = "1", extra: str = "") -> CompiledForm:
    survey = f"""
    | type | name | label | identity |
    | text | head | Head | yes |
    | text | note_1 | Remark | |{extra}
    | select_multiple use | uses | Uses | |
    | begin repeat | member | Member | |
    | text | member_name | Name | yes |
    | integer | age | Age | |
    | begin group | work | Work | |
    | select_one use | why | Why | |
    | end group | | | |
    | begin repeat | job | Job | |
    | text | title | Title | |
    | end repeat | | | |
    | end repeat | | | |
    """
    return form(survey, _CHOICES, form_id="levels", version=version)


def _xml(*, note: str = "ok", version: str = "1") -> bytes:
    jobs = "<job><title>Thợ hồ</title></job><job><title>Làm vườn</title></job>"
    members = (
        "<member><member_name>Nguyễn Văn Bí Mật</member_name><age>34</age><work><why>2</why></work></member>"
        f"<member><age>12</age><work><why>1</why></work>{jobs}</member>"
    )
    meta = f"<orx:meta><orx:instanceID>{Interview().instance_id}</orx:instanceID></orx:meta>"
    return (
        f'<data xmlns:orx="http://openrosa.org/xforms" id="levels" version="{version}"><head>Trần Thị Kín</head>'
        f"<note_1>{note}</note_1><uses>1 2</uses>{members}{meta}</data>"
    ).encode()


@pytest.fixture
def filled(database: Database) -> Database:
    """Return a round with two records of households with members and jobs; the first is approved."""
    with database.transaction() as session:
        round_ = small_round(session)
        forms.use_in_round(session, SYSTEM, round_, "household", forms.publish(session, SYSTEM, _form()))
        first = submissions.receive(session, SYSTEM, xml=_xml(note="=1+1"), channel="openrosa")
        submissions.receive(session, SYSTEM, xml=_xml(), channel="field")
        approved = update(Submission).where(Submission.id == first.submission_id)
        session.execute(approved.values(state="approved"))
    return database


def _export(database: Database, *, everything: bool = False, language: str = "") -> dict[str, list[dict[str, str]]]:
    file = io.BytesIO()
    with database.transaction() as session:
        answers.export(
            session, SYSTEM, "THU", kind="household", file=file, is_approved=not everything, language=language
        )
    return _read(file)


def _read(file: io.BytesIO | Path) -> dict[str, list[dict[str, str]]]:
    with zipfile.ZipFile(file) as archive:
        texts = {name: archive.read(name) for name in archive.namelist()}
    assert all(text.startswith(b"\xef\xbb\xbf") for text in texts.values())
    return {name: list(csv.DictReader(io.StringIO(text.decode("utf-8-sig")))) for name, text in texts.items()}


def test_each_roster_is_a_file_whose_rows_name_the_rows_above(filled: Database) -> None:
    files = _export(filled)
    assert list(files) == ["household.csv", "member.csv", "job.csv"]
    (record,) = files["household.csv"]
    assert (record["state"], record["revision"], record["uses"]) == ("approved", "1", "1 2")
    assert [(row["member_row"], row["age"], row["why"]) for row in files["member.csv"]] == [
        ("1", "34", "2"),
        ("2", "12", "1"),
    ]
    assert [(row["member_row"], row["job_row"], row["title"]) for row in files["job.csv"]] == [
        ("2", "1", "Thợ hồ"),
        ("2", "2", "Làm vườn"),
    ]
    assert {row["record"] for rows in files.values() for row in rows} == {record["record"]}


def test_identity_is_neither_a_column_nor_a_value(filled: Database) -> None:
    files = _export(filled, everything=True)
    columns = {name for rows in files.values() for name in rows[0]}
    assert columns.isdisjoint({"head", "member_name"})
    assert "Kín" not in str(files)
    assert "Bí Mật" not in str(files)


def test_records_that_wait_come_only_when_all_are_asked_for(filled: Database) -> None:
    assert len(_export(filled)["household.csv"]) == 1
    assert len(_export(filled, everything=True)["household.csv"]) == 2


def test_labels_stand_in_place_of_codes_where_a_language_is_named(filled: Database) -> None:
    files = _export(filled, language="vi")
    assert files["household.csv"][0]["uses"] == "Work; Study"
    assert [row["why"] for row in files["member.csv"]] == ["Study", "Work"]


def test_a_text_that_looks_like_a_formula_is_made_harmless(filled: Database) -> None:
    assert _export(filled)["household.csv"][0]["note_1"] == "'=1+1"


def test_a_question_of_a_later_version_is_a_column_that_earlier_records_leave_empty(filled: Database) -> None:
    with filled.transaction() as session:
        later = forms.publish(session, SYSTEM, _form("2", "\n| integer | rooms | Rooms | |"))
        forms.use_in_round(session, SYSTEM, session.scalars(select(Round)).one(), "household", later)
        xml = _xml(version="2").replace(b"<uses>", b"<rooms>3</rooms><uses>")
        submissions.receive(session, SYSTEM, xml=xml, channel="field")
    assert [row["rooms"] for row in _export(filled, everything=True)["household.csv"]] == ["", "", "3"]


def test_the_same_answers_give_the_same_bytes_and_the_export_is_recorded(filled: Database) -> None:
    files = [io.BytesIO(), io.BytesIO()]
    for file in files:
        with filled.transaction() as session:
            answers.export(session, SYSTEM, "THU", kind="household", file=file)
    assert files[0].getvalue() == files[1].getvalue()
    with filled.reading() as session:
        events = session.scalars(select(AuditEvent.details).where(AuditEvent.action == "answers.export")).all()
    assert events == [{"unit_kind": "household", "records": 1, "approved": True}] * 2


@pytest.mark.parametrize(
    ("round_code", "kind", "code"), [("KHAC", "household", "unknown-round"), ("THU", "enterprise", "not-found")]
)
def test_what_is_not_there_cannot_be_exported(filled: Database, round_code: str, kind: str, code: str) -> None:
    with pytest.raises(Problem) as caught, filled.transaction() as session:
        answers.export(session, SYSTEM, round_code, kind=kind, file=io.BytesIO())
    assert caught.value.code == code


def test_only_a_statistician_may_export(filled: Database) -> None:
    supervisor = Actor(kind="account", account_id=1, grants=(RoleGrant("supervisor"),))
    with pytest.raises(Problem, match="right"), filled.transaction() as session:
        answers.export(session, supervisor, "THU", kind="household", file=io.BytesIO())


def test_the_command_writes_a_whole_file_or_none(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    write_default(config.instance)
    monkeypatch.setenv("PHIEU_SO_INSTANCE", str(config.instance))
    monkeypatch.setenv("PHIEU_SO_DATABASE_URL", config.database_url)
    database = Database(config.database_url)
    with database.transaction() as session:
        small_round(session)
        submissions.receive(session, SYSTEM, xml=Interview().xml(size="5"), channel="openrosa")
    database.dispose()
    target = config.instance / "phieu.zip"
    assert CliRunner().invoke(cli, ["export", "answers", "KHAC", str(target)]).exit_code == 2
    assert not target.exists()
    result = CliRunner().invoke(cli, ["export", "answers", "THU", str(target), "--all"])
    assert (result.exit_code, result.output) == (0, f"1\t{target}\n")
    assert [row["size"] for row in _read(target)["household.csv"]] == ["5"]
    assert not list(config.instance.glob(".export-*"))
