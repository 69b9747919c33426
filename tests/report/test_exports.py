from __future__ import annotations

import csv
import io
from dataclasses import replace

from openpyxl import Workbook, load_workbook

from survey.export import document, sdmx
from survey.export.figures import COLUMNS, figures_csv, file_name, records
from survey.export.workbook import workbook
from survey.query.results import DIMENSIONS
from survey.report.language import Language
from tests.report import sample
from tests.report.vietnamese import ENGLISH, vietnamese

RESULTS = sample.results()


def test_every_figure_is_one_record_with_a_key_of_its_own() -> None:
    keys = [(r["indicator"], r["variant"], r["dimension"], r["category"]) for r in records(RESULTS)]
    assert len(keys) == len(set(keys)) > 1000


def test_suppressed_records_have_no_number_in_any_column() -> None:
    hidden = [r for r in records(RESULTS) if r["flag"] == "suppress"]
    assert hidden
    for row in hidden:
        for column in ("estimate_percent", "se", "ci_low", "ci_high", "deff", "item_response_percent"):
            assert row[column] is None
        assert row["reasons"]


def test_the_csv_has_one_line_for_each_record_and_the_columns_in_order() -> None:
    rows = list(csv.reader(io.StringIO(figures_csv(RESULTS).decode("utf-8-sig"))))
    assert rows[0] == list(COLUMNS)
    assert len(rows) - 1 == sum(1 for _ in records(RESULTS))


def test_file_names_tell_round_run_indicator_and_state_in_plain_letters() -> None:
    assert file_name(RESULTS, "csv", indicator="XH1") == "phieu-so-2026-run7-xh1.csv"
    draft = replace(RESULTS, head=replace(RESULTS.head, state="draft", round_code="Đợt 1/2026"))
    assert file_name(draft, "pdf") == "phieu-so-dot-1-2026-run7-indicators-draft.pdf"


def book(language: Language | None = None) -> Workbook:
    language = language or vietnamese()
    return load_workbook(io.BytesIO(workbook(RESULTS, gettext=language.gettext, locale=language.code)))


def test_the_workbook_has_a_frozen_heading_numbers_and_formats() -> None:
    sheet = book().worksheets[0]
    assert sheet.title == "Chỉ tiêu"
    assert sheet.freeze_panes == "B2"
    assert sheet.auto_filter.ref == f"A1:M{len(RESULTS.indicators) + 1}"
    row = next(row for row in sheet.iter_rows(min_row=2) if row[0].value == "XH1")
    assert (row[5].value, row[5].number_format) == (83.42, "0.0")
    assert (row[10].value, row[10].number_format) == (5903, "#,##0")
    assert (row[3].value, row[4].value) == ("≥ 80", "≥ 95")


def test_the_workbook_holds_every_figure_and_the_notes() -> None:
    _, breakdowns, notes = book().worksheets
    assert breakdowns.max_row - 1 == sum(1 for _ in records(RESULTS))
    assert any("chưa được hiệu chỉnh" in str(row[1].value) for row in notes.iter_rows())


def test_the_workbook_speaks_the_readers_language() -> None:
    assert book(ENGLISH).sheetnames == ["Indicators", "Breakdowns", "Notes"]


def test_experimental_indicators_have_no_conclusion_in_the_workbook() -> None:
    sheet = book(ENGLISH).worksheets[0]
    kt1 = next(row for row in sheet.iter_rows(min_row=2) if row[0].value == "KT1")
    assert {kt1[11].value, kt1[12].value} == {"No conclusion"}


def test_no_cell_can_be_taken_for_a_formula() -> None:
    first = RESULTS.indicators[0]
    evil = replace(first, name=replace(first.name, en="=HYPERLINK(1)"))
    content = workbook(replace(RESULTS, indicators=(evil,)), gettext=str, locale="en")
    cell = load_workbook(io.BytesIO(content)).worksheets[0]["B2"]
    assert (cell.value, cell.data_type) == ("'=HYPERLINK(1)", "s")


def test_the_same_run_gives_the_same_workbook() -> None:
    once, twice = (workbook(RESULTS, gettext=str, locale="en") for _ in range(2))
    assert once == twice


def observations() -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(sdmx.sdmx_csv(RESULTS).decode())))


def test_every_observation_has_all_dimensions_and_a_key_of_its_own() -> None:
    found = observations()
    keys = [tuple(row[name] for name in sdmx.DIMENSION_COLUMNS) for row in found]
    assert len(keys) == len(set(keys))
    assert all(all(key) for key in keys)
    assert {row["STRUCTURE_ID"] for row in found} == {"PHIEUSO:KH128_INDICATORS(1.0)"}


def test_suppressed_observations_are_empty_and_confidential() -> None:
    hidden = [row for row in observations() if row["OBS_STATUS"] == "Q"]
    assert hidden
    assert {(row["OBS_VALUE"], row["CI_LOW"], row["CONF_STATUS"]) for row in hidden} == {("", "", "C")}


def test_every_code_of_the_observations_is_in_a_code_list() -> None:
    text = sdmx.code_lists(RESULTS, vietnamese().gettext).decode("utf-8-sig")
    lists: dict[str, set[str]] = {}
    for row in csv.DictReader(io.StringIO(text)):
        lists.setdefault(row["CODELIST"], set()).add(row["CODE"])
        assert row["NAME_VI"] or row["CODE"] == "_T"
    for row in observations():
        assert row["INDICATOR"] in lists["CL_INDICATOR"]
        assert row["VARIANT"] in lists[f"CL_VARIANT_{row['INDICATOR']}"]
        assert row["BREAKDOWN"] in lists["CL_BREAKDOWN"]
        assert row["CATEGORY"] in lists[f"CL_CATEGORY_{row['BREAKDOWN']}"]
        assert row["OBS_STATUS"] in lists["CL_OBS_STATUS"]
    assert lists["CL_BREAKDOWN"] == {code.upper() for code in DIMENSIONS}


def test_documents_carry_identifiers_that_do_not_change_between_runs() -> None:
    later = replace(RESULTS, head=replace(RESULTS.head, id=99, digest="0" * 64))
    entry = RESULTS.indicator("XH1")
    once = document.indicator_document(RESULTS, entry)
    again = document.indicator_document(later, entry)
    assert once == again
    assert once["figure"]["id"] == "2026:XH1:own:province:"
    assert once["variants"][0]["breakdowns"]["district"][0]["id"] == "2026:XH1:own:district:930"


def test_an_experimental_document_has_no_verdict() -> None:
    found = document.results_document(RESULTS)["indicators"]
    assert {target["verdict"] for target in found[0]["targets"]} == {None}
    assert found[6]["targets"][0]["verdict"] == "met"
