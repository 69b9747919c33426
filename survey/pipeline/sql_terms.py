"""Conditions that people write in SQL, such as `age >= 15 and sex = 2`, as ibis expressions over a table.

Owns which part of SQL a condition may use: that part means the same to every engine. Refuses everything else
(division too: engines differ on a divisor of 0).
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import ibis
import sqlglot
from ibis.expr import types as ir
from sqlglot import expressions as sql

from survey.errors import Problem

_TWO_SIDED: dict[type[sql.Expression], Callable[[Any, Any], Any]] = {
    sql.EQ: operator.eq,
    sql.NEQ: operator.ne,
    sql.LT: operator.lt,
    sql.LTE: operator.le,
    sql.GT: operator.gt,
    sql.GTE: operator.ge,
    sql.Add: operator.add,
    sql.Sub: operator.sub,
    sql.Mul: operator.mul,
    sql.Like: lambda text, pattern: text.like(pattern.op().value),
}


def parse(text: str, table: ir.Table) -> ir.Value:
    """Return a SQL condition or number over the columns of a table. Raises Problem bad-condition."""
    try:
        return _Reader(text, table).value(_tree(text))
    except (sqlglot.ParseError, sqlglot.TokenError) as error:
        raise _refused(text) from error
    except (ibis.IbisError, TypeError, AttributeError) as error:
        raise Problem("bad-condition", reason=str(error).partition("\n")[0]) from error


def truth(text: str, table: ir.Table) -> ir.BooleanValue:
    """Return a SQL condition over the columns of a table. Raises Problem bad-condition, also for a number."""
    found = parse(text, table)
    if not isinstance(found, ir.BooleanValue):
        raise _refused(text)
    return found


def column(table: ir.Table, name: str) -> ir.Column:
    """Return a column by its name, as SQL finds it: exactly, or where only one name differs in case."""
    if name not in table.columns:
        alike = [other for other in table.columns if other.casefold() == name.casefold()]
        name = alike[0] if len(alike) == 1 else name
    if name not in table.columns:
        raise Problem("bad-condition", reason=f"{name}? {', '.join(table.columns)}")
    return table[name]


def _tree(text: str) -> sql.Expression:
    trees = sqlglot.parse(text, read="duckdb")
    if len(trees) != 1 or not isinstance(trees[0], sql.Expression):
        raise _refused(text)
    return trees[0]


def _refused(text: str) -> Problem:
    return Problem("bad-condition", reason=text)


def _is_null(value: ir.Value) -> ir.BooleanValue:
    """Return whether a value is NULL; plain `isnull` would count NaN as NULL on Spark alone."""
    return value.identical_to(ibis.null(value.type())) if isinstance(value, ir.FloatingValue) else value.isnull()


class _Reader:
    """Turns the tree of one condition into an expression."""

    def __init__(self, text: str, table: ir.Table) -> None:
        self.text = text
        self.table = table

    def value(self, tree: sql.Expression) -> Any:
        kind = type(tree)
        if kind in _TWO_SIDED:
            return _TWO_SIDED[kind](self.value(tree.this), self.value(tree.expression))
        if isinstance(tree, sql.And | sql.Or):
            return self._joined(tree)
        read = getattr(self, f"_{kind.__name__.lower()}", None)
        if read is None:
            raise _refused(self.text)
        return read(tree)

    def truth(self, tree: sql.Expression) -> ir.BooleanValue:
        """Return an expression that must be true or false: ibis would join the bits of numbers."""
        found = self.value(tree)
        if not isinstance(found, ir.BooleanValue):
            raise _refused(self.text)
        return found

    def _joined(self, tree: sql.Connector) -> ir.BooleanValue:
        left, right = self.truth(tree.this), self.truth(tree.expression)
        return left & right if isinstance(tree, sql.And) else left | right

    def _column(self, tree: sql.Column) -> ir.Column:
        if tree.table:
            raise _refused(self.text)
        return column(self.table, tree.name)

    def _literal(self, tree: sql.Literal) -> ir.Scalar:
        if tree.is_string:
            return ibis.literal(tree.this)
        return ibis.literal(int(tree.this) if tree.is_int else float(tree.this))

    def _boolean(self, tree: sql.Boolean) -> ir.Scalar:
        return ibis.literal(tree.this)

    def _null(self, tree: sql.Null) -> ir.Scalar:
        return ibis.null()

    def _paren(self, tree: sql.Paren) -> ir.Value:
        return self.value(tree.this)

    def _neg(self, tree: sql.Neg) -> ir.Value:
        return -self.value(tree.this)

    def _not(self, tree: sql.Not) -> ir.BooleanValue:
        return ~self.truth(tree.this)

    def _is(self, tree: sql.Is) -> ir.BooleanValue:
        if isinstance(tree.expression, sql.Null):
            return _is_null(self.value(tree.this))
        return self.truth(tree.this).identical_to(self.truth(tree.expression))

    def _in(self, tree: sql.In) -> ir.BooleanValue:
        if not tree.expressions:
            raise _refused(self.text)
        return self.value(tree.this).isin([self.value(item) for item in tree.expressions])

    def _between(self, tree: sql.Between) -> ir.BooleanValue:
        return self.value(tree.this).between(self.value(tree.args["low"]), self.value(tree.args["high"]))

    def _coalesce(self, tree: sql.Coalesce) -> ir.Value:
        return ibis.coalesce(self.value(tree.this), *(self.value(item) for item in tree.expressions))

    def _case(self, tree: sql.Case) -> ir.Value:
        if tree.this is not None:
            raise _refused(self.text)
        branches = [(self.truth(branch.this), self.value(branch.args["true"])) for branch in tree.args["ifs"]]
        default = tree.args.get("default")
        return ibis.cases(*branches, else_=None if default is None else self.value(default))
