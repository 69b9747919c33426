"""Builds the values of `query.results` from the stored rows and the texts frozen in a run's parameters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any

from survey.model import EstimateRow, EstimateRun, OfficialFigure, Round, Snapshot
from survey.query.results import (
    DIMENSIONS,
    Calibration,
    Figure,
    Indicator,
    MarginTotal,
    Official,
    Quality,
    Response,
    RunHead,
    Target,
    Variant,
    WeightStep,
)
from survey.reference.wording import Wording

_NUMBERS = ("estimate", "se", "ci_low", "ci_high", "deff", "df")
_CASES = ("eligible", "dont_know", "refused", "missing", "item_response", "all_no", "all_yes", "numerator_count")
_TELLING = ("item_response", "all_no", "all_yes", "numerator_count")


def head_of(run: EstimateRun, survey_round: Round, snapshot: Snapshot) -> RunHead:
    """Return what identifies a run."""
    return RunHead(
        id=run.id,
        round_id=survey_round.id,
        round_code=survey_round.code,
        round_title=survey_round.title,
        reference_date=survey_round.reference_date,
        starts_on=survey_round.starts_on,
        ends_on=survey_round.ends_on,
        is_synthetic=survey_round.is_synthetic,
        legal_basis=survey_round.legal_basis,
        state=run.state,
        digest=run.digest,
        snapshot_digest=snapshot.digest,
        code_version=run.code_version,
        seed=run.seed,
        created_at=run.created_at,
        released_at=run.released_at,
    )


def figure_of(row: EstimateRow, label: Wording) -> Figure:
    """Return one stored row as a figure; a suppressed one keeps its n and its reasons only."""
    hidden = row.flag == "suppress"
    cases = {name: row.details[name] for name in _CASES if name in row.details}
    if hidden:
        cases = {name: value for name, value in cases.items() if name not in _TELLING}
    numbers: dict[str, Any] = {name: None if hidden else getattr(row, name) for name in _NUMBERS}
    return Figure(
        indicator=row.indicator,
        variant=row.variant,
        dimension=row.dimension,
        category=row.category,
        label=label,
        ci_method=row.ci_method,
        n=row.n,
        n_psu=row.n_psu,
        flag=row.flag,
        reasons=tuple(row.reasons),
        verdicts={} if hidden else _by_year(row, "verdict"),
        probabilities={} if hidden else _by_year(row, "probability"),
        **numbers,
        **cases,
    )


def _by_year(row: EstimateRow, name: str) -> dict[int, Any]:
    judged = row.details.get("judged", [])
    values = {year: getattr(row, f"{name}_{year}") for year in (2025, 2030) if year in judged}
    return {year: value for year, value in values.items() if value is not None}


def indicators_of(
    run: EstimateRun, rows: Iterable[EstimateRow], official: Iterable[OfficialFigure]
) -> tuple[Indicator, ...]:
    """Return the run's indicators in the order of the plan, each with its variants, breakdowns and official figures."""
    labels = _labels(run.parameters["labels"])
    figures: dict[tuple[str, str], list[Figure]] = {}
    for row in rows:
        label = labels.get((row.dimension, row.category), Wording(row.category, row.category))
        figures.setdefault((row.indicator, row.variant), []).append(figure_of(row, label))
    order = {key: position for position, key in enumerate(labels)}
    published: dict[str, list[Official]] = {}
    for entry in official:
        published.setdefault(entry.indicator, []).append(_official(entry))
    return tuple(_indicator(entry, figures, order, published) for entry in run.parameters["indicators"])


def _labels(stored: Mapping[str, list[list[str]]]) -> dict[tuple[str, str], Wording]:
    return {(dimension, code): Wording(vi, en) for dimension, entries in stored.items() for code, vi, en in entries}


def _official(entry: OfficialFigure) -> Official:
    return Official(
        category=entry.category,
        value=entry.value,
        publisher=entry.publisher,
        published_on=entry.published_on,
        status=entry.status,
        source=entry.source,
    )


def _indicator(
    entry: Mapping[str, Any],
    figures: Mapping[tuple[str, str], list[Figure]],
    order: Mapping[tuple[str, str], int],
    published: Mapping[str, list[Official]],
) -> Indicator:
    code = entry["code"]
    texts = {name: Wording.read(entry[name]) for name in _TEXTS}
    return Indicator(
        code=code,
        definition=entry["definition"],
        experimental=entry["experimental"],
        census=entry["census"],
        targets=tuple(_target(target) for target in entry["targets"]),
        variants=tuple(
            _variant(variant, figures.get((code, variant["code"]), []), order, is_main=position == 0)
            for position, variant in enumerate(entry["variants"])
        ),
        official=tuple(published.get(code, ())),
        **texts,
    )


_TEXTS = ("group", "name", "population", "numerator", "denominator", "period", "source", "note")


def _target(entry: Mapping[str, Any]) -> Target:
    return Target(
        year=entry["year"],
        name=Wording.read(entry["name"]),
        operator=entry["operator"],
        value=entry["value"],
        phrase=Wording.read(entry["phrase"]),
        variant=entry["variant"],
    )


def _variant(
    entry: Mapping[str, Any], figures: list[Figure], order: Mapping[tuple[str, str], int], *, is_main: bool
) -> Variant:
    breakdowns: dict[str, tuple[Figure, ...]] = {}
    for dimension in DIMENSIONS:
        chosen = [figure for figure in figures if figure.dimension == dimension]
        if chosen and dimension != "province":
            chosen.sort(key=lambda f: (order.get((f.dimension, f.category), len(order)), f.category))
            breakdowns[dimension] = tuple(chosen)
    return Variant(
        code=entry["code"],
        label=Wording.read(entry["label"]),
        rule=Wording.read(entry["rule"]),
        unit=entry["unit"],
        is_main=is_main,
        figure=next((figure for figure in figures if figure.dimension == "province"), None),
        breakdowns=breakdowns,
    )


def quality_of(stored: Mapping[str, Any]) -> Quality:
    """Return the stored quality record as values."""
    return Quality(
        responses=tuple(Response(**_known(Response, entry)) for entry in stored["responses"]),
        weights=tuple(WeightStep(**_known(WeightStep, entry)) for entry in stored["weights"]),
        calibrated=stored["calibrated"],
        notes=tuple(Wording.read(note) for note in stored["notes"]),
        excluded=dict(stored["excluded"]),
        calibrations=tuple(_calibration(entry) for entry in stored.get("calibrations", ())),
        models=tuple(stored.get("models", ())),
        verified=stored.get("verified", {}),
    )


def _calibration(entry: Mapping[str, Any]) -> Calibration:
    margins = tuple(
        MarginTotal(**{**_known(MarginTotal, margin), "label": Wording.read(margin["label"])})
        for margin in entry["margins"]
    )
    return Calibration(**{**_known(Calibration, entry), "margins": margins})


def _known(kind: type, entry: Mapping[str, Any]) -> dict[str, Any]:
    names = {field.name for field in fields(kind)}
    return {name: value for name, value in entry.items() if name in names}
