"""The report's first pages as pictures, held against small references (`python -m tests.report.test_pictures`).

Compared are means over squares of 8 by 8 points, so that the finest differences of rasterising do not count.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pypdfium2
import pytest
from numpy.typing import NDArray
from PIL import Image

from survey.config import Agency
from survey.report import context, render
from tests.report import sample
from tests.report.vietnamese import vietnamese

FOLDER = Path(__file__).parent / "pictures"
PAGES = {"first": 0, "indicators": 1, "chart": 2}
_SCALE, _SQUARE = 0.6, 8
_MEAN, _GREATEST = 1.5, 60.0
"""Tolerated differences of lightness, of 255, over the page and in one square."""


def drawn() -> Mapping[str, Image.Image]:
    """Return the pages as grey pictures."""
    content = render.pdf(context.build(sample.results(), Agency(), vietnamese()))
    document = pypdfium2.PdfDocument(content)
    found = {name: document[number].render(scale=_SCALE).to_pil().convert("L") for name, number in PAGES.items()}
    document.close()
    return found


def squares(picture: Image.Image) -> NDArray[np.float64]:
    """Return the mean lightness of every whole square."""
    grey = np.asarray(picture, dtype=np.float64)
    height, width = (size // _SQUARE for size in grey.shape)
    cut = grey[: height * _SQUARE, : width * _SQUARE]
    return np.asarray(cut.reshape(height, _SQUARE, width, _SQUARE).mean(axis=(1, 3)))


def alike(one: Image.Image, other: Image.Image) -> bool:
    """Tell whether a reader would see no difference."""
    if one.size != other.size:
        return False
    difference = np.abs(squares(one) - squares(other))
    return bool(difference.mean() <= _MEAN and difference.max() <= _GREATEST)


@pytest.fixture(scope="module")
def pages() -> Mapping[str, Image.Image]:
    """Return the pages of the sample run's report."""
    return drawn()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_looks_as_it_did(pages: Mapping[str, Image.Image], name: str) -> None:
    with Image.open(FOLDER / f"{name}.png") as reference:
        assert alike(pages[name], reference.convert("L"))


def test_a_page_that_moved_or_lost_a_word_is_noticed(pages: Mapping[str, Image.Image]) -> None:
    page = pages["first"]
    moved = Image.new("L", page.size, 255)
    moved.paste(page, (0, 12))
    assert not alike(page, moved)
    wiped = page.copy()
    wiped.paste(255, (120, 90, 240, 130))
    assert not alike(page, wiped)


def test_references_stay_small() -> None:
    assert all(path.stat().st_size < 40_000 for path in FOLDER.glob("*.png"))


if __name__ == "__main__":
    for title, picture in drawn().items():
        picture.point(lambda grey: round(grey / 17) * 17).save(FOLDER / f"{title}.png", optimize=True)
