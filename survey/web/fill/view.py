"""What a page of a questionnaire shows, as plain frozen data: templates read these and nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

SHORT_LABEL = 14


@dataclass(frozen=True, slots=True)
class Option:
    """One answer that can be chosen."""

    value: str
    label: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class FieldView:
    """One question on a page; `text` is what stands in its field, `theirs` what somebody else saved there meanwhile."""

    name: str
    path: str
    kind: str
    label: str
    hint: str = ""
    guidance: str = ""
    text: str = ""
    options: Sequence[Option] = ()
    is_relevant: bool = True
    is_required: bool = False
    is_readonly: bool = False
    is_new: bool = False
    input_mode: str = ""
    input_type: str = "text"
    suffix: str = ""
    is_long: bool = False
    is_drop_down: bool = False
    is_file: bool = False
    is_amount: bool = False
    is_filtered: bool = False
    echo: str = ""
    problems: Sequence[str] = ()
    warning: str = ""
    reason: FieldView | None = None
    theirs: str | None = None
    mine: str = ""
    remark: str = ""

    shape = "field"

    @property
    def is_short(self) -> bool:
        """Tell whether the answers are few and short enough to stand side by side."""
        return 1 < len(self.options) <= 4 and all(len(option.label) <= SHORT_LABEL for option in self.options)

    @property
    def id(self) -> str:
        """Return the id of the field's control or group, which error links jump to."""
        return f"q-{self.name}"

    @property
    def described_by(self) -> str:
        """Return the ids of the texts that describe the field, for screen readers."""
        parts = {
            "hint": self.hint,
            "unit": self.suffix,
            "remark": self.remark,
            "problem": self.problems,
            "warning": self.warning,
            "theirs": self.theirs is not None,
        }
        return " ".join(f"{self.id}-{name}" for name, present in parts.items() if present)


@dataclass(frozen=True, slots=True)
class CardView:
    """One roster row as a card: who it is, a line about it, how far it is."""

    key: str
    title: str
    number: int
    age: str
    state: str
    open_count: int


@dataclass(frozen=True, slots=True)
class RosterView:
    """A roster on its section's page; `may_grow` where the person adds rows, not where a count fixes them."""

    path: str
    title: str
    cards: Sequence[CardView]
    may_grow: bool
    is_full: bool
    is_relevant: bool
    surplus: int = 0

    shape = "roster"


@dataclass(frozen=True, slots=True)
class BlockView:
    """A group inside a section."""

    path: str
    title: str
    is_relevant: bool
    items: Sequence[FieldView | BlockView | RosterView]

    shape = "block"


@dataclass(frozen=True, slots=True)
class SectionView:
    """One entry of the section list; `state` is empty, started, done or wrong."""

    name: str
    title: str
    state: str
    open_count: int
    wrong_count: int
    is_current: bool
    address: str
    number: int
    helper: str = ""


@dataclass(frozen=True, slots=True)
class Progress:
    """How many of the questions asked so far are answered."""

    answered: int
    asked: int

    @property
    def percent(self) -> int:
        """Return the share answered in whole percent, never 100 before the end."""
        return 100 if self.answered >= self.asked else 100 * self.answered // self.asked


@dataclass(frozen=True, slots=True)
class PageView:
    """One page: a section, or one row of a roster in it."""

    title: str
    section: str
    items: Sequence[FieldView | BlockView | RosterView]
    sections: Sequence[SectionView]
    progress: Progress
    number: int
    count: int
    base: str
    version: int
    saved_at: str = ""
    row_title: str = ""
    row_key: str = ""
    notices: Sequence[str] = field(default_factory=tuple)

    def fields(self) -> Iterator[FieldView]:
        """Yield every field of the page in order."""
        yield from fields_of(self.items)

    @property
    def has_files(self) -> bool:
        """Tell whether the page asks for a file, which only a multipart form carries."""
        return any(f.is_file for f in self.fields())

    def wrong(self) -> list[FieldView]:
        """Return the visible fields with a problem or a conflict."""
        return [f for f in self.fields() if f.is_relevant and (f.problems or f.theirs is not None)]


def fields_of(items: Sequence[FieldView | BlockView | RosterView]) -> Iterator[FieldView]:
    """Yield the fields among some items, groups opened; reasons come after their question."""
    for item in items:
        if isinstance(item, FieldView):
            yield item
            if item.reason is not None:
                yield item.reason
        elif isinstance(item, BlockView):
            yield from fields_of(item.items)
