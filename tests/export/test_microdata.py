"""Open microdata: nobody can be recognised, nothing can be linked, and R finds the published figures in them."""

from __future__ import annotations

import csv
import io
import json
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as parquet
import pyreadstat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from survey.errors import Problem
from survey.estimation.design import build
from survey.estimation.result import estimate
from survey.export.anonymity import BLANK, protect
from survey.export.bundle import bundle
from survey.export.microdata import File, files
from survey.export.statistical_packages import spss, stata
from survey.pipeline.analysis import Analysis, Tables
from survey.pipeline.measures import Measure, values
from survey.query.results import RunResults
from tests.report import sample

SEXES, AGES = ("male", "female"), ("15-24", "25-34", "65+")
MEASURES = tuple(
    Measure(code, variant, "member", {"item": "age_months", "from": 216}, {"item": column, "in": [1]})
    for code, variant, column in (("XH1", "own", "smartphone"), ("XH2", "wide", "account"))
)


def codes(values: object) -> np.ndarray:
    return np.array(values, dtype=np.str_)


def members(seed: int = 5) -> Analysis:
    """Return a table of about 600 members in 4 strata of 6 areas, the last area of each without any answer."""
    rng = np.random.default_rng(seed)
    rows = [(f"93{s}-U", f"{s}-{a}") for s in range(4) for a in range(6) for _ in range(1 if a == 5 else 30)]
    stratum, psu = codes([row[0] for row in rows]), codes([row[1] for row in rows])
    silent = np.char.endswith(psu, "-5")
    n = len(rows)
    table = {
        "stratum": stratum,
        "psu": psu,
        "unit": codes([f"HO{i // 3:05d}" for i in range(n)]),
        "age_months": np.where(rng.random(n) < 0.1, 200.0, 400.0),
        "smartphone": codes(np.where(rng.random(n) < 0.7, 1, np.where(rng.random(n) < 0.1, 8, 2))),
        "account": codes(np.where(rng.random(n) < 0.6, 1, 2)),
    }
    weight = np.where(silent, 0.0, rng.uniform(20, 90, n))
    design = build(np.ones(n), strata=stratum, psu=psu, lonely="adjust").reweighted(weight)
    traits = {
        "sex": codes(rng.choice(SEXES, n)).astype(object),
        "age": codes(rng.choice(AGES, n, p=[0.55, 0.43, 0.02])).astype(object),
    }
    return Analysis("member", table, design, traits, "member")


def made(table: Analysis) -> File:
    return files(Tables({"member": table}, (), (), {}, ()), MEASURES, key="secret")[0]


def published(table: Analysis) -> RunResults:
    """Return sample results that hold what our own kernel estimates from the table."""
    results = sample.results()
    changed = []
    for measure in MEASURES:
        found = values(measure, table)
        figure = estimate(table.design, "proportion", found.y, domain=found.eligible, ci="logit")[0]
        entry = results.indicator(measure.indicator)
        main = entry.variant(measure.variant)
        assert main.figure is not None
        shown = replace(main.figure, estimate=100 * figure.estimate, se=100 * figure.se, n=figure.n)
        changed.append(replace(entry, variants=(replace(main, figure=shown),)))
    return replace(results, indicators=tuple(changed))


def opened(content: bytes, folder: Path) -> Path:
    zipfile.ZipFile(io.BytesIO(content)).extractall(folder)
    return folder


def test_no_class_of_the_published_traits_is_smaller_than_five_or_of_one_answer() -> None:
    table = made(members()).table
    counted = [row for row in table.to_pylist() if row["weight"] > 0]
    classes: dict[tuple[object, ...], list[float]] = {}
    for row in counted:
        classes.setdefault((row["stratum"], row["sex"], row["age"]), []).append(row["XH2_wide"])
    for answers in classes.values():
        assert len(answers) >= 5
        assert len({answer for answer in answers if answer is not None}) != 1


def test_rare_ages_are_hidden_and_the_record_counts_them() -> None:
    file = made(members())
    ages = file.table.column("age").to_pylist()
    hidden = sum(
        age is None for age, weight in zip(ages, file.table.column("weight").to_pylist(), strict=True) if weight
    )
    assert file.protocol.blanked["age"] == hidden > 0
    assert file.protocol.smallest >= 5


def test_no_identifier_and_no_answer_as_given_is_in_a_file() -> None:
    table = made(members()).table
    assert table.column_names == ["stratum", "area", "unit", "weight", "age", "sex", "XH1_own", "XH2_wide"]
    text = str(table.to_pylist())
    assert "HO00001" not in text
    assert "'0-1'" not in text
    assert set(table.column("XH1_own").to_pylist()) == {0.0, 1.0, None}


