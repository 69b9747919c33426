"""`survey demo`: builds the synthetic round, estimates it, and prints how to try it."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Sequence
from pathlib import Path

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.cli.context import open_database, reporting_problems, settings, translate
from survey.cli.report import build as build_report
from survey.db import Database
from survey.errors import Problem
from survey.model import Round
from survey.model.actor import ROLES, SYSTEM
from survey.operations import publishing
from survey.pipeline.run import run as make_run
from survey.pipeline.synthetic import checking
from survey.pipeline.synthetic.build import CODE, PREVIOUS, Built, Size, build
from survey.pipeline.synthetic.mailing import send_out
from survey.pipeline.synthetic.staff import PASSWORD
from survey.text import N_

FORMS = Path(__file__).resolve().parents[2] / "forms"
_ROLE_TEXTS = dict(
    zip(ROLES, (N_("administrator"), N_("statistician"), N_("supervisor"), N_("enumerator"), N_("viewer")), strict=True)
)


@click.command(
    help="Build a complete synthetic round, marked as such everywhere, and print the accounts to try it with."
)
@click.option("--if-empty", is_flag=True, help="Do nothing when the instance has a round.")
@click.option("--seed", type=int, default=Size().seed, show_default=True, help="Decides every byte of the round.")
@click.option("--scale", type=float, help="Size of the population, 1 is the real one (733,017 persons).")
@click.option("--previous/--no-previous", default=True, help="Also a smaller round of 2024, for trends.")
@click.option("--households", type=int, help="Number of sampled households; fewer than 640 make a small round.")
@click.option("--report/--no-report", "with_report", default=True, help="Also set the report as a PDF.")
@click.pass_context
@reporting_problems
def demo(
    context: click.Context,
    if_empty: bool,
    seed: int,
    scale: float | None,
    previous: bool,
    households: int | None,
    with_report: bool,
) -> None:
    """Build the round in one transaction, estimate and release it, and write what a user needs to `instance/demo`."""
    config = settings()
    database = open_database(config)
    folder = config.instance / "demo"
    if _has_round(database, only=None if if_empty else CODE):
        if not if_empty:
            raise Problem("round-exists", round=CODE)
        _print_accounts(folder)
        return
    size = _size(seed, scale, households)
    with database.transaction() as session:
        if previous:
            build(session, FORMS, size.previous, edition=PREVIOUS)
            _publish(session, PREVIOUS.code, config.snapshots)
        made = build(session, FORMS, size, report=lambda step: click.echo(translate(_STEPS[step])))
        send_out(session, CODE, seed=size.seed)
        click.echo(translate(_STEPS["checks"]))
        checking.check(session, CODE, FORMS, seed=size.seed, statistician=made.staff.statistician)
        _publish(session, CODE, config.snapshots)
        _write(folder, made)
    if with_report:
        click.echo(translate(_STEPS["report"]))
        context.invoke(build_report, round_code=CODE, run_id=None, out=None, lang="vi", findings=None)
    click.echo(translate(N_("The synthetic round {round} is ready.")).format(round=CODE))
    _print_accounts(folder)


def _publish(session: Session, code: str, snapshots: Path) -> None:
    publishing.release(session, SYSTEM, make_run(session, SYSTEM, code, snapshots).id)


_STEPS = {
    "population": N_("Population made up on the 75 communes …"),
    "sample": N_("Frames imported and samples drawn …"),
    "letters": N_("Areas assigned and letters addressed …"),
    "interviews": N_("Interviews received and reviewed …"),
    "checks": N_("Quality rules run, some households asked again …"),
    "report": N_("Report being set …"),
}


def _size(seed: int, scale: float | None, households: int | None) -> Size:
    """Return the size that the options ask for."""
    if households is not None and households < 640:
        small = Size.small(seed=seed, households=households)
        return small if scale is None else Size(seed, scale, small.areas, small.per_area, small.enterprises)
    per_area = Size().per_area if households is None else max(2, round(households / Size().areas))
    return Size(seed=seed, scale=1.0 if scale is None else scale, per_area=per_area)


def _has_round(database: Database, *, only: str | None) -> bool:
    query = select(Round.id).limit(1)
    with database.reading() as session:
        return session.scalar(query.where(Round.code == only) if only else query) is not None


def _write(folder: Path, made: Built) -> None:
    """Write the truth, the accounts and the letters' codes; the last two are readable by their owner only."""
    folder.mkdir(parents=True, exist_ok=True)
    truth = json.dumps(made.truth, ensure_ascii=False, indent=1, sort_keys=True)
    (folder / "truth.json").write_text(truth + "\n", encoding="utf-8")
    accounts = [(account.username, role, account.name) for role, account in made.staff.everyone]
    _write_private(folder / "accounts.csv", ("username", "role", "name"), accounts)
    codes = [(unit, code, "" if unit in made.silent else "yes") for unit, code in sorted(made.codes.items())]
    _write_private(folder / "codes.csv", ("unit", "code", "answered"), codes)


def _write_private(path: Path, header: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([header, *rows])
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text.getvalue())


def _print_accounts(folder: Path) -> None:
    """Print the demonstration accounts and two codes, where the synthetic round was built in this instance."""
    if not (folder / "accounts.csv").exists():
        return
    click.echo(translate(N_("Demonstration accounts, password {password}:")).format(password=PASSWORD))
    for row in _rows(folder / "accounts.csv"):
        click.echo(f"  {row['username']:<12} {translate(_ROLE_TEXTS[row['role']])}: {row['name']}")
    codes = _rows(folder / "codes.csv")
    click.echo(
        translate(N_("Codes of letters of units that have not answered yet (all codes: {path}):")).format(
            path=folder / "codes.csv"
        )
    )
    for prefix in ("DN", "GD"):
        first = next((row for row in codes if row["unit"].startswith(prefix) and not row["answered"]), None)
        if first:
            click.echo(f"  {first['unit']:<12} {first['code']}")


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
