"""`survey estimate file` and `repeat`: estimates from anyone's microdata with design columns.

Parses options and prints once, a table or JSON. Nothing is printed or written when the input is refused.
"""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import click

from survey.cli import file_figures
from survey.cli.context import reporting_problems, translate
from survey.cli.progress import Progress
from survey.errors import Problem
from survey.estimation import design as designs
from survey.estimation import interval, quantile, verdict
from survey.pipeline import file_estimate, file_request
from survey.pipeline.file_request import Request
from survey.text import N_

_CI = (*interval.METHODS, "logit_replicated")


def _names(_context: click.Context, _parameter: click.Parameter, value: str | None) -> tuple[str, ...]:
    return tuple(name.strip() for name in value.split(",") if name.strip()) if value else ()


def _numbers(context: click.Context, parameter: click.Parameter, value: str | None) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in _names(context, parameter, value))
    except ValueError as error:
        raise click.BadParameter(str(error), context, parameter) from error


_PATH = click.Path(path_type=Path)
_OPTIONS = (
    click.option("--sheet", help="Sheet of a workbook; the first unless given."),
    click.option("--labels", is_flag=True, help="Read value labels instead of codes (Stata, SPSS)."),
    click.option("--strata", callback=_names, help="Stratum columns, one a stage, separated by commas."),
    click.option("--psu", callback=_names, help="Sampling unit columns, one a stage; without it every row is a unit."),
    click.option("--nest", is_flag=True, help="Unit codes start again in every stratum."),
    click.option("--weight", help="Weight column; without it every weight is 1."),
    click.option("--fpc", callback=_names, help="Population counts or sampling fractions, one column a stage."),
    click.option(
        "--pps", type=click.Choice(file_request.PPS_FORMS), default="with-replacement", help="Unequal probabilities."
    ),
    click.option("--joint", type=_PATH, help="CSV matrix of joint inclusion probabilities, in the order of the rows."),
    click.option("--kind", type=click.Choice(file_request.KINDS), help="What to estimate."),
    click.option("--y", help="The variable."),
    click.option("--level", help="The category of the variable that counts as 1."),
    click.option("--over", help="The denominator column of a ratio."),
    click.option("--x", callback=_names, help="Columns of a regression, or the other column of a test."),
    click.option("--p", type=float, default=0.5, show_default=True, help="Which quantile."),
    click.option("--quantile-rule", type=click.Choice(quantile.RULES), default="math", help="How quantiles are read."),
    click.option(
        "--quantile-interval",
        type=click.Choice(file_request.QUANTILE_INTERVALS),
        default="mean",
        help="Woodruff, score, or the quantile of every replicate.",
    ),
    click.option("--statistic", type=click.Choice(file_request.TESTS), default="F", help="Test of independence."),
    click.option("--where", help="SQL condition of the domain; rows outside it stay in the design."),
    click.option("--by", callback=_names, help="One estimate for every combination of these columns."),
    click.option("--compare", help="Differences between the values of this column, with their covariance."),
    click.option("--baseline", help="The value that the others are compared with; the first unless given."),
    click.option("--ci", type=click.Choice(_CI), help="Interval: logit for proportions, else mean."),
    click.option("--confidence", type=float, default=0.95, show_default=True, help="Level of the intervals."),
    click.option("--assumed-deff", type=float, default=1.0, help="Design effect to assume at 0 % and 100 %."),
    click.option("--target", type=float, help="A target in the unit of the estimate: its verdict and probability."),
    click.option(
        "--operator", type=click.Choice(verdict.OPERATORS), default=">=", show_default=True, help="How to meet it."
    ),
    click.option("--lonely", type=click.Choice(designs.LONELY_RULES), default="fail", help="Rule for single units."),
    click.option("--lonely-in-domain", is_flag=True, help="The rule also treats units that are single in the domain."),
    click.option("--margins", type=_PATH, help="CSV margin,category,total of known totals; columns cross with *."),
    click.option(
        "--calibration", type=click.Choice(file_request.CALIBRATIONS), default="raking", help="How to meet the totals."
    ),
    click.option("--bounds", callback=_numbers, default="0,10", help="Bounds of the logit factors, L,U."),
    click.option("--variance", type=click.Choice(file_request.VARIANCES), default="taylor", help="Variance method."),
    click.option("--replicates", type=int, default=500, show_default=True, help="Number of bootstrap replicates."),
    click.option("--seed", type=int, default=128, show_default=True, help="Seed of the bootstrap."),
    click.option("--rho", type=float, default=0.5, show_default=True, help="Fay's factor."),
    click.option("--replicate-weights", help="Columns of replicate weights, such as 'REP*'."),
    click.option("--replicate-factors", is_flag=True, help="They are factors of the weight."),
    click.option("--scale", type=float, default=1.0, help="Factor of the sum of squares over given replicates."),
    click.option("--rscales", callback=_numbers, help="Factors of the given replicates, one or one each."),
    click.option("--mse", is_flag=True, help="Centre replicates at the estimate instead of their mean."),
    click.option("--df", type=int, help="Degrees of freedom of replicates."),
)


