"""All rows of all tables as JSON lines, the same for SQLite and PostgreSQL, and back."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Any

from sqlalchemy import Boolean, Connection, Date, Integer, LargeBinary, Table, func, insert, select, text

from survey.model import Base
from survey.model.base import UtcDateTime

_BATCH = 500


def tables() -> list[Table]:
    """Return every table, referenced ones first."""
    return list(Base.metadata.sorted_tables)


def rows(connection: Connection, table: Table) -> Iterator[bytes]:
    """Yield a table's rows as JSON lines in the order of their keys."""
    query = select(table).order_by(*table.primary_key.columns).execution_options(yield_per=_BATCH)
    for row in connection.execute(query):
        values = {name: _plain(value) for name, value in row._mapping.items()}
        yield json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode() + b"\n"


def fill(connection: Connection, table: Table, lines: Iterable[bytes]) -> int:
    """Insert rows from JSON lines into an empty table and return how many; a row that another refers to comes first."""
    count = 0
    for batch in _batches(lines):
        connection.execute(insert(table), [_typed(table, values) for values in batch])
        count += len(batch)
    _continue_numbers(connection, table)
    return count


def is_empty(connection: Connection) -> bool:
    """Tell whether no table has a row."""
    return all(connection.scalar(select(func.count()).select_from(table)) == 0 for table in tables())


def _batches(lines: Iterable[bytes]) -> Iterator[list[dict[str, Any]]]:
    """Yield rows in groups."""
    batch: list[dict[str, Any]] = []
    for line in lines:
        batch.append(json.loads(line))
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _plain(value: Any) -> Any:
    """Return a value as JSON holds it."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value


def _typed(table: Table, values: dict[str, Any]) -> dict[str, Any]:
    """Return a row's values as its columns take them; a column that the row does not know keeps its default."""
    return {name: _value(table.c[name].type, value) for name, value in values.items() if name in table.c}


def _value(kind: Any, value: Any) -> Any:
    """Return one value as a column of a type takes it."""
    if value is None:
        return None
    if isinstance(kind, UtcDateTime):
        return datetime.fromisoformat(value)
    if isinstance(kind, Date):
        return date.fromisoformat(value)
    if isinstance(kind, LargeBinary):
        return base64.b64decode(value)
    return bool(value) if isinstance(kind, Boolean) else value


def _continue_numbers(connection: Connection, table: Table) -> None:
    """Let PostgreSQL go on numbering after the restored rows."""
    key = next(iter(table.primary_key.columns))
    if connection.dialect.name != "postgresql" or not isinstance(key.type, Integer):
        return
    sequence = f"pg_get_serial_sequence('\"{table.name}\"', '{key.name}')"
    highest = f'(SELECT coalesce(max("{key.name}"), 0) + 1 FROM "{table.name}")'
    connection.execute(text(f"SELECT setval({sequence}, {highest}, false)"))
