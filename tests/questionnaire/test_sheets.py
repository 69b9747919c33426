# ruff: noqa: E501 - tables are wider than a line
"""The files of `forms/`: CSV and XLSX are the same questionnaire, cell for cell, and every cell is text."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from openpyxl import load_workbook

from survey.cli.forms import forms
from survey.errors import Problem
from survey.questionnaire.sheets import from_csv, read_book, to_csv, write_xlsx

FORMS = sorted((Path(__file__).parents[2] / "forms").glob("*.csv"))


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_export_to_xlsx_and_back_is_the_identity(path: Path, tmp_path: Path) -> None:
    book = read_book(path)
    write_xlsx(book, tmp_path / "x.xlsx")
    assert to_csv(read_book(tmp_path / "x.xlsx")) == to_csv(book)
    assert to_csv(from_csv(to_csv(book))) == to_csv(book)


def test_codes_keep_their_zeros_and_formulas_stay_text(tmp_path: Path) -> None:
    book = from_csv(
        "choices\n,list_name,name,label\n,l,00004,=1+1\n,l,1e5,dòng một\nhai\n".replace(
            "dòng một\nhai", '"dòng một\nhai"'
        )
    )
    write_xlsx(book, tmp_path / "x.xlsx")
    page = load_workbook(tmp_path / "x.xlsx")["choices"]
    assert [cell.value for cell in page[2]] == ["l", "00004", "=1+1"]
    assert {cell.data_type for row in page.iter_rows() for cell in row} == {"s"}
    assert {cell.number_format for row in page.iter_rows() for cell in row} == {"@"}
    assert to_csv(read_book(tmp_path / "x.xlsx")) == to_csv(book)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (",type,name\n", "must name a sheet"),
        ("survey\n,type,type\n", "appears twice"),
        ("survey\n,type,name\n,text,q,stray\n", "without a heading"),
    ],
)
def test_a_file_that_would_lose_cells_is_refused(text: str, reason: str, tmp_path: Path) -> None:
    (tmp_path / "f.csv").write_text(text)
    with pytest.raises(Problem, match=reason):
        read_book(tmp_path / "f.csv")


@pytest.mark.parametrize("content", [b"\xff\xff\x00", b"PK\x03\x04 broken"])
def test_a_broken_workbook_is_a_clear_problem(content: bytes, tmp_path: Path) -> None:
    for name in ("f.csv", "f.xlsx"):
        (tmp_path / name).write_bytes(content)
        if name == "f.xlsx" or content[0] == 255:
            with pytest.raises(Problem):
                read_book(tmp_path / name)


def test_the_command_line_checks_exports_imports_and_compares(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PHIEU_SO_LOCALE", "en")
    run = CliRunner()
    source = FORMS[0]
    checked = run.invoke(forms, ["check", str(source)])
    assert (checked.exit_code, "is in order" in checked.output) == (0, True)
    assert run.invoke(forms, ["export", str(tmp_path / "x.xlsx"), str(source)]).exit_code == 0
    assert run.invoke(forms, ["import", str(tmp_path / "x.xlsx"), str(tmp_path / "back.csv")]).exit_code == 0
    assert to_csv(read_book(tmp_path / "back.csv")) == to_csv(read_book(source))
    compared = run.invoke(forms, ["diff", str(source), str(source)])
    assert "0 changes" in compared.output


def test_checking_a_wrong_file_names_the_cell_and_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PHIEU_SO_LOCALE", "en")
    wrong = tmp_path / "wrong.csv"
    wrong.write_text(
        "survey\n,type,name\n,barcode,q\nsettings\n,form_id,form_title,version,default_language\n,a,A,1,Tiếng Việt (vi)\n"
    )
    result = CliRunner().invoke(forms, ["check", str(wrong)])
    assert result.exit_code == 2
    assert "sheet survey, row 2 (line 3), column type: «barcode» this question type is not supported" in result.output
