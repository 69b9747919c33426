"""The lint of choice lists: every list exists, its codes can be stored and are unique, media lists have columns."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping

from survey.questionnaire.finding import LintFinding, at
from survey.questionnaire.outline import FROM_FILE, LISTED, Item, Outline
from survey.questionnaire.sheets import Book, Row
from survey.text import N_


def list_rows(book: Book, name: str) -> list[Row]:
    """Return the rows of one list of the choices sheet."""
    return [row for row in book["choices"].rows if row.get("list_name") == name] if "choices" in book else []


def choice_lists(book: Book, shape: Outline, media: Mapping[str, bytes]) -> Iterator[LintFinding]:
    """Check that every list exists, that codes are unique and can be stored, that media lists have columns."""
    for item in shape.items:
        if item.type in LISTED and not item.list_name.startswith("${") and not list_rows(book, item.list_name):
            yield at(
                "survey",
                item.row,
                "type",
                N_("there is no list {name} in the choices"),
                N_("a list of the choices sheet"),
                name=item.list_name,
            )
        if item.type in LISTED and item.list_name.startswith("${"):
            yield from _roster_list(item, shape)
        if item.type in FROM_FILE:
            yield from _media_list(item, item.list_name, media)
        if item.type == "csv-external":
            yield from _media_list(item, f"{item.name}.csv", media)
    yield from _choice_rows(book, shape)


def _roster_list(item: Item, shape: Outline) -> Iterator[LintFinding]:
    target = shape.by_name.get(item.list_name.strip("${}"))
    if target is None or not target.repeats:
        yield at(
            "survey",
            item.row,
            "type",
            N_("choices can be taken from a question of a roster only"),
            "select_one ${name}",
        )


def _media_list(item: Item, name: str, media: Mapping[str, bytes]) -> Iterator[LintFinding]:
    if not name.endswith(".csv"):
        yield at("survey", item.row, "type", N_("only CSV lists are supported"), N_("a file name ending in .csv"))
    elif name not in media:
        yield at(
            "survey",
            item.row,
            "type",
            N_("the media file {name} is missing"),
            N_("a file in the folder media"),
            name=name,
        )
    else:
        table = list(csv.DictReader(io.StringIO(media[name].decode("utf-8-sig"))))
        missing = {"name", "label"} - set(table[0] if table else ())
        if missing and item.type != "csv-external":
            yield at(
                "survey",
                item.row,
                "type",
                N_("the media file {name} has no column {column}"),
                "name, label",
                name=name,
                column=min(missing),
            )
        elif item.type != "csv-external":
            yield from _media_values(item, name, [row["name"] or "" for row in table])


def _media_values(item: Item, name: str, values: list[str]) -> Iterator[LintFinding]:
    seen: set[str] = set()
    for number, value in enumerate(values, start=2):
        if not value or " " in value or value in seen:
            message = N_("row {row} of {name} has the code «{code}»")
            expected = N_("a code without blanks, used once")
            yield at("survey", item.row, "type", message, expected, row=number, name=name, code=value)
            return
        seen.add(value)


def _choice_rows(book: Book, shape: Outline) -> Iterator[LintFinding]:
    used = {item.list_name for item in shape.items}
    seen: set[tuple[str, str]] = set()
    for row in book["choices"].rows if "choices" in book else ():
        key = (row.get("list_name"), row.get("name"))
        if not all(key):
            yield at("choices", row, "name" if key[0] else "list_name", N_("a value is required"))
        elif " " in key[1] or key[1].strip() != key[1]:
            yield at("choices", row, "name", N_("a code cannot hold a blank"), N_("a code without blanks, used once"))
        elif key in seen:
            yield at(
                "choices",
                row,
                "name",
                N_("the list {name} has this code twice"),
                N_("a code without blanks, used once"),
                name=key[0],
            )
        elif key[0] not in used:
            yield at("choices", row, "list_name", N_("no question uses this list"))
        if any("${" in value for value in row.cells.values()):
            yield at("choices", row, "name", N_("a choice cannot hold a reference"))
        seen.add(key)
