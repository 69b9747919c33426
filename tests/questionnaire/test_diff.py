"""What changed between two versions, in words, and which indicators each change touches."""

from __future__ import annotations

from survey.questionnaire.diff import changes
from tests.questionnaire.tiny import form

LISTS = "| list_name | name | label |\n| yn | 1 | Có |\n| yn | 2 | Không |"
OLD = """
| type          | name  | label   | relevant    | indicator | calculation |
| select_one yn | phone | Có máy? |             | XH1       |             |
| integer       | age   | Tuổi?   |             |           |             |
| text          | net   | Dùng?   | ${age} > 14 | XH6       |             |
| text          | gone  | Bỏ      |             | KT5       |             |
"""


def test_the_same_version_has_no_changes() -> None:
    assert changes(form(OLD, LISTS).instrument, form(OLD, LISTS).instrument) == []


def test_wording_rules_choices_new_and_removed_questions_are_said_in_words() -> None:
    new = (
        OLD.replace("Có máy?", "Có điện thoại?")
        .replace("> 14", "> 15")
        .replace("| text          | gone  | Bỏ      |             | KT5       |             |\n", "")
    )
    new += "| integer | extra | Thêm | | XH5 | |\n"
    found = changes(
        form(OLD, LISTS).instrument, form(new, LISTS.replace("Không", "Chưa") + "\n| yn | 8 | Không biết |").instrument
    )
    said = {change.text(): change.indicators for change in found}
    assert said == {
        "phone: the wording in vi was «Có máy?», now «Có điện thoại?»": ("XH1",),
        "phone: the wording in en was «Có máy?», now «Có điện thoại?»": ("XH1",),
        "phone: the choice 2 was «Không», now «Chưa»": ("XH1",),
        "phone: the choice 8 is new: «Không biết»": ("XH1",),
        "net: the condition for asking it changed": ("XH6",),
        "extra: new": ("XH5",),
        "gone: no longer in the questionnaire": ("KT5",),
    }


def test_a_change_touches_the_indicators_that_depend_on_the_question() -> None:
    found = changes(form(OLD, LISTS).instrument, form(OLD.replace("Tuổi?", "Bao nhiêu tuổi?"), LISTS).instrument)
    assert {change.indicators for change in found} == {("XH6",)}
