from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from pypdf import PdfReader

from survey.cli.report import report
from survey.config import Agency, Config
from survey.db import Database
from survey.errors import Problem
from survey.report import context, edits, render
from tests.report import sample, stored
from tests.report.vietnamese import vietnamese

VI = vietnamese()
RESULTS = sample.results()


def written(**changes: object) -> edits.Edits:
    document = json.loads(edits.draft(RESULTS, context.outlook(RESULTS, {}, VI), VI)) | changes
    return edits.read(json.dumps(document), RESULTS, name="f.json")


def test_a_file_that_nobody_changed_gives_the_same_sentences() -> None:
    plain = context.build(RESULTS, Agency(), VI)
    same = context.build(RESULTS, Agency(), VI, edits=written())
    assert same.groups == plain.groups
    assert same.outlook == plain.outlook


def test_an_edited_sentence_stays_under_its_own_verdict() -> None:
    built = context.build(RESULTS, Agency(), VI, edits=written(findings={"XH3": "Chữ ký số còn rất thấp."}))
    group = next(g for g in built.groups if "Chữ ký số còn rất thấp." in g.sentences)
    assert group.state == "not-met"
    assert sum(len(g.sentences) for g in built.groups) == 17


def test_recommendations_take_the_place_of_the_blank_lines_and_the_report_says_it_was_edited() -> None:
    edited = render.html(context.build(RESULTS, Agency(), VI, edits=written(recommendations=["Phủ cáp quang <100%>."])))
    assert "<p>Phủ cáp quang &lt;100%&gt;.</p>" in edited
    assert "rule-line" not in edited
    assert "do cơ quan ban hành biên tập" in edited
    plain = render.html(context.build(RESULTS, Agency(), VI))
    assert "rule-line" in plain
    assert "do cơ quan ban hành biên tập" not in plain


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{", "line 1"),
        ("[]", "list"),
        ('{"figures": {}}', "figures"),
        ('{"findings": {"XH99": "x"}}', "XH99"),
        ('{"findings": []}', "findings"),
        ('{"findings": {"XH1": " "}}', "XH1"),
        ('{"findings": {"XH1": 3}}', "XH1"),
        ('{"recommendations": "x"}', "recommendations"),
        ('{"outlook": [null]}', "outlook"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_what_is_wrong(content: str, reason: str) -> None:
    with pytest.raises(Problem, match=r"f\.json") as refused:
        edits.read(content, RESULTS, name="f.json")
    assert refused.value.code == "bad-file"
    assert reason in str(refused.value)


def test_findings_are_drawn_up_edited_and_built_into_the_report(
    config: Config, sqlite_database: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PHIEU_SO_INSTANCE", str(config.instance))
    monkeypatch.setenv("PHIEU_SO_DATABASE_URL", str(sqlite_database.engine.url))
    monkeypatch.setenv("PHIEU_SO_SECRET_KEY", "test-only-key")
    with sqlite_database.transaction() as session:
        stored.store(session, RESULTS)
    path = tmp_path / "findings.json"
    drawn = CliRunner().invoke(report, ["findings", "2026", "--out", str(path), "--lang", "en"])
    assert drawn.exit_code == 0, drawn.output
    document = json.loads(path.read_text("utf-8"))
    document["recommendations"] = ["Bring fibre to every hamlet."]
    path.write_text(json.dumps(document), "utf-8")
    built = CliRunner().invoke(report, ["build", "2026", "--findings", str(path), "--lang", "en"])
    assert built.exit_code == 0, built.output
    text = "".join(page.extract_text() for page in PdfReader(built.output.strip()).pages)
    assert "Bring fibre to every hamlet." in text
