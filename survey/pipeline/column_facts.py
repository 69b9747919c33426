"""What Parquet files say about their columns before they are read, so that a pass over them can leave work out.

Believes only statistics that every row group of every file has. Says nothing about NaN, which statistics leave out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as parquet


@dataclass(frozen=True, slots=True)
class Facts:
    """Columns without a single null, and those of them whose values all lie above 0 and below 1e300."""

    full: frozenset[str] = frozenset()
    positive: frozenset[str] = frozenset()


def facts(paths: Sequence[Path], columns: Iterable[str]) -> Facts:
    """Return what the footers of all files prove about some columns; nothing where a footer cannot be read."""
    try:
        footers = [parquet.ParquetFile(path).metadata for path in paths]
    except (OSError, pa.ArrowException):
        return Facts()
    full, positive = set(), set()
    for name in columns:
        found = [_statistics(footer, name) for footer in footers]
        if all(found) and all(each.null_count == 0 for part in found for each in part):
            full.add(name)
            if all(each.has_min_max and each.min > 0 and each.max < 1e300 for part in found for each in part):
                positive.add(name)
    return Facts(frozenset(full), frozenset(positive))


def _statistics(footer: Any, name: str) -> list[Any]:
    """Return the statistics of a column in every row group, empty unless all groups have them with a count of nulls."""
    paths = {footer.schema.column(i).path: i for i in range(footer.num_columns)}
    if name not in paths:
        return []
    found = [footer.row_group(i).column(paths[name]).statistics for i in range(footer.num_row_groups)]
    return found if found and all(each is not None and each.has_null_count for each in found) else []
