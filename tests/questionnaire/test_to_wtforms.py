# ruff: noqa: E501 - tables are wider than a line
"""WTForms classes: made once, no field for what is computed, strings parsed the Vietnamese way, the judge asked exactly once."""

from __future__ import annotations

from typing import Any

import pytest
from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, FieldList, FormField, RadioField, SelectField

from survey.questionnaire import judge as judging
from survey.questionnaire import to_wtforms
from survey.questionnaire.evaluate import MAX_ROWS
from survey.questionnaire.to_wtforms import answers_from, attach, bound, dress, fields, fill, form_class
from survey.questionnaire.xform import CompiledForm
from tests.questionnaire.tiny import NOW, evaluated, form

YES_NO = """
| list_name | name | label |
| yn        | 1    | Có    |
| yn        | 2    | Không |
"""


@pytest.fixture(scope="module")
def compiled() -> CompiledForm:
    return form(
        """
        | type               | name  | label     | relevant   | calculation    | required | warning | warning_message | appearance | constraint | constraint_message |
        | start              | start |           |            |                |          |         |                 |            |            |                    |
        | begin_group        | g     | Nhóm      |            |                |          |         |                 |            |            |                    |
        | integer            | n     | Số        |            |                | yes      | . > 12  | ${n} người?     |            | . < 30     | Tối đa 29          |
        | decimal            | d     | Diện tích |            |                |          |         |                 |            |            |                    |
        | end_group          |       |           |            |                |          |         |                 |            |            |                    |
        | begin_repeat       | m     | Người     | ${n} > 0   |                |          |         |                 |            |            |                    |
        | text               | who   | Tên       |            |                | yes      |         |                 |            |            |                    |
        | date               | born  | Sinh      |            |                |          |         |                 |            |            |                    |
        | select_one yn      | ok    | Có?       |            |                |          |         |                 |            |            |                    |
        | end_repeat         |       |           |            |                |          |         |                 |            |            |                    |
        | select_multiple yn | many  | Nhiều     |            |                |          |         |                 |            |            |                    |
        | select_one yn      | few   | Ít        |            |                |          |         |                 | minimal    |            |                    |
        | acknowledge        | ack   | Đồng ý    |            |                |          |         |                 |            |            |                    |
        | calculate          | twice |           |            | ${n} * 2       |          |         |                 |            |            |                    |
        | calculate          | lot   |           |            | once(random()) |          |         |                 |            |            |                    |
        | note               | say   | Chào      |            |                |          |         |                 |            |            |                    |
        """,
        YES_NO,
    )


def posted(**values: Any) -> MultiDict[str, str]:
    return MultiDict([(key.replace("__", "-"), one) for key, value in values.items() for one in _listed(value)])


def _listed(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]


def test_a_class_is_made_once_per_form_version(compiled: CompiledForm) -> None:
    assert form_class(compiled.instrument) is form_class(compiled.instrument)


def test_calculations_notes_and_metadata_have_no_field(compiled: CompiledForm) -> None:
    names = {path for path, _ in fields(bound(compiled.instrument))}
    assert names == {"g", "g/n", "g/n_reason", "g/d", "m", "many", "few", "ack"}


def test_kinds_become_the_fields_they_should(compiled: CompiledForm) -> None:
    made = dict(fields(bound(compiled.instrument, None, {"m": [{}]})))
    kinds = {"g": FormField, "m": FieldList, "m[1]/ok": RadioField, "few": SelectField, "ack": BooleanField}
    assert [path for path, kind in kinds.items() if not isinstance(made[path], kind)] == []
    assert made["m"].max_entries == MAX_ROWS


def test_vietnamese_numbers_and_dates_become_xforms_values(compiled: CompiledForm) -> None:
    data = posted(g__n="1.234", g__d="1.234.567,5", m__0__who="Đào", m__0__born="05/02/1990", many=["1", "2"], ack="y")
    answers = answers_from(bound(compiled.instrument, data)).answers
    assert answers["g"] == {"n": "1234", "n_reason": "", "d": "1234567.5"}
    assert answers["m"] == [{"who": "Đào", "born": "1990-02-05", "ok": ""}]
    assert (answers["many"], answers["ack"]) == ("1 2", "OK")


def test_stored_answers_are_shown_as_people_write_them(compiled: CompiledForm) -> None:
    stored = {
        "g": {"n": "1234", "d": "1234567.5"},
        "m": [{"who": "Đào", "born": "1990-02-05", "ok": "2"}],
        "many": "1 2",
    }
    shown = dict(fields(bound(compiled.instrument, None, stored)))
    values = {path: shown[path].data for path in ("g/n", "g/d", "m[1]/born", "m[1]/ok", "many")}
    assert values == {"g/n": "1234", "g/d": "1234567,5", "m[1]/born": "05/02/1990", "m[1]/ok": "2", "many": ["1", "2"]}


