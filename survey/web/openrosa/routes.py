"""Routes of the OpenRosa door. Every answer is XML with the version header; codes follow the OpenRosa contract."""

from __future__ import annotations

from flask import Blueprint, Response, g, request
from flask_babel import gettext as _

from survey.errors import Problem
from survey.model.actor import Actor
from survey.operations import accounts, attachments, devices, submissions
from survey.query import questionnaires
from survey.web import access, problems
from survey.web.openrosa import envelope

blueprint = Blueprint("openrosa", __name__, url_prefix="/openrosa")

_XML_PART = "xml_submission_file"
_XML_TYPES = frozenset({"text/xml", "application/xml", "application/octet-stream", ""})


@blueprint.before_request
def identify() -> Response | None:
    """Find out who sends: by device token in the address, or by Basic authentication; challenge everybody else."""
    token = (request.view_args or {}).get("token")
    found = _by_token(token) if token else _by_password()
    if found is None and token:
        return _refused(Problem("forbidden"))
    if found is None:
        response = _refused(Problem("sign-in-required"))
        response.headers["WWW-Authenticate"] = 'Basic realm="Phieu So", charset="UTF-8"'
        return response
    g.sender, g.device_name = found
    return None


@blueprint.errorhandler(Problem)
def answer(problem: Problem) -> Response:
    """Answer a problem in the envelope that clients show."""
    return _refused(problem)


@blueprint.get("/formList", defaults={"token": None})
@blueprint.get("/key/<token>/formList")
@access.device
def form_list(token: str | None) -> Response:
    """List the questionnaires of the open rounds, or the one asked for by `formID`."""
    with access.database().reading() as session:
        forms = questionnaires.forms_in_use(session)
    wanted = request.args.get("formID")
    chosen = [form for form in forms if wanted in (None, form.form_id)]
    return envelope.respond(envelope.form_list(chosen, _base(token)))


@blueprint.get("/forms/<int:number>.xml", defaults={"token": None})
@blueprint.get("/key/<token>/forms/<int:number>.xml")
@access.device
def form(token: str | None, number: int) -> Response:
    """Serve exactly the bytes that were hashed."""
    with access.database().reading() as session:
        return envelope.respond(questionnaires.xform(session, number).content)


@blueprint.get("/forms/<int:number>/manifest", defaults={"token": None})
@blueprint.get("/key/<token>/forms/<int:number>/manifest")
@access.device
def manifest(token: str | None, number: int) -> Response:
    """List a questionnaire's media files."""
    with access.database().reading() as session:
        files = questionnaires.media_files(session, number)
    return envelope.respond(envelope.manifest(files, f"{_base(token)}/forms/{number}/media"))


@blueprint.get("/forms/<int:number>/media/<name>", defaults={"token": None})
@blueprint.get("/key/<token>/forms/<int:number>/media/<name>")
@access.device
def media(token: str | None, number: int, name: str) -> Response:
    """Serve one media file."""
    with access.database().reading() as session:
        for file in questionnaires.media_files(session, number):
            if file.name == name:
                return envelope.with_headers(Response(file.content, content_type="text/csv; charset=utf-8"))
    raise Problem("not-found")


@blueprint.route("/submission", methods=["HEAD"], defaults={"token": None}, provide_automatic_options=False)
@blueprint.route("/key/<token>/submission", methods=["HEAD"], provide_automatic_options=False)
@access.device
def announce(token: str | None) -> Response:
    """Tell a client, with 204 and nothing else, that submissions are taken here and how large they may be."""
    return envelope.with_headers(Response(status=204), accepts=access.config().max_submission_bytes)


@blueprint.post("/submission", defaults={"token": None})
@blueprint.post("/key/<token>/submission")
@access.device
def submit(token: str | None) -> Response:
    """Take in a record with as many of its files as this request carries."""
    part = request.files.get(_XML_PART)
    if part is None or (part.mimetype or "") not in _XML_TYPES:
        raise Problem("malformed-xml", reason=_("the part xml_submission_file is missing"))
    is_new, missing = _take_in(part.stream.read())
    text = _("The questionnaire has been received.") if is_new else _("The questionnaire had already been received.")
    if missing:
        text = _("Received; {count} files are still to come.").format(count=len(missing))
    response = envelope.respond(envelope.message(text, "submit_success"), 201 if is_new else 202)
    return envelope.with_headers(response, accepts=access.config().max_submission_bytes)


def _take_in(xml: bytes) -> tuple[bool, tuple[str, ...]]:
    """Store the document and its files in one transaction; return whether anything was new, and what is missing."""
    store = access.config().media
    with access.database().transaction() as session:
        device = g.device_name or request.args.get("deviceID")
        receipt = submissions.receive(session, g.sender, xml=xml, channel="openrosa", device=device)
        is_new = receipt.is_new
        files = [(name, file) for name, file in request.files.items(multi=True) if name != _XML_PART]
        for name, file in files:
            content, file_name = file.stream.read(), file.filename or name
            is_new |= attachments.attach(
                session, g.sender, store, instance_id=receipt.instance_id, name=file_name, content=content
            )
        if receipt.is_new and not receipt.file_names:
            return True, ()
        return is_new, attachments.missing(session, receipt.instance_id)


def _by_token(token: str) -> tuple[Actor, str] | None:
    """Return the account behind a device token and the device's name."""
    with access.database().reading() as session:
        return devices.actor_for(session, token, address=access.client_address())


def _by_password() -> tuple[Actor, str] | None:
    """Return the account that proves itself by name and password; a failure is counted."""
    given = request.authorization
    if given is None or given.type != "basic" or not given.username:
        return None
    proof = {"username": given.username, "password": given.password or "", "address": access.client_address()}
    with access.database().transaction() as session:
        actor = accounts.prove(session, **proof)
    return None if actor is None else (actor, "")


def _refused(problem: Problem) -> Response:
    """Write a problem as an envelope in the client's language."""
    return envelope.respond(envelope.message(problems.message(problem), "submit_error"), problem.status)


def _base(token: str | None) -> str:
    """Return the absolute address that this client's downloads start with."""
    return f"{request.url_root}openrosa" + (f"/key/{token}" if token else "")