def _with_options(command: Any) -> Any:
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


@click.command("file", help="Estimate from the CSV, Parquet, Excel, Stata or SPSS file DATA with design columns.")
@click.argument("data", type=_PATH, required=False)
@_with_options
@click.option("--manifest", type=_PATH, help="Write here what --repeat needs.")
@click.option("--repeat", "repeated", type=_PATH, help="Print the figures of this manifest again, to the same bytes.")
@click.option("--json", "as_json", is_flag=True, help="Print a list of objects in JSON.")
@reporting_problems
def file(as_json: bool, manifest: Path | None, repeated: Path | None, data: Path | None, **options: Any) -> None:
    """Estimate from a file and print the figures."""
    if repeated:
        _repeat(repeated, as_json)
        return
    request = _request(data, options)
    text = _answer(request, as_json=as_json)
    if manifest:
        manifest.write_text(file_request.manifest(request, as_json=as_json) + "\n", encoding="utf-8")
    click.echo(text)


@click.command("repeat", help="Print again the figures of a MANIFEST that `file --manifest` wrote.")
@click.argument("manifest", type=_PATH)
@click.option("--json", "as_json", is_flag=True, help="Print a list of objects in JSON.")
@reporting_problems
def repeat(manifest: Path, as_json: bool) -> None:
    """Estimate again from the same file with the same options."""
    _repeat(manifest, as_json)


def _repeat(manifest: Path, as_json: bool) -> None:
    stored = file_request.from_manifest(manifest)
    if stored.changed:
        message = translate(N_("Note: other versions than those of the manifest: {names}."))
        click.echo(message.format(names=", ".join(stored.changed)), err=True)
    click.echo(_answer(stored.request, as_json=as_json or stored.as_json))


def _request(data: Path | None, options: dict[str, Any]) -> Request:
    for name, value in (("DATA", data), ("--kind", options["kind"]), ("--y", options["y"])):
        if value is None:
            raise Problem(
                "bad-value", name=name, value="–", expected="survey estimate file DATA --kind KIND --y COLUMN"
            )
    if len(options["bounds"]) != 2:
        raise Problem("bad-value", name="--bounds", value=options["bounds"], expected="L,U")
    known = {field.name for field in fields(Request)}
    return Request(data=data or Path(), **{name: value for name, value in options.items() if name in known})


def _answer(request: Request, *, as_json: bool) -> str:
    answer = file_estimate.run(request, Progress())
    if not answer.level_occurs:
        message = translate(N_("Note: column {column} never has the value {level}."))
        click.echo(message.format(column=request.y, level=request.level), err=True)
    return file_figures.to_json(request, answer) if as_json else file_figures.to_table(request, answer)
