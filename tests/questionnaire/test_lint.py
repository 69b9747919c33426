# ruff: noqa: E501 - tables are wider than a line
"""What the lint refuses: each construct in one table, each finding with its sheet, row, column, value and what is expected."""

from __future__ import annotations

import pytest

from survey.errors import Problem
from survey.questionnaire.finding import LintFinding
from tests.questionnaire.tiny import book, findings, form

LISTS = """
| list_name | name | label |
| l         | 1    | Một   |
| l         | 2    | Hai   |
"""
BASE = """
| type         | name  | label | relevant   | calculation          | required |
| integer      | a     | A     |            |                      |          |
| date         | d     | D     |            |                      |          |
| select_one l | s     | S     |            |                      |          |
| begin_repeat | m     | M     |            |                      |          |
| text         | who   | Tên   |            |                      | yes      |
| integer      | age   | Tuổi  |            |                      | yes      |
| integer      | inc   | Thu   | ${age} > 14 |                     | yes      |
| select_one l | ms    | MS    |            |                      |          |
| calculate    | inc0  |       |            | coalesce(${inc}, 0)  |          |
| end_repeat   |       |       |            |                      |          |
| calculate    | probe |       |            | EXPRESSION           |          |
"""


def messages(found: list[LintFinding]) -> list[str]:
    return [finding.message for finding in found]


def probe(expression: str) -> list[LintFinding]:
    return [
        f
        for f in findings(BASE.replace("EXPRESSION", expression.replace("|", "¦")), LISTS)
        if f.column == "calculation"
    ]


def test_the_base_of_these_tests_is_in_order() -> None:
    assert findings(BASE.replace("EXPRESSION", "1 + 1"), LISTS) == []


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("sum(${inc})", "{function}() over {name}, which some rows leave blank, gives no number in web clients"),
        ("min(${inc})", "{function}() over {name}, which some rows leave blank, gives no number in web clients"),
        ("max(${inc})", "{function}() over {name}, which some rows leave blank, gives no number in web clients"),
        ("jr:choice-name(${ms}, '${ms}')", "jr:choice-name() of a question of a roster works inside the roster only"),
        ("jr:choice-name(${a}, 'a')", "the second argument must name a question with choices, in quotes"),
        ("decimal-date-time(${d})", "{name}() of an answer fails in web clients"),
        ("date(${d})", "{name}() of an answer fails in web clients"),
        ("once(${a})", "once() of answers is fixed at different moments by different clients"),
        ("once(random()) + 1", "once() must be the whole calculation"),
        ("random()", "{name}() is drawn again at every change"),
        ("uuid()", "{name}() is drawn again at every change"),
        ("regex(${a}, '[0-9]+')", "a pattern without ^…$ matches the whole text in one client and a part in another"),
        ("regex(${a}, '^\\p{L}+$')", "this pattern uses signs that only some clients know"),
        ("regex(${a}, '^[0-9+$')", "this expression cannot be read: {reason}"),
        ("floor(${a})", "{name}() is not portable"),
        ("ceiling(${a})", "{name}() is not portable"),
        ("last()", "{name}() is not portable"),
        ("name(${a})", "{name}() is not portable"),
        ("pulldata('x', 'y', 'z', ${a})", "{name}() is not portable"),
        ("coalesce(${a}, 1, 2)", "{name}() has {count} arguments"),
        ("unheard-of(${a})", "there is no function {name}()"),
        ("count(${m}[2])", "a row cannot be picked by a number in brackets"),
        ("if(${a}, 1, 2)", "a question used as yes or no differs between clients"),
        ("not(${a})", "a question used as yes or no differs between clients"),
        ("boolean(${a})", "a question used as yes or no differs between clients"),
        ("if(${a} and 1 = 1, 1, 2)", "a question used as yes or no differs between clients"),
        ("number(${d})", "a date used as a number differs by hours between clients"),
        ("${d} + 1", "a date used as a number differs by hours between clients"),
        ("today() - ${d}", "a date used as a number differs by hours between clients"),
        ("if(${d} < 5, 1, 2)", "a date is compared with something that is not a date"),
        ("if(${d} > '2026-01-01', 1, 2)", "a date is compared with something that is not a date"),
        ("if(${a} < 'x', 1, 2)", "texts have no order here"),
        ("/data/a", "an absolute path means different nodes in different clients"),
        ("../a", "a path by names is not checked"),
        ("${who}", "{ref} has one value per row of the roster {roster}"),
        ("format-date(${d}, '%A %d')", "this date format is not portable"),
        ("selected(${s}, 1)", "a choice code is a text, in quotes"),
        ("selected(${d}, '1')", "{name}() needs a question with choices"),
        ("count(${m}[${age} > 3])", "inside brackets {ref} of a roster names different nodes in different clients"),
        ("count(${m}[age])", "a question used as yes or no differs between clients"),
        ("${nobody}", "there is no question {name}"),
        ("instance('nothing')/root/item[name = '1']/label", "there is no list {name} in the choices"),
        ("${a} +", "this expression cannot be read: {reason}"),
        ("${a} § 2", "this expression cannot be read: {reason}"),
        ("${probe} + 1", "this value depends on itself: {names}"),
        ("indexed-repeat(1, ${m}, 1)", "indexed-repeat() needs references"),
    ],
)
def test_an_expression_that_is_not_portable_is_refused(expression: str, message: str) -> None:
    assert message in messages(probe(expression))


