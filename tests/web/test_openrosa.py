"""The OpenRosa door as stock clients use it: headers, list, challenge, codes, files. Raw HTTP, no client library."""

from __future__ import annotations

import base64
import hashlib
import io
from xml.etree import ElementTree

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from survey.model.actor import SYSTEM
from survey.operations import accounts, devices
from tests.rounds import Interview, small_round

_LIST = "{http://openrosa.org/xforms/xformsList}"
_RESPONSE = "{http://openrosa.org/http/response}"


@pytest.fixture
def sender(app: Flask) -> str:
    """Return the path of an enrolled device in an open round with one tiny questionnaire."""
    with app.extensions["survey.db"].transaction() as session:
        small_round(session)
        account = accounts.create_account(session, SYSTEM, username="lan", name="Lan", password="mat-khau-dai")
        accounts.grant_role(session, SYSTEM, account.id, "enumerator")
        _, token = devices.enrol(session, SYSTEM, account_id=account.id, name="Máy 1")
    return f"/openrosa/key/{token}"


def _post(client: FlaskClient, path: str, xml: bytes, **files: bytes) -> TestResponse:
    data = {"xml_submission_file": (io.BytesIO(xml), "submission.xml", "text/xml")}
    data |= {name: (io.BytesIO(content), name) for name, content in files.items()}
    return client.post(f"{path}/submission", data=data, content_type="multipart/form-data")


def _message(response: TestResponse) -> str:
    return ElementTree.fromstring(response.data).findtext(f"{_RESPONSE}message") or ""


def test_head_announces_with_204_and_the_headers(client: FlaskClient, sender: str) -> None:
    response = client.head(f"{sender}/submission")
    assert response.status_code == 204
    assert response.headers["X-OpenRosa-Version"] == "1.0"
    assert int(response.headers["X-OpenRosa-Accept-Content-Length"]) >= 10_000_000
    assert response.headers["Date"]
    assert client.get(f"{sender}/submission").status_code == 405


def test_the_list_names_each_form_with_the_hash_of_the_bytes_served(client: FlaskClient, sender: str) -> None:
    response = client.get(f"{sender}/formList?deviceID=x")
    assert response.headers["Content-Type"].startswith("text/xml")
    forms = ElementTree.fromstring(response.data).findall(f"{_LIST}xform")
    assert forms
    for form in forms:
        assert all(form.findtext(f"{_LIST}{name}") for name in ("formID", "name", "version", "downloadUrl", "hash"))
        served = client.get(form.findtext(f"{_LIST}downloadUrl") or "").data
        digest = hashlib.md5(served, usedforsecurity=False).hexdigest()
        assert form.findtext(f"{_LIST}hash") == f"md5:{digest}"
    assert b"<xform>" not in client.get(f"{sender}/formList?formID=khac").data


def test_a_stranger_is_challenged_and_a_revoked_device_refused(client: FlaskClient, sender: str) -> None:
    response = client.head("/openrosa/submission")
    assert response.status_code == 401
    challenges = response.headers.getlist("WWW-Authenticate")
    assert [challenge.split()[0] for challenge in challenges] == ["Basic", "Digest"]
    right = base64.b64encode(b"lan:mat-khau-dai").decode()
    wrong = base64.b64encode(b"lan:sai").decode()
    assert client.get("/openrosa/formList", headers={"Authorization": f"Basic {right}"}).status_code == 200
    assert client.get("/openrosa/formList", headers={"Authorization": f"Basic {wrong}"}).status_code == 401
    assert client.get("/openrosa/key/khong-co/formList").status_code == 401
    assert _post(client, "/openrosa/key/khong-co", Interview().xml()).status_code == 401


def test_a_new_record_is_201_and_the_same_bytes_again_202(client: FlaskClient, sender: str) -> None:
    xml = Interview().xml()
    assert _post(client, sender, xml).status_code == 201
    again = _post(client, sender, xml)
    assert again.status_code == 202
    assert "đã" in _message(again)


def test_other_bytes_under_a_used_identifier_are_409(client: FlaskClient, sender: str) -> None:
    interview = Interview()
    _post(client, sender, interview.xml())
    assert _post(client, sender, interview.xml(size="4")).status_code == 409


def test_a_record_that_breaks_a_rule_is_kept(client: FlaskClient, sender: str) -> None:
    assert _post(client, sender, Interview().xml(size="99")).status_code == 201


@pytest.mark.parametrize(
    ("xml", "status"),
    [
        (b"<data", 400),
        (b'<data id="tiny" version="1"><size>3</size></data>', 400),
        (Interview().xml(form_id="khac"), 404),
        (Interview().xml(deprecated_id="uuid:khong-co"), 404),
        (b'<!DOCTYPE d [<!ENTITY a "b">]><data id="tiny" version="1"><size>&a;</size></data>', 400),
    ],
)
def test_what_cannot_be_taken_in_is_refused_in_words(client: FlaskClient, sender: str, xml: bytes, status: int) -> None:
    response = _post(client, sender, xml)
    assert response.status_code == status
    assert _message(response)


def test_an_edit_follows_the_newest_version_only(client: FlaskClient, sender: str) -> None:
    first, second, third = Interview(), Interview(), Interview()
    _post(client, sender, first.xml())
    assert _post(client, sender, second.xml(deprecated_id=first.instance_id)).status_code == 201
    assert _post(client, sender, third.xml(deprecated_id=first.instance_id)).status_code == 409
    assert _post(client, sender, third.xml(deprecated_id=second.instance_id)).status_code == 201


def test_files_come_in_any_number_of_requests_and_under_vietnamese_names(client: FlaskClient, sender: str) -> None:
    xml = Interview().xml(photo="đĩa ảnh.jpg")
    first = _post(client, sender, xml)
    assert (first.status_code, "1" in _message(first)) == (201, True)
    second = _post(client, sender, xml, **{"đĩa ảnh.jpg": b"\xff\xd8picture"})
    assert second.status_code == 201
    assert _post(client, sender, xml, **{"đĩa ảnh.jpg": b"\xff\xd8picture"}).status_code == 202
    assert _post(client, sender, xml, **{"đĩa ảnh.jpg": b"other"}).status_code == 409
    assert _post(client, sender, Interview().xml(photo="a.jpg"), **{"a.jpg": b""}).status_code == 400


def test_a_session_cookie_does_not_open_this_door(client: FlaskClient, sender: str) -> None:
    with client.application.extensions["survey.db"].transaction() as session:
        token = accounts.sign_in(session, username="lan", password="mat-khau-dai")
    client.set_cookie("session", token or "")
    assert client.get("/openrosa/formList").status_code == 401
