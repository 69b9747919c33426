"""The quick way to the one door: plain records that devices send at the same time are taken in by one transaction.

Plain is a new record, without files in the same message, that corrects nothing, of a trusted device with the right to
send it. Everything else is left to `submissions.receive`. A receipt is given only after the commit.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from sqlalchemy import Row, bindparam, select, union_all
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from survey.db import Database
from survey.errors import Problem
from survey.model import FrameUnit, Quarantine, Revision, SampleUnit
from survey.model.actor import Actor
from survey.model.base import utc_now
from survey.operations import audit, devices, examination, records, submissions
from survey.operations.devices import KnownDevice
from survey.operations.examination import Examined
from survey.operations.records import Version
from survey.operations.submissions import Receipt

_T = TypeVar("_T")

CHANNEL = "openrosa"
_MOST = 64
"""No transaction takes in more records than this."""

_HERE = union_all(
    select(Revision.instance_id).where(Revision.instance_id.in_(bindparam("instances", expanding=True))),
    select(Quarantine.sha256).where(Quarantine.sha256.in_(bindparam("documents", expanding=True))),
)
_UNITS = (
    select(SampleUnit.round_id, FrameUnit.code, SampleUnit.id)
    .join(FrameUnit, FrameUnit.id == SampleUnit.frame_unit_id)
    .where(
        SampleUnit.round_id.in_(bindparam("rounds", expanding=True)),
        FrameUnit.code.in_(bindparam("codes", expanding=True)),
    )
)


@dataclass(slots=True, eq=False)
class _Arrival:
    """One examined record in the queue, and what became of it."""

    token_hash: str
    address: str
    examined: Examined
    is_settled: bool = False
    receipt: Receipt | None = None


@dataclass(slots=True)
class Intake:
    """The queue of one process in front of a database: whoever is next writes for all who wait."""

    database: Database
    _queue: deque[_Arrival] = field(default_factory=deque)
    _turn: threading.Lock = field(default_factory=threading.Lock)
    _met: set[str] = field(default_factory=set)

    def take_in(self, token: str, xml: bytes, *, address: str = "") -> Receipt | None:
        """Take in a plain record of the device with this token; None when it has to go the ordinary way.

        Raises sign-in-required for a token that was never given out, before the record is looked at.
        """
        hash_ = devices.token_hash(token)
        self._refuse_strangers(hash_)
        examined = self._examined(xml)
        if examined is None:
            return None
        arrival = _Arrival(hash_, address, examined)
        self._queue.append(arrival)
        with self._turn:
            while not arrival.is_settled:
                self._write([self._queue.popleft() for _ in range(min(_MOST, len(self._queue)))])
        return arrival.receipt

    def _refuse_strangers(self, token_hash: str) -> None:
        """Ask the database about a token that this process has not met; devices are never forgotten, only blocked."""
        if token_hash in self._met:
            return
        with self.database.reading() as session:
            if token_hash not in devices.known(session, [token_hash]):
                raise Problem("sign-in-required")
        self._met.add(token_hash)

    def _examined(self, xml: bytes) -> Examined | None:
        """Return a document that was judged, None for a correction and for whatever cannot be judged here."""
        try:
            document, sha256 = examination.read(xml)
            if document.deprecated_id is not None:
                return None
            with self.database.reading() as session:
                return examination.examine(session, xml, document, sha256, utc_now())
        except Exception:  # The ordinary way meets the same fault and says what becomes of the record.
            return None

    def _write(self, arrivals: Sequence[_Arrival]) -> None:
        """Take in what waits; records that make the transaction fail go the ordinary way, one by one."""
        try:
            with self.database.transaction() as session:
                receipts = take_in_all(session, arrivals)
            for arrival, receipt in receipts:
                arrival.receipt = receipt
        except (SQLAlchemyError, _Taken):
            pass
        finally:
            for arrival in arrivals:
                arrival.is_settled = True


class _Taken(Exception):
    """An identifier was used by somebody else in the same moment."""


@dataclass(frozen=True, slots=True)
class _Plain:
    """A record that can be written as it is, with the device and the person that sent it."""

    arrival: _Arrival
    version: Version
    device: KnownDevice
    actor: Actor


def take_in_all(session: Session, arrivals: Sequence[_Arrival]) -> list[tuple[_Arrival, Receipt]]:
    """Write those of the arrivals that are plain and return their receipts; raises _Taken when a race was lost."""
    senders = devices.known(session, _full({arrival.token_hash for arrival in arrivals}))
    plain = _plain(session, _unseen(session, arrivals), senders)
    if not plain:
        return []
    ids = records.store_new(session, [one.version for one in plain])
    if ids is None:
        raise _Taken
    devices.note_contact(session, [one.device for one in plain])
    stored = list(zip(plain, ids, strict=True))
    audit.record_all(session, [(one.actor, submissions.event_of(one.version, id_, 1)) for one, id_ in stored])
    return [(one.arrival, submissions.receipt_of(one.version, id_, 1)) for one, id_ in stored]


def _unseen(session: Session, arrivals: Sequence[_Arrival]) -> list[_Arrival]:
    """Return the arrivals that are new here, one per identifier, in the order of identifiers.

    Two processes that write the same identifiers in the same order cannot wait for each other in a circle.
    """
    one_each = {arrival.examined.document.instance_id: arrival for arrival in reversed(arrivals)}
    documents = [arrival.examined.sha256 for arrival in one_each.values()]
    here = set(session.scalars(_HERE, {"instances": _full(one_each), "documents": _full(documents)}))
    return [one_each[id_] for id_ in sorted(one_each) if not here & {id_, one_each[id_].examined.sha256}]


def _plain(session: Session, arrivals: Sequence[_Arrival], senders: Mapping[str, KnownDevice]) -> list[_Plain]:
    """Return the arrivals that a trusted device sent to a round that takes them in."""
    rounds = {number: _round(session, number) for number in {a.examined.form_version_id for a in arrivals}}
    units = _units(session, {round_.id for round_ in rounds.values() if round_ is not None}, arrivals)
    found = []
    for arrival in arrivals:
        device, round_ = senders.get(arrival.token_hash), rounds[arrival.examined.form_version_id]
        if device is None or not device.is_trusted or round_ is None:
            continue
        actor = replace(device.actor, address=arrival.address)
        if submissions.may_send(actor, round_.id):
            unit = units.get((round_.id, arrival.examined.unit_code))
            version = submissions.version_of(arrival.examined, round_, unit, actor, channel=CHANNEL, device=device.name)
            found.append(_Plain(arrival, version, device, actor))
    return found


def _round(session: Session, form_version_id: int) -> Row[*tuple[Any, ...]] | None:
    """Return the round that a form version is answered in, None when there is none."""
    try:
        return submissions.round_of(session, form_version_id, None)
    except Problem:
        return None


def _full(values: Iterable[_T]) -> list[_T]:
    """Return values as a list with a power of two as its length, the last one repeated.

    So a statement with a list has few forms, and its prepared one is found again.
    """
    found = list(values)
    return found + found[-1:] * ((1 << max(0, len(found) - 1).bit_length()) - len(found))


def _units(session: Session, rounds: set[int], arrivals: Sequence[_Arrival]) -> dict[tuple[int, str], int]:
    """Return the sampled units that records name, by round and code."""
    codes = sorted({arrival.examined.unit_code for arrival in arrivals} - {""})
    if not codes:
        return {}
    rows = session.execute(_UNITS, {"rounds": _full(rounds), "codes": _full(codes)})
    return {(row.round_id, row.code): row.id for row in rows}