@pytest.mark.parametrize(
    "expression",
    [
        "sum(${inc0})",
        "max(${age})",
        "count(${m}[age > 3])",
        "join(', ', ${m}[age >= 18]/who)",
        "once(random())",
        "int((number(format-date(today(), '%Y%m%d')) - number(format-date(${d}, '%Y%m%d'))) div 10000)",
        "if(${d} < date('2026-01-31') and ${d} != '', 1, 2)",
        "if(${d} <= today(), 1, 2)",
        "indexed-repeat(${who}, ${m}, 1)",
        "jr:choice-name(${s}, '${s}')",
        "instance('l')/root/item[name = ${s}]/label",
        "if(regex(string(${a}), '^[0-9]{1,2}$'), 1, 0)",
    ],
)
def test_the_portable_way_to_say_it_is_accepted(expression: str) -> None:
    assert probe(expression) == []


def test_inside_its_roster_a_question_is_one_value_and_the_roster_cannot_be_counted() -> None:
    end = "| end_repeat   |       |       |            |                      |          |"
    inside = BASE.replace("EXPRESSION", "1").replace(end, f"| calculate | k | | | INSIDE | |\n{end}")
    message = "inside the roster, {ref} is this row only, so {function}() of it means one value"
    for expression in ("sum(${age})", "count(${m})", "join(' ', ${who})"):
        assert message in messages(findings(inside.replace("INSIDE", expression), LISTS)), expression
    assert findings(inside.replace("INSIDE", "${age} + position(..)"), LISTS) == []


ONE = "| type | name | label |\n"


