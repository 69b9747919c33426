"""Anyone's microdata as arrays: the named columns of a CSV, Parquet, Excel, Stata or SPSS file, through DuckDB.

Owns types and missing values at the door: empty and NA are missing in a CSV, Yes/No stay text, codes that start with 0
stay text, decimal commas are read where the separator is another. Refuses unknown columns, unreadable files and
conditions that are not SQL.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet
from numpy.typing import NDArray

from survey.errors import Problem
from survey.pipeline import foreign_table

_CSV_TYPES = "['BIGINT', 'DOUBLE', 'DATE', 'TIMESTAMP', 'VARCHAR']"
_CSV = "sample_size = -1, nullstr = ['', 'NA'], auto_type_candidates = " + _CSV_TYPES
_PARQUET_SUFFIXES = (".parquet", ".pq")
_FOREIGN, _FOREIGN_NAMES = "foreign_table", "foreign_names"


@dataclass(frozen=True, slots=True)
class TableFile:
    """Columns of n values by name (floats with NaN, or objects with None) and the rows that meet the condition."""

    columns: dict[str, NDArray[Any]]
    inside: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Layout:
    """What the name of a file does not tell: the sheet of a workbook, and whether value labels replace codes."""

    sheet: str | None = None
    labels: bool = False


def names(path: Path, layout: Layout = Layout()) -> list[str]:
    """Return the names of all columns of a file, as written. Raises Problem no-file or bad-file."""
    _check_exists(path)
    with duckdb.connect() as connection:
        _register(connection, path, layout)
        return list(_opened(connection, path, (), ())[1])


def read(
    path: Path,
    columns: Sequence[str],
    *,
    codes: Sequence[str] = (),
    condition: str | None = None,
    layout: Layout = Layout(),
) -> TableFile:
    """Read the named columns of every row, and where the SQL condition holds (everywhere when None).

    `codes` are columns whose values only name things. Names are compared exactly, also where a file has both nh and
    Nh. Raises Problem no-file, bad-file, bad-column or bad-condition.
    """
    _check_exists(path)
    with duckdb.connect() as connection:
        _register(connection, path, layout)
        source, known = _opened(connection, path, columns, codes)
        wanted = ", ".join(_quoted(known[name]) for name in dict.fromkeys(columns))
        test = f"coalesce(cast(({_exact_names(condition, known)}\n) as boolean), false)" if condition else "true"
        try:
            found = connection.sql(f"select {wanted}, {test} from {source}").to_arrow_table()
        except duckdb.Error as error:
            code = "bad-condition" if condition else "bad-file"
            raise Problem(code, name=path.name, reason=_first_line(error)) from error
    names = list(dict.fromkeys(columns))
    naming = set(codes)
    arrays = {name: _array(found.column(i), is_code=name in naming) for i, name in enumerate(names)}
    return TableFile(arrays, np.asarray(found.column(len(names)).to_numpy(), dtype=np.bool_))


def _check_exists(path: Path) -> None:
    if not path.is_file():
        raise Problem("no-file", name=str(path))


def _register(connection: duckdb.DuckDBPyConnection, path: Path, layout: Layout) -> None:
    """Make the table of a file that DuckDB cannot read itself known to the connection."""
    if _is_foreign(path):
        table = foreign_table.read(path, sheet=layout.sheet, labels=layout.labels)
        connection.register(_FOREIGN, table)
        connection.register(_FOREIGN_NAMES, pa.table({"name": table.column_names}))


def _opened(
    connection: duckdb.DuckDBPyConnection, path: Path, columns: Sequence[str], codes: Sequence[str]
) -> tuple[str, dict[str, str]]:
    """Return the FROM item of a file and the name that DuckDB gives each of its columns."""
    try:
        marks = _decimal_mark(connection, path)
        known = _known_columns(connection, path, _source(path, marks))
        for name in columns:
            if name not in known:
                raise Problem("bad-column", column=name, known=", ".join(known))
        padded = _zero_codes(connection, path, [known[c] for c in dict.fromkeys(codes) if c in known])
    except (duckdb.Error, pa.ArrowException) as error:
        raise Problem("bad-file", name=path.name, reason=_first_line(error)) from error
    return _source(path, marks, padded), known


def _is_parquet(path: Path) -> bool:
    return path.suffix.lower() in _PARQUET_SUFFIXES


def _is_foreign(path: Path) -> bool:
    return path.suffix.lower() in foreign_table.SUFFIXES


def _is_typed(path: Path) -> bool:
    """Return whether the columns of a file have types of their own, unlike those of a CSV."""
    return _is_parquet(path) or _is_foreign(path)


def _decimal_mark(connection: duckdb.DuckDBPyConnection, path: Path) -> str:
    """Return the option for decimal commas where a CSV separated by something else than commas has them."""
    if _is_typed(path):
        return ""
    delimiter = connection.sql(f"select delimiter from sniff_csv({_literal(path)})").fetchall()[0][0]
    if delimiter == ",":
        return ""
    fields = "concat_ws('|', *columns(*))"
    numbers = f"bool_or(regexp_matches({fields}, '(^|\\|)-?[0-9]+,[0-9]+(\\||$)'))"
    found = connection.sql(f"select {numbers} from read_csv({_literal(path)}, all_varchar = true)").fetchall()[0][0]
    return ", decimal_separator = ','" if found else ""


def _known_columns(connection: duckdb.DuckDBPyConnection, path: Path, source: str) -> dict[str, str]:
    """Return the name that DuckDB gives each column; it renames those that differ only in case."""
    given = list(connection.sql(f"select * from {source} limit 0").columns)
    if len({name.casefold().removesuffix("_1") for name in given}) == len(given):
        return {name: name for name in given}
    written = _header(connection, path)
    same = len(written) == len(set(written)) == len(given)
    return dict(zip(written if same else given, given, strict=True))


def _header(connection: duckdb.DuckDBPyConnection, path: Path) -> list[str]:
    if _is_parquet(path):
        return list(parquet.read_schema(path).names)
    if _is_foreign(path):
        return [str(row[0]) for row in connection.table(_FOREIGN_NAMES).fetchall()]
    raw = f"read_csv({_literal(path)}, header = false, all_varchar = true)"
    return [str(name) for name in connection.sql(f"select * from {raw} limit 1").fetchall()[0]]


def _exact_names(condition: str, known: dict[str, str]) -> str:
    """Return the condition with the names that DuckDB had to change, outside of text in quotes."""
    changed = {name: given for name, given in known.items() if name != given}

    def exact(match: re.Match[str]) -> str:
        word = match.group()
        return _quoted(changed[word.strip('"')]) if word.strip('"') in changed else word

    return re.sub(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|\w+""", exact, condition) if changed else condition


