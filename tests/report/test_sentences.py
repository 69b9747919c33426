from __future__ import annotations

from dataclasses import replace

import pytest

from survey.query.results import Indicator, RunResults
from survey.report import sentences
from survey.report.marks import state_of
from tests.report import sample
from tests.report.vietnamese import ENGLISH, vietnamese

VI = vietnamese()
RESULTS = sample.results()


def indicator(code: str) -> Indicator:
    return RESULTS.indicator(code)


@pytest.mark.parametrize(
    ("code", "year", "sentence"),
    [
        (
            "XH1",
            2025,
            "Tỷ lệ dân số trưởng thành có điện thoại thông minh ước đạt 83,4% (khoảng tin cậy 95%: 81,2–85,6%); "
            "cả khoảng tin cậy đều đạt mục tiêu năm 2025 (≥\u00a080%).",
        ),
        (
            "XH4",
            2025,
            "Tỷ lệ người dân trong độ tuổi lao động được đào tạo kỹ năng số cơ bản ước đạt 71,3% "
            "(khoảng tin cậy 95%: 68,1–74,5%); ước lượng đạt mục tiêu năm 2025 (>\u00a070%) nhưng khoảng tin cậy còn "
            "chứa giá trị chưa đạt.",
        ),
        (
            "XH2",
            2025,
            "Tỷ lệ dân số từ 15 tuổi trở lên có tài khoản giao dịch thanh toán tại ngân hàng hoặc tổ chức được phép "
            "khác ước đạt 79,96% (khoảng tin cậy 95%: 77,4–82,5%); ước lượng chưa đạt mục tiêu năm 2025 (≥\u00a080%) "
            "nhưng khoảng tin cậy còn chứa giá trị đạt.",
        ),
        (
            "XH3",
            2025,
            "Tỷ lệ dân số trưởng thành có chữ ký số hoặc chữ ký điện tử cá nhân ước đạt 24,3% "
            "(khoảng tin cậy 95%: 21,9–26,7%); cả khoảng tin cậy đều chưa đạt mục tiêu năm 2025 (>\u00a050%), "
            "ước lượng còn thiếu 25,7 điểm phần trăm.",
        ),
    ],
)
def test_each_state_has_its_own_sentence_in_plain_vietnamese(code: str, year: int, sentence: str) -> None:
    assert sentences.finding(indicator(code), year, VI) == sentence


def test_the_wording_of_the_target_year_is_used_where_the_plan_changes_it() -> None:
    assert "sử dụng nền tảng hợp đồng điện tử" in sentences.finding(indicator("KT4"), 2030, VI)
    assert "nền tảng" not in sentences.finding(indicator("KT4"), 2025, VI)


def test_an_experimental_indicator_is_never_said_to_meet_or_miss_its_target() -> None:
    with_official = sentences.finding(indicator("KT1"), 2025, VI)
    assert "số liệu do Thống kê thành phố Cần Thơ công bố ngày 01/07/2026 (số sơ bộ) là 9,1%" in with_official
    without = sentences.finding(indicator("KT2"), 2025, VI)
    assert "chưa có số liệu chính thức" in without
    for sentence in (with_official, without):
        assert "đều đạt" not in sentence
        assert "chưa đạt" not in sentence


def test_a_suppressed_headline_gives_no_conclusion() -> None:
    hidden = suppressed(indicator("XH1"))
    assert sentences.headline_state(hidden, 2025) == "none"
    assert "chưa đủ căn cứ kết luận" in sentences.finding(hidden, 2025, VI)


def test_the_census_of_institutions_is_told_as_a_count() -> None:
    assert "331 trên 331 cơ sở đã trả lời" in sentences.finding(indicator("XH10"), 2025, VI)


def test_a_target_of_a_hundred_percent_is_never_called_proved() -> None:
    sentence = sentences.finding(indicator("XH10"), 2030, VI)
    assert "không phát hiện trường hợp nào chưa đạt" in sentence
    assert "mẫu không thể chứng minh 100%" in sentence


