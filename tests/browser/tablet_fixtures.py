"""Fixtures of the tablet tests: one site and one enrolled profile a module, a tablet of its own for each test."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Playwright, sync_playwright

from tests.browser.tablet_site import Site, Tablet


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    """Return the driver of browsers."""
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="module")
def whole_site(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Return a site that all tests of this module share."""
    site = Site(tmp_path_factory.mktemp("instance"), sqlite_template)
    site.start()
    yield site
    site.close()


@pytest.fixture(scope="module")
def enrolled(playwright: Playwright, whole_site: Site, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the profile of a tablet whose enumerator has signed in and fetched the work."""
    profile = tmp_path_factory.mktemp("tablet") / "profile"
    tablet = Tablet(playwright, whole_site, profile)
    tablet.enrol()
    tablet.close()
    return profile


@pytest.fixture
def site(whole_site: Site) -> Site:
    """Return the site in good health, with nothing counted yet."""
    whole_site.heal()
    return whole_site


@pytest.fixture
def tablet(playwright: Playwright, site: Site, enrolled: Path, tmp_path: Path) -> Iterator[Tablet]:
    """Return a tablet of its own, unlocked."""
    shutil.copytree(enrolled, tmp_path / "profile", ignore=shutil.ignore_patterns("Singleton*"))
    made = Tablet(playwright, site, tmp_path / "profile")
    made.unlock()
    yield made
    made.close()
