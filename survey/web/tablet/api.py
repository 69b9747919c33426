"""What a tablet asks of the server: enrolment, the time, the day's work, questionnaires; and sends: records."""

from __future__ import annotations

import base64
import hmac
import json
from typing import Any
from weakref import WeakKeyDictionary

from flask import Response, current_app, jsonify, make_response, request
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from survey.errors import Problem
from survey.model.base import utc_now
from survey.operations import forms, tablet, tablet_work
from survey.operations.tablet import Sender, Slip
from survey.query import tablet as reads
from survey.questionnaire import to_client
from survey.questionnaire.instrument import Instrument
from survey.web import access, compress, problems
from survey.web.tablet import blueprint
from survey.web.tablet.assets import edition_of

_JSON = "application/json"
_PACKED: WeakKeyDictionary[Instrument, compress.Packed] = WeakKeyDictionary()


@blueprint.errorhandler(Problem)
def answer(problem: Problem) -> Response:
    """Answer a problem as JSON: its code and its words in the reader's language."""
    return make_response(jsonify(error=problem.code, message=problems.message(problem)), problem.status)


@blueprint.post("/api/enrol")
@access.device
def enrol() -> Response:
    """Let an enumerator sign in once and give the tablet its token and the key that opens a forgotten vault."""
    given = _body()
    with access.database().transaction() as session:
        found = tablet.enrol(
            session,
            username=str(given.get("username", "")),
            password=str(given.get("password", "")),
            device_name=str(given.get("device", "")) or _("Tablet"),
            code=str(given.get("code", "")),
            key=access.config().secret_key,
            address=access.client_address(),
        )
    if found is None:
        raise Problem("code-failed" if given.get("code") else "sign-in-failed")
    key = tablet.recovery_key(access.config().secret_key, found.account.id)
    person = {"id": found.account.id, "username": found.account.username, "name": found.account.name}
    return jsonify(token=found.token, device=found.device_id, person=person, recovery=base64.b64encode(key).decode())


@blueprint.post("/api/hello")
@access.device
def hello() -> Response:
    """Hear how a tablet is; tell it the time, the present edition, whether it has to wipe itself and whether it may
    fetch work into storage that the browser has not promised to keep.
    """
    given = _body()
    with access.database().transaction() as session:
        sender = _sender(session)
        wipe = tablet.report(session, sender, given)
        must_last = access.config().tablet_lasting_storage and reads.has_real_round(session)
    edition = edition_of(current_app._get_current_object())  # type: ignore[attr-defined]
    return jsonify(
        nonce=str(given.get("nonce", ""))[:64],
        time=int(utc_now().timestamp() * 1000),
        build=edition.build,
        trusted=sender.is_trusted,
        wipe=wipe,
        lasting=must_last,
    )


@blueprint.post("/api/wiped")
@access.device
def wiped() -> Response:
    """Hear that a tablet has forgotten its enumerator."""
    with access.database().transaction() as session:
        tablet.confirm_wipe(session, _sender(session))
    return jsonify(ok=True)


@blueprint.get("/api/work")
@access.device
def work() -> Response:
    """Give the day's work; unchanged work is 304."""
    with access.database().transaction() as session:
        sender = _sender(session)
        account = reads.username(session, sender.device.account_id)
        document = tablet_work.work_of(session, sender, account)
    return compress.serve_once(_written(document), _JSON)


@blueprint.get("/api/forms/<int:number>")
@access.device
def form(number: int) -> Response:
    """Give a questionnaire as the tablet's engine reads it; its hash is in the header, checked before it is kept."""
    with access.database().reading() as session:
        tablet.require_trust(_sender(session))
        instrument = forms.instrument_of(session, number)
    if instrument not in _PACKED:
        document = {**to_client.payload(instrument), "namespace": instrument.namespace}
        _PACKED[instrument] = compress.pack(_written(document), _JSON)
    response = compress.serve(_PACKED[instrument])
    response.headers["X-Content-Sha256"] = _PACKED[instrument].sha256
    return response


@blueprint.put("/api/records/<instance_id>")
@access.device
def record(instance_id: str) -> Response:
    """Take in a finished record: 201 when new, 202 when it was here or is held for the office."""
    with access.database().transaction() as session:
        slip = tablet.take_in(
            session,
            _sender(session),
            xml=request.get_data(),
            sha256=request.headers.get("X-Content-Sha256", ""),
            instance_id=instance_id,
            round_id=request.args.get("round", type=int),
            sample_unit_id=request.args.get("unit", type=int),
            is_unfinished="unfinished" in request.args,
        )
    return _receipt(slip)


@blueprint.put("/api/records/<instance_id>/files/<name>")
@access.device
def record_file(instance_id: str, name: str) -> Response:
    """Take in one file of a record."""
    with access.database().transaction() as session:
        slip = tablet.take_file(
            session,
            _sender(session),
            access.config().media,
            record=(instance_id, request.headers.get("X-Record-Sha256", "")),
            name=name,
            content=request.get_data(),
            sha256=request.headers.get("X-Content-Sha256", ""),
        )
    return _receipt(slip)


def _sender(session: Session) -> Sender:
    """Return who sends, by the token in the Authorization header; cookies count for nothing here."""
    scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
    if scheme != "Bearer" or not token:
        raise Problem("sign-in-required")
    return tablet.recognise(session, token, address=access.client_address())


def _receipt(slip: Slip) -> Response:
    """Write what the server holds of a record now, with a number that only this server can have written."""
    moment = slip.received_at.isoformat()
    signed = f"{slip.instance_id}|{slip.sha256}|{moment}".encode()
    number = hmac.new(access.config().secret_key.encode(), signed, "sha256").hexdigest()[:12].upper()
    held = problems.message(Problem(slip.held)) if slip.held else ""
    body = jsonify(
        instance=slip.instance_id,
        sha256=slip.sha256,
        files=dict(slip.files),
        missing=list(slip.missing),
        held=slip.held,
        message=held,
        received_at=moment,
        number=number,
        time=int(utc_now().timestamp() * 1000),
    )
    return make_response(body, 201 if slip.is_new and not slip.held else 202)


def _body() -> dict[str, Any]:
    given = request.get_json(silent=True)
    return given if isinstance(given, dict) else {}


def _written(document: Any) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"), sort_keys=False).encode()
