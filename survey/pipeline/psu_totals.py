"""The one GROUP BY pass: person records become sums by sampling unit and domain cell, ready for `estimation.cells`.

Owns the aggregation, an ibis expression that DuckDB runs here over Parquet of any size in one scan and Spark runs in
`spark_totals`. Refuses weights that are not positive and units in two strata.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import ibis
import ibis.backends.sql.compilers  # ibis would otherwise load these, a tenth of a second, within the first pass
import numpy as np
import pyarrow as pa
from ibis.expr import types as ir

from survey.errors import Problem
from survey.estimation import design as designs
from survey.estimation.cells import Cells, Key
from survey.estimation.columns import Column, FloatArray, factorise, is_missing
from survey.pipeline.sql_terms import column, parse, truth

VIEW = "people"


@dataclass(frozen=True, slots=True)
class Indicator:
    """A proportion: a SQL expression of 0/1 or truth, NULL where unanswered; `universe` restricts the denominator."""

    name: str
    y: str
    universe: str | None = None


@dataclass(frozen=True, slots=True)
class Layout:
    """Which columns hold the design and the domains; `fpc` is a population count or fraction of primary units."""

    stratum: str
    psu: str
    weight: str
    domains: tuple[str, ...]
    indicators: tuple[Indicator, ...]
    fpc: str | None = None
    nest: bool = False
    lonely: str = "fail"


def totals(people: ir.Table, layout: Layout) -> ir.Table:
    """Return the aggregation over a table of persons: one expression, the same for every engine."""
    keys = [column(people, name) for name in _keys(layout)]
    weight = column(people, layout.weight).cast("float64")
    sums = {
        "w_": weight.sum(),
        "ww_": (weight * weight).sum(),
        "rows_": people.count(),
        "bad_": ((weight > 0) & (weight < 1e300)).ifelse(0, 1).sum(),
    }
    for i, indicator in enumerate(layout.indicators):
        sums |= _indicator_sums(i, indicator, people, weight)
    return people.aggregate(by=[key.name(name) for key, name in zip(keys, _keys(layout), strict=True)], **sums)


def _keys(layout: Layout) -> list[str]:
    return [layout.stratum, layout.psu, *([layout.fpc] if layout.fpc else []), *layout.domains]


def _indicator_sums(i: int, indicator: Indicator, people: ir.Table, weight: ir.FloatingValue) -> dict[str, ir.Value]:
    """Return Σ w y, the weight that did not answer, and the count that did: the cheapest three sums that suffice."""
    y = parse(indicator.y, people)
    if indicator.universe:
        y = truth(indicator.universe, people).ifelse(y, ibis.null())
    return {
        f"y{i}_": (weight * y.cast("float64")).sum(),
        f"gone{i}_": y.isnull().ifelse(weight, ibis.null()).sum(),
        f"n{i}_": y.count(),
    }


def read(paths: Path | Sequence[Path], layout: Layout, *, threads: int | None = None, memory: str = "") -> Cells:
    """Read Parquet files in one scan and return the sums by unit and cell.

    Sums of several threads may differ in the last digit from run to run; `threads` 1 makes them exactly repeatable.
    `memory` is DuckDB's limit, such as 400MB.
    """
    files = [paths] if isinstance(paths, Path) else list(paths)
    with duckdb.connect() as connection:
        connection.execute("set enable_progress_bar = false")
        connection.execute("set preserve_insertion_order = false")
        if threads is not None:
            connection.execute(f"set threads = {int(threads)}")
        if memory:
            connection.execute(f"set memory_limit = '{memory}'")
        try:
            people = connection.read_parquet([str(path) for path in files])
            people.create_view(VIEW)
            schema = ibis.Schema.from_pyarrow(people.limit(0).to_arrow_table().schema)
            wanted = ibis.to_sql(totals(ibis.table(schema, name=VIEW), layout), dialect="duckdb", pretty=False)
            table = connection.sql(wanted).to_arrow_table()
        except duckdb.Error as error:
            raise Problem("bad-file", name=files[0].name, reason=str(error).partition("\n")[0]) from error
    return to_cells(table, layout)


def to_cells(table: pa.Table, layout: Layout) -> Cells:
    """Return the cells of an aggregated table, in the order of strata, units and domains. Raises Problem."""
    order = [layout.stratum, layout.psu, *layout.domains]
    table = table.sort_by([(name, "ascending") for name in order])
    bad = int(np.asarray(table.column("bad_")).sum())
    if bad:
        raise Problem("weight-unusable", column=layout.weight, count=bad)
    stratum, psu = _values(table, layout.stratum), _values(table, layout.psu)
    cell_design = designs.build(
        None,
        strata=Column(layout.stratum, stratum),
        psu=Column(layout.psu, psu),
        fpc=Column(layout.fpc, _values(table, layout.fpc)) if layout.fpc else None,
        nest=layout.nest,
        lonely=layout.lonely,
    )
    k = range(len(layout.indicators))
    weight, n = _floats(table, "w_"), np.column_stack([_floats(table, f"n{i}_") for i in k])
    y = np.column_stack([_floats(table, f"y{i}_") for i in k])
    answered = np.where(n > 0, weight[:, None] - np.column_stack([_floats(table, f"gone{i}_") for i in k]), 0.0)
    _check_shares(layout, y, answered)
    return Cells(
        design=_by_unit(cell_design),
        psu=cell_design.psu,
        keys={name: _key(_values(table, name)) for name in layout.domains},
        names=tuple(indicator.name for indicator in layout.indicators),
        weight=weight,
        square=_floats(table, "ww_"),
        rows=_floats(table, "rows_"),
        y=y,
        x=answered,
        n=n,
    )


def _check_shares(layout: Layout, y: FloatArray, answered: FloatArray) -> None:
    outside = ~((y >= 0) & (y <= answered * (1 + 1e-9)))
    if outside.any():
        worst = int(np.argmax(outside.any(axis=0)))
        raise Problem("not-zero-one", column=layout.indicators[worst].name, count=int(outside[:, worst].sum()))


def _by_unit(design: designs.Design) -> designs.Design:
    """Return the design with one row for each primary unit."""
    stage = design.stages[0]
    units = np.arange(stage.n_units)
    first = designs.Stage(units, stage.stratum, stage.fraction, stage.parent, stage.labels)
    return designs.Design(np.ones(stage.n_units), (first,), design.lonely)


def _values(table: pa.Table, name: str) -> np.ndarray:
    column = table.column(name)
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    return np.asarray(column.to_numpy())


def _floats(table: pa.Table, name: str) -> FloatArray:
    """Return a column of sums, 0 where no row had a value."""
    return np.asarray(table.column(name).cast(pa.float64()).fill_null(0.0).to_numpy(), dtype=np.float64)


def _key(values: np.ndarray) -> Key:
    missing = is_missing(values)
    code = np.full(len(values), -1, dtype=np.int64)
    found, labels = factorise(values[~missing])
    code[~missing] = found
    return Key(code, tuple(labels.tolist()))
