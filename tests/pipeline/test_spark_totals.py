"""Spark gives the sums that DuckDB gives. Needs the optional Spark extra and Java 17."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from survey.errors import Problem
from survey.estimation import cells
from survey.pipeline import psu_totals, spark_totals
from survey.pipeline.psu_totals import Indicator
from tests.pipeline.test_psu_totals import LAYOUT, people, write

pytestmark = pytest.mark.spark

SUMS = ("weight", "square", "rows", "y", "x", "n")


@pytest.fixture(scope="module")
def session() -> Iterator[Any]:
    from pyspark.sql import SparkSession

    os.environ["PYSPARK_PYTHON"] = sys.executable
    builder = SparkSession.builder.master("local[2]").appName("psu-totals")
    for key, value in {
        "spark.ui.enabled": "false",
        "spark.sql.shuffle.partitions": "2",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.memory": "1g",
        "spark.sql.files.openCostInBytes": str(128 * 1024 * 1024),
    }.items():
        builder = builder.config(key, value)
    found = builder.getOrCreate()
    yield found
    found.stop()


def split(home: Path, rule: str, order: str) -> list[Path]:
    """Return the people in three files, divided by a SQL expression of 0, 1 and 2."""
    whole = write(home / "people.parquet", people())
    parts = [home / f"part-{part}.parquet" for part in range(3)]
    for i, part in enumerate(parts):
        kept = f"from read_parquet('{whole}') where {rule} = {i} order by {order}"
        duckdb.sql(f"copy (select * {kept}) to '{part}'")
    whole.unlink()
    return parts


@pytest.fixture(scope="module")
def sorted_parts(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Return files of whole sampling units, one after the other."""
    return split(tmp_path_factory.mktemp("sorted"), "psu % 3", "psu, weight")


@pytest.fixture(scope="module")
def mixed_parts(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Return files over which every sampling unit is spread."""
    return split(tmp_path_factory.mktemp("mixed"), "cast(floor(weight * 1000) as bigint) % 3", "weight")


def on_spark(session: Any, parts: list[Path], layout: psu_totals.Layout = LAYOUT) -> cells.Cells:
    assert session.read.parquet(*map(str, parts)).rdd.getNumPartitions() == len(parts)
    return spark_totals.read(session, [str(path) for path in parts], layout)


def test_whole_units_in_partitions_give_the_same_bits_on_spark_and_duckdb(
    session: Any, sorted_parts: list[Path]
) -> None:
    local, spark = psu_totals.read(sorted_parts, LAYOUT, threads=1), on_spark(session, sorted_parts)
    for name in SUMS:
        assert np.array_equal(getattr(spark, name), getattr(local, name)), name
    assert np.array_equal(spark.psu, local.psu)
    groupings = [(), ("district",), ("district", "sex")]
    assert repr(cells.estimate(spark, groupings)) == repr(cells.estimate(local, groupings))


def test_units_spread_over_partitions_give_the_same_sums_to_thirteen_digits(
    session: Any, mixed_parts: list[Path]
) -> None:
    local, spark = psu_totals.read(mixed_parts, LAYOUT, threads=1), on_spark(session, mixed_parts)
    for name in SUMS:
        assert getattr(spark, name) == pytest.approx(getattr(local, name), rel=1e-13), name
    for one, two in zip(cells.estimate(local, [("district",)]), cells.estimate(spark, [("district",)]), strict=True):
        assert (one.indicator, one.estimate.domain) == (two.indicator, two.estimate.domain)
        assert two.estimate.estimate == pytest.approx(one.estimate.estimate, rel=1e-12, nan_ok=True)
        assert two.estimate.se == pytest.approx(one.estimate.se, rel=1e-10, abs=1e-15, nan_ok=True)


def test_conditions_mean_the_same_on_spark_and_duckdb(session: Any, sorted_parts: list[Path]) -> None:
    indicators = (
        Indicator("word", "case when sex like 'n_m' then 1 else 0 end", "district is not null and not adult = 0"),
        Indicator("among", "coalesce(a, 0) = 1 or b in (1, 2)", "weight between 10 and 40.5"),
        Indicator("never", "a is null and a is not null"),
    )
    layout = replace(LAYOUT, indicators=indicators)
    local, spark = psu_totals.read(sorted_parts, layout, threads=1), on_spark(session, sorted_parts, layout)
    assert local.y[:, :2].sum() > 0
    for name in SUMS:
        assert np.array_equal(getattr(spark, name), getattr(local, name)), name


def test_not_a_number_is_refused_on_spark_too(session: Any, tmp_path: Path) -> None:
    data = people()
    data["b"][7] = np.nan
    path = tmp_path / "people.parquet"
    parquet.write_table(pa.table({k: pa.array(v, from_pandas=k != "b") for k, v in data.items()}), path)
    layout = replace(LAYOUT, indicators=(Indicator("b", "b"),))
    for found in (lambda: psu_totals.read(path, layout), lambda: spark_totals.read(session, str(path), layout)):
        with pytest.raises(Problem) as caught:
            found()
        assert (caught.value.code, caught.value.details["column"]) == ("not-zero-one", "b")
