from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from survey.reference import units
from survey.report import charts, maps
from survey.report.charts import SHARE, Panel, Row, Scale
from survey.report.marks import STATES, icon, shape
from survey.report.svg import SCREEN, Theme, element

_SVG = "{http://www.w3.org/2000/svg}"
_CSS = Path(__file__).resolve().parents[2] / "survey" / "static" / "css" / "tokens.css"


def parsed(drawing: str) -> ElementTree.Element:
    return ElementTree.fromstring(drawing)


def test_the_screen_theme_is_the_tokens_of_the_pages() -> None:
    tokens = dict(re.findall(r"--([a-z-]+):\s*(#[0-9a-f]{6})", _CSS.read_text("utf-8").split("}")[0]))
    for name in ("ink", "paper", "line", "teal", "amber", "vermilion"):
        assert getattr(SCREEN, name) == tokens[name]
    assert SCREEN.ink_soft == tokens["ink-soft"]


def test_every_state_has_a_mark_of_its_own_shape() -> None:
    grey = Theme(teal="#000000", amber="#000000", vermilion="#000000", ink_soft="#000000")
    drawn = {state: shape(state, grey) for state in STATES}
    assert drawn["likely-met"] == drawn["none-against"]
    assert len(set(drawn.values())) == len(STATES) - 1


def test_marks_are_hidden_from_screen_readers_because_their_word_stands_beside_them() -> None:
    assert 'aria-hidden="true"' in icon("met", SCREEN)


def test_a_strip_puts_target_interval_and_estimate_where_they_belong() -> None:
    strip = parsed(charts.strip(Row("", "met", 83.0, 80.0, 86.0, target=75.0, previous=79.0), SHARE))
    lines = [line.attrib for line in strip.iter(f"{_SVG}line")]
    assert {"x1": "80.00%", "x2": "86.00%"}.items() <= lines[6].items()
    assert {"x1": "75.00%", "x2": "75.00%"}.items() <= lines[7].items()
    assert [mark.get("x") for mark in strip.findall(f"{_SVG}svg")] == ["79.00%", "83.00%"]


def test_values_at_the_ends_and_beyond_stay_on_the_axis() -> None:
    assert [SHARE.fraction(value) for value in (0.0, 100.0, -3.0, 140.0)] == [0.0, 1.0, 0.0, 1.0]


def test_a_suppressed_row_has_a_target_and_no_estimate() -> None:
    strip = parsed(charts.strip(Row("", "none", target=75.0), SHARE))
    assert strip.findall(f"{_SVG}svg") == []
    assert any(line.get("x1") == "75.00%" for line in strip.iter(f"{_SVG}line"))


@pytest.mark.parametrize(
    ("row", "scale"),
    [
        (Row("", "met", 83.0, 80.0, 86.0), Scale(100.0, 20.0)),
        (Row("", "met", 1.9, 1.4, 2.3, target=2.0, later=3.0), Scale(5.0, 1.0)),
        (Row("", "met", 1.9, 1.4, 7.0), Scale(10.0, 2.0)),
        (Row("", "met", 1.9, 1.4, 2.3, target=80.0), Scale(100.0, 20.0)),
        (Row("", "none"), Scale(100.0, 20.0)),
    ],
)
def test_shares_run_to_a_hundred_unless_everything_is_small(row: Row, scale: Scale) -> None:
    assert charts.scale_for([row]) == scale


def test_a_whole_chart_has_a_text_alternative_and_every_label() -> None:
    rows = [Row("Kinh tế số", heading=True), Row("XH1 <b>", "met", 83.0, 80.0, 86.0, 80.0, figures="83,0%")]
    drawing = charts.chart(rows, SHARE, lambda tick: f"{tick:.0f}%", title="T & t", description="D", identifier="one")
    root = parsed(drawing)
    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == "one-title one-desc"
    assert root.findtext(f"{_SVG}title") == "T & t"
    texts = [text.text for text in root.iter(f"{_SVG}text")]
    assert {"Kinh tế số", "XH1 <b>", "83,0%", "0%", "100%"} <= set(texts)


