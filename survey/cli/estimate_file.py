"""`survey estimate file` and `repeat`: estimates from anyone's CSV or Parquet microdata with design columns.

Parses options and prints once, a table or JSON. Nothing is printed when the input is refused.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from survey.cli.context import reporting_problems, translate
from survey.estimation import design as designs
from survey.estimation import interval
from survey.estimation.result import Estimate
from survey.pipeline import file_estimate
from survey.pipeline.file_estimate import Request
from survey.text import N_, format_decimal

_MANY_ROWS = 500_000


def _names(_context: click.Context, _parameter: click.Parameter, value: str | None) -> tuple[str, ...]:
    return tuple(name.strip() for name in value.split(",") if name.strip()) if value else ()


@click.command("file", help="Estimate from the CSV or Parquet file DATA with design columns.")
@click.argument("data", type=click.Path(path_type=Path))
@click.option("--strata", callback=_names, help="Stratum columns, one a stage, separated by commas.")
@click.option("--psu", callback=_names, help="Sampling unit columns, one a stage; without it every row is a unit.")
@click.option("--nest", is_flag=True, help="Unit codes start again in every stratum.")
@click.option("--weight", help="Weight column; without it every weight is 1.")
@click.option("--fpc", callback=_names, help="Population counts or sampling fractions, one column a stage.")
@click.option("--kind", type=click.Choice(file_estimate.KINDS), required=True, help="What to estimate.")
@click.option("--y", required=True, help="The variable.")
@click.option("--level", help="The category of the variable that counts as 1.")
@click.option("--over", help="The denominator column of a ratio.")
@click.option("--p", type=float, default=0.5, show_default=True, help="Which quantile.")
@click.option("--where", help="SQL condition of the domain; rows outside it stay in the design.")
@click.option("--by", callback=_names, help="One estimate for every combination of these columns.")
@click.option("--ci", type=click.Choice(interval.METHODS), help="Interval: logit for proportions, else mean.")
@click.option("--lonely", type=click.Choice(designs.LONELY_RULES), default="fail", help="Rule for single units.")
@click.option("--margins", type=click.Path(path_type=Path), help="CSV margin,category,total to rake the weights to.")
@click.option("--variance", type=click.Choice(file_estimate.VARIANCES), default="taylor", help="Variance method.")
@click.option("--replicates", type=int, default=500, show_default=True, help="Number of bootstrap replicates.")
@click.option("--seed", type=int, default=128, show_default=True, help="Seed of the bootstrap.")
@click.option("--manifest", type=click.Path(path_type=Path), help="Write here what `repeat` needs.")
@click.option("--json", "as_json", is_flag=True, help="Print a list of objects in JSON.")
@reporting_problems
def file(as_json: bool, manifest: Path | None, **options: Any) -> None:
    """Estimate from a file and print the figures."""
    request = Request(**options)
    _print(request, as_json=as_json)
    if manifest:
        manifest.write_text(file_estimate.manifest(request) + "\n", encoding="utf-8")


@click.command("repeat", help="Print again the figures of a MANIFEST that `file --manifest` wrote.")
@click.argument("manifest", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print a list of objects in JSON.")
@reporting_problems
def repeat(manifest: Path, as_json: bool) -> None:
    """Estimate again from the same file with the same options."""
    _print(file_estimate.from_manifest(manifest), as_json=as_json)


def _print(request: Request, *, as_json: bool) -> None:
    answer = file_estimate.run(request, _report)
    if not answer.level_occurs:
        message = translate(N_("Note: column {column} never has the value {level}."))
        click.echo(message.format(column=request.y, level=request.level), err=True)
    click.echo(to_json(answer.figures) if as_json else to_table(answer.figures))


def _report(step: str, count: int) -> None:
    """Tell a person at a terminal that a large file has been read."""
    if step == "rows" and count >= _MANY_ROWS and sys.stderr.isatty():
        click.echo(translate(N_("{count} rows read; estimating …")).format(count=format_decimal(count)), err=True)


def to_json(figures: Sequence[Estimate]) -> str:
    """Return the figures as a JSON list at full precision, null where a number is not defined."""
    return json.dumps([_record(figure) for figure in figures], ensure_ascii=False, indent=1, default=str)


def _record(figure: Estimate) -> dict[str, Any]:
    numbers_of = ("estimate", "se", "ci_low", "ci_high", "deff")
    return {
        "domain": figure.domain,
        **{name: _finite(getattr(figure, name)) for name in numbers_of},
        "df": figure.df,
        "n": figure.n,
        "kind": figure.kind,
        "ci_method": figure.ci_method,
        "level": figure.level,
        "deff_replace": _finite(figure.deff_replace),
        "df_answered": figure.df_answered,
        "n_domain": figure.n_domain,
        "n_psu": figure.n_psu,
        "n_effective": _finite(figure.n_effective),
        "weight_sum": figure.weight_sum,
        "flags": list(figure.flags),
    }


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


_HEADINGS = (
    N_("Domain"),
    N_("Estimate"),
    N_("Standard error"),
    N_("Low"),
    N_("High"),
    N_("Design effect"),
    N_("Degrees of freedom"),
    N_("Rows"),
    N_("Marks"),
)
_MARKS = {
    "no-cases": N_("no cases"),
    "no-degrees-of-freedom": N_("no degrees of freedom"),
    "zero-events": N_("0 % or 100 %"),
    "one-sided-bound": N_("one-sided bound"),
    "census": N_("everyone asked"),
    "zero-denominator": N_("denominator is zero"),
}


def to_table(figures: Sequence[Estimate]) -> str:
    """Return the figures as aligned columns; proportions in percent."""
    rows = [[translate(heading) for heading in _HEADINGS], *(_line(figure) for figure in figures)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(_HEADINGS))]
    return "\n".join(_aligned(row, widths) for row in rows)


def _aligned(row: list[str], widths: list[int]) -> str:
    cells = [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:-1], widths[1:-1], strict=True))]
    return "  ".join([*cells, row[-1]]).rstrip()


def _line(figure: Estimate) -> list[str]:
    percent = figure.kind == "proportion"
    numbers_of = (figure.estimate, figure.se, figure.ci_low, figure.ci_high)
    return [
        ", ".join(f"{name}={value}" for name, value in figure.domain.items()) or translate(N_("All rows")),
        *(_shown(value, percent) for value in numbers_of),
        _shown(figure.deff, False),
        str(figure.df),
        str(figure.n),
        ", ".join(translate(_MARKS[flag]) for flag in figure.flags),
    ]


def _shown(value: float, percent: bool) -> str:
    if not math.isfinite(value):
        return "–"
    scaled = value * 100 if percent else value
    digits = 2 if percent else max(0, 4 - math.floor(math.log10(abs(scaled) or 1)))
    return format_decimal(round(scaled, digits), min(digits, 8)) + (" %" if percent else "")
