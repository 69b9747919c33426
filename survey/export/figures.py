"""Published figures as flat records: one per figure, with codes, words in both languages and the targets beside it.

Suppressed figures keep their n and their reasons and have no number, exactly as in the results they come from.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator

from survey.query.results import Figure, Indicator, RunResults, Variant
from survey.text import safe_file_name

COLUMNS = (
    "round", "reference_date", "run", "run_state", "synthetic",
    "indicator", "indicator_vi", "indicator_en", "definition", "experimental",
    "variant", "variant_vi", "variant_en", "main_variant",
    "dimension", "category", "category_vi", "category_en",
    "estimate_percent", "se", "ci_low", "ci_high", "ci_method", "deff", "df", "n", "n_psu", "item_response_percent",
    "flag", "reasons", "target_2025", "verdict_2025", "target_2030", "verdict_2030",
)  # fmt: skip

Value = str | float | int | None


def records(results: RunResults, *, indicator: str | None = None) -> Iterator[dict[str, Value]]:
    """Yield one record for each figure of a run, or of one indicator, in the order of the plan."""
    for entry in results.indicators:
        if indicator is None or entry.code == indicator:
            for variant in entry.variants:
                for figure in _figures(variant):
                    yield _record(results, entry, variant, figure)


def figures_csv(results: RunResults, *, indicator: str | None = None) -> bytes:
    """Return the records as CSV in UTF-8 with a byte order mark, so that spreadsheets read the Vietnamese letters."""
    return _written(records(results, indicator=indicator))


def file_name(results: RunResults, ending: str, *, indicator: str | None = None) -> str:
    """Return the name of a download: round, run, the indicator where it is one, and whether it is not released."""
    parts = ["phieu-so", safe_file_name(results.head.round_code), f"run{results.head.id}", indicator or "indicators"]
    if results.head.state != "released":
        parts.append(results.head.state)
    return "-".join(parts).lower() + f".{ending}"


def _written(rows: Iterable[dict[str, Value]]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode("utf-8-sig")


def _figures(variant: Variant) -> Iterator[Figure]:
    if variant.figure is not None:
        yield variant.figure
    for figures in variant.breakdowns.values():
        yield from figures


def _record(results: RunResults, entry: Indicator, variant: Variant, figure: Figure) -> dict[str, Value]:
    head = results.head
    return {
        "round": head.round_code,
        "reference_date": head.reference_date.isoformat(),
        "run": head.id,
        "run_state": head.state,
        "synthetic": int(head.is_synthetic),
        "indicator": entry.code,
        "indicator_vi": entry.name.vi,
        "indicator_en": entry.name.en,
        "definition": entry.definition,
        "experimental": int(entry.experimental),
        "variant": variant.code,
        "variant_vi": variant.label.vi,
        "variant_en": variant.label.en,
        "main_variant": int(variant.is_main),
        "dimension": figure.dimension,
        "category": figure.category,
        "category_vi": figure.label.vi,
        "category_en": figure.label.en,
        **_numbers(figure),
        "flag": figure.flag,
        "reasons": " ".join(figure.reasons),
        **_targets(entry, figure),
    }


def _numbers(figure: Figure) -> dict[str, Value]:
    return {
        "estimate_percent": _rounded(figure.estimate),
        "se": _rounded(figure.se),
        "ci_low": _rounded(figure.ci_low),
        "ci_high": _rounded(figure.ci_high),
        "ci_method": figure.ci_method,
        "deff": _rounded(figure.deff),
        "df": _rounded(figure.df),
        "n": figure.n,
        "n_psu": figure.n_psu,
        "item_response_percent": _rounded(figure.item_response),
    }


def _targets(entry: Indicator, figure: Figure) -> dict[str, Value]:
    cells: dict[str, Value] = {}
    for target in entry.targets:
        judged = figure.verdicts.get(target.year)
        cells[f"target_{target.year}"] = f"{target.operator} {target.value:g}"
        cells[f"verdict_{target.year}"] = judged or ""
    return cells


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)
