from __future__ import annotations

from dataclasses import replace

from survey.config import Agency
from survey.report import context, pages, rows, tables
from survey.report.limits import limits
from survey.report.naming import SHORT_NAMES, judged_variant
from tests.report import sample
from tests.report.vietnamese import ENGLISH, vietnamese

VI = vietnamese()
RESULTS = sample.results()


def test_the_headline_has_a_row_for_each_indicator_and_two_where_the_years_differ_in_wording() -> None:
    rows = [row for row in tables.headline(RESULTS, VI).rows if not row.group]
    assert len(rows) == 18
    assert [row.head.text[:4] for row in rows].count("KT4.") == 2
    first, second = (row for row in rows if row.head.text.startswith("KT4."))
    assert [cell.text for cell in first.cells[:2]] == [">\u00a080%", ""]
    assert [cell.text for cell in second.cells[:2]] == ["", "≥\u00a0100%"]


def test_every_row_is_as_long_as_its_table_is_wide() -> None:
    by_unit = tables.by_domain(RESULTS.indicators, "unit", VI, caption="")
    for table in (
        tables.headline(RESULTS, VI),
        tables.responses(RESULTS.quality, VI),
        tables.quality(RESULTS, VI),
        by_unit,
    ):
        for row in table.rows:
            assert row.group or len(row.cells) + 1 == len(table.columns), table.caption


def test_experimental_rows_say_so_and_show_the_official_figure_or_its_absence() -> None:
    rows = {row.head.text[:4]: row for row in tables.headline(RESULTS, VI).rows if not row.group}
    assert rows["KT1."].head.note == "thử nghiệm; số chính thức: 9,1%, Thống kê thành phố Cần Thơ, 01/07/2026"
    assert rows["KT2."].head.note == "thử nghiệm; chưa có số chính thức"
    assert {cell.state for cell in rows["KT1."].cells[5:]} == {"experimental"}


def test_a_suppressed_cell_prints_no_number_at_all() -> None:
    table = tables.by_domain(RESULTS.indicators, "unit", VI, caption="")
    row = next(row for row in table.rows if row.head.text == "Xã Vĩnh Thuận Đông")
    assert {(cell.text, cell.note, cell.state) for cell in row.cells} == {("…", "", "")}


def test_flagged_cells_carry_an_asterisk() -> None:
    table = tables.by_domain(RESULTS.indicators, "unit", VI, caption="")
    assert any(cell.text.endswith("*") for row in table.rows for cell in row.cells)


def test_a_turned_table_holds_the_same_cells() -> None:
    table = tables.by_domain(RESULTS.indicators, "district", VI, caption="c")
    turned = tables.turned(table, "Chỉ tiêu", SHORT_NAMES)
    assert len(turned.rows) == len(table.columns) - 1
    assert turned.rows[2].cells[4] == table.rows[4].cells[2]


def test_short_names_exist_for_the_17_indicators_and_fit_a_chart_label() -> None:
    assert list(SHORT_NAMES) == [indicator.code for indicator in RESULTS.indicators]
    for message in SHORT_NAMES.values():
        assert len(VI.text(message)) <= 36
        assert VI.text(message) != message


def test_the_judged_variant_falls_back_to_the_surveys_own_where_the_target_names_a_released_figure() -> None:
    kt1 = RESULTS.indicator("KT1")
    official = replace(kt1, targets=tuple(replace(target, variant="official") for target in kt1.targets))
    assert judged_variant(official, 2025) is official.main


def test_limits_name_synthetic_data_experimental_figures_and_missing_calibration() -> None:
    found = limits(RESULTS, VI)
    assert "dữ liệu mô phỏng" in found[0]
    assert any(sentence.startswith("KT1 và KT2 là ước lượng thử nghiệm") for sentence in found)
    assert any("chưa được hiệu chỉnh" in sentence for sentence in found)
    assert any("16 phiếu" in sentence for sentence in found)
    real = replace(RESULTS, head=replace(RESULTS.head, is_synthetic=False))
    assert not any("mô phỏng" in sentence for sentence in limits(real, VI))


