"""Results for everybody: only released runs, under any address. The pages are made from `survey.report.pages`."""

from __future__ import annotations

from typing import Any

from flask import Blueprint
from flask_babel import gettext

from survey.report.marks import STATES, icon
from survey.report.svg import SCREEN
from survey.text import N_

blueprint = Blueprint("results", __name__)


@blueprint.app_context_processor
def verdicts() -> dict[str, Any]:
    """Give every template the marks and words of the verdicts, and a heading whose percent sign gettext would mind."""
    return {
        "verdict_mark": lambda state: icon(state, SCREEN),
        "verdict_word": lambda state: gettext(STATES[state]),
        "interval_word": gettext(N_("Confidence interval (95%)")),
    }


from survey.web.results import api, downloads, exports, views  # noqa: E402 - the views register themselves on the blueprint

__all__ = ["api", "blueprint", "downloads", "exports", "views"]
