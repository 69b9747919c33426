"""`survey estimate file`: file formats, targets, refusals, repetition and progress."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import openpyxl
import pandas
import pyreadstat
import pytest
from click.testing import CliRunner, Result

from survey.cli.estimate_file import file
from survey.cli.progress import Progress
from tests.estimation import oracle

SCHOOLS = [str(oracle.R45 / "data/apistrat.csv"), "--strata", "stype", "--weight", "pw", "--fpc", "fpc"]
ROWS = [("a", 1, 2.5, 1), ("a", 2, 1.5, 0), ("b", 3, 1.0, 1), ("b", 4, 3.0, 1), ("b", 5, 2.0, None)]
NAMES = ["stratum", "unit", "w", "y"]


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(file, list(arguments))


def rows(*arguments: str) -> list[dict[str, Any]]:
    result = invoke(*arguments, "--json")
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def written(path: Path) -> Path:
    """Write the same five rows in the format that the suffix names."""
    frame = pandas.DataFrame(ROWS, columns=NAMES)
    if path.suffix == ".sav":
        pyreadstat.write_sav(frame, str(path), variable_value_labels={"y": {0: "no", 1: "yes"}})
    elif path.suffix == ".dta":
        pyreadstat.write_dta(frame, str(path), variable_value_labels={"y": {0: "no", 1: "yes"}})
    elif path.suffix == ".xlsx":
        book = openpyxl.Workbook()
        book.active.title = "notes"
        sheet = book.create_sheet("data")
        for row in [NAMES, *ROWS]:
            sheet.append(list(row))
        book.save(path)
    elif path.suffix == ".parquet":
        frame.to_parquet(path)
    else:
        frame.to_csv(path, index=False)
    return path


@pytest.mark.parametrize("suffix", [".sav", ".dta", ".xlsx", ".parquet"])
def test_every_format_gives_the_figures_of_the_csv(tmp_path: Path, suffix: str) -> None:
    options = ["--strata", "stratum", "--psu", "unit", "--weight", "w", "--kind", "proportion", "--y", "y"]
    wanted = rows(str(written(tmp_path / "data.csv")), *options, "--by", "stratum")
    sheet = ["--sheet", "data"] if suffix == ".xlsx" else []
    assert rows(str(written(tmp_path / f"data{suffix}")), *sheet, *options, "--by", "stratum") == wanted
    assert [row["n"] for row in wanted] == [2, 2]


@pytest.mark.parametrize("suffix", [".sav", ".dta"])
def test_value_labels_can_name_the_level(tmp_path: Path, suffix: str) -> None:
    path = str(written(tmp_path / f"data{suffix}"))
    (figure,) = rows(path, "--labels", "--weight", "w", "--kind", "proportion", "--y", "y", "--level", "yes")
    assert (figure["estimate"], figure["n"]) == (pytest.approx(6.5 / 8), 4)


def test_a_sheet_that_is_not_there_is_refused_with_those_that_are(tmp_path: Path) -> None:
    result = invoke(str(written(tmp_path / "data.xlsx")), "--sheet", "dat", "--kind", "mean", "--y", "y")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "notes | data" in result.stderr


def test_a_target_has_a_verdict_and_a_probability() -> None:
    options = ["--kind", "proportion", "--y", "comp_imp", "--level", "Yes"]
    (sure,) = rows(*SCHOOLS, *options, "--target", "0.5")
    (open_,) = rows(*SCHOOLS, *options, "--target", "0.62")
    (strict,) = rows(*SCHOOLS, *options, "--target", "1", "--operator", ">=")
    assert (sure["verdict"], open_["verdict"], strict["verdict"]) == ("met", "likely-met", "not-met")
    assert sure["probability_met"] > 0.975 > open_["probability_met"] > 0.5 > strict["probability_met"] == 0
    table = invoke(*SCHOOLS, *options, "--target", "0.62").stdout.splitlines()
    assert len(table) == 2


def test_the_assumed_design_effect_widens_the_bound_at_zero() -> None:
    nhanes = [str(oracle.R45 / "data/nhanes.csv"), "--weight", "WTMEC2YR", "--kind", "proportion", "--y", "always0"]
    (plain,) = rows(*nhanes)
    (wide,) = rows(*nhanes, "--assumed-deff", "40")
    assert 0 == plain["ci_low"] == wide["ci_low"] < plain["ci_high"] < wide["ci_high"]
    assert plain["ci_method"] == "clopper-pearson-one-sided"


def test_differences_name_their_baseline_and_change_sign_with_it() -> None:
    options = ["--kind", "mean", "--y", "api00", "--compare", "stype"]
    from_first = rows(*SCHOOLS, *options)
    from_high = rows(*SCHOOLS, *options, "--baseline", "H")
    assert [(r["first"], r["second"]) for r in from_high[:-1]] == [("E", "H"), ("M", "H")]
    assert from_high[0]["estimate"] == pytest.approx(-from_first[0]["estimate"])
    assert from_high[0]["se"] == pytest.approx(from_first[0]["se"])
    assert from_high[-1]["statistic"] == pytest.approx(from_first[-1]["statistic"])


def test_tables_are_printed_for_every_sort_of_answer() -> None:
    for options in (
        ["--kind", "mean", "--y", "api00", "--compare", "stype", "--by", "awards"],
        ["--kind", "linear", "--y", "api00", "--x", "meals,stype"],
        ["--kind", "independence", "--y", "sch_wide", "--x", "comp_imp"],
    ):
        result = invoke(*SCHOOLS, *options)
        assert result.exit_code == 0, result.stderr
        assert len(result.stdout.splitlines()) >= 2


REFUSED = [
    (["--kind", "mean"], "--y"),
    (["--y", "api00"], "--kind"),
    (["--kind", "mean", "--y", "api00", "--x", "meals"], "--x"),
    (["--kind", "linear", "--y", "api00"], "--x"),
    (["--kind", "linear", "--y", "api00", "--x", "meals", "--variance", "jackknife"], "--variance"),
    (["--kind", "linear", "--y", "api00", "--x", "meals,meals"], "meals"),
    (["--kind", "logistic", "--y", "api00", "--x", "meals"], "api00"),
    (["--kind", "mean", "--y", "api00", "--variance", "given"], "--replicate-weights"),
    (["--kind", "mean", "--y", "api00", "--variance", "given", "--replicate-weights", "rep*"], "rep*"),
    (["--kind", "mean", "--y", "api00", "--pps", "yates-grundy"], "--joint"),
    (["--kind", "mean", "--y", "api00", "--compare", "stype", "--baseline", "X"], "E | H | M"),
    (["--kind", "mean", "--y", "api00", "--compare", "stype", "--where", "stype = 'E'"], "--compare"),
    (["--kind", "mean", "--y", "api00", "--confidence", "95"], "--confidence"),
    (["--kind", "mean", "--y", "api00", "--bounds", "1"], "--bounds"),
    (["--kind", "quantile", "--y", "api00", "--quantile-interval", "replicates"], "--quantile-interval"),
    (["--kind", "mean", "--y", "api00", "--where", "meals > 1000"], "api00"),
    (["--kind", "independence", "--y", "sch_wide", "--x", "comp_imp", "--where", "comp_imp = 'Yes'"], "comp_imp"),
    (["--kind", "mean", "--y", "api00", "--target", "5", "--compare", "stype"], "--target"),
]


@pytest.mark.parametrize(("options", "word"), REFUSED)
def test_what_does_not_fit_together_is_refused_by_name(tmp_path: Path, options: list[str], word: str) -> None:
    manifest = tmp_path / "run.json"
    result = invoke(*SCHOOLS, *options, "--json", "--manifest", str(manifest))
    assert (result.exit_code, result.stdout) == (2, ""), result.output
    assert word in result.stderr
    assert not manifest.exists()


UNREACHABLE = [
    (
        ["--calibration", "logit", "--bounds", "0.9,1.1"],
        "stype,E,4421\nstype,H,755\nstype,M,1018\nenroll,,9000000",
        "enroll",
    ),
    (["--calibration", "raking"], "stype,E,4421\nstype,H,755\nstype,M,1018\nsch_wide,No,1\nsch_wide,Yes,9", "sch_wide"),
    (["--calibration", "raking"], "enroll,,9000000", "--calibration"),
    (["--calibration", "poststratification"], "stype,E,4421\nstype,H,755", "M"),
    (["--calibration", "poststratification"], "stype,E,1\nstype,H,1\nstype,M,1\nstype,X,5", "X"),
]


@pytest.mark.parametrize(("options", "totals", "word"), UNREACHABLE)
def test_totals_that_cannot_be_met_name_the_margin(tmp_path: Path, options: list[str], totals: str, word: str) -> None:
    margins = tmp_path / "totals.csv"
    margins.write_text(f"margin,category,total\n{totals}\n")
    result = invoke(*SCHOOLS, "--kind", "mean", "--y", "api00", "--margins", str(margins), *options, "--json")
    assert (result.exit_code, result.stdout) == (2, "")
    assert word in result.stderr


def test_an_infinite_or_textual_weight_is_counted(tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"
    path.write_text("w,y\n1,1\ninf,2\n2,3\n")
    result = invoke(str(path), "--weight", "w", "--kind", "mean", "--y", "y")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "1" in result.stderr
    path.write_text("w,y\n1,1\nheavy,2\n2,3\n")
    assert invoke(str(path), "--weight", "w", "--kind", "mean", "--y", "y").exit_code == 2


@pytest.mark.parametrize("form", [["--json"], []])
def test_repeat_gives_the_same_bytes_in_the_same_form(tmp_path: Path, form: list[str]) -> None:
    margins, manifest = tmp_path / "totals.csv", tmp_path / "run.json"
    margins.write_text("margin,category,total\nstype,E,4421\nstype,H,755\nstype,M,1018\n")
    options = ["--kind", "mean", "--y", "api00", "--by", "awards", "--variance", "bootstrap", "--replicates", "40"]
    options += ["--margins", str(margins), "--calibration", "poststratification", "--manifest", str(manifest)]
    first = invoke(*SCHOOLS, *options, *form)
    assert first.exit_code == 0, first.stderr
    again = invoke("--repeat", str(manifest))
    assert first.stdout_bytes == again.stdout_bytes
    margins.write_text(margins.read_text() + "\n")
    changed = invoke("--repeat", str(manifest))
    assert (changed.exit_code, changed.stdout) == (2, "")
    assert "totals.csv" in changed.stderr


def test_other_library_versions_are_named_when_a_run_is_repeated(tmp_path: Path) -> None:
    manifest = tmp_path / "run.json"
    assert invoke(*SCHOOLS, "--kind", "mean", "--y", "api00", "--manifest", str(manifest)).exit_code == 0
    stored = json.loads(manifest.read_text())
    stored["versions"]["numpy"] = "1.0"
    manifest.write_text(json.dumps(stored))
    result = invoke("--repeat", str(manifest))
    assert result.exit_code == 0
    assert "numpy" in result.stderr


def test_progress_is_silent_for_a_second_and_then_speaks_once_a_second() -> None:
    times = iter([0.0, 0.5, 1.5, 1.9, 2.6])
    lines: list[str] = []
    progress = Progress(lines.append, clock=lambda: next(times), shown=True)
    progress("rows", 10, 10)
    for done in (1, 2, 3):
        progress("replicates", done, 500)
    assert len(lines) == 2
    assert "500" in lines[0]
    assert "3" in lines[1]


def test_progress_is_silent_when_nobody_watches() -> None:
    times = iter([0.0, 100.0])
    lines: list[str] = []
    Progress(lines.append, clock=lambda: next(times), shown=False)("rows", 1, 1)
    assert lines == []