def test_the_summary_counts_every_indicator_once() -> None:
    for year in (2025, 2030):
        assert sum(count.number for count in sentences.counts(RESULTS, year)) == 17
    assert sentences.summary(RESULTS, 2025, VI) == (
        "So với mục tiêu năm 2025, trong 17 chỉ tiêu có 5 chỉ tiêu đạt, 2 ước lượng đạt nhưng chưa đủ chắc chắn, "
        "3 ước lượng chưa đạt nhưng chưa đủ chắc chắn, 5 chưa đạt và 2 không kết luận."
    )


def test_the_farthest_targets_are_named_with_their_gap_the_widest_first() -> None:
    assert sentences.farthest(RESULTS, 2025, VI) == (
        "Còn cách xa mục tiêu năm 2025 nhất: Người lớn có chữ ký số (thiếu 25,7 điểm phần trăm), "
        "DN dùng hợp đồng điện tử (thiếu 18,6 điểm phần trăm) và Người lớn dùng y tế từ xa (thiếu 17,6 điểm phần trăm)."
    )


def test_places_are_said_to_differ_only_when_their_intervals_do_not_overlap() -> None:
    assert "thấp nhất ở Huyện Long Mỹ (0,0%)" in sentences.spread(indicator("XH8"), "district", VI)
    close = indicator("XH1")
    figures = tuple(replace(f, ci_low=0.0, ci_high=100.0) for f in close.main.breakdowns["district"])
    wide = replace(close, variants=(replace(close.main, breakdowns={"district": figures}),))
    assert "chưa thấy khác biệt rõ" in sentences.spread(wide, "district", VI)
    assert sentences.spread(wide, "sex", VI) == ""


def test_a_change_within_its_sampling_error_is_not_called_a_change() -> None:
    entry = indicator("XH1")
    figure = entry.main.figure
    assert figure is not None
    assert figure.estimate is not None
    near = replace(figure, estimate=figure.estimate - 1.0)
    far = replace(figure, estimate=figure.estimate + 9.0)
    assert sentences.change(entry, near, VI) == "Chưa thấy thay đổi rõ so với đợt trước (82,4%)."
    assert sentences.change(entry, far, VI) == "Giảm 9,0 điểm phần trăm so với đợt trước (92,4%)."
    assert sentences.change(entry, None, VI) == ""


def test_one_sided_bounds_are_written_as_bounds() -> None:
    zero = next(f for f in indicator("XH8").main.breakdowns["district"] if f.estimate == 0)
    assert sentences.interval(zero, VI) == "≤\u00a01,1%"
    assert sentences.interval(indicator("XH10").main.figure, VI) == "≥\u00a099,1%"
    assert sentences.interval(None, VI) == "–"


def test_every_sentence_has_a_vietnamese_wording_of_its_own() -> None:
    for entry in RESULTS.indicators:
        for year in (2025, 2030):
            assert sentences.finding(entry, year, VI) != sentences.finding(entry, year, ENGLISH)


def test_the_state_of_an_experimental_figure_is_experimental_whatever_the_run_says() -> None:
    entry = indicator("KT1")
    figure = entry.main.figure
    assert figure is not None
    assert state_of(entry, replace(figure, verdicts={2025: "met"}), 2025) == "experimental"


def suppressed(entry: Indicator) -> Indicator:
    figure = entry.main.figure
    assert figure is not None
    hidden = replace(figure, flag="suppress", estimate=None, ci_low=None, ci_high=None, verdicts={})
    return replace(entry, variants=(replace(entry.main, figure=hidden),))


def test_results_without_any_published_figure_still_make_a_summary() -> None:
    empty = RunResults(RESULTS.head, tuple(suppressed(i) for i in RESULTS.indicators), RESULTS.quality)
    assert "0 chỉ tiêu đạt" in sentences.summary(empty, 2025, VI)
    assert sentences.farthest(empty, 2030, VI) == ""
