"""One figure composed of those of the sectors by known shares, as KT1 is by the official structure of GRDP.

R = Σ s_k R_k over the sectors that have answers, the shares rescaled to them; the variance is that of the linear
combination, with the covariances of the sectors.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from survey.errors import Problem
from survey.estimation.contrast import Target, joint, linear
from survey.estimation.design import Design
from survey.estimation.interval import interval
from survey.estimation.result import Estimate
from survey.pipeline.measures import Values


def composed(
    pooled: Estimate, design: Design, found: Values, sector: NDArray[np.object_], shares: Mapping[str, float]
) -> Estimate:
    """Return the pooled estimate with value, error and interval of the composition by sector shares.

    `sector` (n,) holds each row's sector or None. Raises bad-value when no sector with a share has an answer.
    """
    present = [
        (code, share) for code, share in sorted(shares.items()) if share > 0 and _has_total(design, found, sector, code)
    ]
    if not present:
        raise Problem("bad-value", name="grdp_shares", value=", ".join(shares), expected="A, B, C …")
    targets = [Target("ratio", found.y, found.x, found.answered & (sector == code)) for code, _ in present]
    weights = np.array([share for _, share in present])
    result = linear(joint(design, targets, df=pooled.df), weights / weights.sum())
    low, high = interval("logit", result.estimate, result.se**2, pooled.df, pooled.n_domain)
    return replace(pooled, estimate=result.estimate, se=result.se, ci_low=low, ci_high=high, ci_method="logit")


def _has_total(design: Design, found: Values, sector: NDArray[np.object_], code: str) -> bool:
    rows = found.answered & (sector == code)
    return found.x is not None and float((design.weight * np.nan_to_num(found.x))[rows].sum()) > 0
