"""The constructs on which ODK Collect, Enketo and web-forms disagree, each with the portable way to write it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from survey.questionnaire.finding import LintFinding, at
from survey.questionnaire.outline import FROM_FILE, LISTED, Item, Outline
from survey.questionnaire.xpath import Binary, Call, Literal, Negate, Path, Tree, calls, references, walk
from survey.text import N_

_DATES = frozenset({"date", "dateTime", "today", "start", "end"})
_DATE_CALLS = frozenset({"today", "now", "date", "date-time"})
_ORDERINGS = frozenset({"<", "<=", ">", ">="})
_ARITHMETIC = frozenset({"+", "-", "*", "div", "mod"})
_FORMAT = re.compile(r"(%[YymndeHhMS3]|[^%])*")
_STRINGS = frozenset(
    {"text", "calculate", "hidden", "select_one", "select_multiple", "rank", *FROM_FILE, "deviceid", "username"}
)
AGE = "int((number(format-date(today(), '%Y%m%d')) - number(format-date(${dob}, '%Y%m%d'))) div 10000)"


def constructs(item: Item, column: str, tree: Tree, shape: Outline, *, as_boolean: bool) -> Iterator[LintFinding]:
    """Report every construct of one expression that is not portable; `as_boolean` says that its result is a yes or
    no.
    """
    if as_boolean and isinstance(tree, Path):
        yield _as_boolean(item, column)
    for node in walk(tree):
        if isinstance(node, Binary):
            yield from _binary(item, column, node, shape)
        elif isinstance(node, Call):
            yield from _call(item, column, node, shape)
        elif isinstance(node, Negate) and _is_date(node.operand, shape, item):
            yield _date_arithmetic(item, column)
        elif isinstance(node, Path):
            yield from _predicates(item, column, node)
    yield from _drawn(item, column, tree)


def summed(item: Item, column: str, function: str, target: Item, shape: Outline) -> Iterator[LintFinding]:
    """Report sum, min or max over a question of a roster that some rows leave blank."""
    roster = max(i for i, around in enumerate(target.ancestors) if around.type == "begin_repeat")
    skipped = target.row.get("relevant") or any(around.row.get("relevant") for around in target.ancestors[roster + 1 :])
    optional = target.type != "calculate" and target.row.get("required") not in ("yes", "true()", "TRUE", "true")
    blank = target.type == "calculate" and "''" in target.row.get("calculation").replace('""', "''")
    if skipped or optional or blank:
        message = N_("{function}() over {name}, which some rows leave blank, gives no number in web clients")
        expected = N_("a calculate coalesce({ref}, 0) outside the skipped group, and the {function}() of it")
        yield at(
            "survey",
            item.row,
            column,
            message,
            expected,
            function=function,
            name=target.name,
            ref=f"${{{target.name}}}",
        )


def _as_boolean(item: Item, column: str) -> LintFinding:
    return at("survey", item.row, column, N_("a question used as yes or no differs between clients"), "${name} != ''")


def _date_arithmetic(item: Item, column: str) -> LintFinding:
    return at("survey", item.row, column, N_("a date used as a number differs by hours between clients"), AGE)


def _binary(item: Item, column: str, node: Binary, shape: Outline) -> Iterator[LintFinding]:
    sides = (node.left, node.right)
    dated = [_is_date(side, shape, item) for side in sides]
    if node.op in ("and", "or") and any(isinstance(side, Path) for side in sides):
        yield _as_boolean(item, column)
    elif node.op in _ARITHMETIC and any(dated):
        yield _date_arithmetic(item, column)
    elif node.op in (*_ORDERINGS, "=", "!=") and any(dated) and not all(dated):
        other = sides[dated.index(False)]
        empty = isinstance(other, Literal) and other.value == ""
        if not (empty and node.op in ("=", "!=")):
            yield at(
                "survey",
                item.row,
                column,
                N_("a date is compared with something that is not a date"),
                "date('2026-01-31')",
            )
    elif node.op in _ORDERINGS and any(isinstance(side, Literal) and isinstance(side.value, str) for side in sides):
        yield at("survey", item.row, column, N_("texts have no order here"), N_("a number or a date"))


def _is_date(tree: Tree, shape: Outline, item: Item) -> bool:
    if isinstance(tree, Call):
        return tree.name in _DATE_CALLS or (
            tree.name in ("if", "coalesce") and any(_is_date(arg, shape, item) for arg in tree.args[-2:])
        )
    if not isinstance(tree, Path) or any(step.name != "." for step in tree.steps):
        return False
    if tree.start == "context":
        return item.type in _DATES
    return tree.start.startswith("ref:") and shape.by_name[tree.start[4:]].type in _DATES


def _call(item: Item, column: str, node: Call, shape: Outline) -> Iterator[LintFinding]:
    if node.name in ("not", "boolean", "if") and node.args and isinstance(node.args[0], Path):
        yield _as_boolean(item, column)
    elif node.name in ("decimal-date-time", "decimal-time", "date") and node.args and references(node.args[0]):
        yield at("survey", item.row, column, N_("{name}() of an answer fails in web clients"), AGE, name=node.name)
    elif node.name in ("number", "int", "round", "abs") and node.args and _is_date(node.args[0], shape, item):
        yield _date_arithmetic(item, column)
    elif node.name == "once" and node.args and (references(node.args[0]) or "position" in calls(node.args[0])):
        yield at(
            "survey",
            item.row,
            column,
            N_("once() of answers is fixed at different moments by different clients"),
            "once(random())",
        )
    elif node.name == "regex":
        yield from _regex(item, column, node)
    elif node.name in ("format-date", "format-date-time"):
        yield from _format(item, column, node)
    elif node.name in ("selected", "selected-at", "count-selected") and node.args:
        yield from _selected(item, column, node, shape)
    elif node.name == "jr:choice-name":
        yield from _choice_name(item, column, node, shape)
    elif node.name == "indexed-repeat" and not all(isinstance(arg, Path) for arg in (node.args[0], *node.args[1::2])):
        yield at(
            "survey",
            item.row,
            column,
            N_("indexed-repeat() needs references"),
            "indexed-repeat(${question}, ${roster}, 1)",
        )


def _regex(item: Item, column: str, node: Call) -> Iterator[LintFinding]:
    pattern = node.args[1].value if len(node.args) == 2 and isinstance(node.args[1], Literal) else None
    if not isinstance(pattern, str) or not (pattern.startswith("^") and pattern.endswith("$")):
        yield at(
            "survey",
            item.row,
            column,
            N_("a pattern without ^…$ matches the whole text in one client and a part in another"),
            "regex(., '^[0-9]{10}$')",
        )
        return
    if re.search(r"\\[pPbBAzZQEGhHRXkuUN]|\(\?|[*+?}]\+|&&", pattern):
        yield at(
            "survey",
            item.row,
            column,
            N_("this pattern uses signs that only some clients know"),
            "[A-Za-z0-9] . \\d \\s * + ? {1,3} |",
        )
        return
    try:
        re.compile(pattern)
    except re.error as error:
        yield at("survey", item.row, column, N_("this expression cannot be read: {reason}"), reason=str(error))


def _format(item: Item, column: str, node: Call) -> Iterator[LintFinding]:
    pattern = node.args[1].value if len(node.args) == 2 and isinstance(node.args[1], Literal) else None
    if not isinstance(pattern, str) or not _FORMAT.fullmatch(pattern):
        yield at("survey", item.row, column, N_("this date format is not portable"), "%Y %y %m %n %d %e %H %h %M %S %3")


def _selected(item: Item, column: str, node: Call, shape: Outline) -> Iterator[LintFinding]:
    first = node.args[0]
    if (
        isinstance(first, Path)
        and first.start.startswith("ref:")
        and shape.by_name[first.start[4:]].type not in _STRINGS
    ):
        yield at(
            "survey",
            item.row,
            column,
            N_("{name}() needs a question with choices"),
            "select_one, select_multiple",
            name=node.name,
        )
    if (
        node.name == "selected"
        and len(node.args) == 2
        and isinstance(node.args[1], Literal)
        and not isinstance(node.args[1].value, str)
    ):
        yield at("survey", item.row, column, N_("a choice code is a text, in quotes"), "selected(${name}, '1')")


def _choice_name(item: Item, column: str, node: Call, shape: Outline) -> Iterator[LintFinding]:
    literal = node.args[1].value if len(node.args) == 2 and isinstance(node.args[1], Literal) else ""
    inner = re.fullmatch(r"\s*\$\{\s*([^}]*?)\s*\}\s*", str(literal))
    target = shape.by_name.get(inner[1]) if inner else None
    if target is None or target.type not in (*LISTED, *FROM_FILE):
        yield at(
            "survey",
            item.row,
            column,
            N_("the second argument must name a question with choices, in quotes"),
            "jr:choice-name(${name}, '${name}')",
        )
    elif item.repeats[: len(target.repeats)] != target.repeats:
        yield at(
            "survey",
            item.row,
            column,
            N_("jr:choice-name() of a question of a roster works inside the roster only"),
            N_("a calculate inside the roster"),
        )


def _predicates(item: Item, column: str, path: Path) -> Iterator[LintFinding]:
    for step in path.steps:
        for predicate in step.predicates:
            if isinstance(predicate, (Literal, Call)) and not (
                isinstance(predicate, Call) and predicate.name in ("selected", "not", "contains", "starts-with")
            ):
                yield at(
                    "survey",
                    item.row,
                    column,
                    N_("a row cannot be picked by a number in brackets"),
                    "[position() …] → indexed-repeat(${question}, ${roster}, 1)",
                )
            elif isinstance(predicate, Path):
                yield _as_boolean(item, column)


def _drawn(item: Item, column: str, tree: Tree) -> Iterator[LintFinding]:
    """A draw that is not stored could be repeated until it pleases."""
    drawn = calls(tree) & {"random", "uuid"}
    stored = isinstance(tree, Call) and tree.name == "once"
    if "once" in calls(tree) and not (stored and column == "calculation"):
        yield at("survey", item.row, column, N_("once() must be the whole calculation"), "once(random())")
    elif drawn and not stored and column != "default":
        message = N_("{name}() is drawn again at every change")
        yield at("survey", item.row, column, message, "once({name}())", name=min(drawn))
