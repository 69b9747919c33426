"""The only way from a public address to a run: the released run of a round, or nothing."""

from __future__ import annotations

import time
from dataclasses import dataclass

from flask_babel import gettext
from sqlalchemy.orm import Session

from survey import i18n
from survey.errors import Problem
from survey.query import runs
from survey.query.results import Indicator, RunHead
from survey.report import loading
from survey.report.language import Language
from survey.report.loading import Loaded
from survey.web import access
from survey.web.results.address import Addresses

_SECONDS = 60.0
_RUNS = 8
_remembered: dict[tuple[str, int, str], tuple[float, Loaded]] = {}


@dataclass(frozen=True, slots=True)
class Shown:
    """A released run with the addresses of its pages, in the reader's language."""

    loaded: Loaded
    language: Language
    to: Addresses


def language() -> Language:
    """Return the language of the request for the report's functions."""
    return Language(i18n.current_locale(), gettext)


def head(session: Session, round_code: str | None) -> RunHead:
    """Return the run that the public may see; Problem "not-found" where there is none."""
    found = runs.latest_released(session, round_code=round_code)
    if found is None:
        raise Problem("not-found")
    return found


def shown(session: Session, round_code: str | None) -> Shown:
    """Return the released run of a round (or of the latest one) with everything its pages need."""
    chosen = head(session, round_code)
    return Shown(_loaded(session, chosen), language(), Addresses(round_code))


def _loaded(session: Session, chosen: RunHead) -> Loaded:
    """Return a run's figures, at most a minute old: figures never change, official ones entered beside them may.

    Whether the run is still released was asked just before; only what it says is remembered.
    """
    key = (access.config().database_url, chosen.id, chosen.digest)
    now = time.monotonic()
    known = _remembered.get(key)
    if known is None or now - known[0] > _SECONDS:
        if len(_remembered) >= _RUNS:
            _remembered.clear()
        known = _remembered[key] = (now, loading.load(session, chosen.id))
    return known[1]


def indicator(found: Shown, code: str) -> Indicator:
    """Return the indicator that an address names in either case; Problem "not-found" for another."""
    wanted = code.upper()
    for entry in found.loaded.results.indicators:
        if entry.code == wanted:
            return entry
    raise Problem("not-found")
