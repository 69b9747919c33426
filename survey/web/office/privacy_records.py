"""Retention with its proofs, and the data flow for the impact dossier, drawn from the product as it runs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from survey.errors import Problem
from survey.i18n import current_locale
from survey.model import Round
from survey.operations import forms, retention
from survey.query import privacy as reads
from survey.query.rounds import round_by_code, visible_rounds
from survey.questionnaire.instrument import Instrument, plain
from survey.web import access, problems
from survey.web.office import blueprint
from survey.web.office.privacy import today
from survey.web.office.words import KINDS, ROLES, word


@dataclass(frozen=True, slots=True)
class Kept:
    """One round with what is held of its respondents and until when."""

    code: str
    title: str
    state: str
    keys: int
    files: int
    due: date | None

    def is_due(self, day: date) -> bool:
        """Tell whether the identities may be destroyed."""
        return self.due is not None and day >= self.due and self.keys > 0


@dataclass(frozen=True, slots=True)
class AskedForm:
    """One form with the words of the questions that identify a person, and of the sensitive ones."""

    round_code: str
    kind: str
    title: str
    version: str
    identity: tuple[str, ...]
    sensitive: tuple[str, ...]


@blueprint.get("/system/privacy/retention")
@access.roles("admin")
def retention_page() -> str:
    """Show what each round holds, until when, and the proofs of what was destroyed."""
    with access.database().reading() as session:
        kept = [_kept(session, row) for row in visible_rounds(session, access.actor(), "admin")]
        proofs = reads.proofs(session)
    return render_template(
        "office/privacy_retention.html",
        kept=kept,
        proofs=proofs,
        today=today(),
        days=access.config().identity_retention_days,
    )


@blueprint.post("/system/privacy/retention/<code>")
@access.roles("admin")
def destroy_round(code: str) -> Response:
    """Destroy the identities of an archived round whose time has come, after its code was typed."""
    if request.form.get("code", "").strip() != code:
        flash(_("Type the code of the round to confirm. Nothing was changed."), "wrong")
        return redirect(url_for("office.retention_page"))
    days = access.config().identity_retention_days
    try:
        with access.database().transaction() as session:
            round_id = round_by_code(session, code).id
            made, plan = retention.destroy_round(session, access.actor(), round_id, days=days, today=today())
    except Problem as problem:
        if problem.code != "retention-not-due":
            raise
        flash(problems.message(problem), "wrong")
        return redirect(url_for("office.retention_page"))
    retention.remove_files(access.config().media, plan.files)
    flash(_("%(count)s identities were destroyed. The proof is below.", count=made.keys))
    return redirect(url_for("office.retention_page"))


@blueprint.get("/system/privacy/flow")
@access.roles("admin")
def data_flow() -> str:
    """Show where personal data come from, where they lie, who reaches them and when they end; made to be printed."""
    with access.database().reading() as session:
        asked = [_asked(each, forms.instrument_of(session, each.form_version_id)) for each in reads.used_forms(session)]
        rounds = visible_rounds(session, access.actor(), "admin")
        counts = reads.role_counts(session)
        held = reads.identities(session)
    config = access.config()
    return render_template(
        "office/privacy_flow.html",
        asked=asked,
        rounds=[row for row in rounds if row.state != "archived"],
        roles=[(role, word(ROLES, role), counts.get(role, 0)) for role in ROLES],
        held=held,
        tables=reads.tables_with_keys(),
        days=config.identity_retention_days,
        agency=config.agency,
        database=config.database_url.partition(":")[0].partition("+")[0],
        today=today(),
    )


def _kept(session: Session, found: Round) -> Kept:
    plan = retention.plan_of_round(session, found.id)
    due = retention.due_on(session, found.id, days=access.config().identity_retention_days)
    return Kept(found.code, found.title, found.state, len(plan.keys), len(plan.files), due)


def _asked(used: reads.UsedForm, instrument: Instrument) -> AskedForm:
    language = current_locale()
    identity, sensitive = reads.marked_questions(instrument)
    labels = [
        tuple(dict.fromkeys(plain(instrument.node(path).label, language) or path for path in paths))
        for paths in (identity, sensitive)
    ]
    return AskedForm(used.round_code, word(KINDS, used.unit_kind), used.title, used.version, *labels)
