"""Pages of lists."""

from __future__ import annotations

import pytest

from survey.query.paging import Page, bounded


@pytest.mark.parametrize(("asked", "total", "expected"), [(0, 10, 1), (3, 10, 1), (3, 120, 3), (9, 120, 3), (1, 0, 1)])
def test_a_page_number_always_exists(asked: int, total: int, expected: int) -> None:
    assert bounded(asked, total) == expected


def test_a_page_says_where_it_stands() -> None:
    page = Page(rows=range(20), number=3, total=120, size=50)
    assert (page.first, page.last, page.pages) == (101, 120, 3)


def test_an_empty_list_starts_at_zero() -> None:
    page: Page[int] = Page(rows=[], number=1, total=0)
    assert (page.first, page.last, page.pages, page.shown) == (0, 0, 1, [1])


def test_far_pages_are_left_out_with_a_gap() -> None:
    page: Page[int] = Page(rows=[], number=10, total=1000, size=50)
    assert page.shown == [1, 0, 9, 10, 11, 0, 20]
