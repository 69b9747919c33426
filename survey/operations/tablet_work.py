"""The day's work as one document for a tablet: rounds, places, units, questionnaires, returned records.

What it holds names people: giving it out is an event of the audit log. Texts are left to the tablet; codes travel.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from survey.model import Round
from survey.model.base import utc_now
from survey.operations import audit, identity
from survey.operations.draft_start import FROM_ROUND, known_values, round_values
from survey.operations.tablet import Sender, require_trust
from survey.query import tablet as reads
from survey.query.tablet import Place, Returned, Stop, UsedForm
from survey.reference import units

Document = dict[str, Any]
_DIRECTIONS = ("head_name", "enterprise_name", "institution_name", "name", "hamlet", "address", "phone", "directions")
_SAID_ONCE = frozenset({*FROM_ROUND, "consent_notice_version"})


def work_of(session: Session, sender: Sender, username: str) -> Document:
    """Return an enumerator's work as plain data for JSON; raises device-revoked for a blocked device."""
    require_trust(sender)
    account_id = sender.device.account_id
    places = reads.places(session, account_id)
    rounds = {place.round.id: place.round for place in places}
    stops = [stop for place in places for stop in place.stops]
    returns = reads.returned(session, [s.submission_id for s in stops if s.submission_id and s.state == "returned"])
    sender.device.seen_at = utc_now()
    audit.record(session, sender.actor, "tablet.download", "device", sender.device.id, units=len(stops))
    used = reads.forms(session, rounds)
    older = {each.form_version_id for each in returns} - {form.id for form in used}
    return {
        "rounds": [_round(each) for each in rounds.values()],
        "places": [_place(place, username) for place in places],
        "forms": [_form(form) for form in used],
        "older_forms": sorted(older),
        "returns": [_return(each) for each in returns],
    }


def _round(round_: Round) -> Document:
    return {
        "id": round_.id,
        "code": round_.code,
        "title": round_.title,
        "ends_on": round_.ends_on.isoformat(),
        "is_synthetic": round_.is_synthetic,
        "gps": round_.gps_policy,
        "photos": round_.photo_policy,
        "known": round_values(round_),
    }


def _place(place: Place, username: str) -> Document:
    area = place.area
    stops = [_stop(stop, username) for stop in place.stops]
    if area is None:
        return {"id": 0, "round": place.round.id, "code": "", "name": "", "stops": stops}
    return {
        "id": area.sample_unit_id,
        "round": place.round.id,
        "code": area.code,
        "name": area.name,
        "commune": area.commune.name,
        "district": area.district.name,
        "present": units.present_unit_of(area.commune.code).name,
        "directions": str(area.attributes.get("directions") or ""),
        "stops": stops,
    }


def _stop(stop: Stop, username: str) -> Document:
    unit = stop.unit
    known = {**unit.attributes, **unit.named}
    return {
        "id": unit.sample_unit_id,
        "kind": unit.kind,
        "code": unit.code,
        "role": stop.role,
        "position": stop.position,
        "state": stop.state,
        "outcome": stop.outcome,
        "record": stop.submission_id,
        "find": {name: str(known[name]) for name in _DIRECTIONS if known.get(name)},
        "known": {name: value for name, value in known_values(unit, username).items() if name not in _SAID_ONCE},
    }


def _form(form: UsedForm) -> Document:
    return {
        "id": form.id,
        "round": form.round_id,
        "kind": form.unit_kind,
        "form_id": form.form_id,
        "version": form.version,
    }


def _return(each: Returned) -> Document:
    return {
        "record": each.submission_id,
        "unit": each.sample_unit_id,
        "round": each.round_id,
        "form": each.form_version_id,
        "instance": each.instance_id,
        "answers": identity.merge(each.answers, each.sealed),
        "remark": each.remark,
        "remarks": each.remarks,
        "at": each.returned_at.isoformat() if each.returned_at else "",
    }
