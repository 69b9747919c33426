"""Two versions compared in words: what changed, from what to what, and which indicators it touches."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from survey.questionnaire.instrument import Instrument
from survey.questionnaire.routing.compared import told, touched
from tests.questionnaire.tiny import form

SURVEY = """
| type | name | label | relevant | constraint | constraint_message | calculation | indicator |
| select_one yes_no | fibre | B1. Fibre? | | | | | XH5 |
| integer | size | B2. Size? | ${fibre} = 1 | . >= 1 and . <= 30 | Wrong | | |
| calculate | twice | | | | | ${size} * 2 | XH10 |
| text | remark | B3. Remark | | | | | |
"""
CHOICES = "| list_name | name | label |\n| yes_no | 1 | Yes |\n| yes_no | 2 | No |"


def version(**changes: str) -> Instrument:
    """Return the form with some pieces of its sheets replaced: `survey` or `choices` hold `old => new`."""
    texts: Mapping[str, str] = {"survey": SURVEY, "choices": CHOICES}
    changed = {name: _replaced(text, changes.get(name, "")) for name, text in texts.items()}
    return form(changed["survey"], changed["choices"], version="2" if changes else "1").instrument


def _replaced(text: str, change: str) -> str:
    if not change:
        return text
    old, new = change.split(" => ")
    assert old in text
    return text.replace(old, new)


@pytest.mark.parametrize(
    ("changes", "lines"),
    [
        (
            {"survey": "B1. Fibre? => B1. Cable?"},
            [
                "fibre: the wording in vi was «B1. Fibre?», now «B1. Cable?» [XH5, XH10]",
                "fibre: the wording in en was «B1. Fibre?», now «B1. Cable?» [XH5, XH10]",
            ],
        ),
        (
            {"survey": "${fibre} = 1 => ${fibre} = 2"},
            [
                "size: the condition for asking it changed [XH10]",
                "    Asked when: was «question B1 is answered 1», now «question B1 is answered 2»",
            ],
        ),
        (
            {"survey": "| ${fibre} = 1 | => | |"},
            [
                "size: the condition for asking it changed [XH10]",
                "    Asked when: was «question B1 is answered 1», now «–»",
            ],
        ),
        (
            {"survey": ". <= 30 => . <= 40"},
            [
                "size: the allowed answers changed [XH10]",
                "    Allowed answers: was «question B2 is 1 or more, and also question B2 is at most 30», "
                "now «question B2 is 1 or more, and also question B2 is at most 40»",
            ],
        ),
        (
            {"survey": "${size} * 2 => ${size} * 3"},
            [
                "twice: the calculation changed [XH10]",
                "    Calculation: was «question B2 × 2», now «question B2 × 3»",
            ],
        ),
        (
            {"choices": "| yes_no | 2 | No | => | yes_no | 2 | Never |\n| yes_no | 8 | Unknown |"},
            [
                "fibre: the choice 2 was «No», now «Never» [XH5, XH10]",
                "fibre: the choice 8 is new: «Unknown» [XH5, XH10]",
            ],
        ),
        (
            {"survey": "| text | remark | B3. Remark | => | text | note_to_us | B3. Remark |"},
            ["note_to_us: new", "remark: no longer in the questionnaire"],
        ),
    ],
)
def test_a_change_is_told_with_what_it_was_and_what_it_touches(changes: dict[str, str], lines: list[str]) -> None:
    assert told(version(), version(**changes), "en") == lines


def test_indicators_are_named_once_in_the_order_of_the_plan() -> None:
    assert touched(version(), version(survey="B1. Fibre? => B1. Cable?")) == ("XH5", "XH10")
    assert touched(version(), version(survey="B3. Remark => B3. Note")) == ()


def test_the_same_form_has_no_differences() -> None:
    assert told(version(), version(), "en") == []
