"""XML that OpenRosa clients read: form list, manifest and response envelope, with the headers they insist on."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import format_datetime
from xml.etree.ElementTree import Element, SubElement, tostring

from flask import Response

from survey.query.questionnaires import FormFile, ListedForm

_LIST = "http://openrosa.org/xforms/xformsList"
_MANIFEST = "http://openrosa.org/xforms/xformsManifest"
_RESPONSE = "http://openrosa.org/http/response"


def form_list(forms: Iterable[ListedForm], base: str) -> bytes:
    """Write the list of questionnaires; `base` is the address that downloads start with."""
    root = Element("xforms", xmlns=_LIST)
    for form in forms:
        item = SubElement(root, "xform")
        _leaf(item, "formID", form.form_id)
        _leaf(item, "name", form.title)
        _leaf(item, "version", form.version)
        _leaf(item, "hash", f"md5:{form.md5}")
        _leaf(item, "downloadUrl", f"{base}/forms/{form.id}.xml")
        if form.has_media:
            _leaf(item, "manifestUrl", f"{base}/forms/{form.id}/manifest")
    return _written(root)


def manifest(files: Iterable[FormFile], base: str) -> bytes:
    """Write the list of a questionnaire's media files."""
    root = Element("manifest", xmlns=_MANIFEST)
    for file in files:
        item = SubElement(root, "mediaFile")
        _leaf(item, "filename", file.name)
        _leaf(item, "hash", f"md5:{file.md5}")
        _leaf(item, "downloadUrl", f"{base}/{file.name}")
    return _written(root)


def message(text: str, nature: str) -> bytes:
    """Write the response envelope; clients show its text to the person who sends."""
    root = Element("OpenRosaResponse", xmlns=_RESPONSE)
    SubElement(root, "message", nature=nature).text = text
    return _written(root)


def respond(body: bytes, status: int = 200) -> Response:
    """Return an XML response with the OpenRosa headers."""
    response = Response(body, status, content_type="text/xml; charset=utf-8")
    return with_headers(response)


def with_headers(response: Response, *, accepts: int | None = None) -> Response:
    """Set the version and date headers, and the size that a submission may have."""
    response.headers["X-OpenRosa-Version"] = "1.0"
    response.headers["Date"] = format_datetime(datetime.now(UTC), usegmt=True)
    if accepts is not None:
        response.headers["X-OpenRosa-Accept-Content-Length"] = str(accepts)
    return response


def _leaf(parent: Element, name: str, text: str) -> None:
    """Add an element with text."""
    SubElement(parent, name).text = text


def _written(root: Element) -> bytes:
    """Return a document as UTF-8 bytes."""
    return bytes(tostring(root, encoding="utf-8", xml_declaration=True))
