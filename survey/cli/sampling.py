"""`survey sample`: reserves that stand in for sampled units, one at a time, and how many do; sizes for a half-width."""

from __future__ import annotations

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.cli.context import open_database, reporting_problems, translate
from survey.errors import Problem
from survey.model import FrameUnit, SampleUnit
from survey.model.actor import SYSTEM
from survey.operations import substitution
from survey.query import substitutions as reads
from survey.query.rounds import round_by_code
from survey.sampling.size import for_proportion
from survey.text import N_, format_decimal

_KINDS = ("household", "enterprise")


@click.group(help="The sample: its size, and reserves that stand in for units.")
def sample() -> None:
    """Hold the commands about samples."""


@sample.command(help="Put the next reserve of its area or stratum in the place of the unit CODE of ROUND.")
@click.argument("round_code", metavar="ROUND")
@click.argument("code")
@click.option("--kind", type=click.Choice(_KINDS), default="household", show_default=True, help="Kind of unit.")
@click.option("--reason", type=click.Choice(substitution.REASONS), required=True, help="Why it has to be replaced.")
@click.option("--note", default="", help="A remark for the record.")
@reporting_problems
def substitute(round_code: str, code: str, kind: str, reason: str, note: str) -> None:
    """Substitute a unit and print which reserve takes its place."""
    with open_database().transaction() as session:
        round_id = round_by_code(session, round_code).id
        made = substitution.substitute(
            session, SYSTEM, _sample_unit(session, round_id, kind, code), reason=reason, note=note
        )
        (line,) = [entry for entry in reads.exchanges(session, round_id) if entry.id == made.id]
    message = translate(N_("Substitution {number}: {substitute} takes the place of {unit}."))
    click.echo(message.format(number=line.id, substitute=line.substitute, unit=line.unit))


@sample.command("take-back", help="Undo the substitution NUMBER while its substitute has no questionnaire.")
@click.argument("number", type=int)
@reporting_problems
def take_back(number: int) -> None:
    """Give a place back to the unit that was replaced."""
    with open_database().transaction() as session:
        substitution.take_back(session, SYSTEM, number)
    click.echo(translate(N_("Substitution {number} is taken back.")).format(number=number))


@sample.command(help="List the substitutions of ROUND and the share of places that reserves fill.")
@click.argument("round_code", metavar="ROUND")
@reporting_problems
def substitutions(round_code: str) -> None:
    """Print one line a substitution, then the rate of every kind of unit."""
    with open_database().reading() as session:
        round_id = round_by_code(session, round_code).id
        found, rates = reads.exchanges(session, round_id), reads.rates(session, round_id)
    for entry in found:
        ended = f"{entry.undone_at:%d/%m/%Y}" if entry.undone_at else "–"
        fields = (str(entry.id), f"{entry.at:%d/%m/%Y}", entry.unit, entry.substitute, entry.reason, ended, entry.note)
        click.echo("\t".join(fields))
    for rate in rates:
        message = translate(N_("{kind}: {substituted} of {places} places filled by reserves ({share} %)"))
        share = format_decimal(round(100 * rate.share, 1), 1)
        click.echo(message.format(kind=rate.kind, substituted=rate.substituted, places=rate.places, share=share))


@sample.command(help="Print how many units a half-width needs in every domain, given as NAME=POPULATION.")
@click.argument("domains", nargs=-1, required=True, metavar="NAME=POPULATION…")
@click.option("--half-width", type=float, required=True, help="Half-width of the interval, 0.05 for 5 points.")
@click.option("--proportion", type=float, default=0.5, show_default=True, help="The expected proportion.")
@click.option("--design-effect", type=float, default=1.0, show_default=True, help="The expected design effect.")
@click.option("--response-rate", type=float, default=1.0, show_default=True, help="The expected response rate.")
@click.option("--confidence", type=float, default=0.95, show_default=True, help="Level of the interval.")
@reporting_problems
def size(
    domains: tuple[str, ...],
    half_width: float,
    proportion: float,
    design_effect: float,
    response_rate: float,
    confidence: float,
) -> None:
    """Print the respondents and the units to select of every domain, and their sums."""
    names = [domain.rpartition("=")[0] for domain in domains]
    found = for_proportion(
        half_width,
        proportion=proportion,
        population=[_population(domain) for domain in domains],
        design_effect=design_effect,
        response_rate=response_rate,
        level=confidence,
    )
    click.echo("\t".join(translate(word) for word in (N_("Domain"), N_("Respondents"), N_("Units to select"))))
    for name, respondents, selected in zip(names, found.respondents.tolist(), found.select.tolist(), strict=True):
        click.echo(f"{name}\t{format_decimal(respondents)}\t{format_decimal(selected)}")
    total = (int(found.respondents.sum()), int(found.select.sum()))
    click.echo("\t".join([translate(N_("Total")), *(format_decimal(number) for number in total)]))


def _population(domain: str) -> float:
    name, _, number = domain.rpartition("=")
    if not name or not number.isdigit():
        raise Problem("bad-value", name="NAME=POPULATION", value=domain, expected="930=18500")
    return float(number)


def _sample_unit(session: Session, round_id: int, kind: str, code: str) -> int:
    """Return the unit of the sample with a code; raises Problem not-substitutable."""
    query = (
        select(SampleUnit.id)
        .join(FrameUnit, FrameUnit.id == SampleUnit.frame_unit_id)
        .where(SampleUnit.round_id == round_id, SampleUnit.kind == kind, FrameUnit.code == code)
    )
    found = session.scalar(query)
    if found is None:
        raise Problem("not-substitutable", unit=code)
    return found