def test_long_labels_break_between_words_into_at_most_two_lines() -> None:
    assert charts.broken("Xã Vĩnh Thuận Đông", 200, 12) == ("Xã Vĩnh Thuận Đông",)
    first, second = charts.broken("Người dân có hồ sơ sức khỏe điện tử của trạm y tế", 200, 12)
    assert f"{first} {second}" == "Người dân có hồ sơ sức khỏe điện tử của trạm y tế"
    assert charts.broken("Kinhtếsốkhôngcódấucáchnàocảtrongtênnày", 60, 12) == (
        "Kinhtếsốkhôngcódấucáchnàocảtrongtênnày",
    )


def test_panels_share_their_labels_once_for_each_line_of_panels() -> None:
    items = [Panel(f"P{i}", (Row("A", "met", 50.0, 40.0, 60.0, 45.0), Row("B", "none"))) for i in range(4)]
    root = parsed(charts.panels(items, ["A", "B"], SHARE, str, title="T", columns=3))
    texts = [text.text for text in root.iter(f"{_SVG}text")]
    assert texts.count("A") == 2
    assert texts.count("P0") == 1
    assert texts.count("–") == 4


def test_nothing_is_drawn_outside_the_chart() -> None:
    root = parsed(charts.panels([Panel("P", (Row("A", "met", 100.0, 99.0, 100.0),))], ["A"], SHARE, str, title="T"))
    width = float(root.get("width", "0"))
    assert max(float(text.get("x", "0")) for text in root.iter(f"{_SVG}text")) < width


def test_the_map_holds_every_present_unit_with_its_sentence() -> None:
    areas = {u.code: maps.Area(83.0, "83", f"{u.name}: 83%") for u in units.present_units()}
    root = parsed(maps.units_map(areas, title="Bản đồ", description="…", identifier="m"))
    paths = root.findall(f"{_SVG}path")
    assert len(paths) == 28
    assert {path.findtext(f"{_SVG}title") for path in paths} == {f"{u.name}: 83%" for u in units.present_units()}


def test_every_figure_of_the_map_stands_inside_the_drawing() -> None:
    for outline in maps.shapes().values():
        assert 0 < outline.x < maps.WIDTH
        assert outline.path.startswith("M")
        assert outline.path.endswith("Z")


def test_attributes_and_texts_are_escaped() -> None:
    assert element("text", "<&>", fill='"') == '<text fill="&#34;">&lt;&amp;&gt;</text>'


def test_a_published_figure_that_is_not_judged_has_a_mark_and_no_colour_of_a_verdict() -> None:
    drawn = shape("plain", SCREEN)
    assert SCREEN.ink in drawn
    assert not any(tone in drawn for tone in (SCREEN.teal, SCREEN.amber, SCREEN.vermilion))


@pytest.mark.parametrize(
    ("values", "edges"),
    [
        ([77.2, 83.0, 90.1], [75, 80, 85, 90, 95]),
        ([0.3, 4.1], [0, 1, 2, 3, 4, 5]),
        ([0.0, 100.0], [0, 20, 40, 60, 80, 100]),
        ([100.0, 100.0], [100, 100.5]),
        ([50.0, None], [50, 50.5]),
        ([None], []),
    ],
)
def test_the_classes_of_the_map_are_round_and_cover_every_value(values: list[float | None], edges: list[float]) -> None:
    found = maps.bands(values)
    assert [*(band.low for band in found), *(band.high for band in found[-1:])] == edges
    assert all(any(b.low <= v <= b.high for b in found) for v in values if v is not None)


def test_darker_classes_mean_more_and_their_letters_stay_readable() -> None:
    found = maps.bands([1.0, 21.0, 41.0, 61.0, 81.0])
    lightness = [int(band.fill[1:3], 16) for band in found]
    assert lightness == sorted(lightness, reverse=True)
    assert {band.ink for band in found[-2:]} == {SCREEN.paper}
