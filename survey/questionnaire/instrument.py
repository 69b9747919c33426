"""One version of a questionnaire as frozen data: nodes, texts per language, expressions as syntax trees.

Drawn from the XForm (`read_xform.from_xform`) and the source of everything else: evaluation, forms, tablet page,
columns, codebook. Paths are those of the XForms instance without the root (`members/age`); a Text maps a language code
to its parts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from survey.questionnaire.xpath import Tree

Part = str | Tree
Text = Mapping[str, tuple[Part, ...]]

PS_NAMESPACE = "https://phieuso.vn/xforms"
SELECTS = frozenset({"select_one", "select_multiple", "rank"})
FILES = frozenset({"image", "audio", "video", "file"})
NUMBERS = frozenset({"integer", "decimal", "range"})
UNSEEN = frozenset({"calculate", "hidden", "metadata", "reason"})
_TAG = re.compile(r"<[^>]*>|[*_#`]+")


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """One answer of a list: its code, its label per language, its other columns (used by filters), its picture."""

    value: str
    label: Mapping[str, str]
    columns: Mapping[str, str]
    image: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Choices:
    """Where a select takes its answers: a list (in the form or in a media file) or the rows of a repeat, and the
    filter.

    `filter` is evaluated per choice, whose columns are relative paths; `current()` is the question.
    """

    list_name: str
    items: tuple[Choice, ...]
    filter: Tree | None = None
    file: str = ""
    repeat: str = ""
    value: str = "name"
    label: str = "label"
    randomized: bool = False
    seed: Tree | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """A leaf of the instance: a question asked, a note, a calculation, a hidden value or metadata.

    `kind`: text integer decimal date time datetime select_one select_multiple rank range note acknowledge geopoint
    geotrace geoshape image audio video file barcode calculate hidden metadata reason. `datatype` is the bind type of
    the XForm. A `reason` holds why an unlikely answer of the question named by `reason_for` was confirmed.
    """

    name: str
    path: str
    kind: str
    datatype: str = "string"
    label: Text = field(default_factory=dict)
    hint: Text = field(default_factory=dict)
    guidance: Text = field(default_factory=dict)
    image: Mapping[str, str] = field(default_factory=dict)
    appearance: str = ""
    relevant: Tree | None = None
    required: Tree | None = None
    required_message: Text = field(default_factory=dict)
    constraint: Tree | None = None
    constraint_message: Text = field(default_factory=dict)
    warning: Tree | None = None
    warning_message: Text = field(default_factory=dict)
    readonly: Tree | None = None
    calculate: Tree | None = None
    default: str = ""
    dynamic_default: Tree | None = None
    choices: Choices | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    preload: str = ""
    identity: bool = False
    sensitive: bool = False
    indicators: tuple[str, ...] = ()
    bank: tuple[str, ...] = ()
    universe: Text = field(default_factory=dict)
    reason_for: str = ""

    @property
    def is_asked(self) -> bool:
        """Say whether the respondent sees a field to fill (not a note, a calculation or metadata)."""
        return self.kind not in UNSEEN and self.kind != "note"


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """A group of nodes."""

    name: str
    path: str
    children: tuple[Node, ...]
    label: Text = field(default_factory=dict)
    appearance: str = ""
    relevant: Tree | None = None
    universe: Text = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Repeat:
    """A roster: a group with zero or more rows; `count` fixes their number, otherwise the user adds them."""

    name: str
    path: str
    children: tuple[Node, ...]
    label: Text = field(default_factory=dict)
    appearance: str = ""
    relevant: Tree | None = None
    count: Tree | None = None
    universe: Text = field(default_factory=dict)


Node = Question | Group | Repeat


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """A node with its ancestry, outermost first."""

    node: Node
    ancestors: tuple[Group | Repeat, ...]

    @property
    def repeats(self) -> tuple[Repeat, ...]:
        """Return the rosters that the node stands in, outermost first."""
        return tuple(node for node in self.ancestors if isinstance(node, Repeat))


@dataclass(frozen=True, eq=False)
class Instrument:
    """One version of a questionnaire. `languages` are codes, the default one first; `lists` the choices by list
    name.
    """

    form_id: str
    version: str
    title: Mapping[str, str]
    languages: tuple[str, ...]
    root: Group
    lists: Mapping[str, tuple[Choice, ...]]
    code: str = ""
    namespace: str = ""

    def entries(self) -> Iterator[Entry]:
        """Yield every node in order with its ancestry."""
        yield from _entries(self.root, ())

    def questions(self) -> Iterator[tuple[Question, tuple[Repeat, ...]]]:
        """Yield every leaf in order with the rosters it stands in, outermost first."""
        for entry in self.entries():
            if isinstance(entry.node, Question):
                yield entry.node, entry.repeats

    def node(self, path: str) -> Node:
        """Return the node at a path without positions; KeyError when there is none."""
        return self.by_path[path]

    @property
    def by_path(self) -> Mapping[str, Node]:
        """Return every node by its path."""
        index = self.__dict__.get("_by_path")
        if index is None:
            index = {entry.node.path: entry.node for entry in self.entries()}
            self.__dict__["_by_path"] = index
        return index


def _entries(group: Group | Repeat, ancestors: tuple[Group | Repeat, ...]) -> Iterator[Entry]:
    for child in group.children:
        yield Entry(child, ancestors)
        if not isinstance(child, Question):
            yield from _entries(child, (*ancestors, child))


def plain(text: Text, language: str, blank: str = "…") -> str:
    """Return a text without evaluation: references become `blank`, markup is removed (for paper, columns and
    codebooks).
    """
    parts = text.get(language) or next(iter(text.values()), ())
    return _TAG.sub("", "".join(part if isinstance(part, str) else blank for part in parts)).strip()
