"""Frame files: every fault by row and column, nothing written before all is right, second uploads mend and add."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

import pytest
from openpyxl import Workbook
from sqlalchemy import func, select

from survey.db import Database
from survey.errors import Problem
from survey.model import AuditEvent, FrameUnit, Identity
from survey.model.actor import SYSTEM
from survey.operations import frame_files, frame_merging, frame_tables, planning
from survey.operations.frame_files import Check
from survey.reference import frame_columns
from tests.rounds import small_round

AREA = ("Mã địa bàn", "Xã/phường", "Tên địa bàn", "Số hộ")


def _csv(heads: Sequence[str], *rows: Sequence[str]) -> bytes:
    buffer = io.StringIO()
    csv.writer(buffer).writerows([heads, *rows])
    return ("\ufeff" + buffer.getvalue()).encode()


def _xlsx(*rows: Sequence[object]) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(list(row))  # type: ignore[union-attr]
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _round(database: Database) -> int:
    with database.transaction() as session:
        return small_round(session).id


def _check(database: Database, number: int, kind: str, content: bytes) -> Check:
    with database.reading() as session:
        return frame_files.check(session, number, kind, frame_tables.read(content, "tep"))


def _import(database: Database, number: int, kind: str, content: bytes) -> Check:
    with database.transaction() as session:
        checked = frame_files.check(session, number, kind, frame_tables.read(content, "tep"))
        list(frame_merging.take_in(session, SYSTEM, number, checked))
        return checked


def _units(database: Database, kind: str) -> dict[str, FrameUnit]:
    with database.reading() as session:
        return {unit.code: unit for unit in session.scalars(select(FrameUnit).where(FrameUnit.kind == kind))}


def test_areas_come_in_by_code_or_name_with_a_stratum_of_their_own(database: Database) -> None:
    number = _round(database)
    file = _csv(AREA, ("31318-001", "31318", "Khu vực 1", "1.120"), ("31359-001", "xa tan binh", "Ấp 2", "95,5"))
    checked = _import(database, number, "area", file)
    assert (len(checked.added), checked.same, checked.faults) == (2, 0, ())
    units = _units(database, "area")
    assert units["31318-001"].size == 1120
    assert units["31318-001"].stratum == "930-U"
    assert units["31318-001"].attributes == {"name": "Khu vực 1"}
    assert units["31359-001"].size == 95.5


@pytest.mark.parametrize(
    ("row", "head", "code"),
    [
        (("", "31318", "", "10"), "Mã địa bàn", "missing"),
        (("a", "", "", "10"), "Xã/phường", "missing"),
        (("a", "Xã Tân Bìn", "", "10"), "Xã/phường", "commune-unknown"),
        (("a", "Vĩnh Tường", "", "10"), "Xã/phường", "commune-twice"),
        (("a", "Phường Vị Thanh", "", "10"), "Xã/phường", "commune-choose"),
        (("a", "31318", "", "1.5"), "Số hộ", "number"),
        (("a", "31318", "", "0"), "Số hộ", "not-positive"),
        (("x" * 41, "31318", "", "1"), "Mã địa bàn", "too-long"),
    ],
)
def test_every_fault_names_row_column_and_remedy(
    database: Database, row: tuple[str, ...], head: str, code: str
) -> None:
    checked = _check(database, _round(database), "area", _csv(AREA, ("ok", "31318", "", "10"), row))
    assert [(fault.row, fault.head, fault.code) for fault in checked.faults] == [(3, head, code)]
    words = frame_files.FAULTS[code].format_map(checked.faults[0].details)
    assert "{" not in words
    assert len(checked.added) == 1


def test_a_near_name_is_offered_without_regard_to_accents(database: Database) -> None:
    checked = _check(database, _round(database), "area", _csv(AREA, ("a", "phuong lai hieuu", "", "10")))
    assert checked.faults[0].details["nearest"] == "Phường Lái Hiếu (31341)"


def test_district_and_present_unit_are_held_against_the_commune(database: Database) -> None:
    heads = (*AREA, "Huyện", "Xã/phường hiện nay")
    file = _csv(
        heads,
        ("a", "Vĩnh Tường", "", "1", "Vị Thủy", ""),
        ("b", "Phường I", "", "1", "Thị xã Long Mỹ", ""),
        ("c", "Phường I", "", "1", "", "Xã Vị Thủy"),
        ("d", "", "", "1", "", "Phường Vị Thanh"),
        ("e", "Phường I", "", "1", "", "Phường Vị Thanh"),
    )
    checked = _check(database, _round(database), "area", file)
    assert [entry.code for entry in checked.added] == ["a", "e"]
    assert [(f.row, f.code) for f in checked.faults] == [
        (3, "district-differs"), (4, "present-differs"), (5, "commune-choose"),
    ]  # fmt: skip


def test_a_code_may_stand_once_and_a_household_needs_its_area(database: Database) -> None:
    number = _round(database)
    _import(database, number, "area", _csv(AREA, ("31318-001", "31318", "", "10")))
    heads = ("Mã hộ", "Mã địa bàn", "Họ và tên chủ hộ", "Điện thoại")
    rows = [("h1", "31318-001", "A", ""), ("h1", "31318-001", "B", ""), ("h2", "khong", "C", "912345678")]
    checked = _check(database, number, "household", _csv(heads, *rows))
    assert [(f.row, f.code) for f in checked.faults] == [(3, "twice"), (4, "area-unknown"), (4, "zero-lost")]


def test_names_go_to_identity_and_a_second_file_mends_and_adds_but_never_deletes(database: Database) -> None:
    number = _round(database)
    _import(database, number, "area", _csv(AREA, ("31318-001", "31318", "", "10")))
    heads = ("Mã hộ", "Mã địa bàn", "Họ và tên chủ hộ", "Địa chỉ")
    first = [(f"h{i}", "31318-001", f"Chủ hộ {i}", f"Số {i}") for i in range(3)]
    _import(database, number, "household", _csv(heads, *first))
    second = [("h1", "31318-001", "", "Số 1 bis"), ("h2", "31318-001", "Chủ hộ 2", "Số 2"), ("h9", "31318-001", "", "")]
    checked = _import(database, number, "household", _csv(heads, *second))
    assert (len(checked.added), len(checked.changed), checked.same, checked.absent) == (1, 1, 1, 1)
    units = _units(database, "household")
    assert sorted(units) == ["h0", "h1", "h2", "h9"]
    assert units["h9"].commune_code == "31318"
    assert "Chủ hộ" not in str([unit.attributes for unit in units.values()])
    with database.reading() as session:
        kept = session.get_one(Identity, units["h1"].identity_key)
        assert kept.values == {"head_name": "Chủ hộ 1", "address": "Số 1 bis"}
        assert session.scalar(select(func.count()).where(AuditEvent.action == "frame.update")) == 1


def test_one_fault_keeps_everything_out(database: Database) -> None:
    number = _round(database)
    file = _csv(AREA, ("a", "31318", "", "10"), ("b", "31318", "", "x"))
    with pytest.raises(Problem) as caught:
        _import(database, number, "area", file)
    assert caught.value.code == "bad-frame"
    assert _units(database, "area") == {}


def test_a_drawn_frame_takes_names_but_neither_new_units_nor_other_sizes(database: Database) -> None:
    number = _round(database)
    file = [(f"31318-{i:03d}", "31318", f"Khu vực {i}", "10") for i in range(6)]
    _import(database, number, "area", _csv(AREA, *file))
    with database.transaction() as session:
        draw = planning.draw_area_sample(session, SYSTEM, number, n=2, seed=7).id
    again = [("31318-001", "31318", "Khu vực mới", "10"), ("31318-002", "31318", "", "11"), ("moi", "31318", "", "5")]
    checked = _check(database, number, "area", _csv(AREA, *again))
    assert [(f.row, f.code) for f in checked.faults] == [(3, "drawn-value"), (4, "drawn-new")]
    _import(database, number, "area", _csv(AREA, again[0]))
    assert _units(database, "area")["31318-001"].attributes["name"] == "Khu vực mới"
    with database.reading() as session:
        assert planning.verify_draw(session, draw)


def test_the_template_is_read_back_and_its_explanations_are_no_unit(database: Database) -> None:
    number = _round(database)
    for kind in planning.FRAME_KINDS:
        wanted = frame_columns.columns(kind)
        for language in ("vi", "en"):
            heads = [column.head(language) for column in wanted]
            hints = [column.hint(language) for column in wanted]
            file = frame_tables.template(kind, heads, hints, [column.required for column in wanted])
            checked = _check(database, number, kind, file)
            assert (checked.rows, checked.faults, checked.ignored) == (0, (), ()), (kind, language)


def test_numbers_of_a_spreadsheet_are_read_as_typed_and_unknown_heads_are_told(database: Database) -> None:
    number = _round(database)
    file = _xlsx(("Mã địa bàn", "Xã/phường", "Số hộ", "Ghi chú riêng", "urban"), (31318001, 31318, 120.5, "x", "1"))
    checked = _check(database, number, "area", file)
    assert checked.ignored == ("Ghi chú riêng",)
    assert checked.added[0].code == "31318001"
    assert checked.added[0].size == 120.5
    assert checked.added[0].attributes == {"urban": "1"}


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty-file"),
        (b"PK\x03\x04 broken", "bad-file"),
        (b"\xff\xfe\x00a", "bad-file"),
        (b"a,b\n1,2\n", "bad-column"),
    ],
)
def test_files_that_are_no_frame_are_refused_in_words(database: Database, content: bytes, code: str) -> None:
    with pytest.raises(Problem) as caught:
        _check(database, _round(database), "area", content)
    assert caught.value.code == code
