"""The portability lint: expressions that ODK Collect, Enketo and web-forms do not all compute alike are refused.

Works on the cells as the author wrote them (`${name}` references), so that every finding has its row and column.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from survey.questionnaire import lint_portable, lint_scope
from survey.questionnaire.finding import LintFinding, at
from survey.questionnaire.functions import ARITY, REFUSED
from survey.questionnaire.outline import OPENERS, Item, Outline
from survey.questionnaire.sheets import Book, Row
from survey.questionnaire.xpath import Call, Path, SyntaxProblem, Tree, children, parse, references, walk
from survey.text import N_

EXPRESSIONS = (
    "relevant",
    "constraint",
    "required",
    "read_only",
    "calculation",
    "repeat_count",
    "choice_filter",
    "warning",
    "default",
)
_BOOLEANS = frozenset({"relevant", "constraint", "required", "read_only", "choice_filter", "warning"})
_WORDS = frozenset({"yes", "no", "true", "false", "yes()", "no()"})
_REFERENCE = re.compile(r"\$\{\s*([^}]*?)\s*\}")
_TEXTS = ("label", "hint", "guidance_hint", "constraint_message", "required_message", "warning_message")


def expressions(book: Book, shape: Outline, media: Mapping[str, bytes]) -> Iterator[LintFinding]:
    """Check every expression and every reference of the survey sheet, then the order of computation."""
    trees: dict[tuple[str, str], Tree] = {}
    for item in shape.items:
        for column in EXPRESSIONS:
            text = item.row.get(column)
            if not text or text.lower() in _WORDS or not _is_expression(item, column, text):
                continue
            try:
                tree = parse(text)
            except SyntaxProblem as error:
                yield at("survey", item.row, column, N_("this expression cannot be read: {reason}"), reason=str(error))
                continue
            trees[item.name, column] = tree
            yield from _cell(item, column, tree, shape, book, media)
        yield from _texts(item, shape)
    yield from _instance_name(book, shape)
    yield from _cycles(shape, trees)


def _is_expression(item: Item, column: str, text: str) -> bool:
    return column != "default" or "${" in text or "(" in text


def _cell(
    item: Item, column: str, tree: Tree, shape: Outline, book: Book, media: Mapping[str, bytes]
) -> Iterator[LintFinding]:
    unknown = sorted(references(tree) - set(shape.by_name))
    for name in unknown:
        yield at(
            "survey",
            item.row,
            column,
            N_("there is no question {name}"),
            N_("the name of a question of the form"),
            name=name,
        )
    if unknown:
        return
    for node in walk(tree):
        if isinstance(node, Call):
            yield from _function(item, column, node)
    yield from _paths(item, column, tree, shape, book, media)
    yield from lint_scope.scope(item, column, tree, shape)
    yield from lint_portable.constructs(item, column, tree, shape, as_boolean=column in _BOOLEANS)


def _paths(
    item: Item, column: str, tree: Tree, shape: Outline, book: Book, media: Mapping[str, bytes], inside: bool = False
) -> Iterator[LintFinding]:
    if isinstance(tree, Path):
        yield from _path(item, column, tree, shape, book, media, inside)
    for child in children(tree):
        yield from _paths(item, column, child, shape, book, media, inside or isinstance(tree, Path))


def _function(item: Item, column: str, call: Call) -> Iterator[LintFinding]:
    if call.name in REFUSED:
        yield at("survey", item.row, column, N_("{name}() is not portable"), REFUSED[call.name], name=call.name)
    elif call.name not in ARITY:
        yield at(
            "survey", item.row, column, N_("there is no function {name}()"), ", ".join(sorted(ARITY)), name=call.name
        )
    elif not ARITY[call.name][0] <= len(call.args) <= ARITY[call.name][1]:
        low, high = ARITY[call.name]
        yield at(
            "survey", item.row, column, N_("{name}() has {count} arguments"), N_("{low} to {high} arguments"),
            name=call.name, count=len(call.args), low=low, high=high,
        )  # fmt: skip


def _path(
    item: Item, column: str, path: Path, shape: Outline, book: Book, media: Mapping[str, bytes], inside: bool
) -> Iterator[LintFinding]:
    """Check where a path leads; `inside` says that it stands in brackets, where names of the row or columns are
    meant.
    """
    names = [step.name for step in path.steps if step.name not in (".", "..")]
    if path.start == "root":
        message = N_("an absolute path means different nodes in different clients")
        yield at("survey", item.row, column, message, "${name}")
    elif path.start == "context" and names and not inside and column != "choice_filter":
        yield at("survey", item.row, column, N_("a path by names is not checked"), "${name}")
    elif path.start == "current" and names and names[-1] not in shape.by_name:
        message = N_("there is no question {name}")
        yield at("survey", item.row, column, message, N_("the name of a question of the form"), name=names[-1])
    elif path.start.startswith("instance:") and not _known_instance(path.start[9:], shape, book, media):
        message = N_("there is no list {name} in the choices")
        yield at("survey", item.row, column, message, N_("a list of the choices sheet"), name=path.start[9:])


def _known_instance(name: str, shape: Outline, book: Book, media: Mapping[str, bytes]) -> bool:
    lists = {row.get("list_name") for row in book["choices"].rows} if "choices" in book else set()
    files = {item.list_name.removesuffix(".csv") for item in shape.items} | {
        i.name for i in shape.items if i.type == "csv-external"
    }
    return name in lists or (name in files and f"{name}.csv" in media)


def _texts(item: Item, shape: Outline) -> Iterator[LintFinding]:
    for column, value in item.row.cells.items():
        if column.split("::")[0] not in _TEXTS:
            continue
        for name in _REFERENCE.findall(value):
            target = shape.by_name.get(name)
            if target is None or target.type in OPENERS:
                yield at(
                    "survey",
                    item.row,
                    column,
                    N_("there is no question {name}"),
                    N_("the name of a question of the form"),
                    name=name,
                )
            elif item.repeats[: len(target.repeats)] != target.repeats:
                yield at(
                    "survey", item.row, column, N_("{ref} has one value per row of the roster {roster}"),
                    N_("a calculation outside the roster"), ref=_reference(name), roster=target.repeats[-1],
                )  # fmt: skip


def _reference(name: str) -> str:
    return f"${{{name}}}"


def _instance_name(book: Book, shape: Outline) -> Iterator[LintFinding]:
    row = book["settings"].rows[0]
    text = row.get("instance_name")
    if not text:
        return
    try:
        unknown = references(parse(text)) - set(shape.by_name)
    except SyntaxProblem as error:
        yield at("settings", row, "instance_name", N_("this expression cannot be read: {reason}"), reason=str(error))
        return
    for name in sorted(unknown):
        yield at(
            "settings",
            row,
            "instance_name",
            N_("there is no question {name}"),
            N_("the name of a question of the form"),
            name=name,
        )


def _cycles(shape: Outline, trees: Mapping[tuple[str, str], Tree]) -> Iterator[LintFinding]:
    """Refuse values that depend on themselves: through calculations, relevance (inherited) and row counts."""
    needs: dict[str, set[str]] = {}
    for item in shape.items:
        if not item.name:
            continue
        sources = [(item.name, column) for column in ("relevant", "calculation", "repeat_count")]
        found: set[str] = {around.name for around in item.ancestors}
        for key in sources:
            if key in trees:
                found |= references(trees[key])
        needs[item.name] = found
    for name in _on_cycles(needs):
        row: Row = shape.by_name[name].row
        column = next((c for c in ("calculation", "relevant", "repeat_count") if row.get(c)), "name")
        if (name, column) in trees:
            yield at(
                "survey", row, column, N_("this value depends on itself: {names}"), names=" → ".join(_on_cycles(needs))
            )


def _on_cycles(needs: Mapping[str, set[str]]) -> list[str]:
    """Return the names that remain when everything computable has been removed, and everything nothing circular
    needs.
    """
    left = dict(needs)
    while True:
        ready = [name for name, wanted in left.items() if not (wanted & left.keys())]
        if not ready:
            break
        for name in ready:
            del left[name]
    while True:
        wanted_by_some = set().union(*left.values()) if left else set()
        idle = [name for name in left if name not in wanted_by_some]
        if not idle:
            return list(left)
        for name in idle:
            del left[name]
