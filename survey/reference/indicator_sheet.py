"""Writes plan 128 as the Vietnamese document `docs/indicators.md`: `python -m survey.reference.indicator_sheet`.

The document is what the data say and nothing more; a test holds the committed file to this rendering.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

from survey.reference.plan import DefinitionStatus, Indicator, Instrument, Level, Operator, UnknownAnswer, Variant, plan

_STATUS = {
    DefinitionStatus.OFFICIAL: "chính thức",
    DefinitionStatus.SOURCED: "có nguồn một phần",
    DefinitionStatus.PROPOSED: "đề xuất",
}
_LEVEL = {
    Level.MEMBER: "mọi thành viên hộ",
    Level.SELECTED_RESPONDENT: "một người được chọn ngẫu nhiên trong hộ",
    Level.HOUSEHOLD: "hộ",
    Level.ENTERPRISE: "doanh nghiệp",
    Level.INSTITUTION: "cơ sở giáo dục",
    Level.ECONOMY: "nền kinh tế tỉnh",
}
_INSTRUMENT = {
    Instrument.HOUSEHOLD: "phiếu hộ",
    Instrument.ENTERPRISE: "phiếu doanh nghiệp",
    Instrument.INSTITUTION: "phiếu cơ sở giáo dục",
    Instrument.OFFICIAL: "số công bố",
}
_UNKNOWN = {
    UnknownAnswer.EXCLUDED: "loại khỏi mẫu số, công bố tỷ lệ",
    UnknownAnswer.COUNTS_AS_NO: "tính là không",
}
_SIGN = {Operator.AT_LEAST: "≥", Operator.ABOVE: ">"}

_OPENING = """\
# 17 chỉ tiêu của Kế hoạch {number}

{title}, {issuer} ban hành ngày {day}.

Tệp này được viết từ `survey/reference/data/plan128.json` bằng lệnh `python -m survey.reference.indicator_sheet`;
sửa dữ liệu rồi chạy lại, không sửa tay.

Cách đọc mục tiêu: “đạt X%” và “đạt tối thiểu X%” là ≥ X; “đạt trên X%” là > X; so sánh bằng giá trị chưa làm tròn.
Dấu so sánh của XH2 và XH9 khác nhau giữa hai năm; cụm từ của KT4 khác nhau giữa hai năm, nên mỗi năm có phương án chính
riêng. KT1 và KT2 kết luận bằng số công bố; ước lượng của khảo sát chỉ là thử nghiệm.

Tình trạng định nghĩa: **chính thức** là văn bản quy định; **có nguồn một phần** là lấy từ nguồn được nêu, chưa đối
chiếu hết nguyên văn; **đề xuất** là chưa tìm thấy định nghĩa, hệ thống tự đặt và in kèm kết quả.
"""


def markdown() -> str:
    """Return the whole document."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    the_plan = plan()
    yield _OPENING.format(
        number=the_plan.number,
        title=the_plan.title.vi,
        issuer=the_plan.issuer.vi,
        day=f"{the_plan.issued_on:%d/%m/%Y}",
    )
    yield "| Mã | Chỉ tiêu | 2025 | 2030 | Đơn vị trả lời | Định nghĩa |"
    yield "|---|---|---|---|---|---|"
    yield from (_summary_row(indicator) for indicator in the_plan.indicators)
    for group, name in the_plan.groups:
        yield f"\n## {name.vi}"
        for indicator in the_plan.indicators:
            if indicator.group is group:
                yield from _section(indicator)


def _summary_row(indicator: Indicator) -> str:
    first, last = indicator.targets
    cells = (
        indicator.id,
        first.name.vi,
        f"{_SIGN[first.operator]} {first.percent}%",
        f"{_SIGN[last.operator]} {last.percent}%",
        _LEVEL[indicator.headline(first.year).level],
        _STATUS[indicator.status],
    )
    return f"| {' | '.join(cells)} |"


def _section(indicator: Indicator) -> Iterator[str]:
    yield f"\n### {indicator.id}. {indicator.name.vi}\n"
    for target in indicator.targets:
        bound = f"{_SIGN[target.operator]} {target.percent}"
        yield f"- Mục tiêu {target.year}: {target.name.vi} **{target.wording.vi}** ({bound})"
    yield f"- Đơn vị phân tích: {indicator.unit.vi}"
    yield f"- Thời kỳ tham chiếu: {indicator.reference_period.vi}"
    yield f"- Nguồn: {indicator.source.vi}"
    yield f"- Nguồn đối chiếu: {indicator.cross_check.vi}"
    yield f"- Câu hỏi: {', '.join(indicator.questions)}"
    yield f"- Cơ sở của định nghĩa: {indicator.definition_source.vi}"
    yield f"- Ghi chú: {indicator.note.vi}"
    for variant in indicator.variants:
        yield from _variant(indicator, variant)


def _variant(indicator: Indicator, variant: Variant) -> Iterator[str]:
    years = [str(target.year) for target in indicator.targets if target.variant == variant.id]
    role = f"phương án chính {' và '.join(years)}" if years else "số kèm theo"
    role += ", thử nghiệm" if variant.experimental else ""
    yield f"\n**{variant.label.vi}** (`{variant.id}`; {role}; định nghĩa {_STATUS[variant.status]})\n"
    yield f"- Phạm vi: {variant.universe.vi}"
    yield f"- Tử số: {variant.numerator.vi}"
    yield f"- Mẫu số: {variant.denominator.vi}"
    sources = ", ".join(_INSTRUMENT[each] for each in variant.instruments)
    yield f"- Người trả lời: {_LEVEL[variant.level]}; nguồn: {sources}"
    if variant.from_survey:
        yield f"- Không biết, từ chối: {_UNKNOWN[variant.unknown_answer]}"


if __name__ == "__main__":
    sys.stdout.write(markdown())
