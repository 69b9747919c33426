"""The tablet's application over HTTP: its files as one edition, and an API that only a token opens."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
from dataclasses import replace
from pathlib import Path

import brotli
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update
from werkzeug.test import TestResponse

from survey.app import create_app
from survey.config import Config
from survey.model import Quarantine, Revision, Round
from survey.model.actor import SYSTEM
from survey.operations import accounts
from survey.web.tablet.assets import edition_of
from survey.web.tablet.wording import WORDING
from tests.rounds import Interview
from tests.web.office_round import PASSWORD, staffed_round

HEAD = {"Accept": "application/json"}


@pytest.fixture
def lan(app: Flask) -> dict[str, str]:
    """Return the headers of an enumerator's tablet."""
    with app.extensions["survey.db"].transaction() as session:
        staffed_round(session)
    reply = app.test_client().post("/field/app/api/enrol", json={"username": "lan", "password": PASSWORD})
    assert len(base64.b64decode(reply.json["recovery"])) == 32
    return {**HEAD, "Authorization": f"Bearer {reply.json['token']}"}


def _put(client: FlaskClient, head: dict[str, str], interview: Interview, xml: bytes, **more: str) -> TestResponse:
    digest = {"X-Content-Sha256": hashlib.sha256(xml).hexdigest()}
    return client.put(f"/field/app/api/records/{interview.instance_id}", data=xml, headers=head | digest | more)


def test_an_edition_is_one_pack_with_every_file_under_its_hash(app: Flask, client: FlaskClient) -> None:
    worker = client.get("/field/app/worker.js")
    assert worker.headers["Cache-Control"] == "no-cache"
    constants = dict(re.findall(r'^const (\w+) = "(.*)"$', worker.text, re.MULTILINE))
    pack = client.get(constants["PACK"])
    assert hashlib.sha256(pack.data).hexdigest() == constants["SHA256"]
    assert "immutable" in pack.headers["Cache-Control"]
    head, _, body = pack.data.partition(b"\n")
    entries = json.loads(head)
    assert sum(size for _, _, size in entries) == len(body)
    names = {address for address, _, _ in entries}
    assert {"/field/app/", f"/field/app/files/{constants['BUILD']}/js/field/main.js"} <= names
    page = body[: entries[0][2]].decode()
    for address in re.findall(r'(?:href|src)="(/field/app/files/[^"]+)"', page):
        assert address in names


_IMPORT = rb"""(?:from|import\(|import)\s*["']([^"']+)["']"""


def test_every_module_imports_only_what_the_edition_holds(app: Flask, client: FlaskClient) -> None:
    client.get("/field/app/")
    files = edition_of(app).files
    assert {n for n in files if n.endswith(".js")} > {"js/field/main.js", "js/engine/form.js", "js/fill/numbers.js"}
    seen = 0
    for name, packed in files.items():
        for target in re.findall(_IMPORT, packed.plain if name.endswith(".js") else b""):
            seen += 1
            parts = name.split("/")[:-1]
            for step in target.decode().split("/"):
                parts = parts[:-1] if step == ".." else parts if step == "." else [*parts, step]
            assert "/".join(parts) in files, (name, target)
    assert seen > 20


