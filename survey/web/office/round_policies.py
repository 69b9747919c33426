"""The settings of a round: what is said and allowed in it, its consent text by version, its questionnaires."""

from __future__ import annotations

from typing import Any

from flask import flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import Form, RadioField, SelectChoice, SelectField, StringField, TextAreaField, ValidationError
from wtforms.validators import InputRequired, Length, Optional

from survey.errors import Problem
from survey.i18n import current_locale
from survey.operations import forms
from survey.operations import round_policies as policies
from survey.query import round_policies as reads
from survey.query import rounds as rounds_query
from survey.questionnaire.instrument import Instrument
from survey.web import access, problems
from survey.web.office import blueprint
from survey.web.office.desk import Desk, desk
from survey.web.office.forms import DayField
from survey.web.office.words import KINDS, word

_FILL_IN = _l("Please fill this in.")
_DAY = "%Y-%m-%d"
_NOTICE = "note_notice"


class PoliciesForm(Form):  # type: ignore[misc]
    """What is said and allowed in a round."""

    title = StringField(_l("Title"), [InputRequired(_FILL_IN), Length(max=300)])
    reference_date = DayField(_l("Reference date"), [InputRequired(_FILL_IN)], format=_DAY)
    starts_on = DayField(_l("First day of collection"), [InputRequired(_FILL_IN)], format=_DAY)
    ends_on = DayField(_l("Last day of collection"), [InputRequired(_FILL_IN)], format=_DAY)
    self_report_until = DayField(_l("Last day for answering online"), [Optional()], format=_DAY)
    decision_no = StringField(_l("Number of the survey decision"), [Optional(), Length(max=120)])
    legal_basis = TextAreaField(_l("Legal basis"), [Optional()])
    agency_name = StringField(_l("Agency in charge"), [Optional(), Length(max=200)])
    agency_contact = StringField(_l("Contact of the agency"), [Optional(), Length(max=200)])
    gps_policy = RadioField(
        _l("Positions (GPS)"),
        choices=[
            SelectChoice("off", _l("Not recorded")),
            SelectChoice("rounded", _l("Rounded to about 100 metres")),
            SelectChoice("exact", _l("Recorded exactly")),
        ],
    )
    photo_policy = RadioField(
        _l("Photos and signatures"),
        choices=[
            SelectChoice("off", _l("Not taken")),
            SelectChoice("allowed", _l("Where the questionnaire asks for one")),
        ],
    )

    def validate_ends_on(self, item: Any) -> None:
        """Refuse an end before the start."""
        if item.data and self.starts_on.data and item.data < self.starts_on.data:
            raise ValidationError(_l("The last day comes before the first day."))

    def validate_self_report_until(self, item: Any) -> None:
        """Refuse a last day of answering online before collection starts."""
        if item.data and self.starts_on.data and item.data < self.starts_on.data:
            raise ValidationError(_l("The last day comes before the first day."))


class ConsentForm(Form):  # type: ignore[misc]
    """The consent text."""

    text = TextAreaField(_l("Consent text"), [InputRequired(_FILL_IN), Length(max=10_000)])


class FormForm(Form):  # type: ignore[misc]
    """Which published questionnaire a kind of unit answers."""

    kind = SelectField(_l("Who answers"))
    form = SelectField(_l("Questionnaire"), coerce=int)


@blueprint.get("/rounds/<code>/settings", endpoint="round_settings")
@access.roles("statistician")
def show(code: str) -> str:
    """Show the settings of a round."""
    return _page(code)


@blueprint.post("/rounds/<code>/settings", endpoint="change_round_settings")
@access.roles("statistician")
def change(code: str) -> Response | str:
    """Change what is said and allowed in a round."""
    form = PoliciesForm(request.form)
    if not form.validate():
        return make_response(_page(code, form), 400)
    try:
        with access.database().transaction() as session:
            here = desk(session, code, "statistician")
            changed = policies.change_policies(session, access.actor(), here.round.id, policies.cleaned(form.data))
    except Problem as problem:
        if problem.code != "bad-value":
            raise
        return make_response(_page(code, form, problems.message(problem)), problem.status)
    flash(_("The settings were saved.") if changed else _("Nothing was changed."))
    return redirect(url_for("office.round_settings", code=code))


@blueprint.post("/rounds/<code>/consent", endpoint="change_consent")
@access.roles("statistician")
def change_consent(code: str) -> Response:
    """Put another consent text in force; what respondents have seen is kept."""
    form = ConsentForm(request.form)
    if not form.validate():
        flash(_("The consent text is empty or too long. Nothing was changed."), "caution")
        return redirect(url_for("office.round_settings", code=code, _anchor="consent"))
    with access.database().transaction() as session:
        here = desk(session, code, "statistician")
        made = policies.revise_consent(session, access.actor(), here.round.id, form.text.data)
    flash(_("Version %(version)s of the consent text is in force.", version=made.version))
    return redirect(url_for("office.round_settings", code=code, _anchor="consent"))


@blueprint.post("/rounds/<code>/forms", endpoint="attach_form")
@access.roles("statistician")
def attach(code: str) -> Response:
    """Let a kind of unit answer a published questionnaire from now on."""
    with access.database().transaction() as session:
        here = desk(session, code, "statistician")
        form = _form_form(reads.published_forms(session), request.form)
        if not form.validate():
            raise Problem("bad-value", name="form", value=request.form.get("form", ""), expected="…")
        made = policies.attach_form(session, access.actor(), here.round.id, form.kind.data, form.form.data)
    flash(_("From now on the questionnaire %(form)s is answered.", form=f"{made.form_id} {made.version}"))
    return redirect(url_for("office.round_settings", code=code, _anchor="forms"))


def _form_form(published: list[tuple[int, str]], data: Any = None) -> FormForm:
    form = FormForm(data)
    form.kind.choices = [(kind, word(KINDS, kind)) for kind in policies.FORM_KINDS]
    form.form.choices = published
    return form


def _page(code: str, form: PoliciesForm | None = None, message: str = "") -> str:
    with access.database().reading() as session:
        here: Desk = desk(session, code, "statistician")
        versions = reads.consent_versions(session, here.round)
        published = reads.published_forms(session)
        used = rounds_query.used_forms(session, here.round.id)
        collecting = policies.has_submissions(session, here.round.id)
        notices = {
            each.version: _notice(forms.instrument_of(session, each.form_version_id))
            for each in versions
            if each.form_version_id is not None
        }
    in_force = next((each.text for each in versions if each.in_force), "")
    return render_template(
        "office/round_settings.html",
        desk=here,
        round=here.round,
        form=form or PoliciesForm(obj=_Values(policies.policies_of(here.round))),
        message=message,
        consent=ConsentForm(data={"text": in_force}),
        versions=versions,
        notices=notices,
        used=used,
        attach=_form_form(published),
        kind_word=lambda kind: word(KINDS, kind),
        collecting=collecting,
    )


def _notice(instrument: Instrument) -> str:
    """Return the notice that a questionnaire prints before it asks for consent, "" where it has none."""
    notes = (item for item, _repeats in instrument.questions() if item.kind == "note" and item.name.startswith(_NOTICE))
    found = next(notes, None)
    if found is None:
        return ""
    return str(found.label.get(current_locale()) or next(iter(found.label.values()), ""))


class _Values:
    """Policies as WTForms reads an object."""

    def __init__(self, values: policies.Policies) -> None:
        for name in policies.Policies.__slots__:
            setattr(self, name, getattr(values, name))
