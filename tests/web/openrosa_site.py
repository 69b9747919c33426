"""An open round with an enrolled device, and messages for it as OpenRosa clients send them."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable
from xml.etree import ElementTree

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from survey.config import Config
from survey.db import Database
from survey.model import Round
from survey.model.actor import SYSTEM
from survey.operations import accounts, attachments, devices, forms
from survey.questionnaire.xform import CompiledForm
from tests.questionnaire.tiny import form
from tests.rounds import Interview, small_round

PASSWORD = "mat-khau-dai"
_ENVELOPE = "{http://openrosa.org/http/response}message"


class Site:
    """An open round with one enrolled device, and what its client sends."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.client: FlaskClient = app.test_client()
        self.database: Database = app.extensions["survey.db"]
        self.config: Config = app.extensions["survey.config"]
        with self.database.transaction() as session:
            self.round_id = small_round(session).id
            account = accounts.create_account(session, SYSTEM, username="lan", name="Lan", password=PASSWORD)
            accounts.grant_role(session, SYSTEM, account.id, "enumerator")
            self.account_id = account.id
            device, token = devices.enrol(session, SYSTEM, account_id=account.id, name="Máy 1")
            self.device_id, token_hash = device.id, device.token_hash
        self.path = f"/openrosa/key/{token}"
        self.user_name = devices.user_name(self.device_id)
        self.password = devices.digest_password(self.config.secret_key, self.device_id, token_hash)

    def use(self, compiled: CompiledForm) -> int:
        """Let households of the round answer another questionnaire; return the number of its version."""
        with self.database.transaction() as session:
            version = forms.publish(session, SYSTEM, compiled)
            forms.use_in_round(session, SYSTEM, session.get_one(Round, self.round_id), "household", version)
            return version.id

    def post(
        self,
        xml: bytes,
        files: Iterable[tuple[str, bytes]] = (),
        *,
        incomplete: bool = False,
        path: str = "",
        headers: dict[str, str] | None = None,
    ) -> TestResponse:
        """Send a message as Collect does; a client of its own, so that several may send at once."""
        data: dict[str, object] = {"xml_submission_file": (io.BytesIO(xml), "submission.xml", "text/xml")}
        data |= {name: (io.BytesIO(content), name, "image/jpeg") for name, content in files}
        if incomplete:
            data["*isIncomplete*"] = "yes"
        return self.app.test_client().post(
            f"{path or self.path}/submission", data=data, content_type="multipart/form-data", headers=headers
        )

    def count(self, table: type) -> int:
        """Return the number of rows of a table."""
        with self.database.reading() as session:
            return session.scalar(select(func.count()).select_from(table)) or 0

    def missing(self, interview: Interview) -> tuple[str, ...]:
        """Return the names of files that have not come."""
        with self.database.reading() as session:
            return attachments.missing(session, interview.instance_id)

    def revoke(self) -> None:
        """Block the device."""
        with self.database.transaction() as session:
            devices.revoke(session, SYSTEM, self.device_id)


def said(response: TestResponse) -> str:
    """Return the message of an envelope."""
    return ElementTree.fromstring(response.data).findtext(_ENVELOPE) or ""


def hashed(content: bytes) -> str:
    """Return a hash as lists give it."""
    return f"md5:{hashlib.md5(content, usedforsecurity=False).hexdigest()}"


def album(version: str = "1") -> CompiledForm:
    """Return a questionnaire with a roster of photos and a list in a file."""
    survey = """
    | type | name | label | parameters |
    | select_one_from_file hamlets.csv | hamlet | Hamlet | |
    | begin repeat | page | Page | |
    | image | photo | Photo | max-pixels=1024 |
    | end repeat | | | |
    """
    media = {"hamlets.csv": "name,label\n1,Ấp 1\n2,Ấp 2\n".encode()}
    return form(survey, media=media, form_id="album", version=version)


def album_xml(interview: Interview, photos: Iterable[str], version: str = "1") -> bytes:
    """Return an interview with photos."""
    rows = "".join(f"<page><photo>{name}</photo></page>" for name in photos)
    meta = f"<orx:meta><orx:instanceID>{interview.instance_id}</orx:instanceID></orx:meta>"
    head = f'<data xmlns:orx="http://openrosa.org/xforms" id="album" version="{version}">'
    return f"{head}<hamlet>1</hamlet>{rows}{meta}</data>".encode()
