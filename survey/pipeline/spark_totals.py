"""The same GROUP BY pass on Apache Spark, for data that outgrow one machine.

Runs `psu_totals.totals` unchanged over partitioned Parquet. Takes a session, so that this package never imports
PySpark: whoever has a cluster passes it in.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import ibis
import pyarrow as pa

from survey.errors import Problem
from survey.estimation.cells import Cells
from survey.pipeline.psu_totals import Layout, to_cells, totals

_VIEW = "psu_totals_input"


class Session(Protocol):
    """What is needed of a SparkSession."""

    @property
    def read(self) -> Any:
        """Return the reader of files."""
        ...

    def sql(self, sqlQuery: str) -> Any:  # noqa: N803 - Spark's own name
        """Run a query."""
        ...


def read(session: Session, paths: str | Sequence[str], layout: Layout) -> Cells:
    """Read Parquet files or folders (any address the cluster understands) and return the sums by unit and cell.

    The session's time zone becomes UTC, as ibis sets it.
    """
    addresses = [paths] if isinstance(paths, str) else list(paths)
    session.read.parquet(*addresses).createOrReplaceTempView(_VIEW)
    engine = ibis.pyspark.connect(session)
    found = session.sql(engine.compile(totals(engine.table(_VIEW), layout))).toArrow()
    if not isinstance(found, pa.Table) or not found.num_rows:
        raise Problem("bad-file", name=addresses[0], reason="Parquet")
    return to_cells(found, layout)
