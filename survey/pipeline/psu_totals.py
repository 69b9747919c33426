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
from survey.pipeline.column_facts import Facts, facts
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


def totals(people: ir.Table, layout: Layout, known: Facts = Facts()) -> ir.Table:  # noqa: B008 - it is frozen
    """Return the aggregation over a table of persons: one expression, the same for every engine.

    What is `known` of the columns leaves sums out that would repeat others: who did not answer where nobody did not,
    and weights that cannot be used where there are none.
    """
    keys = [column(people, name) for name in _keys(layout)]
    weight = column(people, layout.weight).cast("float64")
    sums = {
        "w_": weight.sum(),
        "ww_": (weight * weight).sum(),
        "rows_": people.count(),
    }
    if layout.weight not in known.positive:
        sums["bad_"] = ((weight > 0) & (weight < 1e300)).ifelse(0, 1).sum()
    for i, indicator in enumerate(layout.indicators):
        sums |= _indicator_sums(i, indicator, people, weight, everybody=_everybody(indicator, known))
    return people.aggregate(by=[key.name(name) for key, name in zip(keys, _keys(layout), strict=True)], **sums)


def _keys(layout: Layout) -> list[str]:
    return [layout.stratum, layout.psu, *([layout.fpc] if layout.fpc else []), *layout.domains]


def _everybody(indicator: Indicator, known: Facts) -> bool:
    """Tell whether an indicator is a column in which every row is known to have an answer."""
    return indicator.universe is None and indicator.y in known.full


def _indicator_sums(
    i: int, indicator: Indicator, people: ir.Table, weight: ir.FloatingValue, *, everybody: bool
) -> dict[str, ir.Value]:
    """Return Σ w y, the weight that did not answer, and the count that did: the cheapest three sums that suffice."""
    y = parse(indicator.y, people)
    if indicator.universe:
        y = truth(indicator.universe, people).ifelse(y, ibis.null())
    yes = {f"y{i}_": _filled((weight * y.cast("float64")).sum())}
    if everybody:
        return yes
    return yes | {f"gone{i}_": _filled(y.isnull().ifelse(weight, ibis.null()).sum()), f"n{i}_": y.count()}


def _filled(total: ir.FloatingScalar) -> ir.FloatingScalar:
    """Return a sum, 0 where no row had a value."""
    return total.fill_null(0.0)


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
            known = facts(files, [layout.weight, *(indicator.y for indicator in layout.indicators)])
            seen = ibis.table(schema, name=VIEW)
            table = _run(connection, totals(seen, layout, known))
            if not np.isfinite(_floats(table, "w_")).all():
                count = _values(_run(connection, _odd_weights(seen, layout)), "odd_")[0]
                raise Problem("weight-unusable", column=layout.weight, count=int(count))
        except duckdb.Error as error:
            raise Problem("bad-file", name=files[0].name, reason=str(error).partition("\n")[0]) from error
    return to_cells(table, layout)


def _run(connection: duckdb.DuckDBPyConnection, wanted: ir.Table) -> pa.Table:
    return connection.sql(ibis.to_sql(wanted, dialect="duckdb", pretty=False)).to_arrow_table()


def _odd_weights(people: ir.Table, layout: Layout) -> ir.Table:
    """Return the number of weights that are missing, not positive, infinite or not a number.

    Compared as text: the engine believes the statistics of files, which leave NaN out, and would settle any test of
    the numbers by them.
    """
    weight = column(people, layout.weight).cast("float64")
    odd = weight.isnull() | (weight <= 0) | weight.cast("string").lower().isin(["nan", "inf", "-inf"])
    return people.aggregate(odd_=odd.ifelse(1, 0).sum().cast("int64"))


def to_cells(table: pa.Table, layout: Layout) -> Cells:
    """Return the cells of an aggregated table, in the order of strata, units and domains. Raises Problem."""
    bad = int(_values(table, "bad_").sum()) if "bad_" in table.column_names else 0
    if bad:
        raise Problem("weight-unusable", column=layout.weight, count=bad)
    order = _order([_values(table, name) for name in (layout.stratum, layout.psu, *layout.domains)])
    stratum, psu = _values(table, layout.stratum)[order], _values(table, layout.psu)[order]
    cell_design = designs.build(
        None,
        strata=Column(layout.stratum, stratum),
        psu=Column(layout.psu, psu),
        fpc=Column(layout.fpc, _values(table, layout.fpc)[order]) if layout.fpc else None,
        nest=layout.nest,
        lonely=layout.lonely,
    )
    weight, rows = _floats(table, "w_")[order], _floats(table, "rows_")[order]
    k = len(layout.indicators)
    y, answered, n = (np.empty((len(order), k)) for _ in range(3))
    for i in range(k):
        y[:, i] = _floats(table, f"y{i}_")[order]
        if f"n{i}_" not in table.column_names:
            answered[:, i], n[:, i] = weight, rows
            continue
        n[:, i] = _floats(table, f"n{i}_")[order]
        answered[:, i] = np.where(n[:, i] > 0, weight - _floats(table, f"gone{i}_")[order], 0.0)
    _check_shares(layout, y, answered)
    return Cells(
        design=_by_unit(cell_design),
        psu=cell_design.psu,
        keys={name: _key(_values(table, name)[order]) for name in layout.domains},
        names=tuple(indicator.name for indicator in layout.indicators),
        weight=weight,
        square=_floats(table, "ww_")[order],
        rows=rows,
        y=y,
        x=answered,
        n=n,
    )


def _order(keys: Sequence[np.ndarray]) -> np.ndarray:
    """Return the order of rows by several keys, missing values last."""
    ranks = []
    for values in keys:
        missing = is_missing(values)
        rank = np.full(len(values), np.iinfo(np.int64).max)
        rank[~missing] = factorise(values[~missing])[0]
        ranks.append(rank)
    return np.lexsort(ranks[::-1])


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
    """Return a column as it is; numbers with nulls as floats with NaN.

    Numbers without nulls go the short way: Arrow's own conversion would load pandas first, a sixth of a second.
    """
    column = table.column(name)
    if column.null_count == 0 and column.num_chunks and _is_plain_number(column.type):
        return np.concatenate([np.from_dlpack(chunk) for chunk in column.chunks])
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    return np.asarray(column.to_numpy())


def _is_plain_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_float32(kind) or pa.types.is_float64(kind))


def _floats(table: pa.Table, name: str) -> FloatArray:
    """Return a column of sums."""
    return _values(table, name).astype(np.float64, copy=False)


def _key(values: np.ndarray) -> Key:
    missing = is_missing(values)
    code = np.full(len(values), -1, dtype=np.int64)
    found, labels = factorise(values[~missing])
    code[~missing] = found
    return Key(code, tuple(labels.tolist()))