def test_the_findings_of_the_report_hold_every_indicator_once() -> None:
    report = context.build(RESULTS, Agency(), VI)
    assert sum(len(group.sentences) for group in report.groups) == 17
    assert [group.state for group in report.groups] == [
        "met",
        "likely-met",
        "likely-not-met",
        "not-met",
        "experimental",
    ]


def test_the_overview_leads_to_every_indicator_and_its_numbers_agree_with_the_table() -> None:
    overview = pages.overview(RESULTS, {}, VI)
    entries = [entry for _, group in overview.groups for entry in group]
    assert [entry.code for entry in entries] == [indicator.code for indicator in RESULTS.indicators]
    table = {row.head.text.split(".")[0]: row for row in tables.headline(RESULTS, VI).rows if not row.group}
    for entry in entries:
        if entry.code != "KT4":
            assert entry.line.estimate.rstrip("%") == table[entry.code].cells[2].text


def test_an_indicator_page_has_both_targets_every_breakdown_and_its_neighbours() -> None:
    page = pages.page(RESULTS, "XH1", ENGLISH, previous={})
    assert [judgement.year for judgement in page.judgements] == [2025, 2030]
    assert [b.dimension for b in page.breakdowns] == list(RESULTS.indicator("XH1").main.breakdowns)
    assert page.before == ("KT6", "Digital workers in the labour force")
    assert page.after == ("XH2", "People 15+ with a payment account")
    assert pages.page(RESULTS, "KT1", ENGLISH, previous={}).before is None
    assert pages.page(RESULTS, "XH11", ENGLISH, previous={}).after is None


def test_a_suppressed_line_says_why_and_shows_no_number() -> None:
    page = pages.page(RESULTS, "XH1", ENGLISH, previous={})
    units = next(b for b in page.breakdowns if b.dimension == "unit")
    line = next(line for line in units.lines if line.label == "Xã Vĩnh Thuận Đông")
    assert (line.estimate, line.interval) == ("–", "–")
    assert line.remark == "not published: fewer than 30 cases"
    assert units.map is not None
    assert "Xã Vĩnh Thuận Đông: not published" in units.map


def test_small_charts_keep_the_same_rows_where_a_place_has_no_figure() -> None:
    xh10 = RESULTS.indicator("XH10")
    fewer = replace(xh10.main, breakdowns={"district": xh10.main.breakdowns["district"][1:]})
    changed = tuple(replace(i, variants=(fewer,)) if i.code == "XH10" else i for i in RESULTS.indicators)
    panels = rows.panels(replace(RESULTS, indicators=changed), "district", VI)
    assert {tuple(row.label for row in panel.rows) for panel in panels} == {
        tuple(figure.label.vi for figure in xh10.main.breakdowns["district"])
    }
    assert next(p for p in panels if p.title.startswith("XH10")).rows[0].estimate is None


def test_an_indicator_without_a_published_figure_in_a_table_is_named_in_its_note() -> None:
    xh1 = RESULTS.indicator("XH1")
    hidden = tuple(replace(f, flag="suppress", estimate=None) for f in xh1.main.breakdowns["unit"])
    silent = replace(xh1, variants=(replace(xh1.main, breakdowns={"unit": hidden}),))
    table = tables.by_domain((silent, RESULTS.indicator("XH2")), "unit", VI, caption="")
    assert [column.code for column in table.columns] == ["domain", "XH2"]
    assert table.notes == ("Không công bố được số liệu ở cấp này cho XH1 vì quá ít quan sát.",)
    assert len(table.rows) == 29


def test_a_breakdown_without_any_published_figure_says_so_once() -> None:
    xh1 = RESULTS.indicator("XH1")
    hidden = tuple(replace(f, flag="suppress", estimate=None) for f in xh1.main.breakdowns["sex"])
    changed = replace(xh1, variants=(replace(xh1.main, breakdowns={"sex": hidden}),))
    indicators = tuple(changed if i.code == "XH1" else i for i in RESULTS.indicators)
    page = pages.page(replace(RESULTS, indicators=indicators), "XH1", ENGLISH, previous={})
    assert [b.is_silent for b in page.breakdowns] == [True]
    assert not any(b.is_silent for b in pages.page(RESULTS, "XH1", ENGLISH, previous={}).breakdowns)
