"""Spark gives the sums that DuckDB gives. Needs the optional Spark extra and Java 17."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest

from survey.estimation import cells
from survey.pipeline import psu_totals, spark_totals
from tests.pipeline.test_psu_totals import LAYOUT, people, write

pytestmark = pytest.mark.spark


@pytest.fixture(scope="module")
def session() -> Iterator[Any]:
    sql = pytest.importorskip("pyspark.sql")
    os.environ["PYSPARK_PYTHON"] = sys.executable
    builder = sql.SparkSession.builder.master("local[2]").appName("psu-totals")
    for key, value in {
        "spark.ui.enabled": "false",
        "spark.sql.shuffle.partitions": "4",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
    }.items():
        builder = builder.config(key, value)
    found = builder.getOrCreate()
    yield found
    found.stop()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("spark")
    whole = write(home / "people.parquet", people())
    for part in range(3):
        duckdb.sql(
            f"copy (select * from read_parquet('{whole}') where psu % 3 = {part} order by psu) "
            f"to '{home}/part-{part}.parquet'"
        )
    whole.unlink()
    return home


def test_partitioned_files_give_the_same_sums_and_estimates_on_spark_and_duckdb(session: Any, folder: Path) -> None:
    parts = sorted(folder.glob("part-*.parquet"))
    local = psu_totals.read(parts, LAYOUT, threads=1)
    spark = spark_totals.read(session, [str(path) for path in parts], LAYOUT)
    for name in ("weight", "square", "rows", "y", "x", "n"):
        assert getattr(spark, name) == pytest.approx(getattr(local, name), rel=1e-13), name
    assert np.array_equal(spark.psu, local.psu)
    groupings = [(), ("district",), ("district", "sex")]
    for one, two in zip(cells.estimate(local, groupings), cells.estimate(spark, groupings), strict=True):
        assert (one.indicator, one.estimate.domain) == (two.indicator, two.estimate.domain)
        assert two.estimate.estimate == pytest.approx(one.estimate.estimate, rel=1e-12, nan_ok=True)
        assert two.estimate.se == pytest.approx(one.estimate.se, rel=1e-10, abs=1e-15, nan_ok=True)
