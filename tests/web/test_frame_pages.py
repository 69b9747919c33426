"""Frames from pages: template, check, faults in words, taking in."""

from __future__ import annotations

import io

from flask.testing import FlaskClient
from openpyxl import load_workbook
from sqlalchemy import func, select

from survey.config import Config
from survey.db import Database
from survey.model import FrameUnit
from tests.web.office_round import Staffed, send, sign_in

_HEAD = "Mã doanh nghiệp;Xã/phường;Tầng;Tên doanh nghiệp\n"


def _page(staffed: Staffed, page: str = "") -> str:
    return f"/office/rounds/{staffed.code}/frames{page}"


def _check(office: FlaskClient, staffed: Staffed, text: str, kind: str = "enterprise"):  # type: ignore[no-untyped-def]
    file = (io.BytesIO(text.encode()), "dan-mau.csv")
    return send(office, _page(staffed), _page(staffed, "/check"), kind=kind, file=file)


def _enterprises(database: Database) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).where(FrameUnit.kind == "enterprise")) or 0


def test_a_right_file_is_checked_first_and_taken_in_on_demand(
    office: FlaskClient, staffed: Staffed, office_database: Database, config: Config
) -> None:
    sign_in(office, "statistician")
    answer = _check(office, staffed, f"{_HEAD}DN1;31318;C;Công ty Kín\nDN2;Vị Tân;C;Công ty Kín 2\n")
    assert answer.status_code == 200
    assert _enterprises(office_database) == 0
    assert "Công ty Kín" not in answer.text
    digest = answer.text.split('name="digest" value="')[1].split('"')[0]
    taken = send(office, _page(staffed), _page(staffed, "/import"), kind="enterprise", digest=digest)
    assert taken.location == _page(staffed)
    assert _enterprises(office_database) == 2
    assert list(config.uploads.iterdir()) == []


def test_faults_are_shown_by_row_and_nothing_can_be_taken_in(office: FlaskClient, staffed: Staffed) -> None:
    sign_in(office, "statistician")
    answer = _check(office, staffed, f"{_HEAD}DN1;Phuong Lai Hieuu;C;A\n")
    assert "Phường Lái Hiếu (31341)" in answer.text
    assert 'name="digest"' not in answer.text


def test_a_digest_that_was_not_checked_is_not_found(office: FlaskClient, staffed: Staffed) -> None:
    sign_in(office, "statistician")
    for digest in ("0" * 64, "../config.py"):
        answer = send(office, _page(staffed), _page(staffed, "/import"), kind="enterprise", digest=digest)
        assert answer.status_code == 400


def test_no_file_and_a_file_that_is_none_are_said_in_words(office: FlaskClient, staffed: Staffed) -> None:
    sign_in(office, "statistician")
    assert send(office, _page(staffed), _page(staffed, "/check"), kind="area").status_code == 400
    assert _check(office, staffed, "a,b\n1,2\n").status_code == 400


def test_the_template_has_vietnamese_heads(office: FlaskClient, staffed: Staffed) -> None:
    sign_in(office, "statistician")
    book = load_workbook(io.BytesIO(office.get(_page(staffed, "/template-household.xlsx")).data))
    assert [cell.value for cell in book.worksheets[0][1]][:2] == ["Mã hộ *", "Mã địa bàn *"]


def test_a_viewer_sees_counts_but_hands_nothing_in(office: FlaskClient, staffed: Staffed) -> None:
    sign_in(office, "viewer")
    assert 'type="file"' not in office.get(_page(staffed)).text
    assert office.get(_page(staffed, "/template-area.xlsx")).status_code == 403
