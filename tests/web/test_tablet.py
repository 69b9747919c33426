"""The tablet's application over HTTP: its files as one edition, and an API that only a token opens."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import brotli
import pyotp
import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_babel import force_locale, gettext
from sqlalchemy import func, select, update
from werkzeug.test import TestResponse

from survey.app import create_app
from survey.config import Config
from survey.model import Quarantine, Revision, Round
from survey.model.actor import SYSTEM
from survey.model.base import utc_now
from survey.operations import accounts, second_factor
from survey.web.tablet.assets import edition_of
from survey.web.tablet.door import with_door
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
    assert len(base64.b64decode(_json(reply)["recovery"])) == 32
    return {**HEAD, "Authorization": f"Bearer {_json(reply)['token']}"}


def _json(reply: TestResponse) -> dict[str, Any]:
    found: dict[str, Any] = reply.get_json()
    return found


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
    assert set(json.loads(files["text/en.json"].plain)) == set(WORDING)
    with app.test_request_context(), force_locale("vi"):
        for message in WORDING.values():
            assert (
                json.dumps(gettext(message), ensure_ascii=False)[1:-1][:20] in files["js/field/main.js"].plain.decode()
            )


def test_what_a_start_needs_is_one_script_and_everything_else_asks_that_script(app: Flask, client: FlaskClient) -> None:
    client.get("/field/app/")
    files = edition_of(app).files
    start = files["js/field/main.js"].plain.decode()
    assert not re.findall(r"(?:^|;)import[ {*]", start)
    exported = re.search(r"export ?\{([^}]+)\}", start)
    assert exported
    names = {name.strip() for name in exported[1].split(",")}
    assert {"app", "t", "h", "open", "takeOver"} <= names
    assert "js/field/dom.js" not in files
    asked = re.findall(r'import ?\{([^}]+)\} ?from ?"\./main\.js"', files["js/field/rooms.js"].plain.decode())
    assert {name.split(" as ")[0].strip() for part in asked for name in part.split(",")} <= names


def test_two_modules_of_the_start_may_not_give_one_name() -> None:
    sources = {
        "js/field/main.js": "import { a } from './one.js'\nconst b = a\n",
        "js/field/one.js": "const b = 1\nexport const a = b\n",
    }
    with pytest.raises(ValueError, match="b"):
        with_door(sources)


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
    assert _json(client.get("/field/app/app.webmanifest"))["scope"] == "/field/app/"


def test_the_kill_switch_serves_a_worker_that_removes_itself_and_leaves_data_alone(config: Config) -> None:
    application = create_app(replace(config, tablet_worker=False))
    worker = application.test_client().get("/field/app/worker.js").text
    assert "unregister" in worker
    assert "indexedDB" not in worker
    assert "js/field/main.js" in application.test_client().get("/field/app/").text
    application.extensions["survey.db"].dispose()


def test_signing_in_needs_the_right_password_and_a_field_role(app: Flask, client: FlaskClient, lan: object) -> None:
    wrong = client.post("/field/app/api/enrol", json={"username": "lan", "password": "x"})
    assert (wrong.status_code, _json(wrong)["error"]) == (401, "sign-in-failed")
    viewer = client.post("/field/app/api/enrol", json={"username": "viewer", "password": PASSWORD})
    assert viewer.status_code == 403
    assert client.post("/field/app/api/enrol", data=b"[]").status_code == 401


def test_an_account_with_a_second_factor_is_asked_for_a_code(
    app: Flask, client: FlaskClient, lan: dict[str, str]
) -> None:
    key = app.extensions["survey.config"].secret_key
    with app.extensions["survey.db"].transaction() as session:
        who = accounts.prove(session, username="lan", password=PASSWORD)
        assert who is not None
        generator = pyotp.parse_uri(second_factor.start(session, who, key=key))
        assert isinstance(generator, pyotp.TOTP)
        spent = utc_now() - timedelta(minutes=2)
        codes = second_factor.confirm(session, who, generator.at(spent), key=key, now=spent)

    def answer(**more: str) -> tuple[int, str]:
        reply = client.post("/field/app/api/enrol", json={"username": "lan", "password": PASSWORD, **more})
        return reply.status_code, _json(reply).get("error", "")

    assert answer() == (401, "code-needed")
    assert answer(code="123") == (401, "code-failed")
    assert answer(code=generator.now()) == (200, "")
    assert answer(code=codes[3]) == (200, "")


def test_no_cookie_opens_the_api(app: Flask, client: FlaskClient, lan: object) -> None:
    with app.extensions["survey.db"].transaction() as session:
        token = accounts.sign_in(session, username="lan", password=PASSWORD)
    client.set_cookie("session", token or "")
    assert client.get("/field/app/api/work", headers=HEAD).status_code == 401
    assert client.get("/field/app/api/work", headers={"Authorization": f"Bearer {token}"}).status_code == 401


def test_hello_returns_the_nonce_the_time_and_the_edition(client: FlaskClient, lan: dict[str, str]) -> None:
    said = _json(client.post("/field/app/api/hello", json={"nonce": "abc", "unsent": 3}, headers=lan))
    assert (said["nonce"], said["wipe"], said["trusted"]) == ("abc", False, True)
    assert abs(said["time"] / 1000 - 1.7e9) < 1e9
    assert len(said["build"]) == 12


def test_lasting_storage_is_asked_for_where_real_people_are_interviewed_unless_the_office_waives_it(
    app: Flask, config: Config, client: FlaskClient, lan: dict[str, str]
) -> None:
    def asked(by: FlaskClient) -> bool:
        return bool(_json(by.post("/field/app/api/hello", json={"nonce": "a"}, headers=lan))["lasting"])

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
    assert [(reply.status_code, _json(reply)["held"]) for reply in replies] == [(202, "unfinished")] * 2
    with app.extensions["survey.db"].reading() as session:
        assert session.scalars(select(Quarantine.code)).all() == ["unfinished"]
        taken = select(func.count()).select_from(Revision).where(Revision.instance_id == interview.instance_id)
        assert session.scalar(taken) == 0


def test_unchanged_work_is_304_and_a_questionnaire_carries_its_hash(client: FlaskClient, lan: dict[str, str]) -> None:
    work = client.get("/field/app/api/work", headers=lan)
    again = client.get("/field/app/api/work", headers=lan | {"If-None-Match": work.headers["ETag"]})
    assert (work.status_code, again.status_code) == (200, 304)
    (form,) = _json(work)["forms"]
    reply = client.get(f"/field/app/api/forms/{form['id']}", headers=lan)
    assert hashlib.sha256(reply.data).hexdigest() == reply.headers["X-Content-Sha256"]
    assert _json(reply)["form"] == "tiny"


def test_a_record_and_its_file_get_a_receipt(client: FlaskClient, lan: dict[str, str]) -> None:
    interview = Interview()
    xml = interview.xml(photo="đĩa ảnh.jpg")
    first = _put(client, lan, interview, xml)
    assert (first.status_code, _json(first)["missing"]) == (201, ["đĩa ảnh.jpg"])
    assert re.fullmatch(r"[0-9A-F]{12}", _json(first)["number"])
    digest = hashlib.sha256(b"jpeg").hexdigest()
    head = lan | {"X-Content-Sha256": digest, "X-Record-Sha256": _json(first)["sha256"]}
    address = f"/field/app/api/records/{interview.instance_id}/files/đĩa ảnh.jpg"
    filed = client.put(address, data=b"jpeg", headers=head)
    assert (filed.status_code, _json(filed)["files"], _json(filed)["missing"]) == (201, {"đĩa ảnh.jpg": digest}, [])
    again = _put(client, lan, interview, xml)
    assert (again.status_code, _json(again)["number"]) == (202, _json(first)["number"])


def test_a_damaged_record_is_400_and_a_poisoned_one_202_with_the_reason(
    client: FlaskClient, lan: dict[str, str]
) -> None:
    interview = Interview()
    damaged = _put(client, lan, interview, interview.xml(), **{"X-Content-Sha256": "0" * 64})
    assert (damaged.status_code, _json(damaged)["error"]) == (400, "damaged")
    poisoned = _put(client, lan, interview, b"<data")
    assert (poisoned.status_code, _json(poisoned)["held"]) == (202, "malformed-xml")
    assert _json(poisoned)["message"]


def test_a_locked_account_gets_no_work_but_its_record_is_kept(
    app: Flask, client: FlaskClient, lan: dict[str, str]
) -> None:
    with app.extensions["survey.db"].transaction() as session:
        found = accounts.prove(session, username="lan", password=PASSWORD)
        accounts.set_state(session, SYSTEM, account_id=(found and found.account_id) or 0, state="locked")
    refused = client.get("/field/app/api/work", headers=lan)
    assert (refused.status_code, _json(refused)["error"]) == (403, "device-revoked")
    interview = Interview()
    kept = _put(client, lan, interview, interview.xml())
    assert (kept.status_code, _json(kept)["held"]) == (202, "device-revoked")


def test_after_a_wipe_the_token_brings_no_work(client: FlaskClient, lan: dict[str, str]) -> None:
    assert client.post("/field/app/api/wiped", headers=lan).status_code == 200
    assert client.get("/field/app/api/work", headers=lan).status_code == 403
