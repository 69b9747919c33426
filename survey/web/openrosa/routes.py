"""Routes of the OpenRosa door. Every answer is XML with the version header; codes follow the OpenRosa contract."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, g, request
from flask.blueprints import BlueprintSetupState
from flask_babel import gettext as _

from survey.errors import Problem
from survey.operations import arrivals, devices
from survey.operations.arrivals import Message, Outcome
from survey.operations.devices import KnownDevice
from survey.operations.intake import Intake
from survey.query import questionnaires
from survey.web import access, problems
from survey.web.openrosa import digest, envelope, sender

blueprint = Blueprint("openrosa", __name__, url_prefix="/openrosa")

_XML_PART = "xml_submission_file"
_XML_TYPES = frozenset({"text/xml", "application/xml", "application/octet-stream", ""})
_SUBMISSION = frozenset({"openrosa.announce", "openrosa.submit"})
_REFUSALS = frozenset(
    {
        "malformed-xml",
        "no-instance-id",
        "unknown-form",
        "unknown-deprecated",
        "instance-conflict",
        "superseded",
    }
)
"""What the protocol has a code for: a held record is answered with it, and the office keeps a copy all the same."""


@blueprint.record_once
def prepare(state: BlueprintSetupState) -> None:
    """Give the application one queue for the records of its devices."""
    state.app.extensions["survey.intake"] = Intake(state.app.extensions["survey.db"])


@blueprint.before_request
def identify() -> Response | None:
    """Find out who sends and challenge whoever does not say; the quick way of submissions looks for itself."""
    token = (request.view_args or {}).get("token")
    if token and request.endpoint == "openrosa.submit":
        return None
    try:
        found = _by_token(token) if token else sender.by_header()
    except sender.StaleNonce:
        return _challenged(is_stale=True)
    if found is None:
        return _challenged()
    if request.endpoint not in _SUBMISSION:
        sender.require_trust(found)
    g.sender = found
    return None


@blueprint.errorhandler(Problem)
def answer(problem: Problem) -> Response:
    """Answer a problem in the envelope that clients show."""
    return _challenged() if problem.code == "sign-in-required" else _refused(problem)


@blueprint.errorhandler(413)
def too_large(_error: Exception) -> Response:
    """Answer a message that is larger than was announced."""
    limit = f"{access.config().max_submission_bytes // 1_000_000} MB"
    return _announced(_refused(Problem("too-large", limit=limit)))


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
    return _announced(Response(status=204))


@blueprint.post("/submission", defaults={"token": None})
@blueprint.post("/key/<token>/submission")
@access.device
def submit(token: str | None) -> Response:
    """Take in a record with as many of its files as this request carries."""
    part = request.files.get(_XML_PART)
    if part is None or (part.mimetype or "") not in _XML_TYPES:
        raise Problem("malformed-xml", reason=_("the part xml_submission_file is missing"))
    names = [(name, file) for name, file in request.files.items(multi=True) if name != _XML_PART]
    xml = part.stream.read()
    outcome = _quickly(token, xml) if token and not names else None
    if outcome is None:
        files = [(file.filename or name, file.stream.read()) for name, file in names]
        outcome = _ordinarily(token, Message(xml, files))
    return _announced(_told(outcome))


def _quickly(token: str, xml: bytes) -> Outcome | None:
    """Take in a plain record of a device together with those that wait beside it; None when it is not plain."""
    intake: Intake = current_app.extensions["survey.intake"]
    receipt = intake.take_in(token, xml, address=access.client_address())
    return None if receipt is None else Outcome(receipt.is_new, receipt.file_names)


def _ordinarily(token: str | None, message: Message) -> Outcome:
    """Take in any message in a transaction of its own."""
    with access.database().transaction() as session:
        who = sender.by_token(session, token) if token else g.sender
        said = request.args.get("deviceID")
        return arrivals.take_in(session, who, message, store=access.config().media, device=said and said[:120])


def _told(outcome: Outcome) -> Response:
    """Say what became of a message, in the client's language and the codes of the protocol."""
    if outcome.held is not None and outcome.held.code in _REFUSALS:
        said = f"{problems.message(outcome.held)} {_('The office keeps what you sent and looks into it.')}"
        return envelope.respond(envelope.message(said, "submit_error"), outcome.held.status)
    if outcome.refused_files:
        return _refused(outcome.refused_files[0])
    text = (
        _("The questionnaire has been received.")
        if outcome.is_new
        else _("The questionnaire had already been received.")
    )
    if outcome.held is not None:
        text = _("The questionnaire has been received; the office keeps it and checks it before it counts.")
    if outcome.held is None and outcome.missing:
        text = _("Received; {count} files are still to come.").format(count=len(outcome.missing))
    return envelope.respond(envelope.message(text, "submit_success"), 201 if outcome.is_new else 202)


def _by_token(token: str) -> sender.Sender:
    """Return the device behind the token of an address, and remember that it was heard of."""
    with access.database().reading() as session:
        found = sender.by_token(session, token)
    if isinstance(found, KnownDevice) and devices.is_quiet(found):
        with access.database().transaction() as session:
            devices.note_contact(session, [found])
    return found


def _refused(problem: Problem) -> Response:
    """Write a problem as an envelope in the client's language."""
    return envelope.respond(envelope.message(problems.message(problem), "submit_error"), problem.status)


def _challenged(*, is_stale: bool = False) -> Response:
    """Ask who sends: Basic first, which clients offer over an encrypted line only, then Digest."""
    response = _refused(Problem("sign-in-required"))
    response.headers.add("WWW-Authenticate", f'Basic realm="{digest.REALM}", charset="UTF-8"')
    response.headers.add("WWW-Authenticate", digest.challenge(access.config().secret_key, is_stale=is_stale))
    return response


def _announced(response: Response) -> Response:
    """Say with an answer how large a submission may be."""
    return envelope.with_headers(response, accepts=access.config().max_submission_bytes)


def _base(token: str | None) -> str:
    """Return the absolute address that this client's downloads start with."""
    return f"{request.url_root}openrosa" + (f"/key/{token}" if token else "")
