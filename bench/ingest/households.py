"""Documents for the ingest benchmark."""
from __future__ import annotations
from tests.rounds import Interview, small_round
def prepare(count):
    return [Interview().xml() for _ in range(count)], small_round