@pytest.mark.parametrize(
    ("survey", "column", "message"),
    [
        (ONE + "| barcode | q | Q |", "type", "this question type is not supported"),
        (ONE + "| begin_loop | q | Q |", "type", "this question type is not supported"),
        (ONE + "| select_one_external l | q | Q |", "type", "this question type is not supported"),
        (ONE + "| select_one nolist | q | Q |", "type", "there is no list {name} in the choices"),
        (ONE + "| select_one_from_file none.csv | q | Q |", "type", "the media file {name} is missing"),
        (ONE + "| select_one_from_file none.geojson | q | Q |", "type", "only CSV lists are supported"),
        (ONE + "| text | câu 1 | Q |", "name", "this name is not allowed"),
        (ONE + "| text | meta | Q |", "name", "this name is reserved by the system"),
        (ONE + "| text | q | Q |\n| text | q | Q |", "name", "row {row} has the same name"),
        (ONE + "| begin_group | g | G |\n| text | q | Q |", "type", "it is never closed"),
        (ONE + "| text | q | Q |\n| end_repeat | | |", "type", "nothing that it closes is open here"),
        (ONE + "| text | q | |", "label::Tiếng Việt (vi)", "the text is missing"),
        ("| type | name | label | calculation |\n| calculate | q | | |", "calculation", "a value is required"),
        (
            "| type | name | label | trigger |\n| text | q | Q | ${q} |",
            "trigger",
            "this column is not supported and would be ignored",
        ),
        ("| type | name | label | bind::foo |\n| text | q | Q | x |", "bind::foo", "raw attributes are not supported"),
        (
            "| type | name | label::Tiếng Việt (vi) |\n| text | q | Q |",
            "label",
            "the form has no texts in the language {code}",
        ),
        (
            "| type | name | label | hint::Tiếng Việt (vi) |\n| text | q | Q | H |",
            "hint::English (en)",
            "the text is missing",
        ),
        (
            "| type | name | label | constraint |\n| integer | q | Q | . > 1 |",
            "constraint_message::Tiếng Việt (vi)",
            "the text is missing",
        ),
        (
            "| type | name | label | warning |\n| integer | q | Q | . > 1 |",
            "warning_message::Tiếng Việt (vi)",
            "the text is missing",
        ),
        (
            "| type | name | label | appearance |\n| text | q | Q | blinking |",
            "appearance",
            "the appearance {word} is not supported",
        ),
        (
            "| type | name | label | parameters |\n| range | q | Q | start=0 end=10 step=3 |",
            "parameters",
            "the steps do not lead from start to end",
        ),
        (
            "| type | name | label | parameters |\n| range | q | Q | start=a end=10 |",
            "parameters",
            "a range needs numbers",
        ),
        (
            "| type | name | label | parameters |\n| image | q | Q | size=2 |",
            "parameters",
            "the parameter {name} is not supported here",
        ),
        ("| type | name | label | default |\n| integer | q | Q | mười |", "default", "this value is not allowed"),
        ("| type | name | label | identity |\n| text | q | Q | maybe |", "identity", "this value is not allowed"),
        (
            "| type | name | label | indicator |\n| text | q | Q | xh-one |",
            "indicator",
            "{word} is not an indicator code",
        ),
        (
            "| type | name | label | relevant |\n| text | q | Q | ${p} |\n| text | p | P | |",
            "relevant",
            "a question used as yes or no differs between clients",
        ),
        (
            "| type | name | label | repeat_count |\n| text | q | Q | 3 |",
            "repeat_count",
            "only a roster has a row count",
        ),
        (
            "| type | name | label | choice_filter |\n| text | q | Q | 1 = 1 |",
            "choice_filter",
            "only a question with choices has a filter",
        ),
        (
            "| type | name | label | calculation |\n| note | q | Q | 1 |",
            "calculation",
            "this type cannot be calculated",
        ),
        ("| type | name | label |\n| text | q | Hỏi ${zz} |", "label::Tiếng Việt (vi)", "there is no question {name}"),
    ],
)
def test_what_is_not_supported_is_refused_where_it_stands(survey: str, column: str, message: str) -> None:
    found = [finding for finding in findings(survey) if finding.message == message]
    assert found, messages(findings(survey))
    assert (found[0].sheet, found[0].column) == ("survey", column)


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        (LISTS + "| l | 2 | Hai |", "the list {name} has this code twice"),
        (LISTS + "| l | 3 4 | Hai |", "a code cannot hold a blank"),
        (LISTS + "| l | | Hai |", "a value is required"),
        (LISTS + "| l | 3 | |", "the text is missing"),
        (LISTS + "| other | 3 | Ba |", "no question uses this list"),
        (LISTS + "| l | 3 | ${q} |", "a choice cannot hold a reference"),
    ],
)
def test_a_list_that_cannot_be_used_is_refused(choices: str, message: str) -> None:
    found = findings(ONE + "| select_one l | q | Q |", choices)
    assert message in messages(found)
    assert {finding.sheet for finding in found} == {"choices"}


def test_a_select_multiple_default_outside_its_list_is_refused() -> None:
    survey = "| type | name | label | default |\n| select_one l | q | Q | 7 |"
    assert "this is not a choice of the list {name}" in messages(findings(survey, LISTS))


@pytest.mark.parametrize(
    ("column", "value"), [("form_id", ""), ("version", ""), ("form_title", ""), ("style", "neon"), ("form_id", "a b")]
)
def test_settings_must_be_complete(column: str, value: str) -> None:
    found = findings(ONE + "| text | q | Q |", **{column: value})
    assert [(finding.sheet, finding.column) for finding in found] == [("settings", column)]


def test_a_finding_reads_as_one_line_with_place_value_and_expectation() -> None:
    line = str(findings("| type | name | label |\n| text | a | A |\n| barcode | q | Q |")[0])
    assert line.startswith(
        "sheet survey, row 3 (line –), column type: «barcode» this question type is not supported; expected: begin_group,"
    )


def test_examples_with_braces_survive_in_what_is_expected() -> None:
    line = str(probe("regex(${a}, '[0-9]+')")[0])
    assert "expected: regex(., '^[0-9]{10}$')" in line
    assert "expected: ${name} != ''" in str(probe("not(${a})")[0])
    assert "${who} has one value per row of the roster m" in str(probe("${who}")[0])


def test_compiling_a_refused_form_raises_one_problem_with_every_finding() -> None:
    with pytest.raises(Problem) as raised:
        form("| type | name | label |\n| barcode | q | Q |\n| text | p | |")
    assert raised.value.code == "form-invalid"
    assert len(raised.value.details["findings"]) == 3


def test_a_warning_of_pyxform_is_an_error() -> None:
    with pytest.raises(Problem, match=r"row 2 .*max-pixels"):
        form("| type | name | label |\n| image | q | Q |")


def test_unknown_sheets_and_missing_sheets_are_refused() -> None:
    sheets = book(ONE + "| text | q | Q |")
    from survey.questionnaire import lint

    assert messages(lint.check({**sheets, "osm": sheets["survey"]})) == ["this sheet is not supported"]
    assert messages(lint.check({"survey": sheets["survey"]})) == ["the sheet is missing or empty"]
