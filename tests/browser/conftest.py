"""Fixtures that journeys in the browser share."""

from __future__ import annotations

from tests.browser.live import chromium, opener, site

__all__ = ["chromium", "opener", "site"]
