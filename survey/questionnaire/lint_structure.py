"""The lint of what stands where: sheets, columns, settings, types, names, nesting, lists, parameters, appearances."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from survey.questionnaire.finding import LintFinding, at
from survey.questionnaire.lint_list import list_rows
from survey.questionnaire.outline import (
    CLOSERS,
    FROM_FILE,
    LISTED,
    METADATA,
    OPENERS,
    PLAIN,
    SILENT,
    Item,
    Outline,
    split_column,
)
from survey.questionnaire.sheets import Book, Row
from survey.text import N_

_SURVEY = frozenset(
    [
        "type",
        "name",
        "label",
        "hint",
        "guidance_hint",
        "image",
        "relevant",
        "constraint",
        "constraint_message",
        "required",
        "required_message",
        "read_only",
        "calculation",
        "repeat_count",
        "choice_filter",
        "appearance",
        "parameters",
        "default",
        "identity",
        "sensitive",
        "warning",
        "warning_message",
        "indicator",
        "bank",
        "universe",
        "comment",
    ]
)
_TRANSLATED = frozenset(
    ["label", "hint", "guidance_hint", "image", "constraint_message", "required_message", "warning_message", "universe"]
)
_SETTINGS = frozenset(
    [
        "form_id",
        "form_title",
        "version",
        "default_language",
        "instance_name",
        "style",
        "allow_choice_duplicates",
        "public_key",
        "submission_url",
        "namespaces",
        "form_code",
        "comment",
    ]
)
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_RESERVED = frozenset({"meta", "data", "item", "root"})
_APPEARANCE = re.compile(
    r"minimal|likert|compact|horizontal|horizontal-compact|columns|columns-pack|columns-\d+|numbers|thousands-sep|multiline|signature|draw|"
    r"annotate|new|field-list|table-list|label|list-nolabel|month-year|year|no-calendar|autocomplete|quick|picker|vertical|no-ticks|w\d+"
)
_PARAMETERS = {
    "range": {"start", "end", "step"},
    "image": {"max-pixels"},
    "text": {"rows"},
    "audit": {
        "identify-user",
        "location-max-age",
        "location-min-interval",
        "location-priority",
        "track-changes",
        "track-changes-reasons",
    },
}
_LIST_PARAMETERS = {"randomize", "seed", "value", "label"}
_YES = {"identity", "sensitive"}
_ALL_TYPES = (*OPENERS, *CLOSERS, *PLAIN, *METADATA, *LISTED, *FROM_FILE)


def sheets(book: Book) -> Iterator[LintFinding]:
    """Refuse a workbook without the sheets every form has, and sheets that would be ignored."""
    for name in ("survey", "settings"):
        if name not in book or not book[name].rows:
            yield LintFinding(
                "error",
                name,
                0,
                0,
                "",
                "",
                N_("the sheet is missing or empty"),
                N_("a sheet named {name}"),
                {"name": name},
            )
    for name in book:
        if name not in ("survey", "choices", "settings"):
            yield LintFinding(
                "error", name, 0, 0, "", "", N_("this sheet is not supported"), N_("survey, choices, settings")
            )


def columns(book: Book) -> Iterator[LintFinding]:
    """Refuse a column that would be ignored, and a translated column without its language."""
    for column in book["survey"].header:
        yield from _column("survey", column, _SURVEY, _TRANSLATED)
    for column in book["settings"].header:
        yield from _column("settings", column, _SETTINGS, frozenset())
    for column in book["choices"].header if "choices" in book else ():
        base, language = split_column(column)
        if base in ("label", "image") and not language and column:
            yield _bad_column(
                "choices", column, N_("the language of this column is missing"), N_("{column}::Tiếng Việt (vi)")
            )


def _column(sheet: str, column: str, known: frozenset[str], translated: frozenset[str]) -> Iterator[LintFinding]:
    base, language = split_column(column)
    base = base.removeprefix("media::")
    if column.startswith(("bind::", "control::", "attribute::")):
        yield _bad_column(sheet, column, N_("raw attributes are not supported"), N_("one of the documented columns"))
    elif base not in known:
        yield _bad_column(
            sheet, column, N_("this column is not supported and would be ignored"), ", ".join(sorted(known))
        )
    elif base in translated and not language:
        yield _bad_column(sheet, column, N_("the language of this column is missing"), N_("{column}::Tiếng Việt (vi)"))
    elif language and base not in translated and base != "form_title":
        yield _bad_column(sheet, column, N_("this column has no languages"), base)


def _bad_column(sheet: str, column: str, message: str, expected: str) -> LintFinding:
    return LintFinding("error", sheet, 1, 0, column, "", message, expected, {"column": split_column(column)[0]})


def settings(book: Book) -> Iterator[LintFinding]:
    """Require identity, version and default language."""
    row = book["settings"].rows[0]
    for column in ("form_id", "form_title", "version", "default_language"):
        if not row.get(column):
            yield at("settings", row, column, N_("a value is required"))
    if row.get("form_id") and not _NAME.fullmatch(row.get("form_id")):
        yield at(
            "settings", row, "form_id", N_("this name is not allowed"), N_("Latin letters, digits, _ - . and no blank")
        )
    if row.get("style") not in ("", "pages", "theme-grid"):
        yield at("settings", row, "style", N_("this style is not supported"), "pages")
    for extra in book["settings"].rows[1:]:
        yield at("settings", extra, "form_id", N_("the settings have one row only"))


def rows(book: Book, shape: Outline) -> Iterator[LintFinding]:
    """Check type, name, nesting, parameters and appearance of every row of the survey sheet."""
    seen: dict[str, Row] = {}
    made = _made(shape)
    for item in shape.items:
        if item.type not in _ALL_TYPES:
            yield at("survey", item.row, "type", N_("this question type is not supported"), ", ".join(_ALL_TYPES))
        elif item.type not in CLOSERS:
            yield from _name(item, seen, made)
            yield from _cells(item, book)
    yield from _nesting(shape)


def _made(shape: Outline) -> set[str]:
    """Return the names that compilation adds: the reason of a soft check, the text of an open choice."""
    reasons = {f"{item.name}_reason" for item in shape.items if item.row.get("warning")}
    return reasons | {f"{item.name}_other" for item in shape.items if item.or_other}


def _name(item: Item, seen: dict[str, Row], made: set[str]) -> Iterator[LintFinding]:
    if not _NAME.fullmatch(item.name):
        yield at(
            "survey", item.row, "name", N_("this name is not allowed"), N_("Latin letters, digits, _ - . and no blank")
        )
    elif item.name.lower() in _RESERVED or item.name in made:
        yield at("survey", item.row, "name", N_("this name is reserved by the system"), N_("another name"))
    elif item.name in seen:
        yield at(
            "survey",
            item.row,
            "name",
            N_("row {row} has the same name"),
            N_("a name used once in the form"),
            row=seen[item.name].number,
        )
    seen.setdefault(item.name, item.row)


def _nesting(shape: Outline) -> Iterator[LintFinding]:
    stack: list[Item] = []
    for item in shape.items:
        if item.type in OPENERS:
            stack.append(item)
        elif item.type in CLOSERS:
            opener = item.type.replace("end", "begin")
            if not stack or stack[-1].type != opener:
                yield at("survey", item.row, "type", N_("nothing that it closes is open here"), opener)
            else:
                stack.pop()
    for item in stack:
        yield at("survey", item.row, "type", N_("it is never closed"), item.type.replace("begin", "end"))


def _cells(item: Item, book: Book) -> Iterator[LintFinding]:
    for column in _YES:
        if item.row.get(column) not in ("", "yes", "no"):
            yield at("survey", item.row, column, N_("this value is not allowed"), N_("yes or no"))
    if item.row.get("repeat_count") and item.type != "begin_repeat":
        yield at("survey", item.row, "repeat_count", N_("only a roster has a row count"), "begin_repeat")
    if item.row.get("choice_filter") and item.type not in (*LISTED, *FROM_FILE):
        yield at("survey", item.row, "choice_filter", N_("only a question with choices has a filter"))
    if item.row.get("calculation") and item.type in (*OPENERS, *METADATA, "note", *LISTED, *FROM_FILE):
        yield at("survey", item.row, "calculation", N_("this type cannot be calculated"), "calculate")
    if item.type == "calculate" and not item.row.get("calculation"):
        yield at("survey", item.row, "calculation", N_("a value is required"))
    if item.row.get("warning") and item.type in (*OPENERS, *SILENT, "note"):
        yield at("survey", item.row, "warning", N_("only an answer can be unlikely"))
    if item.or_other and (item.row.get("choice_filter") or item.type not in ("select_one", "select_multiple")):
        yield at(
            "survey", item.row, "type", N_("or_other needs a plain list without a filter"), "select_one LIST or_other"
        )
    yield from _words(item)
    yield from _parameters(item)
    yield from _default(item, book)


def _words(item: Item) -> Iterator[LintFinding]:
    for word in item.row.get("appearance").split():
        if not _APPEARANCE.fullmatch(word):
            yield at(
                "survey",
                item.row,
                "appearance",
                N_("the appearance {word} is not supported"),
                "minimal, likert, columns, numbers…",
                word=word,
            )
    for word in item.row.get("indicator").split():
        if not re.fullmatch(r"[A-Z]{2,3}\d+", word):
            yield at(
                "survey",
                item.row,
                "indicator",
                N_("{word} is not an indicator code"),
                N_("codes such as XH1, separated by blanks"),
                word=word,
            )


def _parameters(item: Item) -> Iterator[LintFinding]:
    known = _LIST_PARAMETERS if item.type in (*LISTED, *FROM_FILE) else _PARAMETERS.get(item.type, set())
    given = dict(part.partition("=")[::2] for part in item.row.get("parameters").split())
    for name, value in given.items():
        if name not in known or not value:
            yield at(
                "survey",
                item.row,
                "parameters",
                N_("the parameter {name} is not supported here"),
                ", ".join(sorted(known)),
                name=name,
            )
    if item.type == "range":
        yield from _range(item, given)


def _range(item: Item, given: Mapping[str, str]) -> Iterator[LintFinding]:
    try:
        start, end, step = float(given["start"]), float(given["end"]), float(given.get("step", "1"))
    except (KeyError, ValueError):
        yield at("survey", item.row, "parameters", N_("a range needs numbers"), "start=0 end=10 step=1")
        return
    if step <= 0 or end <= start or abs(round((end - start) / step) - (end - start) / step) > 1e-9:
        yield at(
            "survey", item.row, "parameters", N_("the steps do not lead from start to end"), "start=0 end=10 step=2"
        )


def _default(item: Item, book: Book) -> Iterator[LintFinding]:
    value = item.row.get("default")
    if not value or "${" in value or "(" in value:
        return
    if item.type in (*OPENERS, "note", "acknowledge"):
        yield at("survey", item.row, "default", N_("this type has no default"))
    if item.type == "integer" and not re.fullmatch(r"-?\d+", value):
        yield at("survey", item.row, "default", N_("this value is not allowed"), N_("a whole number"))
    if item.type in LISTED:
        values = {row.get("name") for row in list_rows(book, item.list_name)}
        if not set(value.split()) <= values:
            yield at(
                "survey",
                item.row,
                "default",
                N_("this is not a choice of the list {name}"),
                ", ".join(sorted(values)),
                name=item.list_name,
            )
