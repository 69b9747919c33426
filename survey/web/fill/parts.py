"""How a questionnaire is cut into pages: one part a page, and a page for each row of a roster. Pure.

A group is a part; a group that holds a roster or more questions than fit a page is cut into its own groups. Loose
questions join the part before them. Order and paths stay those of the instrument.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from survey.questionnaire.instrument import Group, Instrument, Node, Question, Repeat

PAGE_LIMIT = 20


@dataclass(frozen=True, slots=True)
class Part:
    """One entry of the section list: nodes that stand on one page, or a roster. `head` gives its title."""

    name: str
    head: Group | Repeat
    nodes: tuple[Node, ...]

    @property
    def roster(self) -> Repeat | None:
        """Return the roster that this part is, if it is one."""
        return self.head if isinstance(self.head, Repeat) else None

    def owns(self, path: str) -> bool:
        """Tell whether a node path (without positions) belongs to this part."""
        return any(path == node.path or path.startswith(f"{node.path}/") for node in self.nodes)


def parts_of(instrument: Instrument) -> tuple[Part, ...]:
    """Return the parts of an instrument in order, cut once."""
    if instrument not in _CUT:
        _CUT[instrument] = tuple(_named(_cut(instrument.root)))
    return _CUT[instrument]


_CUT: WeakKeyDictionary[Instrument, tuple[Part, ...]] = WeakKeyDictionary()


def questions_in(nodes: Iterable[Node]) -> Iterator[Question]:
    """Yield every leaf below some nodes."""
    for node in nodes:
        if isinstance(node, Question):
            yield node
        else:
            yield from questions_in(node.children)


def is_shown(node: Node) -> bool:
    """Tell whether a page shows a node: a question asked, a note, or a group or roster with one of them."""
    if isinstance(node, Question):
        return node.is_asked or node.kind == "note"
    return any(is_shown(child) for child in node.children)


def _cut(group: Group) -> list[Part]:
    parts: list[Part] = []
    loose: list[Node] = []
    for child in group.children:
        if not is_shown(child):
            continue
        if isinstance(child, Question):
            _place_loose(child, parts, loose)
            continue
        if loose:
            parts.append(Part("", group, tuple(loose)))
            loose = []
        if isinstance(child, Group) and _is_cut(child):
            parts += _cut(child)
        else:
            parts.append(Part("", child, (child,)))
    if loose:
        parts.append(Part("", group, tuple(loose)))
    return parts


def _place_loose(question: Question, parts: list[Part], loose: list[Node]) -> None:
    """Let a loose question join the plain part before it; otherwise it waits for a part of its own."""
    if parts and not loose and parts[-1].roster is None:
        parts[-1] = Part("", parts[-1].head, (*parts[-1].nodes, question))
    else:
        loose.append(question)


def _is_cut(group: Group) -> bool:
    """Tell whether a group is too much for one page."""
    inner = [child for child in group.children if not isinstance(child, Question)]
    if any(_holds_roster(child) for child in inner):
        return True
    return bool(inner) and sum(q.is_asked for q in questions_in([group])) > PAGE_LIMIT


def _holds_roster(node: Node) -> bool:
    if isinstance(node, Question):
        return False
    return isinstance(node, Repeat) or any(_holds_roster(child) for child in node.children)


def _named(parts: list[Part]) -> Iterator[Part]:
    """Give each part an address: the name of its first node's group, numbered where a name comes twice."""
    taken: set[str] = set()
    for part in parts:
        name = part.head.name if part.head.path else "start"
        unique, number = name, 2
        while unique in taken:
            unique, number = f"{name}-{number}", number + 1
        taken.add(unique)
        yield Part(unique, part.head, part.nodes)
