"""`survey estimate provisional`: the figures of a round in collection, also as the office's job."""

from __future__ import annotations

import click

from survey.cli.context import open_database, reporting_problems, translate
from survey.errors import Problem
from survey.model.actor import SYSTEM
from survey.pipeline import provisional as pipeline
from survey.query.rounds import round_by_code
from survey.text import N_, format_decimal


@click.command(help="Calculate the provisional figures of ROUND from the records approved so far; nothing is released.")
@click.argument("round_code", metavar="ROUND")
@click.option("--begun", is_flag=True, help="The office has noted the beginning already.")
@reporting_problems
def provisional(round_code: str, begun: bool) -> None:
    """Calculate, store in the place of the figures before, and print."""
    database = open_database()
    with database.transaction() as session:
        round_id = round_by_code(session, round_code).id
        if not begun:
            pipeline.begin(session, SYSTEM, round_id)
    try:
        with database.reading() as session:
            found = pipeline.calculate(session, round_id)
        with database.transaction() as session:
            pipeline.store(session, round_id, found)
    except Exception as error:
        with database.transaction() as session:
            pipeline.fail(session, round_id, empty=isinstance(error, Problem) and error.code == "empty-snapshot")
        raise
    click.echo(translate(N_("Provisional, from {count} approved records:")).format(count=found.approved))
    for each in found.figures:
        numbers = [each["estimate"], each["ci_low"], each["ci_high"]]
        said = "–" if None in numbers else "{}% [{}; {}]".format(*(format_decimal(number, 1) for number in numbers))
        click.echo(f"{each['indicator']}\t{said}\tn = {each['n']}\t{each['flag']}")
