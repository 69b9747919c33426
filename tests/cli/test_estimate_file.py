"""`survey estimate file` against R survey 4.5, and its answers to bad input."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner, Result

from survey.cli.estimate_file import file, repeat
from tests.estimation import oracle

SUITES = ("taylor", "domain", "lonely", "extreme")
KIND = {"prop": "proportion", "mean": "mean", "total": "total", "ratio": "ratio"}


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(file, list(arguments))


def figures(*arguments: str) -> list[dict[str, Any]]:
    result = invoke(*arguments, "--json")
    assert result.exit_code == 0, result.output + result.stderr
    return json.loads(result.stdout)


def arguments(record: dict[str, Any], path: Path) -> list[str]:
    design, variables = record["design"], record["variables"]
    given = [str(path), "--kind", KIND[record["estimator"]], "--y", variables["y"], "--lonely", design["lonely_psu"]]
    for option, names in (("--strata", design["strata"]), ("--psu", design["ids"]), ("--fpc", design["fpc"])):
        given += [option, ",".join(names)] if names else []
    given += ["--weight", design["weights"]] if design["weights"] else []
    given += ["--nest"] if design["nest"] else []
    given += ["--level", str(variables["level"])] if variables.get("level") is not None else []
    given += ["--over", variables["x"]] if variables.get("x") else []
    return given + (["--where", condition(record["domain"])] if record["domain"] else [])


def condition(parts: list[dict[str, Any]]) -> str:
    return " and ".join(f'"{p["col"]}" {"=" if p["op"] == "==" else p["op"]} {literal(p["value"])}' for p in parts)


def literal(value: Any) -> str:
    if isinstance(value, list):
        return "(" + ", ".join(literal(v) for v in value) + ")"
    return f"'{value}'" if isinstance(value, str) else str(value)


@pytest.mark.parametrize("key", oracle.ids(*SUITES))
def test_the_command_prints_the_figures_of_r(key: str) -> None:
    record = oracle.records()[key]
    (figure,) = figures(*arguments(record, oracle.R45 / record["dataset"]))
    assert figure["n"] == record["n"]
    assert figure["df"] == record["df"]
    wanted = {"estimate": 1e-9, "se": 1e-8, "deff": 1e-7, "ci_low": 1e-8, "ci_high": 1e-8}
    if record["ci_method"] == "none":
        assert figure["ci_high"] > figure["ci_low"] == 0.0
    elif record["ci_method"] == "logit":
        wanted |= {"ci_low": 1e-6, "ci_high": 1e-6}
    for name, tolerance in wanted.items():
        if record.get(name) is not None:
            assert oracle.close(figure[name], record[name], tolerance, record["estimate"]), name


def test_parquet_and_csv_give_the_same_figures(tmp_path: Path) -> None:
    record = oracle.records()["clus2.prop.stype.E"]
    source, target = oracle.R45 / record["dataset"], tmp_path / "apiclus2.parquet"
    duckdb.sql(f"copy (select * from read_csv('{source}')) to '{target}'")
    assert figures(*arguments(record, source)) == figures(*arguments(record, target))


def test_one_object_for_every_combination_of_the_by_columns() -> None:
    data = str(oracle.R45 / "data/apistrat.csv")
    design = ["--strata", "stype", "--weight", "pw", "--fpc", "fpc"]
    found = figures(data, *design, "--kind", "mean", "--y", "api00", "--by", "stype,sch_wide")
    assert [f["domain"] for f in found] == [{"stype": s, "sch_wide": w} for s in "EHM" for w in ("No", "Yes")]
    alone = figures(data, *design, "--kind", "mean", "--y", "api00", "--where", "stype = 'H' and sch_wide = 'Yes'")
    assert {**found[3], "domain": {}} == alone[0]


def test_a_proportion_of_zero_is_a_row_with_a_bound() -> None:
    data = str(oracle.R45 / "data/nhanes.csv")
    design = ["--strata", "SDMVSTRA", "--psu", "SDMVPSU", "--nest", "--weight", "WTMEC2YR"]
    (figure,) = figures(data, *design, "--kind", "proportion", "--y", "always0")
    assert (figure["estimate"], figure["se"], figure["ci_low"]) == (0.0, 0.0, 0.0)
    assert 0 < figure["ci_high"] < 0.01
    (figure,) = figures(data, *design, "--kind", "proportion", "--y", "always1")
    assert 0.99 < figure["ci_low"] < figure["ci_high"] == 1.0


def test_codes_that_start_with_zero_stay_text(tmp_path: Path) -> None:
    path = tmp_path / "codes.csv"
    path.write_text("code,y\n01,1\n01,2\n1,7\n1,9\n")
    found = figures(str(path), "--kind", "mean", "--y", "y", "--by", "code")
    assert [(f["domain"]["code"], f["estimate"]) for f in found] == [("01", 1.5), ("1", 8.0)]


def test_whole_number_domains_stay_whole_numbers_beside_missing_ones(tmp_path: Path) -> None:
    path = tmp_path / "gaps.csv"
    path.write_text("g,y\n1,4\n1,6\n,100\n12,7\n12,9\n")
    found = figures(str(path), "--kind", "mean", "--y", "y", "--by", "g")
    assert [(f["domain"], f["estimate"], f["n"]) for f in found] == [({"g": 1}, 5.0, 2), ({"g": 12}, 8.0, 2)]
    assert not isinstance(found[0]["domain"]["g"], float)


def test_the_decimal_comma_of_a_vietnamese_spreadsheet_is_read(tmp_path: Path) -> None:
    path = tmp_path / "excel.csv"
    path.write_text("huyện;w;y\nVị Thủy;1,5;2\nVị Thủy;2,5;1,25\nLong Mỹ;3;1\n", encoding="utf-8-sig")
    (figure,) = figures(str(path), "--kind", "mean", "--y", "y", "--weight", "w", "--where", "huyện = 'Vị Thủy'")
    assert figure["estimate"] == pytest.approx((1.5 * 2 + 2.5 * 1.25) / 4)


def test_names_that_differ_only_in_case_are_kept_apart(tmp_path: Path) -> None:
    path = tmp_path / "case.csv"
    path.write_text("nh,Nh,y\n1,5,10\n2,5,20\n3,6,60\n")
    (figure,) = figures(str(path), "--kind", "mean", "--y", "Nh", "--where", "Nh = 5 and nh < 2.5")
    assert (figure["estimate"], figure["n"]) == (5.0, 2)
    (figure,) = figures(str(path), "--kind", "mean", "--y", "nh", "--where", "\"Nh\" = 6 and 'Nh' = 'Nh'")
    assert (figure["estimate"], figure["n"]) == (3.0, 1)


def test_na_and_empty_fields_are_missing(tmp_path: Path) -> None:
    path = tmp_path / "missing.csv"
    path.write_text("y\n1\nNA\n3\n\n")
    (figure,) = figures(str(path), "--kind", "mean", "--y", "y")
    assert (figure["estimate"], figure["n"]) == (2.0, 2)


def test_without_the_json_option_a_table_is_printed() -> None:
    result = invoke(
        str(oracle.R45 / "data/apistrat.csv"),
        "--kind",
        "proportion",
        "--y",
        "sch_wide",
        "--level",
        "Yes",
        "--by",
        "stype",
    )
    assert result.exit_code == 0
    assert len(result.stdout.splitlines()) == 4
    assert "stype=E" in result.stdout


BAD = "stratum,unit,w,y,size\na,1,1,1,10\na,2,{w},0,10\nb,{unit},1,{y},{size}\nb,4,1,1,{size}\n"


@pytest.mark.parametrize(
    ("change", "options", "words"),
    [
        ({"w": "0"}, [], ["w", "1"]),
        ({"w": "-2"}, [], ["w", "1"]),
        ({"w": ""}, [], ["w", "1"]),
        ({"w": "NaN"}, [], ["w", "1"]),
        ({"unit": "1"}, [], ["unit", "2", "--nest"]),
        ({"size": "1"}, [], ["size", "2"]),
        ({"size": "0.5"}, [], ["size"]),
        ({"size": "-1"}, [], ["size", "2"]),
        ({"y": "2"}, [], ["y", "1", "--level"]),
        ({"y": "high"}, [], ["y"]),
        ({}, ["--where", "y > 7"], ["y > 7"]),
        ({}, ["--where", "y >"], []),
        ({}, ["--where", "nothing = 1"], ["nothing"]),
        ({}, ["--by", "nothing"], ["nothing", "stratum, unit, w, y, size"]),
        ({}, ["--over", "w"], ["--over"]),
    ],
)
def test_bad_input_is_named_and_nothing_is_written(
    tmp_path: Path, change: dict[str, str], options: list[str], words: list[str]
) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(BAD.format(**{"w": "1", "unit": "3", "y": "1", "size": "10", **change}))
    design = ["--strata", "stratum", "--psu", "unit", "--weight", "w", "--fpc", "size"]
    result = invoke(str(path), *design, "--kind", "proportion", "--y", "y", *options, "--json")
    assert result.exit_code == 2
    assert result.stdout == ""
    for word in words:
        assert word in result.stderr


def test_a_lonely_unit_is_refused_by_default_and_named() -> None:
    record = oracle.records()["lonely.remove.total.hi_chol"]
    given = arguments(record, oracle.R45 / record["dataset"])
    given[given.index("remove")] = "fail"
    result = invoke(*given, "--json")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "--lonely" in result.stderr


@pytest.mark.parametrize("name", ["nothing.csv", "broken.parquet", "latin.csv"])
def test_a_file_that_is_missing_or_broken_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / "latin.csv").write_bytes(b"y,a\n1,2\n\xff\xfe,3\n")
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 not really")
    result = invoke(str(tmp_path / name), "--kind", "mean", "--y", "y")
    assert result.exit_code == 2
    assert name in result.stderr


def test_figures_that_are_not_defined_are_null(tmp_path: Path) -> None:
    path = tmp_path / "one.csv"
    path.write_text("g,y\na,1\na,5\nb,\n")
    found = figures(str(path), "--kind", "mean", "--y", "y", "--by", "g")
    assert found[1]["estimate"] is None
    assert found[1]["flags"] == ["no-cases"]
    assert math.isfinite(found[0]["se"])


SCHOOLS = [str(oracle.R45 / "data/apistrat.csv"), "--strata", "stype", "--weight", "pw", "--fpc", "fpc"]


def test_quantiles_are_those_of_the_library_and_of_r() -> None:
    record = oracle.records()["strat.median.enroll.hf7"]
    (figure,) = figures(*SCHOOLS, "--kind", "quantile", "--y", "enroll", "--p", "0.5")
    assert figure["estimate"] == 446.0
    assert figure["df"] == record["df"]
    assert figure["ci_low"] < figure["estimate"] < figure["ci_high"]
    assert figure["ci_method"] == "woodruff-mean"


def test_weights_can_be_raked_to_the_totals_of_a_file(tmp_path: Path) -> None:
    record = oracle.records()["cal.strat_ps.dom.awards.prop.comp_imp"]
    (step,) = record["design"]["adjustments"]
    margins = tmp_path / "margins.csv"
    rows = [f"sch_wide,{category},{total}" for category, total in step["totals"].items()]
    margins.write_text("\n".join(["margin,category,total", *rows]) + "\n")
    (figure,) = figures(
        *SCHOOLS,
        *["--kind", "proportion", "--y", "comp_imp", "--level", "Yes", "--where", "meals >= 40"],
        *["--margins", str(margins)],
    )
    assert figure["estimate"] == pytest.approx(record["estimate"], rel=1e-9)
    assert figure["se"] == pytest.approx(record["se"], rel=1e-8)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("margin,category,total\nsch_wide,Yes,5000\n", ["sch_wide", "No"]),
        ("margin,category,total\nsch_wide,Yes,many\n", ["margins.csv"]),
        ("sch_wide,Yes,5\n", ["margins.csv"]),
    ],
)
def test_margins_that_cannot_be_met_are_refused(tmp_path: Path, text: str, words: list[str]) -> None:
    margins = tmp_path / "margins.csv"
    margins.write_text(text)
    result = invoke(*SCHOOLS, "--kind", "mean", "--y", "api00", "--margins", str(margins), "--json")
    assert (result.exit_code, result.stdout) == (2, "")
    assert all(word in result.stderr for word in words)


def test_the_jackknife_of_a_linear_total_is_the_taylor_variance() -> None:
    options = ["--kind", "total", "--y", "api00"]
    (taylor,) = figures(*SCHOOLS, *options)
    (jackknife,) = figures(*SCHOOLS, *options, "--variance", "jackknife")
    assert jackknife["se"] == pytest.approx(taylor["se"], rel=1e-9)


def test_a_manifest_repeats_a_run_to_the_same_bytes_until_the_data_change(tmp_path: Path) -> None:
    data, manifest = tmp_path / "data.csv", tmp_path / "run.json"
    data.write_text("h,w,y\n" + "".join(f"{i % 4},{1 + i % 3},{i * i % 17}\n" for i in range(60)))
    options = ["--strata", "h", "--weight", "w", "--kind", "mean", "--y", "y", "--variance", "bootstrap", "--seed", "5"]
    first = invoke(str(data), *options, "--json", "--manifest", str(manifest))
    again = CliRunner().invoke(repeat, [str(manifest), "--json"])
    assert first.stdout_bytes == again.stdout_bytes
    data.write_text(data.read_text() + "1,1,1\n")
    changed = CliRunner().invoke(repeat, [str(manifest), "--json"])
    assert (changed.exit_code, changed.stdout) == (2, "")
    assert "data.csv" in changed.stderr


def test_a_refused_run_leaves_no_manifest(tmp_path: Path) -> None:
    manifest = tmp_path / "run.json"
    result = invoke(*SCHOOLS, "--kind", "mean", "--y", "nothing", "--manifest", str(manifest))
    assert result.exit_code == 2
    assert not manifest.exists()
