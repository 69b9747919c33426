"""`survey fieldwork`: rounds, frames from files, and sample draws from the command line."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from survey.cli.context import open_database, reporting_problems, translate
from survey.errors import Problem
from survey.model import Round, SampleDraw, SampleUnit
from survey.model.actor import SYSTEM
from survey.operations import frame_files, frame_merging, frame_tables, planning
from survey.reference import frame_columns
from survey.text import N_

_DAY = click.DateTime(["%Y-%m-%d"])


@click.group(help="Rounds, frames and samples.")
def fieldwork() -> None:
    """Hold the commands that plan a round."""


@fieldwork.command("create", help="Create the round CODE in state draft.")
@click.argument("code")
@click.option("--title", required=True)
@click.option("--reference-date", type=_DAY, required=True)
@click.option("--starts-on", type=_DAY, required=True)
@click.option("--ends-on", type=_DAY, required=True)
@click.option("--legal-basis", default="")
@reporting_problems
def create(
    code: str, title: str, reference_date: datetime, starts_on: datetime, ends_on: datetime, legal_basis: str
) -> None:
    """Create a round."""
    with open_database().transaction() as session:
        made = planning.create_round(
            session,
            SYSTEM,
            code=code,
            title=title,
            reference_date=reference_date.date(),
            starts_on=starts_on.date(),
            ends_on=ends_on.date(),
            legal_basis=legal_basis,
        )
        click.echo(f"{made.code}\t{made.state}")


@fieldwork.command("state", help="Set the state of ROUND: open, paused, closed or archived.")
@click.argument("round_code", metavar="ROUND")
@click.argument("state", type=click.Choice(planning.ROUND_STATES))
@reporting_problems
def state(round_code: str, state: str) -> None:
    """Open, pause, close or archive a round."""
    with open_database().transaction() as session:
        changed = planning.set_round_state(session, SYSTEM, _round(session, round_code).id, state)
        click.echo(f"{changed.code}\t{changed.state}")


@fieldwork.command("import-frame", help="Take units of a KIND from an XLSX or CSV FILE into the frame of ROUND.")
@click.argument("round_code", metavar="ROUND")
@click.argument("kind", type=click.Choice(planning.FRAME_KINDS))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--check", "only_check", is_flag=True, help="Say what would happen and write nothing.")
@reporting_problems
def import_frame(round_code: str, kind: str, file: Path, only_check: bool) -> None:
    """Check a frame file and take it in; print every fault and exit with 2 when there is one."""
    table = frame_tables.read(file.read_bytes(), file.name)
    database = open_database()
    with database.reading() if only_check else database.transaction() as session:
        round_id = _round(session, round_code).id
        checked = frame_files.check(session, round_id, kind, table)
        _print_check(checked)
        if checked.faults:
            raise click.exceptions.Exit(2)
        if not only_check:
            for done, whole in frame_merging.take_in(session, SYSTEM, round_id, checked):
                click.echo(translate(N_("{done} of {whole} units written")).format(done=done, whole=whole), err=True)
    if not only_check:
        click.echo(translate(N_("{count} units imported.")).format(count=len(checked.added) + len(checked.changed)))


@fieldwork.command("frame-template", help="Write an empty XLSX FILE with the columns of a KIND of frame.")
@click.argument("kind", type=click.Choice(planning.FRAME_KINDS))
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@reporting_problems
def frame_template(kind: str, file: Path) -> None:
    """Write the template that the page of frames offers too."""
    wanted = frame_columns.columns(kind)
    heads, hints = [column.vi for column in wanted], [column.hint_vi for column in wanted]
    file.write_bytes(frame_tables.template(kind, heads, hints, [column.required for column in wanted]))


def _print_check(checked: frame_files.Check) -> None:
    for fault in checked.faults:
        remedy = translate(frame_files.FAULTS[fault.code]).format_map(fault.details)
        click.echo(f"{fault.row}\t{fault.head}\t{fault.value}\t{remedy}", err=True)
    for commune, new, changed in checked.communes():
        click.echo(f"{commune.code}\t{commune.name}\t+{new}\t~{changed}")


@fieldwork.command("draw", help="Draw the sample of a KIND in ROUND.")
@click.argument("round_code", metavar="ROUND")
@click.argument("kind", type=click.Choice(planning.FRAME_KINDS))
@click.option("-n", "--number", type=int, help="Areas or enterprises to draw; households in each area.")
@click.option("--seed", type=int, required=True, help="Repeats the draw byte for byte.")
@click.option("--take-all", multiple=True, help="Strata of enterprises to take completely.")
@click.option("--reserve", type=int, default=0, help="Reserves in each area (households) or stratum (enterprises).")
@reporting_problems
def draw(round_code: str, kind: str, number: int | None, seed: int, take_all: tuple[str, ...], reserve: int) -> None:
    """Draw a sample and print its digest."""
    if kind != "institution" and number is None:
        raise Problem("bad-value", name="--number", value="–", expected="1, 2, 3 …")
    wanted = number or 0
    with open_database().transaction() as session:
        round_id = _round(session, round_code).id
        if kind == "area":
            made = planning.draw_area_sample(session, SYSTEM, round_id, n=wanted, seed=seed)
        elif kind == "household":
            made = planning.draw_household_sample(
                session, SYSTEM, round_id, per_area=wanted, seed=seed, reserve=reserve
            )
        elif kind == "enterprise":
            made = planning.draw_enterprise_sample(
                session, SYSTEM, round_id, n=wanted, seed=seed, take_all=take_all, reserve=reserve
            )
        else:
            made = planning.take_all_institutions(session, SYSTEM, round_id)
        click.echo(_draw_line(session, made))


@fieldwork.command("verify-draws", help="Draw every sample of ROUND again and compare it with the stored one.")
@click.argument("round_code", metavar="ROUND")
@reporting_problems
def verify_draws(round_code: str) -> None:
    """Print a line per draw; exit with 1 when one does not repeat."""
    broken = False
    with open_database().reading() as session:
        round_id = _round(session, round_code).id
        for made in session.scalars(select(SampleDraw).where(SampleDraw.round_id == round_id).order_by(SampleDraw.id)):
            same = planning.verify_draw(session, made.id)
            broken |= not same
            word = translate(N_("repeats")) if same else translate(N_("does not repeat"))
            click.echo(f"{_draw_line(session, made)}\t{word}")
    if broken:
        raise click.exceptions.Exit(1)


def _draw_line(session: Session, made: SampleDraw) -> str:
    units = session.scalar(select(func.count()).select_from(SampleUnit).where(SampleUnit.draw_id == made.id))
    return f"{made.kind}\t{units}\t{made.digest}"


def _round(session: Session, code: str) -> Round:
    found = session.scalar(select(Round).where(Round.code == code))
    if found is None:
        raise Problem("unknown-round", round=code)
    return found
