"""The wording of messages to invited units: what stands there until a round writes its own, and how it is filled in.

Refuses placeholders that no message can fill.
"""

from __future__ import annotations

from collections.abc import Mapping
from string import Formatter

from survey.errors import Problem

LANGUAGES = ("vi", "en")
PLACEHOLDERS = ("name", "unit", "round", "deadline", "days", "link", "portal", "agency", "hotline")
Wording = Mapping[str, Mapping[str, str]]

_FOOT_VI = """
Liên kết trên dành riêng cho Quý đơn vị và chỉ mở được một lần; lần sau xin vào {portal} và dùng mã trong thư mời.
Thông tin được bảo mật theo Luật Thống kê và chỉ dùng để tổng hợp số liệu thống kê.
Cần hỗ trợ, xin gọi {hotline}.

{agency}
"""
_FOOT_EN = """
The link is for your unit only and can be used once; later, please open {portal} and use the code of the letter.
What you tell us is kept confidential under the Law on Statistics and used for statistics only.
For help please call {hotline}.

{agency}
"""

INVITATION: Wording = {
    "vi": {
        "subject": "Mời trả lời phiếu: {round}",
        "body": "Kính gửi {name} (mã đơn vị {unit}),\n\n"
        "Trân trọng đề nghị Quý đơn vị trả lời phiếu trực tuyến của “{round}”, chậm nhất ngày {deadline}:\n\n{link}\n"
        + _FOOT_VI,
    },
    "en": {
        "subject": "Please answer: {round}",
        "body": "To {name} (unit {unit}),\n\n"
        "Please answer the online questionnaire of “{round}” at the latest on {deadline}:\n\n{link}\n" + _FOOT_EN,
    },
}
REMINDER: Wording = {
    "vi": {
        "subject": "Nhắc trả lời phiếu, còn {days} ngày: {round}",
        "body": "Kính gửi {name} (mã đơn vị {unit}),\n\n"
        "Đến nay cơ quan chúng tôi chưa nhận được phiếu trả lời của Quý đơn vị cho “{round}”. "
        "Hạn trả lời là ngày {deadline}. Phần đã điền vẫn được giữ; xin tiếp tục tại:\n\n{link}\n\n"
        "Nếu Quý đơn vị vừa gửi phiếu, xin bỏ qua thư này.\n" + _FOOT_VI,
    },
    "en": {
        "subject": "Reminder, {days} days left: {round}",
        "body": "To {name} (unit {unit}),\n\n"
        "We have not received your answer to “{round}” yet. It is due on {deadline}. What you have filled in is kept; "
        "please go on at:\n\n{link}\n\nIf you have just sent the questionnaire, please disregard this message.\n"
        + _FOOT_EN,
    },
}


def check(wording: Wording) -> None:
    """Refuse a wording with an empty text, a stray brace or an unknown placeholder; the text must hold the link."""
    for language in LANGUAGES:
        for part in ("subject", "body"):
            template = wording.get(language, {}).get(part, "")
            names = _placeholders(template)
            if not template.strip() or not names <= set(PLACEHOLDERS):
                wrong = ", ".join(sorted(names - set(PLACEHOLDERS))) or "–"
                raise Problem("bad-wording", name=f"{part} ({language})", placeholder=wrong)
        if "link" not in _placeholders(wording[language]["body"]):
            raise Problem("bad-wording", name=f"body ({language})", placeholder="{link}")


def filled(wording: Wording, language: str, values: Mapping[str, str]) -> tuple[str, str]:
    """Return subject and body in a language with the placeholders filled in."""
    chosen = wording.get(language) or wording["vi"]
    return chosen["subject"].format_map(values), chosen["body"].format_map(values)


def _placeholders(template: str) -> set[str]:
    """Return the names in braces; anything cleverer than a name counts as unknown."""
    try:
        parts = list(Formatter().parse(template))
    except ValueError:
        return {"{"}
    return {
        name if not spec and not conversion else f"{name}:{spec}"
        for _text, name, spec, conversion in parts
        if name is not None
    }
