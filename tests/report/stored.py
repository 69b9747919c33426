"""Puts the sample run into a database exactly as the pipeline stores runs, for tests of doors and commands."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from sqlalchemy.orm import Session

from survey.model import EstimateRow, EstimateRun, OfficialFigure, Round, Snapshot
from survey.query.results import Figure, Indicator, RunResults, Variant
from survey.reference.wording import Wording

_TEXTS = ("group", "name", "population", "numerator", "denominator", "period", "source", "note")
_CASES = ("eligible", "dont_know", "refused", "missing", "item_response", "all_no", "all_yes", "numerator_count")


def store(session: Session, results: RunResults) -> int:
    """Store a run with its round and return the run's number."""
    head = results.head
    survey_round = Round(
        code=head.round_code,
        title=head.round_title,
        reference_date=head.reference_date,
        starts_on=head.starts_on,
        ends_on=head.ends_on,
        is_synthetic=head.is_synthetic,
        legal_basis=head.legal_basis,
    )
    session.add(survey_round)
    session.flush()
    snapshot = Snapshot(round_id=survey_round.id, digest=head.snapshot_digest)
    session.add(snapshot)
    session.flush()
    run = EstimateRun(
        round_id=survey_round.id,
        snapshot_id=snapshot.id,
        code_version=head.code_version,
        seed=head.seed,
        digest=head.digest,
        state=head.state,
        created_at=head.created_at,
        released_at=head.released_at,
        parameters={"labels": _labels(results), "indicators": [_indicator(i) for i in results.indicators]},
        quality=_quality(results),
    )
    session.add(run)
    session.flush()
    figures = [(v, f) for i in results.indicators for v in i.variants for f in _figures(v)]
    session.add_all(_row(run.id, figure) for _, figure in figures)
    session.add_all(
        OfficialFigure(round_id=survey_round.id, indicator=i.code, **asdict(official))
        for i in results.indicators
        for official in i.official
    )
    session.flush()
    return run.id


def _figures(variant: Variant) -> list[Figure]:
    whole = [variant.figure] if variant.figure else []
    return whole + [figure for figures in variant.breakdowns.values() for figure in figures]


def _row(run_id: int, figure: Figure) -> EstimateRow:
    numbers = {name: getattr(figure, name) for name in ("estimate", "se", "ci_low", "ci_high", "deff", "df")}
    return EstimateRow(
        run_id=run_id,
        indicator=figure.indicator,
        variant=figure.variant,
        dimension=figure.dimension,
        category=figure.category,
        ci_method=figure.ci_method,
        n=figure.n,
        n_psu=figure.n_psu,
        flag=figure.flag,
        reasons=list(figure.reasons),
        verdict_2025=figure.verdicts.get(2025, ""),
        verdict_2030=figure.verdicts.get(2030, ""),
        probability_2025=figure.probabilities.get(2025),
        probability_2030=figure.probabilities.get(2030),
        details={name: getattr(figure, name) for name in _CASES} | {"judged": sorted(figure.verdicts)},
        **numbers,
    )


def _labels(results: RunResults) -> dict[str, list[list[str]]]:
    labels: dict[str, dict[str, Wording]] = {}
    for indicator in results.indicators:
        for variant in indicator.variants:
            for figure in _figures(variant):
                labels.setdefault(figure.dimension, {})[figure.category] = figure.label
    return {
        dimension: [[code, label.vi, label.en] for code, label in found.items()] for dimension, found in labels.items()
    }


def _indicator(indicator: Indicator) -> dict[str, Any]:
    return {
        "code": indicator.code,
        "definition": indicator.definition,
        "experimental": indicator.experimental,
        "census": indicator.census,
        **{name: asdict(getattr(indicator, name)) for name in _TEXTS},
        "targets": [asdict(target) for target in indicator.targets],
        "variants": [
            {"code": v.code, "label": asdict(v.label), "rule": asdict(v.rule), "unit": v.unit}
            for v in indicator.variants
        ],
    }


def _quality(results: RunResults) -> dict[str, Any]:
    quality = results.quality
    return {
        "responses": [asdict(response) for response in quality.responses],
        "weights": [asdict(step) for step in quality.weights],
        "calibrated": quality.calibrated,
        "notes": [asdict(note) for note in quality.notes],
        "excluded": dict(quality.excluded),
    }
