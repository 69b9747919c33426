"""What the footers of Parquet files prove, and that a pass which uses it gives the same bits as one that does not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from survey.errors import Problem
from survey.pipeline import psu_totals
from survey.pipeline.column_facts import Facts, facts
from survey.pipeline.psu_totals import Indicator, Layout, read

N = 4_000
LAYOUT = Layout(
    stratum="stratum",
    psu="psu",
    weight="weight",
    domains=("sex",),
    indicators=(Indicator("full", "full"), Indicator("holed", "holed"), Indicator("narrow", "full", "sex = 1")),
)


def _columns() -> dict[str, np.ndarray]:
    random = np.random.default_rng(5)
    psu = np.sort(random.integers(0, 40, N))
    holed = random.integers(0, 2, N).astype(float)
    holed[random.random(N) < 0.1] = np.nan
    return {
        "stratum": psu // 10,
        "psu": psu,
        "weight": random.uniform(5, 50, N),
        "sex": random.integers(1, 3, N),
        "full": random.integers(0, 2, N).astype(np.int8),
        "holed": holed,
    }


def _write(path: Path, data: dict[str, np.ndarray], **options: object) -> Path:
    parquet.write_table(pa.table({k: pa.array(v, from_pandas=True) for k, v in data.items()}), path, **options)
    return path


def test_columns_without_nulls_and_positive_ones_are_known_over_all_files(tmp_path: Path) -> None:
    one = _write(tmp_path / "1.parquet", _columns(), row_group_size=500)
    two = _write(tmp_path / "2.parquet", _columns() | {"full": np.where(np.arange(N) == 9, np.nan, 1.0)})
    wanted = ["weight", "full", "holed", "no such column"]
    assert facts([one], wanted) == Facts(frozenset({"weight", "full"}), frozenset({"weight"}))
    assert facts([one, two], wanted) == Facts(frozenset({"weight"}), frozenset({"weight"}))


def test_files_without_statistics_or_no_parquet_at_all_prove_nothing(tmp_path: Path) -> None:
    silent = _write(tmp_path / "1.parquet", _columns(), write_statistics=False)
    assert facts([silent], ["weight"]) == Facts()
    other = tmp_path / "2.parquet"
    other.write_text("no parquet")
    assert facts([other], ["weight"]) == Facts()


def test_the_sums_are_the_same_bits_with_and_without_the_facts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = _write(tmp_path / "1.parquet", _columns())
    short = read(path, LAYOUT, threads=1)
    monkeypatch.setattr(psu_totals, "facts", lambda *_: Facts())
    long = read(path, LAYOUT, threads=1)
    for name in ("psu", "weight", "square", "rows", "y", "x", "n"):
        assert (getattr(short, name) == getattr(long, name)).all(), name


@pytest.mark.parametrize("bad", [np.nan, 0.0, -1.0, np.inf])
def test_weights_that_cannot_be_used_are_counted_even_where_statistics_hide_them(tmp_path: Path, bad: float) -> None:
    """Statistics leave NaN out, so that a footer alone would let it pass."""
    data = _columns()
    data["weight"][[7, 70, 700]] = bad
    path = tmp_path / "1.parquet"
    parquet.write_table(pa.table({name: pa.array(values) for name, values in data.items() if name != "holed"}), path)
    layout = Layout("stratum", "psu", "weight", ("sex",), (Indicator("full", "full"),))
    with pytest.raises(Problem) as caught:
        read(path, layout)
    assert (caught.value.code, caught.value.details["count"]) == ("weight-unusable", 3)
