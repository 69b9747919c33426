"""Response so far by AAPOR's definitions: response, cooperation, refusal and contact rates by kind of unit.

Counts units that were worked on, by the outcome of their best record; what is not visited yet is not in the rates.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from survey.estimation.weight import Outcome, response_rates
from survey.query.progress import Disposition

BY_CODE: Mapping[str, Outcome] = {
    "11": Outcome.COMPLETE,
    "12": Outcome.PARTIAL,
    "21": Outcome.REFUSAL,
    "22": Outcome.NON_CONTACT,
    "23": Outcome.OTHER,
    "26": Outcome.OTHER,
    "24": Outcome.UNKNOWN_ELIGIBILITY,
    "31": Outcome.UNKNOWN_ELIGIBILITY,
    "32": Outcome.UNKNOWN_ELIGIBILITY,
    **dict.fromkeys(("41", "42", "43", "44", "45"), Outcome.INELIGIBLE),
}


@dataclass(frozen=True, slots=True)
class Response:
    """Rates of one kind of unit in percent by AAPOR's names (RR1 to RR6, COOP1, REF1, CON1); empty without a case."""

    kind: str
    cases: int
    without_outcome: int
    rates: Mapping[str, float]


def responses(outcomes: Iterable[Disposition]) -> list[Response]:
    """Return the rates of each kind of unit, in the order in which the kinds come."""
    kinds: dict[str, Counter[str]] = {}
    for each in outcomes:
        kinds.setdefault(each.kind, Counter())[each.outcome] += each.count
    return [_response(kind, counts) for kind, counts in kinds.items()]


def _response(kind: str, counts: Mapping[str, int]) -> Response:
    sizes: Counter[Outcome] = Counter()
    for code, count in counts.items():
        if code in BY_CODE:
            sizes[BY_CODE[code]] += count
    cases = sum(sizes.values())
    return Response(kind, cases, sum(counts.values()) - cases, _rates(sizes) if cases else {})


def _rates(sizes: Mapping[Outcome, int]) -> dict[str, float]:
    """Return the rates in percent; a rate whose base is empty is left out."""
    size = {kind: sizes.get(kind, 0) for kind in Outcome}
    answered = size[Outcome.COMPLETE] + size[Outcome.PARTIAL]
    spoken = answered + size[Outcome.REFUSAL] + size[Outcome.OTHER]
    everyone = spoken + size[Outcome.NON_CONTACT] + size[Outcome.UNKNOWN_ELIGIBILITY]
    found: dict[str, float] = {}
    if everyone:
        kinds = np.array([int(kind) for kind in Outcome])
        weight = np.array([float(size[kind]) for kind in Outcome])
        found = {name: 100 * rate for name, rate in response_rates(kinds, weight).items()}
        found["REF1"] = 100 * size[Outcome.REFUSAL] / everyone
        found["CON1"] = 100 * spoken / everyone
    if spoken:
        found["COOP1"] = 100 * size[Outcome.COMPLETE] / spoken
    return found
