"""Who may send over OpenRosa, how a client is challenged, and that no known device's record is ever turned away."""

from __future__ import annotations

import base64
import time

import pytest
from flask import Flask
from sqlalchemy import select

from survey.model import AuditEvent, Device, Quarantine, Revision, Submission
from survey.model.actor import SYSTEM
from survey.operations import accounts, devices, quarantine
from survey.web.openrosa import digest
from tests.rounds import Interview
from tests.web.openrosa_site import PASSWORD, Site, said


@pytest.fixture
def site(app: Flask) -> Site:
    """Return an open round with one enrolled device."""
    return Site(app)


def _digest(site: Site, method: str, uri: str, *, password: str = "", age: float = 0, nonce: str = "") -> str:
    """Answer a challenge as a client does."""
    made = digest.challenge(site.config.secret_key, now=time.time() - age)
    given = {
        "username": site.user_name,
        "realm": digest.REALM,
        "nonce": nonce or made.partition('nonce="')[2].partition('"')[0],
        "uri": uri,
        "qop": "auth",
        "nc": "00000001",
        "cnonce": "0a4f113b",
    }
    response = digest.answer(given, password or site.password, method)
    return "Digest " + ", ".join(f'{name}="{value}"' for name, value in {**given, "response": response}.items())


def _basic(name: str, password: str) -> dict[str, str]:
    return {"Authorization": f"Basic {base64.b64encode(f'{name}:{password}'.encode()).decode()}"}


def test_the_worked_example_of_the_standard_gives_its_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digest, "REALM", "testrealm@host.com")
    given = {
        "username": "Mufasa",
        "nonce": "dcd98b7102dd2f0e8b11d0f600bfb0c093",
        "uri": "/dir/index.html",
        "nc": "00000001",
        "cnonce": "0a4f113b",
    }
    assert digest.answer(given, "Circle Of Life", "GET") == "6629fae49393a05397450978507c4ef1"


@pytest.mark.parametrize(("method", "name"), [("HEAD", "submission"), ("GET", "formList"), ("POST", "submission")])
def test_whoever_does_not_say_who_it_is_gets_both_challenges(site: Site, method: str, name: str) -> None:
    answer = site.client.open(f"/openrosa/{name}", method=method)
    assert answer.status_code == 401
    basic, asked = answer.headers.getlist("WWW-Authenticate")
    assert basic.startswith("Basic ")
    assert asked.startswith("Digest ")
    assert 'qop="auth"' in asked
    assert answer.headers["X-OpenRosa-Version"] == "1.0"


def test_a_device_that_answers_the_digest_challenge_reads_and_sends(site: Site) -> None:
    uri = "/openrosa/formList?deviceID=x"
    assert site.client.get(uri, headers={"Authorization": _digest(site, "GET", uri)}).status_code == 200
    head = {"Authorization": _digest(site, "HEAD", "/openrosa/submission")}
    assert site.client.head("/openrosa/submission", headers=head).status_code == 204
    post = {"Authorization": _digest(site, "POST", "/openrosa/submission")}
    assert site.post(Interview().xml(), path="/openrosa", headers=post).status_code == 201
    with site.database.reading() as session:
        assert session.scalars(select(Revision.device)).one() == "Máy 1"


def test_an_answer_for_another_method_address_password_or_number_is_no_proof(site: Site) -> None:
    uri = "/openrosa/formList"
    wrong = [
        _digest(site, "POST", uri),
        _digest(site, "GET", "/openrosa/submission"),
        _digest(site, "GET", uri, password="khong-phai"),
        _digest(site, "GET", uri, nonce=f"{int(time.time())}.{'0' * 32}"),
        _digest(site, "GET", uri, nonce="khong-phai-so"),
        _digest(site, "GET", uri).replace(site.user_name, "may-999999"),
        _digest(site, "GET", uri).replace(site.user_name, "lan"),
        'Digest username="x"',
    ]
    assert [site.client.get(uri, headers={"Authorization": value}).status_code for value in wrong] == [401] * len(wrong)


def test_a_right_answer_to_an_old_challenge_is_told_that_it_is_stale(site: Site) -> None:
    old = _digest(site, "GET", "/openrosa/formList", age=digest.NONCE_SECONDS + 5)
    answer = site.client.get("/openrosa/formList", headers={"Authorization": old})
    assert answer.status_code == 401
    assert "stale=true" in answer.headers.getlist("WWW-Authenticate")[1]


def test_basic_takes_an_account_or_a_device_and_nobody_else(site: Site) -> None:
    uri = "/openrosa/formList"
    assert site.client.get(uri, headers=_basic("lan", PASSWORD)).status_code == 200
    assert site.client.get(uri, headers=_basic(site.user_name, site.password)).status_code == 200
    assert site.client.get(uri, headers=_basic("lan", site.password)).status_code == 401
    assert site.client.get(uri, headers=_basic(site.user_name, PASSWORD)).status_code == 401
    answer = site.post(Interview().xml(), path="/openrosa", headers=_basic("lan", PASSWORD))
    assert answer.status_code == 201


