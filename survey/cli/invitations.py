"""`survey invitations`: letters, reminders and the state of invitations from the command line."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import click

from survey.cli.context import TRANSLATIONS, open_database, reporting_problems, settings, translate
from survey.config import Config
from survey.errors import Problem
from survey.model.actor import SYSTEM
from survey.operations import audit, reminders
from survey.operations import invitations as operations
from survey.query import invitations as reads
from survey.query import rounds
from survey.query.drafts import deadline
from survey.query.invitations import KINDS, STATES, Filters, InvitedUnit
from survey.reference.units import present_unit_of
from survey.text import N_

_OUT = click.Path(dir_okay=False, path_type=Path)


@click.group(help="Letters, e-mail and reminders for units that answer for themselves.")
def invitations() -> None:
    """Hold the commands about invitations."""


@invitations.command(help="Count the invited units of ROUND by state.")
@click.argument("round_code", metavar="ROUND")
@reporting_problems
def status(round_code: str) -> None:
    """Print a line per kind and state."""
    with open_database().reading() as session:
        units = reads.invited_units(session, rounds.round_by_code(session, round_code).id)
    for kind in KINDS:
        for state, count in reads.counts(reads.chosen(units, Filters(kind=kind))).items():
            click.echo(f"{kind}\t{state}\t{count}")


@invitations.command(help="Make NEW codes for units of ROUND and write their letters; earlier codes stop working.")
@click.argument("round_code", metavar="ROUND")
@click.option("--out", type=_OUT, required=True, help="The PDF to write, readable by you alone; it must not exist.")
@click.option("--kind", type=click.Choice(KINDS), help="Enterprises or institutions only.")
@click.option("--state", type=click.Choice(STATES), default="not-sent", show_default=True, help="Units in this state.")
@click.option("--unit", "codes", multiple=True, help="These units only, by code.")
@click.option("--lang", type=click.Choice(["vi", "en"]), default="vi", show_default=True)
@reporting_problems
def letters(round_code: str, out: Path, kind: str | None, state: str, codes: tuple[str, ...], lang: str) -> None:
    """Set the letters, store their codes, and write the file; with nothing to write nothing changes."""
    from survey.report import language
    from survey.report.letters import render
    from survey.report.letters.letter import Letter, Mailing, Recipient, address_of

    config, database = settings(), open_database()
    address = _address(config)
    with database.transaction() as session:
        survey_round = rounds.round_by_code(session, round_code)
        units = reads.invited_units(session, survey_round.id)
        audit.record(session, SYSTEM, "invitation.read", "round", survey_round.id, units=len(units))
    chosen = _chosen(units, kind or "", state, codes)
    made = operations.fresh(unit.sample_unit_id for unit in chosen)
    mailing = Mailing(
        config.agency,
        survey_round.title,
        survey_round.legal_basis,
        deadline(survey_round),
        f"{address}/portal/",
        survey_round.is_synthetic,
    )
    told = language.load(lang, TRANSLATIONS)
    written = [
        Letter(
            Recipient(
                unit.sample_unit_id,
                unit.code,
                unit.kind,
                unit.name,
                address_of(unit.named, present_unit_of(unit.commune_code).name, told.text(N_("Can Tho city"))),
                str(unit.named.get("tax_code") or ""),
            ),
            way.code,
            address + way.link,
        )
        for unit, way in zip(chosen, made, strict=True)
    ]
    content = render.letters_pdf(written, mailing, told, lambda done: click.echo(f"{done}/{len(written)}", err=True))
    with database.transaction() as session:
        operations.issue(session, SYSTEM, survey_round.id, made)
        _write_private(out, content)
    click.echo(
        translate(N_("{count} letters: {path}. Earlier codes of these units no longer work.")).format(
            count=len(written), path=out
        )
    )


@invitations.command(help="Queue the reminders that are due today; for a timer that runs once a day.")
@click.argument("round_code", metavar="ROUND", required=False)
@reporting_problems
def remind(round_code: str | None) -> None:
    """Queue reminders in one open round, or in all of them."""
    config, database = settings(), open_database()
    sender = reminders.Sender(config.agency.name, config.agency.hotline, _address(config))
    with database.reading() as session:
        found = rounds.visible_rounds(session, SYSTEM)
        wanted = [rounds.round_by_code(session, round_code)] if round_code else [r for r in found if r.state == "open"]
    for survey_round in wanted:
        with database.transaction() as session:
            counts = reminders.remind(session, SYSTEM, survey_round.id, sender)
        said = " ".join(f"{name}={count}" for name, count in sorted(counts.items()))
        click.echo(f"{survey_round.code}\t{said}")


def _chosen(units: Sequence[InvitedUnit], kind: str, state: str, codes: tuple[str, ...]) -> list[InvitedUnit]:
    """Return the units named by code, or those of a kind and state; Problem where a code is not known."""
    if codes:
        by_code = {unit.code: unit for unit in units}
        if missing := [code for code in codes if code not in by_code]:
            raise Problem("unknown-unit", code=missing[0])
        return [by_code[code] for code in dict.fromkeys(codes)]
    found = reads.chosen(units, Filters(kind=kind, state=state))
    if not found:
        raise Problem("not-found")
    return found


def _write_private(path: Path, content: bytes) -> None:
    """Write a new file that its owner alone reads; the codes are rolled back when it cannot be written."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
    except OSError as error:
        raise Problem("bad-file", name=str(path), reason=error.strerror or "–") from error


def _address(config: Config) -> str:
    if not config.public_address:
        raise Problem("bad-value", name="PUBLIC_ADDRESS", value="–", expected="https://…")
    return config.public_address.rstrip("/")
