"""One page of a list: its rows and where it stands. Refuses nothing: a page beyond the end is the last one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")
SIZE = 50


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Rows `first` to `last` (counted from 1) of `total`."""

    rows: Sequence[T]
    number: int
    total: int
    size: int = SIZE

    @property
    def pages(self) -> int:
        """Return how many pages there are, at least one."""
        return max(1, -(-self.total // self.size))

    @property
    def first(self) -> int:
        """Return the position of the first row, 0 in an empty list."""
        return (self.number - 1) * self.size + 1 if self.total else 0

    @property
    def last(self) -> int:
        """Return the position of the last row."""
        return min(self.number * self.size, self.total)

    @property
    def shown(self) -> list[int]:
        """Return the page numbers to offer: the ends and the neighbours, with 0 for each gap."""
        near = {1, self.pages, *range(self.number - 1, self.number + 2)}
        numbers: list[int] = []
        for number in sorted(n for n in near if 1 <= n <= self.pages):
            if numbers and number - numbers[-1] > 1:
                numbers.append(0)
            numbers.append(number)
        return numbers


def bounded(number: int, total: int, size: int = SIZE) -> int:
    """Return a page number that exists in a list of `total` rows."""
    return min(max(1, number), max(1, -(-total // size)))
