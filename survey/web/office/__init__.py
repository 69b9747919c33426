"""The office: watch, assign, review, release, administer. Every list is narrowed to the actor's round and area."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("office", __name__, url_prefix="/office")

from survey.web.office import (  # noqa: E402, F401 - the views register themselves
    accounts,
    ageing,
    assignments,
    control_totals,
    corrections,
    devices,
    draw_sizes,
    draws,
    edits,
    fieldwork,
    frames,
    home,
    invitations,
    letters,
    live,
    log,
    messages,
    overview,
    privacy,
    privacy_records,
    provisional,
    quality,
    quarantine,
    record,
    reinterviews,
    release,
    requests,
    results,
    review,
    round_policies,
    rounds,
    verification,
    versions,
)