def test_numbers_depend_on_the_key_and_on_the_file() -> None:
    table = members()
    tables = Tables({"member": table}, (), (), {}, ())
    one = set(files(tables, MEASURES, key="one")[0].table.column("unit").to_pylist())
    other = set(files(tables, MEASURES, key="two")[0].table.column("unit").to_pylist())
    assert len(one) == len(other)
    assert not one & other


def test_areas_without_answers_stay_as_one_row_of_weight_zero() -> None:
    rows = made(members()).table.to_pylist()
    silent = [row for row in rows if row["weight"] == 0]
    assert len(silent) == 4
    assert {(row["age"], row["sex"], row["XH1_own"]) for row in silent} == {(None, None, None)}


def test_the_files_give_the_published_estimates_and_errors() -> None:
    table, results = members(), published(members())
    rows = made(table).table.to_pydict()
    weight = np.array(rows["weight"])
    design = build(np.ones(len(weight)), strata=codes(rows["stratum"]), psu=codes(rows["area"]), lonely="adjust")
    for measure, entry in zip(MEASURES, results.indicators, strict=True):
        y = np.array(rows[f"{measure.indicator}_{measure.variant}"], dtype=float)
        found = estimate(design.reweighted(weight), "proportion", y, domain=~np.isnan(y), ci="logit")[0]
        assert entry.main.figure is not None
        assert 100 * found.estimate == pytest.approx(entry.main.figure.estimate, abs=1e-10)
        assert 100 * found.se == pytest.approx(entry.main.figure.se, abs=1e-10)


def test_people_who_could_be_recognised_anyway_stop_the_export() -> None:
    table = members()
    keep = np.flatnonzero((table.columns["stratum"] != "930-U") | (np.arange(len(table.columns["psu"])) < 3))
    lonely = Analysis(
        "member",
        {name: column[keep] for name, column in table.columns.items()},
        build(
            np.ones(len(keep)), strata=table.columns["stratum"][keep], psu=table.columns["psu"][keep], lonely="adjust"
        ),
        {name: column[keep] for name, column in table.dimensions.items()},
        "member",
    )
    with pytest.raises(Problem) as refused:
        made(lonely)
    assert refused.value.code == "small-cells"
    assert refused.value.details["count"] == 3


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from("AB"), st.sampled_from(["x", "y", "z"]), st.sampled_from("mf"), st.booleans()),
        min_size=12,
        max_size=90,
    )
)
def test_whatever_the_table_it_is_made_safe_or_refused(people: list[tuple[str, str, str, bool]]) -> None:
    quasi = {name: codes([person[i] for person in people]) for i, name in enumerate(("stratum", "age", "sex"))}
    answers = np.array([float(person[3]) for person in people])
    try:
        safe, protocol = protect(quasi, {"a": answers}, blank=("age", "sex"), k=4)
    except Problem:
        return
    classes: dict[tuple[str, ...], set[float]] = {}
    sizes: dict[tuple[str, ...], int] = {}
    for row, answer in zip(zip(*safe.values(), strict=True), answers, strict=True):
        classes.setdefault(row, set()).add(answer)
        sizes[row] = sizes.get(row, 0) + 1
    assert min(sizes.values()) >= 4
    assert min(map(len, classes.values())) == 2
    assert protocol.smallest == min(sizes.values())
    for name in ("age", "sex"):
        kept = safe[name] != BLANK
        assert (safe[name][kept] == quasi[name][kept]).all()
        assert protocol.blanked[name] == int((~kept).sum())
    assert (safe["stratum"] == quasi["stratum"]).all()


def test_the_archive_holds_both_formats_labels_record_and_script(tmp_path: Path) -> None:
    table = members()
    file = made(table)
    folder = opened(bundle([file], published(table)), tmp_path)
    assert parquet.read_table(folder / "member.parquet").equals(file.table)
    with (folder / "member.csv").open(encoding="utf-8") as handle:
        assert sum(1 for _ in csv.DictReader(handle)) == file.table.num_rows
    with (folder / "variables.csv").open(encoding="utf-8") as handle:
        labels = {row["variable"]: row for row in csv.DictReader(handle)}
    assert set(labels) == set(file.table.column_names)
    assert all(row["label_vi"] and row["label_en"] for row in labels.values())
    assert json.loads((folder / "record.json").read_text("utf-8"))["files"]["member"]["k"] == 5


def test_the_same_run_and_key_give_the_same_archive() -> None:
    table = members()
    assert bundle([made(table)], published(table)) == bundle([made(table)], published(table))


