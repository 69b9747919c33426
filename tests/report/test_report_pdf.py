from __future__ import annotations

import hashlib
import io
import subprocess
import sys
import unicodedata
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fontTools.ttLib import TTFont
from pypdf import PdfReader

from survey.config import Agency
from survey.report import context, render
from tests.report import sample
from tests.report.vietnamese import ENGLISH, vietnamese

ROOT = Path(__file__).resolve().parents[2]
CSV = render.Attached("so-lieu.csv", "\ufeffchỉ tiêu,giá trị\r\n".encode(), "Số liệu")
_VOWELS = "aăâeêioôơuưy"
_TONES = ("", "\u0300", "\u0301", "\u0309", "\u0303", "\u0323")


def letters() -> str:
    """Return the 146 Vietnamese letters that plain ASCII and Latin-1 fonts get wrong, with their plain vowels."""
    small = [unicodedata.normalize("NFC", vowel + tone) for vowel in _VOWELS for tone in _TONES] + ["đ"]
    return "".join(small + [letter.upper() for letter in small])


def report(state: str = "released", agency: Agency | None = None, *, synthetic: bool = True) -> context.Report:
    results = sample.results(state=state, synthetic=synthetic)
    before = {i.code: f for i in results.indicators if (f := sample.previous(i))}
    return context.build(results, agency or Agency(), vietnamese(), previous=before)


@pytest.fixture(scope="module")
def content() -> bytes:
    return render.pdf(report(), [CSV])


@pytest.fixture(scope="module")
def reader(content: bytes) -> PdfReader:
    return PdfReader(io.BytesIO(content))


@pytest.fixture(scope="module")
def pages(reader: PdfReader) -> list[str]:
    return [" ".join(page.extract_text().split()) for page in reader.pages]


@pytest.fixture(scope="module")
def draft() -> PdfReader:
    return PdfReader(io.BytesIO(render.pdf(report("draft", synthetic=False))))


def fonts(reader: PdfReader) -> dict[str, TTFont]:
    """Return the embedded font programs by name."""
    found = {}
    for page in reader.pages:
        for entry in page["/Resources"]["/Font"].values():
            descendant = entry.get_object()["/DescendantFonts"][0].get_object()
            program = descendant["/FontDescriptor"]["/FontFile2"].get_data()
            found[str(descendant["/BaseFont"])] = TTFont(io.BytesIO(program))
    return found


def structure(reader: PdfReader) -> list[dict[str, Any]]:
    """Return every structure element of the tag tree."""
    found: list[dict[str, Any]] = []

    def walk(node: Any) -> None:
        node = node.get_object() if hasattr(node, "get_object") else node
        if isinstance(node, list):
            for child in node:
                walk(child)
        elif isinstance(node, dict):
            if "/S" in node:
                found.append(node)
            walk(node.get("/K", []))

    walk(reader.trailer["/Root"]["/StructTreeRoot"])
    return found


def test_the_first_page_carries_the_header_of_the_decree(pages: list[str]) -> None:
    first = pages[0]
    for words in (
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "Độc lập - Tự do - Hạnh phúc",
        "ỦY BAN NHÂN DÂN THÀNH PHỐ CẦN THƠ",
        "SỞ KHOA HỌC VÀ CÔNG NGHỆ",
        "/BC-SKHCN",
        "Cần Thơ, ngày ….. tháng ….. năm 2026",
        "BÁO CÁO",
        "Kế hoạch số 128/KH-UBND ngày 04 tháng 7 năm 2022",
        "Kính gửi: Ủy ban nhân dân thành phố Cần Thơ",
    ):
        assert words in first


def test_number_day_signature_and_seal_stay_blank(pages: list[str]) -> None:
    assert "Số: /BC-SKHCN" in pages[0]
    closing = next(page for page in pages if "Nơi nhận:" in page)
    assert "GIÁM ĐỐC" in closing
    assert "Lưu: VT, CĐS." in closing


