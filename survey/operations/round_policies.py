"""What is said and allowed in a round: days, legal basis, agency, positions, photos, consent, questionnaires.

Every change records what stood before. A consent text that respondents have seen is never overwritten: the next text is
a new version, and every questionnaire keeps the version that it was answered under.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from survey.errors import Problem
from survey.model import ConsentText, FormVersion, Round, Submission
from survey.model.actor import Actor
from survey.model.base import utc_now
from survey.operations import audit, forms
from survey.text import clean

GPS_POLICIES = ("off", "rounded", "exact")
PHOTO_POLICIES = ("off", "allowed")
FORM_KINDS = ("household", "enterprise", "institution")
SAID_TO_RESPONDENTS = ("agency_name", "decision_no", "agency_contact")
"""Settings of a round that the notice of every questionnaire prints."""
_DAYS = ("reference_date", "starts_on", "ends_on", "self_report_until")


@dataclass(frozen=True, slots=True)
class Policies:
    """Everything about a round that its page lets people change."""

    title: str
    reference_date: date
    starts_on: date
    ends_on: date
    legal_basis: str = ""
    gps_policy: str = "off"
    photo_policy: str = "allowed"
    self_report_until: date | None = None
    agency_name: str = ""
    decision_no: str = ""
    agency_contact: str = ""


def policies_of(round_: Round) -> Policies:
    """Return what stands in a round now."""
    known: dict[str, Any] = {name: str(round_.settings.get(name) or "") for name in SAID_TO_RESPONDENTS}
    known |= {item.name: getattr(round_, item.name) for item in fields(Policies) if item.name not in known}
    return Policies(**known)


def change_policies(session: Session, actor: Actor, round_id: int, wanted: Policies) -> tuple[str, ...]:
    """Write the policies of a round and return the names of those that changed.

    Raises unknown-round, and bad-value for dates in the wrong order or a policy that does not exist.
    """
    round_ = _round(session, round_id)
    _check(wanted)
    before = policies_of(round_)
    changed = {
        item.name: (getattr(before, item.name), getattr(wanted, item.name))
        for item in fields(Policies)
        if getattr(before, item.name) != getattr(wanted, item.name)
    }
    if not changed:
        return ()
    for name, (_was, now) in changed.items():
        if name not in SAID_TO_RESPONDENTS:
            setattr(round_, name, now)
    said = {name: getattr(wanted, name) for name in SAID_TO_RESPONDENTS if name in changed}
    if said:
        round_.settings = {**round_.settings, **said}
    session.flush()
    details = {name: [_plain(was), _plain(now)] for name, (was, now) in changed.items()}
    audit.record(session, actor, "round.edit", "round", round_id, **details)
    return tuple(changed)


def revise_consent(session: Session, actor: Actor, round_id: int, text: str) -> ConsentText:
    """Make a text the consent text of a round and return it with its version.

    The same text again changes nothing. Before any questionnaire came in the version in force is mended in place;
    afterwards the text becomes a new version. Raises bad-value for an empty text.
    """
    round_ = _round(session, round_id)
    words = "\n".join(clean(line) for line in text.strip().splitlines())
    if not words.strip():
        raise Problem("bad-value", name="consent", value="–", expected="…")
    present = consent_in_force(session, round_)
    if present is not None and present.text == words:
        return present
    if present is not None and not has_submissions(session, round_id):
        present.text, present.created_at, present.created_by = words, utc_now(), actor.account_id
    else:
        present = ConsentText(
            round_id=round_id, version=_next_version(session, round_), text=words, created_by=actor.account_id
        )
        session.add(present)
    round_.consent_version = present.version
    round_.settings = {**round_.settings, "consent_notice": words}
    session.flush()
    audit.record(session, actor, "round.consent", "round", round_id, version=present.version)
    return present


def consent_in_force(session: Session, round_: Round) -> ConsentText | None:
    """Return the consent text that respondents of a round are shown now, None where none was written."""
    query = select(ConsentText).where(ConsentText.round_id == round_.id, ConsentText.version == round_.consent_version)
    return session.scalar(query)


def attach_form(session: Session, actor: Actor, round_id: int, unit_kind: str, form_version_id: int) -> FormVersion:
    """Let a kind of unit answer a published questionnaire from now on; raises bad-value and unknown-form."""
    if unit_kind not in FORM_KINDS:
        raise Problem("bad-value", name="kind", value=unit_kind, expected=", ".join(FORM_KINDS))
    form = session.get(FormVersion, form_version_id)
    if form is None:
        raise Problem("unknown-form", form_id=form_version_id, version="–")
    forms.use_in_round(session, actor, _round(session, round_id), unit_kind, form)
    return form


def has_submissions(session: Session, round_id: int) -> bool:
    """Tell whether a round has received a questionnaire."""
    return session.scalar(select(Submission.id).where(Submission.round_id == round_id).limit(1)) is not None


def _next_version(session: Session, round_: Round) -> str:
    """Return the number after the versions written so far; the first text takes the number that the round carries."""
    written = session.scalar(select(func.count()).where(ConsentText.round_id == round_.id)) or 0
    if not written and not has_submissions(session, round_.id):
        return round_.consent_version
    known = set(session.scalars(select(ConsentText.version).where(ConsentText.round_id == round_.id)))
    number = max(written + 1, 2)
    while str(number) in known | {round_.consent_version}:
        number += 1
    return str(number)


def _check(wanted: Policies) -> None:
    if not clean(wanted.title):
        raise Problem("bad-value", name="title", value="–", expected="…")
    if wanted.ends_on < wanted.starts_on:
        raise Problem("bad-value", name="ends_on", value=wanted.ends_on, expected=f"≥ {wanted.starts_on}")
    for name, value, known in (
        ("gps_policy", wanted.gps_policy, GPS_POLICIES),
        ("photo_policy", wanted.photo_policy, PHOTO_POLICIES),
    ):
        if value not in known:
            raise Problem("bad-value", name=name, value=value, expected=", ".join(known))


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _round(session: Session, round_id: int) -> Round:
    found = session.get(Round, round_id)
    if found is None:
        raise Problem("unknown-round", round=round_id)
    return found


def cleaned(values: Mapping[str, Any]) -> Policies:
    """Return typed-in values as policies: texts in normal form, a text that was not given is empty."""
    given: dict[str, Any] = {name: _given(name, value) for name, value in values.items()}
    return Policies(**given)


def _given(name: str, value: Any) -> Any:
    if value is None:
        return None if name in _DAYS else ""
    return clean(value) if isinstance(value, str) else value
