"""Checks a handed-in frame row by row against what the round has, and takes it in: adds, mends, never deletes.

A check writes nothing and finds every fault, each by row and column with its remedy. Once a sample was drawn from a
frame its codes, places, strata and sizes are fixed, so that the draw can be repeated; names and addresses are not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.errors import Problem
from survey.model import FrameUnit, Identity, SampleDraw
from survey.operations import frame_places, frame_tables
from survey.operations.planning import FRAME_KINDS, FrameEntry
from survey.reference.frame_columns import FrameColumn, columns, key, recognise
from survey.reference.units import OldCommune, old_commune
from survey.text import N_, parse_decimal

FAULTS: Mapping[str, str] = {
    "missing": N_("Nothing stands here. Fill in this cell."),
    "twice": N_("This code stands in row {other} already. Give every unit a code of its own."),
    "too-long": N_("The text is too long: at most {limit} characters."),
    "number": N_("This is not a number. Write digits, with a decimal comma where needed, such as 120 or 12,5."),
    "not-positive": N_("The number must be more than 0."),
    "zero-lost": N_("A zero at the start was lost. Format the column as text and write 0{digits}."),
    "area-unknown": N_("The frame of areas has no such code. Import the areas first, or mend the code."),
    "commune-unknown": N_("No commune had this name or code before 1 July 2025. Nearest: {nearest}."),
    "commune-twice": N_("Several communes have this name: {choices}. Write the code, or fill in the district."),
    "commune-choose": N_("{name} exists since 1 July 2025 and was made of {choices}. Write which of them it is."),
    "district-unknown": N_("There was no such district. Nearest: {nearest}."),
    "district-differs": N_("{name} lay in {district}. Mend the district or the commune."),
    "present-unknown": N_("There is no such commune today. Nearest: {nearest}."),
    "present-differs": N_("{name} belongs to {today} today. Mend one of the two cells."),
    "drawn-new": N_("The sample of this round is drawn: no unit can be added to its frame. Leave the row out."),
    "drawn-value": N_("The sample of this round was drawn with {was}: this value is fixed. Write it as it was."),
}
"""Why a cell cannot be taken in, and what to do, by code."""
_LIMITS = {"code": 40, "stratum": 60}
_NAMED = ("name", "head_name", "hamlet", "address", "phone", "email", "tax_code", "enterprise_name", "institution_name")


@dataclass(frozen=True, slots=True)
class Fault:
    """One cell that cannot be taken in; `head` is the column as the file or the template calls it."""

    row: int
    head: str
    value: str
    code: str
    details: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Known:
    """A unit that the frame holds already."""

    id: int
    commune_code: str
    parent_code: str
    stratum: str
    size: float
    attributes: Mapping[str, Any]
    identity_key: str | None
    identity: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Check:
    """What a file would do to a frame: new units, changed ones, untouched ones, and every fault."""

    kind: str
    added: tuple[FrameEntry, ...]
    changed: tuple[tuple[int, FrameEntry], ...]
    same: int
    faults: tuple[Fault, ...]
    ignored: tuple[str, ...]
    absent: int

    @property
    def rows(self) -> int:
        """Return how many rows can be taken in."""
        return len(self.added) + len(self.changed) + self.same

    def communes(self) -> list[tuple[OldCommune, int, int]]:
        """Return (commune, new units, changed units) in the order of districts and codes."""
        new = Counter(entry.commune_code for entry in self.added)
        changed = Counter(entry.commune_code for _id, entry in self.changed)
        return [(old_commune(code), new[code], changed[code]) for code in sorted(new.keys() | changed.keys())]


def check(session: Session, round_id: int, kind: str, table: frame_tables.Table) -> Check:
    """Compare a table with the frame of a round; writes nothing. Raises bad-value and bad-column."""
    if kind not in FRAME_KINDS:
        raise Problem("bad-value", name="kind", value=kind, expected=", ".join(FRAME_KINDS))
    heads, ignored = _heads(kind, table)
    known = _known(session, round_id, kind)
    is_drawn = session.scalar(select(SampleDraw.id).where(SampleDraw.round_id == round_id, SampleDraw.kind == kind))
    areas = _areas(session, round_id) if kind == "household" else {}
    written = {column.name: table.heads[place] for place, column in heads.items()}
    reader = _Reader(kind, heads, known, areas, written, bool(is_drawn))
    added: list[FrameEntry] = []
    changed: list[tuple[int, FrameEntry]] = []
    same = 0
    for entry, before in reader.entries(table):
        if before is None:
            added.append(entry)
        elif _differs(entry, before):
            changed.append((before.id, entry))
        else:
            same += 1
    absent = len(known.keys() - reader.seen.keys())
    return Check(kind, tuple(added), tuple(changed), same, tuple(reader.faults), ignored, absent)


class _Reader:
    """Turns rows into entries, gathering every fault on the way."""

    def __init__(
        self,
        kind: str,
        heads: Mapping[int, FrameColumn],
        known: Mapping[str, Known],
        areas: Mapping[str, tuple[str, str]],
        written: Mapping[str, str],
        is_drawn: bool,
    ) -> None:
        self.kind, self.heads, self.known, self.areas, self.is_drawn = kind, heads, known, areas, is_drawn
        self.required = [column for column in columns(kind) if column.required]
        self.words = {column.name: column.vi for column in columns(kind)} | dict(written)
        self.seen: dict[str, int] = {}
        self.faults: list[Fault] = []

    def entries(self, table: frame_tables.Table) -> Iterator[tuple[FrameEntry, Known | None]]:
        """Yield each row without a fault, with the unit that the frame holds under its code."""
        explained = {key(column.hint(language)) for column in columns(self.kind) for language in ("vi", "en")}
        for number, cells in table.rows:
            if key(cells[0]) in explained:
                continue
            given = {column.name: cells[place] for place, column in self.heads.items() if place < len(cells)}
            count = len(self.faults)
            entry, before = self._entry(number, given)
            if len(self.faults) == count:
                yield entry, before

    def _entry(self, row: int, given: Mapping[str, str]) -> tuple[FrameEntry, Known | None]:
        code = given["code"]
        before = self.known.get(code)
        self._required(row, given)
        self._once(row, code)
        commune, parent, default = self._place(row, given)
        stratum = given.get("stratum", "") or (before.stratum if before else default)
        self._short(row, given)
        size = self._size(row, given.get("size", ""), before)
        phone = given.get("phone", "")
        if len(phone) == 9 and phone.isdecimal() and phone[0] != "0":
            self._fault(row, "phone", phone, "zero-lost", digits=phone)
        values = {column.name: (column.place, given.get(column.name, "")) for column in self.heads.values()}
        entry = FrameEntry(
            code=code,
            commune_code=commune,
            stratum=stratum,
            size=size,
            parent_code=parent,
            attributes={name: text for name, (place, text) in values.items() if place == "attribute" and text},
            identity={name: text for name, (place, text) in values.items() if place == "identity" and text},
        )
        if self.is_drawn:
            self._frozen(row, entry, before)
        return entry, before

    def _required(self, row: int, given: Mapping[str, str]) -> None:
        for column in self.required:
            if not given.get(column.name) and not (column.place == "commune" and given.get("present_commune")):
                self._fault(row, column.name, "", "missing")

    def _once(self, row: int, code: str) -> None:
        if not code:
            return
        if code in self.seen:
            self._fault(row, "code", code, "twice", other=str(self.seen[code]))
        self.seen.setdefault(code, row)

    def _short(self, row: int, given: Mapping[str, str]) -> None:
        for name, limit in _LIMITS.items():
            if len(given.get(name, "")) > limit:
                self._fault(row, name, given[name][:limit], "too-long", limit=str(limit))

    def _place(self, row: int, given: Mapping[str, str]) -> tuple[str, str, str]:
        """Return commune code, code of the area, and the stratum of a unit that names none."""
        if self.kind == "household":
            area = given.get("area", "")
            if area and area not in self.areas:
                self._fault(row, "area", area, "area-unknown")
            commune, stratum = self.areas.get(area, ("", ""))
            return commune, area, stratum
        texts = (given.get("commune", ""), given.get("district", ""), given.get("present_commune", ""))
        if not any(texts):
            return "", "", ""
        found = frame_places.find(*texts)
        if found.commune is None:
            name = {"present": "present_commune"}.get(found.cell, found.cell)
            if found.fault != "missing":
                self._fault(row, name, given.get(name, ""), found.fault, **found.details)
            return "", "", ""
        unit = found.commune
        return unit.code, "", f"{unit.district_code}-{'U' if unit.urban else 'R'}" if self.kind == "area" else ""

    def _size(self, row: int, text: str, before: Known | None) -> float:
        if not text:
            return before.size if before else 1.0
        number = parse_decimal(text)
        if number is None:
            self._fault(row, "size", text, "number")
        elif number <= 0:
            self._fault(row, "size", text, "not-positive")
        return float(number or 1)

    def _frozen(self, row: int, entry: FrameEntry, before: Known | None) -> None:
        """Refuse what would make the draw of this frame impossible to repeat."""
        if before is None:
            self._fault(row, "code", entry.code, "drawn-new")
            return
        for name, now, was in (
            ("commune", entry.commune_code, before.commune_code),
            ("area", entry.parent_code, before.parent_code),
            ("stratum", entry.stratum, before.stratum),
            ("size", entry.size, before.size),
        ):
            if now != was and now not in ("", None):
                self._fault(row, name, f"{now:g}" if isinstance(now, float) else now, "drawn-value", was=f"{was}")

    def _fault(self, row: int, name: str, value: str, code: str, /, **details: str) -> None:
        self.faults.append(Fault(row, self.words.get(name, name), value, code, details))


def _heads(kind: str, table: frame_tables.Table) -> tuple[dict[int, FrameColumn], tuple[str, ...]]:
    """Return the column of each place in a row, and the heads that mean nothing here.

    A head that is written like the name of a question (`section`) is kept under that name, for the questionnaire.
    """
    found: dict[int, FrameColumn] = {}
    ignored: list[str] = []
    for place, head in enumerate(table.heads):
        column = recognise(kind, head) or _question(kind, head)
        if column is None or column.name in {known.name for known in found.values()}:
            ignored.extend([head] if head else [])
        else:
            found[place] = column
    names = {column.name for column in found.values()}
    for must in columns(kind):
        stands_in = must.place == "commune" and "present_commune" in names
        if must.required and must.name not in names and not stands_in:
            raise Problem("bad-column", column=must.vi, known=", ".join(head for head in table.heads if head) or "–")
    return found, tuple(ignored)


def _question(kind: str, head: str) -> FrameColumn | None:
    is_name = head.isascii() and head.isidentifier() and head == head.lower()
    if not is_name or head in ("commune_code", "parent_code"):
        return None
    place = "identity" if head in _NAMED else "attribute"
    return FrameColumn(head, place, required=False, vi=head, en=head, hint_vi="", hint_en="")


def _known(session: Session, round_id: int, kind: str) -> dict[str, Known]:
    """Return the units of a frame by code, with what is known of their names."""
    areas = {unit_id: code for code, unit_id in _area_ids(session, round_id)} if kind == "household" else {}
    query = (
        select(FrameUnit, Identity.values)
        .outerjoin(Identity, Identity.key == FrameUnit.identity_key)
        .where(FrameUnit.round_id == round_id, FrameUnit.kind == kind)
    )
    return {
        row.code: Known(
            row.id,
            row.commune_code,
            areas.get(row.parent_id or 0, ""),
            row.stratum,
            row.size,
            row.attributes,
            row.identity_key,
            named or {},
        )
        for row, named in session.execute(query)
    }


def _areas(session: Session, round_id: int) -> dict[str, tuple[str, str]]:
    """Return commune and stratum of every area of a round by code."""
    columns_ = (FrameUnit.code, FrameUnit.commune_code, FrameUnit.stratum)
    rows = session.execute(select(*columns_).where(FrameUnit.round_id == round_id, FrameUnit.kind == "area"))
    return {row.code: (row.commune_code, row.stratum) for row in rows}


def _area_ids(session: Session, round_id: int) -> list[tuple[str, int]]:
    query = select(FrameUnit.code, FrameUnit.id).where(FrameUnit.round_id == round_id, FrameUnit.kind == "area")
    return [(row.code, row.id) for row in session.execute(query)]


def _differs(entry: FrameEntry, before: Known) -> bool:
    """Tell whether a row says anything that the frame does not hold; cells left empty say nothing."""
    plain = (entry.commune_code, entry.parent_code, entry.stratum, entry.size)
    if plain != (before.commune_code, before.parent_code, before.stratum, before.size):
        return True
    said = (*entry.attributes.items(), *entry.identity.items())
    held = {**before.attributes, **before.identity}
    return any(str(held.get(name, "")) != text for name, text in said)