def rscript() -> str | None:
    """Return the path of R where it has the package survey."""
    found = shutil.which("Rscript")
    if found is None:
        return None
    asked = subprocess.run([found, "-e", "library(survey)"], capture_output=True, check=False)
    return found if asked.returncode == 0 else None


def test_r_reproduces_the_published_table_from_the_archive(tmp_path: Path) -> None:
    if (command := rscript()) is None:
        pytest.skip("R with the package survey is not installed")
    table = members()
    folder = opened(bundle([made(table)], published(table)), tmp_path)
    done = subprocess.run([command, "reproduce.R"], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "every published share is reproduced" in done.stdout


def test_the_r_script_stops_when_a_figure_differs(tmp_path: Path) -> None:
    if (command := rscript()) is None:
        pytest.skip("R with the package survey is not installed")
    table = members()
    results = published(table)
    entry = results.indicators[0]
    figure = entry.main.figure
    assert figure is not None
    wrong = replace(entry, variants=(replace(entry.main, figure=replace(figure, estimate=1.0)),))
    folder = opened(bundle([made(table)], replace(results, indicators=(wrong, *results.indicators[1:]))), tmp_path)
    done = subprocess.run([command, "reproduce.R"], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "an estimate differs from the published one" in done.stderr


READERS: tuple[tuple[str, Callable[..., Any]], ...] = ((".dta", pyreadstat.read_dta), (".sav", pyreadstat.read_sav))


@pytest.mark.parametrize(("suffix", "read"), READERS)
def test_stata_and_spss_read_the_same_numbers_with_labels(
    suffix: str, read: Callable[..., Any], tmp_path: Path
) -> None:
    table = members()
    file = made(table)
    folder = opened(bundle([file], published(table)), tmp_path)
    rows, meta = read(str(folder / f"member{suffix}"), output_format="dict")
    wanted = file.table.to_pydict()
    assert list(rows) == file.table.column_names
    assert list(rows["weight"]) == wanted["weight"]
    assert list(rows["area"]) == wanted["area"]
    for name in ("XH1_own", "XH2_wide"):
        assert [None if missing(value) else value for value in rows[name]] == wanted[name]
    assert meta.column_names_to_labels["age"] == "Nhóm tuổi; trống: đã ẩn"
    words = meta.variable_value_labels["sex"]
    assert [None if missing(code) else words[code] for code in rows["sex"]] == [
        {"male": "Nam", "female": "Nữ", None: None}[sex] for sex in wanted["sex"]
    ]
    assert meta.variable_value_labels["stratum"][rows["stratum"][0]].endswith("thành thị")


@pytest.mark.parametrize(("suffix", "read"), READERS)
def test_missing_values_tell_why_unless_a_trait_is_hidden(
    suffix: str, read: Callable[..., Any], tmp_path: Path
) -> None:
    table = members()
    file = made(table)
    folder = opened(bundle([file], published(table)), tmp_path)
    rows, _ = read(str(folder / f"member{suffix}"), output_format="dict", user_missing=True)
    codes_of = {"a": -1, "b": -2, "c": -3}
    found = [codes_of.get(value, value) for value in rows["XH1_own"]]
    traits = zip(rows["age"], rows["sex"], strict=True)
    for value, weight, hidden in zip(found, rows["weight"], traits, strict=True):
        if weight == 0:
            assert value == -2
        elif value < 0:
            assert (value == -3) == any(codes_of.get(trait, trait) == -3 for trait in hidden)
    assert {-1, -2, -3, 0, 1} == set(found)


def missing(value: float | str | None) -> bool:
    return value is None or value != value


def test_labels_longer_than_stata_holds_are_cut_between_words(tmp_path: Path) -> None:
    content = stata(made(members()), {"weight": "Quyền số " * 20}, "Tên đợt", datetime(2026, 11, 20, tzinfo=UTC))
    path = tmp_path / "member.dta"
    path.write_bytes(content)
    meta = pyreadstat.read_dta(str(path), metadataonly=True)[1]
    label = meta.column_names_to_labels["weight"] or ""
    assert 70 < len(label) <= 80
    assert label.endswith("Quyền…")


@pytest.mark.parametrize("write", [stata, spss])
def test_files_carry_the_moment_of_the_run(write: Callable[..., bytes], tmp_path: Path) -> None:
    moment = datetime(2026, 3, 1, 7, 8, tzinfo=UTC)
    path = tmp_path / "table"
    path.write_bytes(write(made(members()), {}, "Đợt", moment))
    read = pyreadstat.read_dta if write is stata else pyreadstat.read_sav
    assert read(str(path), metadataonly=True)[1].creation_time == moment.replace(tzinfo=None)
