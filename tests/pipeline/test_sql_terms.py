"""Conditions in SQL mean through ibis what DuckDB makes of their text."""

from __future__ import annotations

import duckdb
import ibis
import pyarrow as pa
import pytest

from survey.errors import Problem
from survey.pipeline.sql_terms import parse, truth

ROWS = pa.table(
    {
        "age": pa.array([14, 15, 30, None, 61]),
        "share": pa.array([0.5, None, 1.0, 0.0, float("nan")]),
        "sex": pa.array(["nam", "nữ", None, "nữ", "nam"]),
        "asked": pa.array([True, False, None, True, True]),
        "Year Born": pa.array([2012, 2011, 1996, None, 1965]),
    }
)
TABLE = ibis.table(ibis.Schema.from_pyarrow(ROWS.schema), name="people")


@pytest.mark.parametrize(
    "text",
    [
        "age",
        "AGE >= 15",
        "age = 15 or sex = 'nữ' and not asked",
        "(age = 15 or sex = 'nữ') and asked is not true",
        "age is null",
        "share is null",
        "share is not null and age <> 30",
        "age in (15, 30, 61)",
        "sex not in ('nam')",
        "sex like 'n%'",
        "age between 15 and 60",
        "age not between 15 and 60",
        "-age + 3 * share < 0.5 - 14",
        "case when age < 15 then 0 when asked then 1 end",
        "case when age < 61 then share end",
        "coalesce(share, 0) > 0.1",
        '"Year Born" < 2000',
        "asked is true or asked is null",
        "true and null is null",
    ],
)
def test_a_condition_means_what_its_text_means(text: str) -> None:
    with duckdb.connect() as connection:
        connection.register("people", ROWS)
        compiled = ibis.to_sql(TABLE.select(found=parse(text, TABLE)), dialect="duckdb")
        mine = connection.sql(compiled).fetchall()
        assert mine == connection.sql(f"select {text} from people").fetchall()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "age >",
        "age; select 1",
        "select 1",
        "age in (select 1)",
        "read_text('/etc/passwd') is null",
        "other.age = 1",
        "age / 2 > 1",
        "age and 1",
        "case age when 1 then 2 end",
        "sum(age) > 1",
        "age is distinct from 15",
    ],
)
def test_what_engines_may_read_differently_is_refused(text: str) -> None:
    with pytest.raises(Problem) as caught:
        parse(text, TABLE)
    assert caught.value.code == "bad-condition"


def test_an_unknown_column_is_named_with_those_there_are() -> None:
    with pytest.raises(Problem) as caught:
        parse("village = 1", TABLE)
    assert "village" in caught.value.details["reason"]
    assert "Year Born" in caught.value.details["reason"]


def test_a_number_is_no_condition() -> None:
    with pytest.raises(Problem):
        truth("age + 1", TABLE)