def test_every_text_that_the_scripts_name_exists_and_none_is_idle(app: Flask) -> None:
    folder = Path(app.static_folder or "") / "js" / "field"
    sources = "\n".join(path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.js")))
    named = {text for text in re.findall(r"'([a-z][a-z0-9_.-]*)'", sources) if text in WORDING}
    starts = set(re.findall(r"t\(`([a-z]+\.)\$\{", sources))
    idle = {key for key in WORDING if key not in named and not any(key.startswith(start) for start in starts)}
    assert not idle
    asked = set(re.findall(r"\bt\('([a-z_.]+)'", sources))
    assert asked <= set(WORDING)
    kinds = set(re.findall(r"\blog\([^,]+, '([\w-]+)'", sources))
    assert {f"journal.{kind}" for kind in kinds} <= set(WORDING)


def test_both_languages_hold_every_text(app: Flask, client: FlaskClient) -> None:
    client.get("/field/app/")
    files = edition_of(app).files
    for language in ("vi", "en"):
        assert set(json.loads(files[f"text/{language}.json"].plain)) == set(WORDING)


def test_files_travel_in_the_smallest_form_the_client_takes(app: Flask, client: FlaskClient) -> None:
    client.get("/field/app/")
    address = f"/field/app/files/{edition_of(app).build}/pack"
    plain = client.get(address).data
    zipped = client.get(address, headers={"Accept-Encoding": "gzip, deflate"})
    small = client.get(address, headers={"Accept-Encoding": "gzip, deflate, br"})
    assert gzip.decompress(zipped.data) == brotli.decompress(small.data) == plain
    assert len(small.data) < len(zipped.data) < len(plain) / 2
    assert "Accept-Encoding" in small.headers["Vary"]


def test_an_unknown_edition_is_not_served(client: FlaskClient) -> None:
    assert client.get("/field/app/files/000000000000/pack").status_code == 404


def test_pages_carry_the_strict_policy_and_no_inline_code(client: FlaskClient) -> None:
    for address in ("/field/app/", "/field/app/direct"):
        page = client.get(address)
        assert "script-src 'self'" in page.headers["Content-Security-Policy"]
        assert not re.search(r"<script(?![^>]*src=)|\son\w+=|\sstyle=", page.text)
    assert client.get("/field/app/app.webmanifest").json["scope"] == "/field/app/"


def test_the_kill_switch_serves_a_worker_that_removes_itself_and_leaves_data_alone(config: Config) -> None:
    application = create_app(replace(config, tablet_worker=False))
    worker = application.test_client().get("/field/app/worker.js").text
    assert "unregister" in worker
    assert "indexedDB" not in worker
    assert "js/field/main.js" in application.test_client().get("/field/app/").text
    application.extensions["survey.db"].dispose()


def test_signing_in_needs_the_right_password_and_a_field_role(app: Flask, client: FlaskClient, lan: object) -> None:
    wrong = client.post("/field/app/api/enrol", json={"username": "lan", "password": "x"})
    assert (wrong.status_code, wrong.json["error"]) == (401, "sign-in-failed")
    viewer = client.post("/field/app/api/enrol", json={"username": "viewer", "password": PASSWORD})
    assert viewer.status_code == 403
    assert client.post("/field/app/api/enrol", data=b"[]").status_code == 401


def test_no_cookie_opens_the_api(app: Flask, client: FlaskClient, lan: object) -> None:
    with app.extensions["survey.db"].transaction() as session:
        token = accounts.sign_in(session, username="lan", password=PASSWORD)
    client.set_cookie("session", token or "")
    assert client.get("/field/app/api/work", headers=HEAD).status_code == 401
    assert client.get("/field/app/api/work", headers={"Authorization": f"Bearer {token}"}).status_code == 401


def test_hello_returns_the_nonce_the_time_and_the_edition(client: FlaskClient, lan: dict[str, str]) -> None:
    said = client.post("/field/app/api/hello", json={"nonce": "abc", "unsent": 3}, headers=lan).json
    assert (said["nonce"], said["wipe"], said["trusted"]) == ("abc", False, True)
    assert abs(said["time"] / 1000 - 1.7e9) < 1e9
    assert len(said["build"]) == 12


def test_lasting_storage_is_asked_for_where_real_people_are_interviewed_unless_the_office_waives_it(
    app: Flask, config: Config, client: FlaskClient, lan: dict[str, str]
) -> None:
    def asked(by: FlaskClient) -> bool:
        return bool(by.post("/field/app/api/hello", json={"nonce": "a"}, headers=lan).json["lasting"])

    assert asked(client)
    waived = create_app(replace(config, tablet_lasting_storage=False))
    assert not asked(waived.test_client())
    waived.extensions["survey.db"].dispose()
    with app.extensions["survey.db"].transaction() as session:
        session.execute(update(Round).values(is_synthetic=True))
    assert not asked(client)


def test_an_unfinished_record_is_held_for_the_office_and_never_taken_in_by_itself(
    app: Flask, client: FlaskClient, lan: dict[str, str]
) -> None:
    interview = Interview()
    xml = interview.xml(size="7")
    head = lan | {"X-Content-Sha256": hashlib.sha256(xml).hexdigest()}
    address = f"/field/app/api/records/{interview.instance_id}?unfinished="
    replies = [client.put(address, data=xml, headers=head) for _ in range(2)]
    assert [(reply.status_code, reply.json["held"]) for reply in replies] == [(202, "unfinished")] * 2
    with app.extensions["survey.db"].reading() as session:
        assert session.scalars(select(Quarantine.code)).all() == ["unfinished"]
        taken = select(func.count()).select_from(Revision).where(Revision.instance_id == interview.instance_id)
        assert session.scalar(taken) == 0


def test_unchanged_work_is_304_and_a_questionnaire_carries_its_hash(client: FlaskClient, lan: dict[str, str]) -> None:
    work = client.get("/field/app/api/work", headers=lan)
    again = client.get("/field/app/api/work", headers=lan | {"If-None-Match": work.headers["ETag"]})
    assert (work.status_code, again.status_code) == (200, 304)
    (form,) = work.json["forms"]
    reply = client.get(f"/field/app/api/forms/{form['id']}", headers=lan)
    assert hashlib.sha256(reply.data).hexdigest() == reply.headers["X-Content-Sha256"]
    assert reply.json["form"] == "tiny"


def test_a_record_and_its_file_get_a_receipt(client: FlaskClient, lan: dict[str, str]) -> None:
    interview = Interview()
    xml = interview.xml(photo="đĩa ảnh.jpg")
    first = _put(client, lan, interview, xml)
    assert (first.status_code, first.json["missing"]) == (201, ["đĩa ảnh.jpg"])
    assert re.fullmatch(r"[0-9A-F]{12}", first.json["number"])
    digest = hashlib.sha256(b"jpeg").hexdigest()
    head = lan | {"X-Content-Sha256": digest, "X-Record-Sha256": first.json["sha256"]}
    address = f"/field/app/api/records/{interview.instance_id}/files/đĩa ảnh.jpg"
    filed = client.put(address, data=b"jpeg", headers=head)
    assert (filed.status_code, filed.json["files"], filed.json["missing"]) == (201, {"đĩa ảnh.jpg": digest}, [])
    again = _put(client, lan, interview, xml)
    assert (again.status_code, again.json["number"]) == (202, first.json["number"])


def test_a_damaged_record_is_400_and_a_poisoned_one_202_with_the_reason(
    client: FlaskClient, lan: dict[str, str]
) -> None:
    interview = Interview()
    damaged = _put(client, lan, interview, interview.xml(), **{"X-Content-Sha256": "0" * 64})
    assert (damaged.status_code, damaged.json["error"]) == (400, "damaged")
    poisoned = _put(client, lan, interview, b"<data")
    assert (poisoned.status_code, poisoned.json["held"]) == (202, "malformed-xml")
    assert poisoned.json["message"]


def test_a_locked_account_gets_no_work_but_its_record_is_kept(
    app: Flask, client: FlaskClient, lan: dict[str, str]
) -> None:
    with app.extensions["survey.db"].transaction() as session:
        found = accounts.prove(session, username="lan", password=PASSWORD)
        accounts.set_state(session, SYSTEM, account_id=found.account_id if found else 0, state="locked")
    refused = client.get("/field/app/api/work", headers=lan)
    assert (refused.status_code, refused.json["error"]) == (403, "device-revoked")
    interview = Interview()
    kept = _put(client, lan, interview, interview.xml())
    assert (kept.status_code, kept.json["held"]) == (202, "device-revoked")


def test_after_a_wipe_the_token_brings_no_work(client: FlaskClient, lan: dict[str, str]) -> None:
    assert client.post("/field/app/api/wiped", headers=lan).status_code == 200
    assert client.get("/field/app/api/work", headers=lan).status_code == 403
