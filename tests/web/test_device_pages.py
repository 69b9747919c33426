"""Devices from pages: seen, revoked, wiped and spared; a new one with codes that are shown once."""

from __future__ import annotations

import re

from flask.testing import FlaskClient
from sqlalchemy import select

from survey.db import Database
from survey.model import AuditEvent, Device
from survey.model.actor import SYSTEM
from survey.operations import devices, tablet
from tests.web.office_round import Staffed, send, sign_in

PAGE = "/office/system/devices"


def _device(database: Database, staffed: Staffed, name: str = "Máy 07") -> int:
    with database.transaction() as session:
        device, token = devices.enrol(session, SYSTEM, account_id=staffed.people["lan"], name=name)
        said = {"build": "abc123", "unsent": 3, "drafts": 1, "persisted": False, "free_mb": 900, "skew_s": -720}
        tablet.report(session, tablet.recognise(session, token), said)
        return device.id


def test_the_list_shows_what_a_tablet_said_of_itself(
    office: FlaskClient, staffed: Staffed, office_database: Database
) -> None:
    _device(office_database, staffed)
    sign_in(office, "admin")
    shown = office.get(f"{PAGE}?q=may+07&lang=en").text
    for words in ("Máy 07", "Võ Thị Lan", "<strong>3</strong>", "may be cleared", "off by 12 min", "900 MB free"):
        assert words in shown, words
    assert "<strong>3</strong>" not in office.get(f"{PAGE}?q=khac").text
    assert "Máy 07" in office.get("/office/system/devices.csv").text
    assert "Máy 07" not in office.get("/office/system/devices.csv?state=revoked").text


def test_a_wipe_is_ordered_taken_back_and_a_device_revoked(
    office: FlaskClient, staffed: Staffed, office_database: Database
) -> None:
    number = _device(office_database, staffed)
    sign_in(office, "admin")

    def row() -> Device:
        with office_database.reading() as session:
            return session.get_one(Device, number)

    assert send(office, PAGE, f"{PAGE}/{number}/wipe", query="q=may").location == f"{PAGE}?q=may"
    assert row().wipe_ordered_at is not None
    send(office, PAGE, f"{PAGE}/{number}/keep")
    assert row().wipe_ordered_at is None
    assert send(office, PAGE, f"{PAGE}/{number}/keep").status_code == 404
    send(office, PAGE, f"{PAGE}/{number}/revoke")
    assert row().revoked_at is not None
    assert send(office, PAGE, f"{PAGE}/{number}/burn").status_code == 404
    with office_database.reading() as session:
        acts = list(session.scalars(select(AuditEvent.action).where(AuditEvent.subject_kind == "device")))
    assert [act for act in acts if act.startswith("device.w") or act == "device.revoke"] == [
        "device.wipe-order", "device.wipe-cancel", "device.revoke",
    ]  # fmt: skip


def test_a_new_device_gets_a_code_that_works_and_is_shown_once(
    office: FlaskClient, staffed: Staffed, office_database: Database
) -> None:
    sign_in(office, "admin")
    shown = send(office, PAGE, f"{PAGE}/new", account=staffed.people["lan"], name="Máy 09").text
    address = re.search(r"/openrosa/key/[\w-]+", shown)
    assert address is not None
    assert shown.count('src="data:image/svg+xml') == 2
    assert office.get(f"{address.group()}/formList", headers={"X-OpenRosa-Version": "1.0"}).status_code == 200
    assert address.group() not in office.get(PAGE).text


def test_only_administrators_see_devices(office: FlaskClient, staffed: Staffed) -> None:
    sign_in(office, "supervisor")
    assert office.get(PAGE).status_code == 403