def test_pages_are_a4_with_the_body_upright_and_the_annexes_on_their_side(reader: PdfReader) -> None:
    sizes = [(round(float(page.mediabox.width)), round(float(page.mediabox.height))) for page in reader.pages]
    assert set(sizes) == {(595, 842), (842, 595)}
    assert sizes.index((842, 595)) <= 5
    assert sizes == sorted(sizes)


def test_page_numbers_start_on_the_second_page_at_the_top(pages: list[str]) -> None:
    assert not pages[0].startswith("1 ")
    for number, page in enumerate(pages[1:], start=2):
        assert str(number) in page.split(" ")


def test_margins_keep_to_the_decree() -> None:
    css = (ROOT / "survey" / "static" / "css" / "report.css").read_text("utf-8")
    assert "margin: 20mm 15mm 20mm 30mm" in css


def test_synthetic_data_are_named_on_every_page(pages: list[str]) -> None:
    assert all("DỮ LIỆU MÔ PHỎNG" in page for page in pages)


def test_real_data_are_not_called_synthetic(draft: PdfReader) -> None:
    assert not any("DỮ LIỆU MÔ PHỎNG" in page.extract_text() for page in draft.pages)


def test_only_a_draft_carries_the_watermark(draft: PdfReader, reader: PdfReader) -> None:
    assert "DỰ THẢO" in vietnamese().text("DRAFT")
    assert "chưa công bố" in draft.pages[0].extract_text()
    assert "chưa công bố" not in reader.pages[0].extract_text()
    assert "@page draft " in render.html(report("draft"))
    assert "@page draft " not in render.html(report())


def test_every_indicator_stands_in_the_main_table_with_target_estimate_and_interval(pages: list[str]) -> None:
    body = " ".join(pages)
    for code in [f"KT{i}." for i in range(1, 7)] + [f"XH{i}." for i in range(1, 12)]:
        assert code in body
    for figure in ("≥ 80 ≥ 95 83,4 81,2–85,6", "79,96", "5.903", "331/331", "≥ 99,1"):
        assert figure in body.replace("\u00a0", " ")


def test_experimental_and_proposed_definitions_are_marked_where_the_figure_stands(pages: list[str]) -> None:
    table = pages[1]
    assert "thử nghiệm; số chính thức: 9,1%" in table
    assert table.count("(đề xuất)") >= 5
    assert "đề xuất một phần" in table


def test_places_print_zero_hundred_and_suppressed_cells(pages: list[str]) -> None:
    annexes = " ".join(page for page in pages if "Phụ lục" in page or "Bảng 2" in page or "Xã Vĩnh Thuận Đông" in page)
    assert "0,0" in annexes
    assert "100,0" in annexes
    assert "Xã Vĩnh Thuận Đông …" in " ".join(pages)


def test_all_28_units_and_8_districts_are_in_the_annexes(pages: list[str]) -> None:
    body = " ".join(pages)
    for name in ("Phường Long Phú 1", "Xã Vị Thanh 1", "Xã Tân Phước Hưng", "Thị xã Long Mỹ", "Huyện Châu Thành A"):
        assert name in body


def test_the_only_font_is_tinos_embedded_as_a_subset(reader: PdfReader) -> None:
    names = {name.split("+")[1] for name in fonts(reader)}
    assert names == {"Tinos", "Tinos-Bold", "Tinos-Italic", "Tinos-Bold-Italic"}


def test_all_146_vietnamese_letters_are_drawn_by_the_embedded_font() -> None:
    wanted = letters()
    assert len(set(wanted)) == 146
    spaced = " ".join(wanted[i : i + 12] for i in range(0, len(wanted), 12))
    agency = replace(Agency(), name=spaced, parent="A", recipients=(spaced,))
    reader = PdfReader(io.BytesIO(render.pdf(report(agency=agency))))
    assert {name.split("+")[1].split("-")[0] for name in fonts(reader)} == {"Tinos"}
    text = unicodedata.normalize("NFC", "".join(page.extract_text() for page in reader.pages))
    assert not set(wanted) - set(text)
    bold = next(font for name, font in fonts(reader).items() if name.endswith("+Tinos-Bold"))
    outlined = [glyph for glyph in bold.getGlyphOrder() if bold["glyf"][glyph].numberOfContours]
    assert len(outlined) >= 146


