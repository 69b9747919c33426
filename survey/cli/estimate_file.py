"""`survey estimate file`: estimates from anyone's CSV or Parquet microdata with design columns.

Reads, checks, estimates, then prints once: a table or JSON. Nothing is printed when the input is refused.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray

from survey.cli.context import reporting_problems, translate
from survey.errors import Problem
from survey.estimation import design as designs
from survey.estimation import interval
from survey.estimation.columns import Column, FloatArray, is_missing, numbers
from survey.estimation.estimator import KINDS
from survey.estimation.result import Estimate, estimate
from survey.pipeline import table_file
from survey.text import N_, clean, format_decimal

_TRUE, _FALSE = ("true", "yes", "1"), ("false", "no", "0")


@dataclass(frozen=True, slots=True)
class Request:
    """What the command line asks for."""

    data: Path
    strata: tuple[str, ...]
    psu: tuple[str, ...]
    nest: bool
    weight: str | None
    fpc: tuple[str, ...]
    kind: str
    y: str
    level: str | None
    over: str | None
    where: str | None
    by: tuple[str, ...]
    ci: str | None
    lonely: str

    @property
    def columns(self) -> list[str]:
        """Return every column that is needed."""
        single = [name for name in (self.weight, self.y, self.over) if name]
        return [*self.strata, *self.psu, *self.fpc, *single, *self.by]


def _names(_context: click.Context, _parameter: click.Parameter, value: str | None) -> tuple[str, ...]:
    return tuple(name.strip() for name in value.split(",") if name.strip()) if value else ()


@click.command("file", help=N_("Estimate from a CSV or Parquet file with design columns."))
@click.argument("data", type=click.Path(path_type=Path))
@click.option("--strata", callback=_names, help=N_("Stratum columns, one a stage, separated by commas."))
@click.option("--psu", callback=_names, help=N_("Sampling unit columns, one a stage; without it every row is a unit."))
@click.option("--nest", is_flag=True, help=N_("Unit codes start again in every stratum."))
@click.option("--weight", help=N_("Weight column; without it every weight is 1."))
@click.option("--fpc", callback=_names, help=N_("Population counts or sampling fractions, one column a stage."))
@click.option("--kind", type=click.Choice(KINDS), required=True, help=N_("What to estimate."))
@click.option("--y", required=True, help=N_("The variable."))
@click.option("--level", help=N_("The category of the variable that counts as 1."))
@click.option("--over", help=N_("The denominator column of a ratio."))
@click.option("--where", help=N_("SQL condition of the domain; rows outside it stay in the design."))
@click.option("--by", callback=_names, help=N_("One estimate for every combination of these columns."))
@click.option("--ci", type=click.Choice(interval.METHODS), help=N_("Interval; logit for proportions, mean otherwise."))
@click.option("--lonely", type=click.Choice(designs.LONELY_RULES), default="fail", help=N_("Rule for single units."))
@click.option("--json", "as_json", is_flag=True, help=N_("Print a list of objects in JSON."))
@reporting_problems
def file(as_json: bool, **options: Any) -> None:
    """Estimate from a file and print the figures."""
    request = Request(**options)
    figures, notes = run(request)
    for note in notes:
        click.echo(note, err=True)
    click.echo(to_json(figures) if as_json else to_table(figures))


def run(request: Request) -> tuple[list[Estimate], list[str]]:
    """Return the figures that a request asks for, and notes about them; raises Problem on bad input."""
    if (request.kind == "ratio") != (request.over is not None):
        raise Problem("bad-value", name="--over", value=request.over or "–", expected="--kind ratio --over COLUMN")
    names = [*request.strata, *request.psu, *request.by]
    data = table_file.read(request.data, request.columns, codes=names, condition=request.where)
    design = designs.build(
        _column(data, request.weight) if request.weight else None,
        strata=[_column(data, name) for name in request.strata],
        psu=[_column(data, name) for name in request.psu],
        fpc=[_column(data, name) for name in request.fpc],
        nest=request.nest,
        lonely=request.lonely,
        n_rows=len(data.inside),
    )
    y = _variable(request, data)
    x = numbers(_column(data, request.over)) if request.over else None
    if not (data.inside & ~np.isnan(y)).any():
        raise Problem("empty-domain", domain=request.where or request.y)
    by = {name: data.columns[name] for name in request.by}
    figures = estimate(design, request.kind, y, x, domain=data.inside, by=by, ci=request.ci)
    return figures, _notes(request, y)


def _column(data: table_file.TableFile, name: str) -> Column:
    return Column(name, data.columns[name])


def _variable(request: Request, data: table_file.TableFile) -> FloatArray:
    column = _column(data, request.y)
    if request.level is not None:
        return indicator(column.values, request.level)
    y = numbers(column)
    if request.kind == "proportion":
        other = int((~np.isnan(y) & (y != 0) & (y != 1)).sum())
        if other:
            raise Problem("not-zero-one", column=request.y, count=other)
    return y


def indicator(values: NDArray[Any], level: str) -> FloatArray:
    """Return 1 where a value is the level, compared as text, number or truth by its type; NaN where it is missing."""
    missing = is_missing(values)
    wanted = clean(level)
    if values.dtype.kind == "b":
        same = values == (wanted.casefold() in _TRUE) if wanted.casefold() in (*_TRUE, *_FALSE) else False
    elif values.dtype.kind in "fiu":
        number = _as_number(wanted)
        same = values == number if number is not None else False
    else:
        same = np.fromiter((clean(str(v)) == wanted for v in values), dtype=np.bool_, count=len(values))
    return np.where(missing, np.nan, np.where(same, 1.0, 0.0))


def _as_number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _notes(request: Request, y: FloatArray) -> list[str]:
    if request.level is not None and not (y == 1).any():
        message = translate(N_("Note: column {column} never has the value {level}."))
        return [message.format(column=request.y, level=request.level)]
    return []


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
        ", ".join(figure.flags),
    ]


def _shown(value: float, percent: bool) -> str:
    if not math.isfinite(value):
        return "–"
    scaled = value * 100 if percent else value
    digits = 2 if percent else max(0, 4 - math.floor(math.log10(abs(scaled) or 1)))
    return format_decimal(round(scaled, digits), min(digits, 8)) + (" %" if percent else "")
