"""Makes the benchmark's data: N persons in 40 strata and 2,000 unequal sampling units, 15 indicators, as Parquet.

Indicators 13 to 15 have a universe smaller than everyone (their value is NULL outside). Rows are sorted by unit, in
groups of 122,880, DuckDB's own size: larger ones leave processors idle.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet

STRATA, DISTRICTS, AGES, INDICATORS = 40, 8, 6, 15
BLOCK = 2_000_000
ROW_GROUP = 122_880


def make(path: Path, persons: int, seed: int = 128) -> None:
    """Write the file, a block of sampling units at a time."""
    random = np.random.default_rng(seed)
    units = 2_000 if persons < 100_000_000 else 20_000
    shares = random.lognormal(0, 0.6, units)
    sizes = np.maximum(2, np.floor(shares / shares.sum() * persons).astype(np.int64))
    sizes[-1] += max(0, persons - int(sizes.sum()))
    prevalence = np.linspace(0.02, 0.98, INDICATORS)
    base = np.log(prevalence / (1 - prevalence)) + random.normal(0, 0.5, (units, INDICATORS))
    stratum = np.sort(random.integers(0, STRATA, units - 2 * STRATA).tolist() + list(range(STRATA)) * 2)
    ends = np.searchsorted(np.cumsum(sizes), np.arange(BLOCK, persons + BLOCK, BLOCK))
    writer, start = None, 0
    for end in [*ends.tolist(), units]:
        if end > start:
            table = _block(random, np.arange(start, end), sizes[start:end], stratum, base)
            writer = writer or parquet.ParquetWriter(path, table.schema, compression="zstd")
            writer.write_table(table, row_group_size=ROW_GROUP)
            start = end
    if writer:
        writer.close()


def _block(
    random: np.random.Generator, units: np.ndarray, sizes: np.ndarray, stratum: np.ndarray, base: np.ndarray
) -> pa.Table:
    psu = np.repeat(units, sizes)
    n = len(psu)
    columns = {
        "stratum": stratum[psu].astype(np.int16),
        "psu": psu.astype(np.int32),
        "weight": np.round(random.lognormal(3, 0.4, n), 4),
        "district": (stratum[psu] % DISTRICTS + 1).astype(np.int8),
        "urban": (psu % 3 == 0).astype(np.int8),
        "sex": random.integers(1, 3, n, dtype=np.int8),
        "age": random.integers(1, AGES + 1, n, dtype=np.int8),
    }
    arrays = {name: pa.array(values) for name, values in columns.items()}
    for j in range(INDICATORS):
        chance = 1 / (1 + np.exp(-(base[psu, j] + 0.1 * (columns["age"] - 3))))
        outside = columns["age"] <= 2 if j >= 12 else None
        arrays[f"y{j + 1}"] = pa.array((random.random(n) < chance).astype(np.int8), mask=outside)
    return pa.table(arrays)


if __name__ == "__main__":
    make(Path(sys.argv[1]), int(sys.argv[2]))