def test_the_document_claims_pdf_a_3a_and_pdf_ua_1(reader: PdfReader) -> None:
    root = reader.trailer["/Root"]
    metadata = root["/Metadata"].get_object().get_data().decode()
    assert 'pdfaid:part="3"' in metadata
    assert 'pdfaid:conformance="A"' in metadata
    assert 'pdfuaid:part="1"' in metadata
    assert "pdfaExtension:schemas" in metadata
    assert metadata.count("<rdf:RDF") == 1
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "vi"
    assert root["/OutputIntents"][0].get_object()["/S"] == "/GTS_PDFA1"
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]


def test_the_tags_name_headings_tables_and_figures_with_their_alternatives(reader: PdfReader) -> None:
    elements = structure(reader)
    kinds = Counter(str(element["/S"]) for element in elements)
    assert kinds["/H1"] == 1
    assert kinds["/H2"] >= 9
    assert kinds["/Table"] >= 6
    figures = [element for element in elements if element["/S"] == "/Figure"]
    assert len(figures) == 2
    assert all(len(str(figure["/Alt"])) > 20 for figure in figures)
    cells = [element for element in elements if element["/S"] == "/TD"]
    assert all("/Headers" in cell["/A"] for cell in cells)


def test_bookmarks_lead_to_the_parts_and_annexes(reader: PdfReader) -> None:
    def titles(outline: Any) -> list[str]:
        return [t for item in outline for t in (titles(item) if isinstance(item, list) else [str(item.title)])]

    found = " | ".join(titles(reader.outline))
    for part in ("I. CĂN CỨ", "II. KẾT QUẢ", "III. NHẬN XÉT", "IV. HẠN CHẾ", "V. KIẾN NGHỊ", "Phụ lục I", "Phụ lục IV"):
        assert part in found


def test_the_figures_travel_inside_the_document(reader: PdfReader) -> None:
    assert reader.attachments["so-lieu.csv"] == [CSV.content]
    attached = reader.trailer["/Root"]["/AF"][0].get_object()
    assert attached["/AFRelationship"] == "/Data"
    assert attached["/EF"]["/F"].get_object()["/Subtype"] == "/text/csv"


_AGAIN = """
import hashlib, sys
from tests.report.test_report_pdf import CSV, report
from survey.report import render
sys.stdout.write(hashlib.sha256(render.pdf(report(), [CSV])).hexdigest())
"""


def test_the_same_run_gives_the_same_bytes_in_another_process(content: bytes) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _AGAIN],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "PYTHONHASHSEED": "4711", "HOME": "/nonexistent", "TZ": "Asia/Ho_Chi_Minh"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == hashlib.sha256(content).hexdigest()


def test_the_report_can_be_set_in_english() -> None:
    results = sample.results()
    html = render.html(context.build(results, Agency(), ENGLISH))
    assert "SOCIALIST REPUBLIC OF VIET NAM" in html
    assert "Adults with a smartphone is estimated at 83.4%" in html
    assert "KẾT QUẢ" not in html


def test_long_agency_names_break_into_two_even_lines() -> None:
    assert render.heading_lines("ỦY BAN NHÂN DÂN THÀNH PHỐ CẦN THƠ") == ("ỦY BAN NHÂN DÂN", "THÀNH PHỐ CẦN THƠ")
    assert render.heading_lines("SỞ KHOA HỌC VÀ CÔNG NGHỆ") == ("SỞ KHOA HỌC VÀ CÔNG NGHỆ",)


def test_names_from_the_configuration_cannot_bring_markup_into_the_report() -> None:
    agency = replace(Agency(), place="<script>alert(1)</script>")
    assert "<script>" not in render.html(report(agency=agency))