def _zero_codes(connection: duckdb.DuckDBPyConnection, path: Path, names: list[str]) -> list[str]:
    """Return the code columns of a CSV with values such as 01, which numbers would lose."""
    if not names or _is_typed(path):
        return []
    tests = ", ".join(f"coalesce(bool_or(regexp_matches({_quoted(n)}, '^0[0-9]')), false)" for n in names)
    text = f"read_csv({_literal(path)}, all_varchar = true, nullstr = ['', 'NA'])"
    padded = connection.sql(f"select {tests} from {text}").fetchall()[0]
    return [name for name, is_padded in zip(names, padded, strict=True) if is_padded]


def _source(path: Path, marks: str, as_text: Sequence[str] = ()) -> str:
    if _is_parquet(path):
        return f"read_parquet({_literal(path)})"
    if _is_foreign(path):
        return _FOREIGN
    types = ", ".join(f"{_text_literal(name)}: 'VARCHAR'" for name in as_text)
    return f"read_csv({_literal(path)}, {_CSV}{marks}{', types = {' + types + '}' if types else ''})"


def _array(column: pa.ChunkedArray, *, is_code: bool) -> NDArray[Any]:
    """Return a column as an array; whole-number codes with gaps stay whole numbers beside None."""
    if is_code and column.null_count and pa.types.is_integer(column.type):
        return np.array(column.to_pylist(), dtype=object)
    if pa.types.is_decimal(column.type):
        column = column.cast(pa.float64())
    if pa.types.is_boolean(column.type) and column.null_count:
        column = column.cast(pa.uint8())
    return np.asarray(column.to_numpy())


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(path: Path) -> str:
    return _text_literal(str(path))


def _text_literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]
