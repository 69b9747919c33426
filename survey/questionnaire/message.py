"""What is said when the instrument itself gives no message: one table, for the server, the tablet and the forms."""

from __future__ import annotations

from collections.abc import Mapping

DEFAULTS: dict[str, dict[str, str]] = {
    "required": {"vi": "Cần có câu trả lời.", "en": "An answer is required."},
    "constraint": {"vi": "Câu trả lời này không được chấp nhận.", "en": "This answer is not allowed."},
    "warning": {
        "vi": "Câu trả lời này khác thường. Xin kiểm tra lại.",
        "en": "This answer is unusual. Please check it.",
    },
    "choice": {
        "vi": "Mã này không có trong các phương án trả lời của câu hỏi.",
        "en": "This code is not among the choices offered.",
    },
    "integer": {"vi": "Phải là một số nguyên, ví dụ 12.", "en": "A whole number is expected, for example 12."},
    "decimal": {
        "vi": "Phải là một số; phần thập phân viết sau dấu phẩy, ví dụ 1,5.",
        "en": "A number is expected; write decimals after a comma, for example 1,5.",
    },
    "dot": {
        "vi": "Số này là {comma} hay {thousands}? Phần thập phân viết sau dấu phẩy; dấu chấm chỉ ngăn cách hàng nghìn.",
        "en": "Is this {comma} or {thousands}? Write decimals after a comma; dots only separate thousands.",
    },
    "date": {"vi": "Phải là một ngày, ví dụ 31/12/2026.", "en": "A date is expected, for example 31/12/2026."},
    "time": {"vi": "Phải là giờ và phút, ví dụ 08:30.", "en": "A time is expected, for example 08:30."},
    "datetime": {
        "vi": "Phải là ngày và giờ, ví dụ 31/12/2026 08:30.",
        "en": "A date and a time are expected, for example 31/12/2026 08:30.",
    },
    "geopoint": {
        "vi": "Phải là vĩ độ và kinh độ, ví dụ 9.7845 105.4701.",
        "en": "Latitude and longitude are expected, for example 9.7845 105.4701.",
    },
    "file": {"vi": "Tên tệp không hợp lệ.", "en": "The file name is not allowed."},
    "range": {
        "vi": "Phải từ {start} đến {end}, mỗi bước {step}.",
        "en": "A value from {start} to {end} in steps of {step} is expected.",
    },
    "roster": {
        "vi": "Số dòng vượt quá mức cho phép ({limit}); phần thừa không được nhận.",
        "en": "There are more rows than allowed ({limit}); the rest was not taken.",
    },
    "rows": {
        "vi": "Số dòng gửi lên ({posted}) nhiều hơn số dòng của bảng ({kept}); phần thừa không được nhận.",
        "en": "More rows were sent ({posted}) than the table has ({kept}); the rest was not taken.",
    },
    "unknown": {
        "vi": "Mục này không có trong phiếu; nội dung gửi lên không được nhận.",
        "en": "The questionnaire has no such item; what was sent was not taken.",
    },
    "long": {"vi": "Câu trả lời dài quá {limit} ký tự.", "en": "The answer is longer than {limit} characters."},
}


def default_message(code: str, languages: tuple[str, ...], **details: object) -> Mapping[str, str]:
    """Return the message of a code in each language of an instrument (English where there is no translation)."""
    texts = DEFAULTS[code]
    return {language: texts.get(language, texts["en"]).format(**details) for language in languages}
