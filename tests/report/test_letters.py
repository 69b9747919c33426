"""Letters to units: one page each, the code legible and nowhere else, the same bytes for the same codes."""

from __future__ import annotations

import random
from datetime import date

import pypdfium2
import pytest

from survey.config import Agency
from survey.operations import invitations
from survey.report.language import Language
from survey.report.letters import render
from survey.report.letters.letter import Letter, Mailing, Recipient, address_of, name_of
from survey.text import clean

PLAIN = Language("en", lambda message: message)
LONG = "CÔNG TY TRÁCH NHIỆM HỮU HẠN MỘT THÀNH VIÊN THƯƠNG MẠI DỊCH VỤ XUẤT NHẬP KHẨU NÔNG SẢN NGỌC ÁNH"
MAILING = Mailing(
    Agency(),
    "Khảo sát kinh tế số, xã hội số năm 2026",
    "Kế hoạch số 128/KH-UBND ngày 04/7/2022 của Ủy ban nhân dân tỉnh Hậu Giang",
    date(2026, 12, 31),
    "https://phieuso.example.gov.vn/portal/",
    is_synthetic=True,
)
UNITS = (
    Recipient(1, "DN00024", "enterprise", LONG, ("Số 125/7 Nguyễn Công Trứ", "Phường Vị Thanh"), "6300123456"),
    Recipient(2, "GD003", "institution", "Trường Tiểu học Vị Tân 2", ("Ấp 5", "Xã Vị Tân, thành phố Cần Thơ")),
)


def letters() -> list[Letter]:
    ways = invitations.fresh([unit.sample_unit_id for unit in UNITS], rng=random.Random(1))
    return [
        Letter(unit, way.code, f"https://phieuso.example.gov.vn{way.link}")
        for unit, way in zip(UNITS, ways, strict=True)
    ]


def pages(pdf: bytes) -> list[str]:
    """Return the text of each page; lines run together."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        return [" ".join(clean(page.get_textpage().get_text_range()).split()) for page in document]
    finally:
        document.close()


@pytest.fixture(scope="module")
def written() -> bytes:
    return render.letters_pdf(letters(), MAILING, PLAIN)


def test_each_letter_is_one_page_with_name_address_and_code(written: bytes) -> None:
    found = pages(written)
    assert len(found) == len(UNITS)
    for text, letter in zip(found, letters(), strict=True):
        assert letter.recipient.name in text
        assert letter.recipient.address[0] in text
        assert " ".join(letter.groups) in text
        assert "31/12/2026" in text
        assert "phieuso.example.gov.vn/portal" in text
        assert "without legal effect" in text


def test_a_letter_shows_no_code_but_its_own(written: bytes) -> None:
    first, second = letters()
    found = pages(written)
    assert second.groups[0] not in found[0]
    assert first.groups[0] not in found[1]


def test_the_same_codes_give_the_same_bytes_and_other_codes_others(written: bytes) -> None:
    assert render.letters_pdf(letters(), MAILING, PLAIN) == written
    changed = [Letter(letters()[0].recipient, "ABCDEFGHJKLM", "https://x.vn/portal/l/x"), letters()[1]]
    assert render.letters_pdf(changed, MAILING, PLAIN) != written


def test_progress_is_told_up_to_the_last_letter() -> None:
    told: list[int] = []
    many = letters() * 14
    assert len(pages(render.letters_pdf(many, MAILING, PLAIN, told.append))) == 28
    assert told == [25, 28]


def test_the_qr_code_holds_the_whole_link_as_a_picture_of_its_own() -> None:
    picture = letters()[0].picture
    assert picture.startswith("data:image/svg+xml")
    assert picture != letters()[1].picture
    assert picture == letters()[0].picture


def test_register_and_labels_name_every_unit_and_carry_no_code() -> None:
    lines = [render.RegisterLine(unit, "05/10/2026") for unit in UNITS]
    register = " ".join(pages(render.register_pdf(lines, MAILING, PLAIN)))
    labels = pages(render.labels_pdf(UNITS * 13, PLAIN))
    for unit in UNITS:
        assert unit.name in register
        assert unit.unit_code in labels[0]
    assert len(labels) == 2
    assert not any(letter.groups[0] in register for letter in letters())


def test_an_address_does_not_say_a_place_twice() -> None:
    named = {"enterprise_name": "Công ty A", "address": "Số 5, Phường Vị Thanh"}
    assert name_of(named, "DN1") == "Công ty A"
    assert name_of({}, "DN1") == "DN1"
    assert address_of(named, "Phường Vị Thanh", "thành phố Cần Thơ") == ("Số 5, Phường Vị Thanh", "thành phố Cần Thơ")


def test_every_font_is_embedded(written: bytes) -> None:
    document = pypdfium2.PdfDocument(written)
    names = set()
    try:
        for item in document[0].get_objects():
            if isinstance(item, pypdfium2.PdfTextObj):
                font = item.get_font()
                names.add(font.get_base_name())
                assert font.is_embedded
    finally:
        document.close()
    assert {name.partition("+")[2].partition("-")[0] for name in names} == {"Tinos", "Cousine"}