@pytest.mark.parametrize(
    ("written", "code"), [("1.5", "dot"), ("12.50", "dot"), ("mười", "decimal"), ("1,2,3", "decimal")]
)
def test_an_ambiguous_number_is_answered_with_a_question(compiled: CompiledForm, written: str, code: str) -> None:
    filled = fill(bound(compiled.instrument, posted(g__n="3", g__d=written)), now=NOW)
    assert [(f.path, f.code) for f in filled.findings] == [("g/d", code)]
    assert filled.verdict.answers["g"]["d"] == ""


def test_errors_and_warnings_stand_on_their_fields(compiled: CompiledForm) -> None:
    made = bound(compiled.instrument, posted(g__n="40", m__0__who="", few="9"))
    filled = fill(made, now=NOW)
    shown = dict(fields(made))
    assert list(shown["g/n"].errors) == ["Tối đa 29"]
    assert list(shown["g/n"].warnings) == ["40 người?"]
    assert list(shown["m[1]/who"].errors) == ["Cần có câu trả lời."]
    assert list(shown["few"].errors) == ["Mã này không có trong các phương án trả lời của câu hỏi."]
    assert attach(made, filled.findings, "en") == ()
    assert list(shown["m[1]/who"].errors) == ["An answer is required."]


def test_the_judge_is_asked_exactly_once(compiled: CompiledForm, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    check = judging._Check.question

    def counting(self: Any, path: str, node: Any, row: Any) -> Any:
        asked.append(path)
        return check(self, path, node, row)

    monkeypatch.setattr(judging._Check, "question", counting)
    fill(bound(compiled.instrument, posted(g__n="2", m__0__who="A", m__1__who="B")), now=NOW)
    assert len(asked) == len(set(asked)) == 2 + 2 * 3 + 3


def test_what_is_computed_cannot_be_posted_and_draws_come_from_the_draft(compiled: CompiledForm) -> None:
    data = posted(g__n="3", twice="999", lot="0.99", start="2020-01-01")
    base = {"lot": "0.25", "start": "2026-11-23T08:00:00.000+07:00"}
    verdict = fill(bound(compiled.instrument, data), now=NOW, base=base).verdict
    assert (verdict.answers["twice"], verdict.answers["lot"], verdict.answers["start"]) == ("6", "0.25", base["start"])


def test_a_section_is_read_alone_and_the_rest_of_the_draft_is_kept(compiled: CompiledForm) -> None:
    base = {"g": {"n": "2", "d": "1.5"}, "m": [{"who": "A"}, {"who": "B", "ok": "1"}], "many": "1"}
    filled = fill(
        bound(compiled.instrument, posted(m__1__who="Bé", m__1__born="01/01/2020")), now=NOW, base=base, section="m[2]"
    )
    assert filled.answers["g"] == base["g"]
    assert filled.answers["m"] == [{"who": "A"}, {"who": "Bé", "ok": "", "born": "2020-01-01"}]
    assert filled.answers["many"] == "1"


def test_rows_of_a_roster_that_is_not_asked_are_pruned_from_the_verdict(compiled: CompiledForm) -> None:
    filled = fill(bound(compiled.instrument, posted(g__n="0", m__0__who="A")), now=NOW)
    assert "m" not in filled.verdict.answers
    assert filled.answers["m"][0]["who"] == "A", "the draft keeps what was typed"


def test_a_billion_posted_row_numbers_do_not_build_rows(compiled: CompiledForm) -> None:
    data = MultiDict([(f"m-{number}-who", "x") for number in range(0, 10**9, 10**6)])
    assert len(bound(compiled.instrument, data)["q_m"].entries) <= MAX_ROWS


def test_dressing_gives_labels_choices_and_rules_in_a_language(compiled: CompiledForm) -> None:
    made = bound(compiled.instrument, None, {"g": {"n": "1"}, "m": [{}]})
    dress(made, evaluated(compiled, {"g": {"n": "1"}, "m": [{}]}), "vi")
    shown = dict(fields(made))
    assert shown["g/n"].label.text == "Số"
    assert (shown["g/n"].required, shown["g/d"].required, shown["m[1]/who"].relevant) == (True, False, True)
    assert [(one.value, one.label) for one in shown["few"].choices] == [("", "—"), ("1", "Có"), ("2", "Không")]
    dress(made, evaluated(compiled, {"g": {"n": "0"}, "m": [{}]}), "vi")
    assert dict(fields(made))["m[1]/who"].relevant is False


def test_a_question_may_be_named_like_a_method_of_wtforms() -> None:
    compiled = form("| type | name | label |\n| text | errors | E |\n| text | validate | V |\n| text | process | P |")
    answers = answers_from(bound(compiled.instrument, posted(errors="1", validate="2", process="3"))).answers
    assert answers == {"errors": "1", "validate": "2", "process": "3"}
    assert to_wtforms.form_class(compiled.instrument).__name__