def test_the_password_of_a_device_stands_nowhere_in_the_database(site: Site) -> None:
    with site.database.reading() as session:
        row = session.get_one(Device, site.device_id)
        values = [str(getattr(row, column.key)) for column in Device.__table__.columns]
    assert site.password not in " ".join(values)
    assert len(site.password) == 20


def _hold(site: Site, xml: bytes) -> Quarantine:
    answer = site.post(xml)
    assert answer.status_code == 201
    assert "giữ" in said(answer) or "office" in said(answer)
    with site.database.reading() as session:
        return session.scalars(select(Quarantine)).one()


def test_a_revoked_device_gets_no_work_but_its_record_is_held(site: Site) -> None:
    site.revoke()
    assert site.client.get(f"{site.path}/formList").status_code == 403
    assert site.client.head(f"{site.path}/submission").status_code == 204
    xml = Interview().xml()
    held = _hold(site, xml)
    assert (held.code, held.channel) == ("device-revoked", "openrosa")
    assert site.post(xml).status_code == 202
    assert (site.count(Quarantine), site.count(Submission)) == (1, 0)


def test_a_locked_account_s_device_is_held_and_the_office_takes_it_in_with_its_files(site: Site) -> None:
    with site.database.transaction() as session:
        accounts.set_state(session, SYSTEM, account_id=site.account_id, state="locked")
    interview = Interview()
    xml = interview.xml(photo="nhà.jpg")
    held = _hold(site, xml)
    assert site.post(xml, [("nhà.jpg", b"picture")]).status_code == 201
    assert site.post(xml, [("nhà.jpg", b"picture")]).status_code == 202
    with site.database.transaction() as session:
        quarantine.replay(session, SYSTEM, held.id, store=site.config.media)
    assert site.missing(interview) == ()
    with site.database.reading() as session:
        revision = session.scalars(select(Revision)).one()
        assert (revision.channel, revision.device, revision.account_id) == ("openrosa", "Máy 1", site.account_id)
        acts = session.scalars(select(AuditEvent.action).where(AuditEvent.subject_kind == "quarantine")).all()
    assert acts == ["quarantine.hold", "quarantine.accepted"]
    assert site.post(xml).status_code == 202


def test_a_device_without_a_role_is_held_too(site: Site) -> None:
    with site.database.transaction() as session:
        other = accounts.create_account(session, SYSTEM, username="binh", name="Bình", password=PASSWORD)
        _, token = devices.enrol(session, SYSTEM, account_id=other.id, name="Máy 2")
    assert site.post(Interview().xml(), path=f"/openrosa/key/{token}").status_code == 201
    with site.database.reading() as session:
        assert session.scalars(select(Quarantine.code)).one() == "forbidden"


@pytest.mark.parametrize(
    ("xml", "status", "code"),
    [
        (b"<data", 400, "malformed-xml"),
        (b'<data id="tiny" version="1"/>', 400, "no-instance-id"),
        (Interview().xml(form_id="khac"), 404, "unknown-form"),
        (Interview().xml(deprecated_id="uuid:khong-co"), 404, "unknown-deprecated"),
    ],
)
def test_what_the_protocol_has_a_code_for_is_answered_with_it_and_kept(
    site: Site, xml: bytes, status: int, code: str
) -> None:
    answers = [site.post(xml) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [status, status]
    with site.database.reading() as session:
        held = session.scalars(select(Quarantine)).one()
        assert held.code == code
        assert quarantine.by_document(session, held.sha256) is not None


def test_a_conflicting_record_is_409_and_the_office_can_see_both(site: Site) -> None:
    interview = Interview()
    site.post(interview.xml())
    other = interview.xml(size="4")
    assert site.post(other).status_code == 409
    with site.database.transaction() as session:
        held = session.scalars(select(Quarantine)).one()
        assert quarantine.document_of(session, SYSTEM, held.id) == other


def test_a_fault_of_the_system_in_one_record_is_held(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_given: object, **_named: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("survey.operations.examination.judge", broken)
    xml = Interview().xml()
    assert _hold(site, xml).code == "unexpected"
    monkeypatch.undo()
    with site.database.transaction() as session:
        held = session.scalars(select(Quarantine)).one()
        quarantine.replay(session, SYSTEM, held.id, store=site.config.media)
    assert site.count(Submission) == 1


def test_an_unknown_token_is_refused_and_leaves_nothing(site: Site) -> None:
    answer = site.post(Interview().xml(), path="/openrosa/key/khong-co")
    assert answer.status_code == 401
    assert (site.count(Quarantine), site.count(Submission)) == (0, 0)


def test_a_device_is_seen_when_it_sends(site: Site) -> None:
    site.post(Interview().xml())
    with site.database.reading() as session:
        assert session.get_one(Device, site.device_id).seen_at is not None
