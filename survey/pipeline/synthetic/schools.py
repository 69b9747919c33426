"""The synthetic education institutions: type, the four components, evidence, and the QĐ 4725 scores."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from survey.pipeline.synthetic.chance import stream
from survey.pipeline.synthetic.territory import Territory

UNIVERSITY, COLLEGE, VOCATIONAL, PRIMARY, LOWER_SECONDARY, UPPER_SECONDARY, SEVERAL_LEVELS = range(1, 8)
"""Codes of the type of institution, as in the questionnaire."""
_COUNTS = {
    UNIVERSITY: 1,
    COLLEGE: 2,
    VOCATIONAL: 9,
    PRIMARY: 153,
    LOWER_SECONDARY: 76,
    UPPER_SECONDARY: 25,
    SEVERAL_LEVELS: 64,
}
COMPLETE, IN_PART, NOT_YET = 1, 2, 3


@dataclass(frozen=True, slots=True)
class Schools:
    """All institutions: one entry per institution; `components` and `evidence` have four columns."""

    code: tuple[str, ...]
    commune: NDArray[np.int64]
    kind: NDArray[np.int8]
    components: NDArray[np.int8]
    evidence: NDArray[np.bool_]
    teaching_score: NDArray[np.int64]
    management_score: NDArray[np.int64]
    pupils: NDArray[np.int64]

    @property
    def is_school(self) -> NDArray[np.bool_]:
        """Return which are schools from primary to upper secondary; the others train after school."""
        return self.kind >= PRIMARY

    @property
    def stratum(self) -> tuple[str, ...]:
        """Return the classes within which non-response is adjusted."""
        names = {PRIMARY: "primary", LOWER_SECONDARY: "lower-secondary", UPPER_SECONDARY: "upper-secondary"}
        return tuple(names.get(int(k), "several-levels" if k == SEVERAL_LEVELS else "training") for k in self.kind)


def schools(seed: int, places: Territory, *, lag: float = 0.0) -> Schools:
    """Return the institutions of the territory, as many whatever the scale; `lag` puts their completion back."""
    rng = stream(seed, "schools")
    kind = np.repeat(np.fromiter(_COUNTS, dtype=np.int8), list(_COUNTS.values()))
    count = len(kind)
    weight = np.bincount(places.commune, weights=places.households)
    commune = np.searchsorted(np.cumsum(weight) / weight.sum(), rng.random(count))
    primary = np.flatnonzero(kind == PRIMARY)
    commune[primary] = np.arange(len(primary)) % len(weight)
    bent = rng.normal(0, 1, count) + 0.4 * (kind == UPPER_SECONDARY) + 0.5 * (kind < PRIMARY)
    components = _components(rng, bent - lag)
    return Schools(
        code=tuple(f"GD{number:03d}" for number in range(1, count + 1)),
        commune=commune,
        kind=kind,
        components=components,
        evidence=(components < NOT_YET) & (rng.random((count, 4)) < np.where(components == COMPLETE, 0.985, 0.7)),
        teaching_score=_score(rng, components[:, 1], components[:, 3]),
        management_score=_score(rng, components[:, 0], components[:, 2]),
        pupils=np.round(rng.lognormal(np.log(420), 0.5, count)).astype(np.int64),
    )


def _components(rng: np.random.Generator, bent: NDArray[np.float64]) -> NDArray[np.int8]:
    columns = []
    for shift in (2.1, 2.4, 2.2, 1.7):
        latent = bent * 1.3 + shift + rng.normal(0, 0.7, len(bent))
        columns.append(np.where(latent > 0.8, COMPLETE, np.where(latent > -0.4, IN_PART, NOT_YET)))
    return np.stack(columns, axis=1).astype(np.int8)


def _score(rng: np.random.Generator, first: NDArray[np.int8], second: NDArray[np.int8]) -> NDArray[np.int64]:
    middle = 104 - 12 * (first.astype(np.float64) + second) + rng.normal(0, 6, len(first))
    return np.clip(np.round(middle), 0, 100).astype(np.int64)
