"""Results as JSON-ready documents with identifiers that stay the same from round to round; the API sends these.

An identifier is `round:indicator:variant:dimension:category`; the category is empty for the whole territory.
"""

from __future__ import annotations

from typing import Any

from survey.query.results import Figure, Indicator, RunHead, RunResults, Variant
from survey.reference.wording import Wording

Document = dict[str, Any]


def run_document(head: RunHead) -> Document:
    """Return what identifies a run."""
    return {
        "round": head.round_code,
        "title": head.round_title,
        "reference_date": head.reference_date.isoformat(),
        "collected": {"from": head.starts_on.isoformat(), "to": head.ends_on.isoformat()},
        "synthetic": head.is_synthetic,
        "run": {
            "id": head.id,
            "digest": head.digest,
            "data_digest": head.snapshot_digest,
            "software": head.code_version,
            "seed": head.seed,
            "released_at": head.released_at.isoformat() if head.released_at else None,
        },
    }


def results_document(results: RunResults) -> Document:
    """Return a run with the headline figure of every indicator."""
    return run_document(results.head) | {
        "indicators": [_headline(results.head, entry) for entry in results.indicators],
        "notes": [_both(note) for note in results.quality.notes],
    }


def indicator_document(results: RunResults, entry: Indicator) -> Document:
    """Return one indicator with its definition, every variant and every breakdown."""
    return _headline(results.head, entry) | {
        "population": _both(entry.population),
        "numerator": _both(entry.numerator),
        "denominator": _both(entry.denominator),
        "reference_period": _both(entry.period),
        "source": _both(entry.source),
        "note": _both(entry.note),
        "variants": [_variant(results.head, variant) for variant in entry.variants],
    }


def _headline(head: RunHead, entry: Indicator) -> Document:
    figure = entry.main.figure
    return {
        "id": entry.code,
        "name": _both(entry.name),
        "group": _both(entry.group),
        "definition": entry.definition,
        "experimental": entry.experimental,
        "census": entry.census,
        "targets": [
            {
                "year": target.year,
                "name": _both(target.name),
                "operator": target.operator,
                "value": target.value,
                "variant": target.variant,
                "verdict": entry.verdict(target.year) or None if not entry.experimental else None,
            }
            for target in entry.targets
        ],
        "official": [
            {
                "category": official.category,
                "value": official.value,
                "publisher": official.publisher,
                "published_on": official.published_on.isoformat(),
                "status": official.status,
                "source": official.source,
            }
            for official in entry.official
        ],
        "figure": None if figure is None else _figure(head, figure),
    }


def _variant(head: RunHead, variant: Variant) -> Document:
    return {
        "id": variant.code,
        "label": _both(variant.label),
        "rule": _both(variant.rule),
        "unit": variant.unit,
        "main": variant.is_main,
        "figure": None if variant.figure is None else _figure(head, variant.figure),
        "breakdowns": {
            dimension: [_figure(head, figure) for figure in figures]
            for dimension, figures in variant.breakdowns.items()
        },
    }


def _figure(head: RunHead, figure: Figure) -> Document:
    return {
        "id": ":".join((head.round_code, figure.indicator, figure.variant, figure.dimension, figure.category)),
        "dimension": figure.dimension,
        "category": figure.category,
        "label": _both(figure.label),
        "estimate": figure.estimate,
        "standard_error": figure.se,
        "interval": None if figure.ci_low is None else [figure.ci_low, figure.ci_high],
        "design_effect": figure.deff,
        "degrees_of_freedom": figure.df,
        "n": figure.n,
        "sampling_units": figure.n_psu,
        "item_response": figure.item_response,
        "flag": figure.flag,
        "reasons": list(figure.reasons),
    }


def _both(text: Wording) -> Document:
    return {"vi": text.vi, "en": text.en}
