"""What stands on a paper questionnaire, as plain values: headings, rows, grids, rosters, lists of codes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from survey.report.language import Language
from survey.report.paper.space import Answer, Space


@dataclass(frozen=True, slots=True)
class Heading:
    """The title of a group and when it applies; `level` 1 is a part, `is_frame` a group that only holds groups."""

    level: int
    text: str
    condition: str = ""
    is_frame: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """One question (or note, whose space is `note`) as printed; `leads` is where every answer goes."""

    path: str
    number: str
    paragraphs: tuple[str, ...]
    hint: str
    bank: str
    condition: str
    space: Space
    leads: str = ""


@dataclass(frozen=True, slots=True)
class Rows:
    """Questions one below the other."""

    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """Questions that share their answers: a line each, a column per answer."""

    lead: Item | None
    condition: str
    answers: tuple[Answer, ...]
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """One question of a roster under the headings of its groups."""

    item: Item
    over: str = ""


@dataclass(frozen=True, slots=True)
class Roster:
    """A table to fill with a line per person or thing."""

    heading: Heading
    columns: tuple[Column, ...]
    inside: str = ""


@dataclass(frozen=True, slots=True)
class CodeGroup:
    """Codes under a heading of their list (communes of a district), or all of a list under none."""

    title: str
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class CodeList:
    """A list of codes at the end of the form and the questions that use it; too long a list has no groups."""

    number: int
    title: str
    used_by: str
    groups: tuple[CodeGroup, ...]


Block = Heading | Rows | Grid | Roster


@dataclass(frozen=True)
class Paper:
    """A whole questionnaire as printed."""

    language: Language
    code: str
    title: str
    form_id: str
    version: str
    confidential: tuple[str, ...]
    blocks: tuple[Block, ...]
    lists: tuple[CodeList, ...]
    filled: Mapping[str, str] = field(default_factory=dict)
