"""`survey quality`: run the quality rules over a round and list what they noticed, also as the office's job."""

from __future__ import annotations

import click

from survey.cli.context import open_database, reporting_problems, translate
from survey.model.actor import SYSTEM
from survey.operations import quality as operations
from survey.query import quality as reads
from survey.query.rounds import round_by_code
from survey.reference.quality_rules import quality_rule
from survey.text import N_


@click.group(help="Quality rules: run them, list their flags.")
def quality() -> None:
    """Hold the commands about data quality."""


@quality.command("run", help="Apply the quality rules to ROUND; flags are updated, decisions on them kept.")
@click.argument("round_code", metavar="ROUND")
@click.option("--job", type=int, help="Number of a run that was registered before.")
@reporting_problems
def run_rules(round_code: str, job: int | None) -> None:
    """Run the rules and print the number of open flags by rule."""
    database = open_database()
    try:
        with database.transaction() as session:
            made = operations.run(session, SYSTEM, round_by_code(session, round_code).id, run_id=job)
    except Exception:
        if job is not None:
            with database.transaction() as session:
                operations.fail(session, job)
        raise
    click.echo(
        translate(N_("{records} records, {flags} open flags:")).format(
            records=made.records, flags=sum(made.counts.values())
        )
    )
    for code, number in sorted(made.counts.items()):
        rule = quality_rule(code)
        click.echo(f"{number}\t{code}\t{rule.name.vi if rule else ''}")


@quality.command("list", help="List the open flags of ROUND, the gravest first.")
@click.argument("round_code", metavar="ROUND")
@reporting_problems
def list_flags(round_code: str) -> None:
    """Print one line a flag: severity, rule, record, enumerator, figures."""
    with open_database().reading() as session:
        found = reads.everything(session, round_by_code(session, round_code).id, None, reads.Flags())
    for flag in found:
        figures = ", ".join(f"{name}={value}" for name, value in flag.figures.items())
        click.echo("\t".join((flag.severity, flag.rule, flag.unit_code or "–", flag.person or "–", figures)))
