"""Enter, replace and remove the known population totals of a round, each with its source and its day.

A file holds table, margin, category, value and, where they differ by line, source and day. All of it is checked before
anything is written: margins must be breakdowns of their table, categories those of the margin. Whether the margins of
a table add up to the same is said, not enforced: the run that meets them refuses.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from survey.errors import Problem
from survey.model import ControlTotal, Round
from survey.model.actor import Actor
from survey.operations import audit, frame_tables
from survey.query.control_totals import CATEGORIES, MARGINS, Total, agreements
from survey.text import clean, fold, parse_decimal

COLUMNS = ("table", "margin", "category", "value", "source", "as_of")


def enter(session: Session, actor: Actor, round_id: int, totals: Sequence[Total]) -> int:
    """Add totals to a round; one with the same table, margin and category takes the place of the earlier one.

    Raises forbidden, bad-value for a table, margin, category or value that cannot be, missing-source, or a total that
    stands twice.
    """
    _may(session, actor, round_id)
    _check(totals)
    for total in totals:
        _drop(session, round_id, total.table, total.margin, total.category)
    session.add_all(_row(round_id, total) for total in totals)
    session.flush()
    audit.record(session, actor, "control-totals.enter", "round", round_id, _said(totals))
    return len(totals)


def replace(session: Session, actor: Actor, round_id: int, totals: Sequence[Total]) -> int:
    """Put totals in the place of all those of the same margins; other margins of the round stay."""
    _may(session, actor, round_id)
    _check(totals)
    for table, margin in sorted({(total.table, total.margin) for total in totals}):
        _drop(session, round_id, table, margin)
    session.add_all(_row(round_id, total) for total in totals)
    session.flush()
    audit.record(session, actor, "control-totals.replace", "round", round_id, _said(totals))
    return len(totals)


def remove(session: Session, actor: Actor, round_id: int, *, table: str, margin: str = "") -> int:
    """Remove the totals of a table, or of one of its margins, and return their number."""
    _may(session, actor, round_id)
    _one_of("table", table, tuple(MARGINS))
    count = _drop(session, round_id, table, margin)
    audit.record(session, actor, "control-totals.remove", "round", round_id, table=table, margin=margin, count=count)
    return count


def from_table(
    table: frame_tables.Table, labels: Mapping[str, Mapping[str, str]], *, source: str = "", as_of: date | None = None
) -> tuple[Total, ...]:
    """Return the totals of a file's rows with a value; `source` and `as_of` stand in where a row has none.

    `labels` gives the code of a category by its folded name, by margin, so that a file may say Nam or male. Raises
    bad-column for a missing column and bad-value with the line for what cannot be read.
    """
    head = [clean(name).casefold() for name in table.heads]
    if lacking := [name for name in COLUMNS[:4] if name not in head]:
        raise Problem("bad-column", column=lacking[0], known=", ".join(COLUMNS))
    found = []
    for line, cells in table.rows:
        row = dict.fromkeys(COLUMNS, "") | dict(zip(head, cells, strict=False))
        margin, name = row["margin"], row["category"]
        if not row["value"]:
            continue
        found.append(
            Total(
                table=row["table"],
                margin=margin,
                category=labels.get(margin, {}).get(fold(name), name),
                value=_number(line, row["value"]),
                source=row["source"] or source,
                as_of=_day(line, row["as_of"], as_of),
            )
        )
    _check(found)
    return tuple(found)


def _number(line: int, text: str) -> float:
    value = parse_decimal(text)
    if value is None:
        raise Problem("bad-value", name=f"value ({line})", value=text, expected="1.234 | 1234 | 1234,5")
    return float(Decimal(value))


def _day(line: int, text: str, otherwise: date | None) -> date:
    for form in ("%d/%m/%Y", "%Y-%m-%d"):
        try:
            return datetime.strptime(text, form).date()
        except ValueError:
            continue
    if text or otherwise is None:
        raise Problem("bad-value", name=f"as_of ({line})", value=text or "–", expected="dd/mm/yyyy")
    return otherwise


def _check(totals: Sequence[Total]) -> None:
    if not totals:
        raise Problem("bad-value", name="totals", value="–", expected=", ".join(COLUMNS))
    seen: set[tuple[str, str, str]] = set()
    for total in totals:
        _one_of("table", total.table, tuple(MARGINS))
        _one_of(f"margin ({total.table})", total.margin, MARGINS[total.table])
        _one_of(f"category ({total.margin})", total.category, CATEGORIES[total.margin]())
        if not 0 <= total.value < float("inf"):
            raise Problem("bad-value", name=f"value ({total.category})", value=total.value, expected="≥ 0")
        if not clean(total.source):
            raise Problem("source-missing", margin=total.margin, category=total.category)
        key = (total.table, total.margin, total.category)
        if key in seen:
            raise Problem("bad-value", name=f"category ({total.margin})", value=total.category, expected="1 ×")
        seen.add(key)


def _one_of(name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise Problem("bad-value", name=name, value=value or "–", expected=", ".join(allowed))


def _may(session: Session, actor: Actor, round_id: int) -> None:
    if session.get(Round, round_id, with_for_update=True) is None:
        raise Problem("unknown-round", round=round_id)
    if not actor.may("statistician", round_id=round_id):
        raise Problem("forbidden")


def _drop(session: Session, round_id: int, table: str, margin: str = "", category: str = "") -> int:
    query = select(ControlTotal.id).where(ControlTotal.round_id == round_id, ControlTotal.unit_kind == table)
    if margin:
        query = query.where(ControlTotal.margin == margin)
    if category:
        query = query.where(ControlTotal.category == category)
    found = list(session.scalars(query))
    if found:
        session.execute(delete(ControlTotal).where(ControlTotal.id.in_(found)))
    return len(found)


def _row(round_id: int, total: Total) -> ControlTotal:
    return ControlTotal(
        round_id=round_id,
        unit_kind=total.table,
        margin=total.margin,
        category=total.category,
        value=total.value,
        source=clean(total.source),
        as_of=total.as_of,
    )


def _said(totals: Sequence[Total]) -> dict[str, object]:
    """Return what the log says about totals: the sum of every margin, and the sources."""
    sums = {f"{each.table}/{each.margin}": each.total for each in agreements(totals)}
    return {"count": len(totals), "sums": sums, "sources": sorted({clean(total.source) for total in totals})}
