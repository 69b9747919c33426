"""Reads about what respondents ask the office for: to answer after the deadline, to be added to the frame.

Narrowed to the old communes that a role reaches. Names come out of `identity`; who shows them records that.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from survey.model import Account, FrameUnit, Identity, Registration, Reopening, SampleUnit
from survey.query.paging import SIZE, Page, bounded
from survey.query.respondents import SELF_REPORTING, plain
from survey.query.scope import Communes, within

T = TypeVar("T")
STATES = ("waiting", "approved", "refused", "accepted")


@dataclass(frozen=True, slots=True)
class ReopeningRow:
    """A request to answer after the deadline, with its unit."""

    request: Reopening
    unit_code: str
    unit_kind: str
    commune_code: str
    name: str
    decided_by: str


@dataclass(frozen=True, slots=True)
class RegistrationRow:
    """A unit that asks to be added; `twins` are units of the frame with the same tax code or unit code."""

    request: Registration
    values: dict[str, Any]
    decided_by: str
    twins: tuple[str, ...] = ()


def waiting_counts(session: Session, round_id: int, communes: Communes) -> tuple[int, int]:
    """Return how many requests to reopen and how many registrations wait for the office."""
    late = (
        select(func.count())
        .select_from(Reopening)
        .join(SampleUnit, SampleUnit.id == Reopening.sample_unit_id)
        .join(FrameUnit, FrameUnit.id == SampleUnit.frame_unit_id)
        .where(Reopening.round_id == round_id, Reopening.state == "waiting")
    )
    new = select(func.count()).select_from(Registration)
    new = new.where(Registration.round_id == round_id, Registration.state == "waiting")
    late, new = within(late, FrameUnit.commune_code, communes), within(new, Registration.commune_code, communes)
    return session.scalar(late) or 0, session.scalar(new) or 0


def reopenings(
    session: Session, round_id: int, communes: Communes, *, state: str = "", page: int = 1
) -> Page[ReopeningRow]:
    """Return the requests to answer after the deadline, those that wait first."""
    query = (
        select(Reopening, FrameUnit, Identity.values, func.coalesce(Account.name, ""))
        .join(SampleUnit, SampleUnit.id == Reopening.sample_unit_id)
        .join(FrameUnit, FrameUnit.id == SampleUnit.frame_unit_id)
        .outerjoin(Identity, Identity.key == FrameUnit.identity_key)
        .outerjoin(Account, Account.id == Reopening.decided_by)
        .where(Reopening.round_id == round_id)
        .order_by((Reopening.state == "waiting").desc(), Reopening.id.desc())
    )
    query = within(query.where(Reopening.state == state) if state else query, FrameUnit.commune_code, communes)
    return _page(session, query, page, _reopening_row)


def registrations(
    session: Session, round_id: int, communes: Communes, *, state: str = "", page: int = 1
) -> Page[RegistrationRow]:
    """Return the units that ask to be added, those that wait first, each with its twins in the frame."""
    query = (
        select(Registration, Identity.values, func.coalesce(Account.name, ""))
        .join(Identity, Identity.key == Registration.identity_key)
        .outerjoin(Account, Account.id == Registration.decided_by)
        .where(Registration.round_id == round_id)
        .order_by((Registration.state == "waiting").desc(), Registration.id.desc())
    )
    query = within(query.where(Registration.state == state) if state else query, Registration.commune_code, communes)
    found = _page(session, query, page, lambda row: RegistrationRow(row[0], dict(row[1]), row[2]))
    twins = _twins(session, round_id, [str(row.values.get("login", "")) for row in found.rows])
    rows = [replace(row, twins=twins.get(str(row.values.get("login", "")), ())) for row in found.rows]
    return replace(found, rows=rows)


def _page(session: Session, query: Select[*tuple[Any, ...]], number: int, row_of: Callable[[Any], T]) -> Page[T]:
    total = session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0
    at = bounded(number, total)
    rows = session.execute(query.limit(SIZE).offset((at - 1) * SIZE))
    return Page([row_of(row) for row in rows], at, total)


def _twins(session: Session, round_id: int, logins: list[str]) -> dict[str, tuple[str, ...]]:
    """Return the codes of the frame's units with some tax codes or unit codes, by login."""
    if not logins:
        return {}
    tax_code, code = plain(Identity.values["tax_code"].as_string()), plain(FrameUnit.code)
    query = (
        select(FrameUnit.code, tax_code, code)
        .outerjoin(Identity, Identity.key == FrameUnit.identity_key)
        .where(FrameUnit.round_id == round_id, FrameUnit.kind.in_(SELF_REPORTING))
        .where(or_(tax_code.in_(logins), code.in_(logins)))
        .order_by(FrameUnit.code)
    )
    found: dict[str, tuple[str, ...]] = {}
    for written, by_tax, by_code in session.execute(query):
        for login in {by_tax, by_code} & set(logins):
            found[login] = (*found.get(login, ()), written)
    return found


def _reopening_row(row: Any) -> ReopeningRow:
    request, frame, values, decided_by = row
    named = values or {}
    name = str(named.get("name") or named.get("enterprise_name") or named.get("institution_name") or "")
    return ReopeningRow(request, frame.code, frame.kind, frame.commune_code, name, decided_by)
