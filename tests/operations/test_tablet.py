"""Records from tablets: taken in once, held whole when they cannot be, replayed, never refused to a known device."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pyotp
import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import undefer

from survey.db import Database
from survey.errors import Problem
from survey.model import AuditEvent, Device, Identity, Quarantine, Revision, Round
from survey.model.actor import SYSTEM
from survey.model.base import utc_now
from survey.operations import accounts, devices, quarantine, second_factor, tablet, tablet_work
from survey.query import tablet as reads
from tests.rounds import Interview, small_round
from tests.web.office_round import PASSWORD, staffed_round

PASS = "mat-khau-dai"


@pytest.fixture
def token(database: Database) -> str:
    """Return the token of an enumerator's tablet in an open round."""
    with database.transaction() as session:
        small_round(session)
        account = accounts.create_account(session, SYSTEM, username="lan", name="Lan", password=PASS)
        accounts.grant_role(session, SYSTEM, account.id, "enumerator")
        found = tablet.enrol(session, username="lan", password=PASS, device_name="Máy 1")
    assert found is not None
    return found.token


def _send(database: Database, token: str, xml: bytes, instance_id: str, *, sha256: str = "") -> tablet.Slip:
    with database.transaction() as session:
        sender = tablet.recognise(session, token)
        digest = sha256 or hashlib.sha256(xml).hexdigest()
        return tablet.take_in(session, sender, xml=xml, sha256=digest, instance_id=instance_id)


def _file(database: Database, token: str, store: Path, slip: tablet.Slip, name: str, content: bytes) -> tablet.Slip:
    with database.transaction() as session:
        return tablet.take_file(
            session,
            tablet.recognise(session, token),
            store,
            record=(slip.instance_id, slip.sha256),
            name=name,
            content=content,
            sha256=hashlib.sha256(content).hexdigest(),
        )


def _count(database: Database, table: type) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def _held(database: Database) -> Quarantine:
    with database.reading() as session:
        return session.scalars(select(Quarantine)).one()


def test_a_wrong_password_enrols_nothing_and_an_office_role_has_no_tablet(database: Database, token: str) -> None:
    with database.transaction() as session:
        assert tablet.enrol(session, username="lan", password="sai", device_name="") is None
        account = accounts.create_account(session, SYSTEM, username="xem", name="Xem", password=PASS)
        accounts.grant_role(session, SYSTEM, account.id, "viewer")
        with pytest.raises(Problem, match="right"):
            tablet.enrol(session, username="xem", password=PASS, device_name="")
    assert _count(database, Device) == 1


def test_an_account_with_a_second_factor_enrols_with_a_code_or_a_recovery_code_and_each_counts_once(
    database: Database, token: str
) -> None:
    with database.transaction() as session:
        found = accounts.prove(session, username="lan", password=PASS)
        assert found is not None
        address = second_factor.start(session, found, key="bí mật")
        generator = pyotp.parse_uri(address)
        assert isinstance(generator, pyotp.TOTP)
        long_ago = utc_now() - timedelta(minutes=5)
        codes = second_factor.confirm(session, found, generator.at(long_ago), key="bí mật", now=long_ago)

    def enrolled(code: str) -> bool:
        with database.transaction() as session:
            made = tablet.enrol(session, username="lan", password=PASS, device_name="Máy 2", code=code, key="bí mật")
        return made is not None

    with pytest.raises(Problem, match="second factor"):
        enrolled(" ")
    present = generator.now()
    assert [enrolled(code) for code in ("000000", present, present)] == [False, True, False]
    assert [enrolled(code) for code in (codes[0], codes[0].lower(), codes[1])] == [True, False, True]
    assert _count(database, Device) == 4


def test_guessing_a_code_while_enrolling_is_counted(database: Database, token: str) -> None:
    with database.transaction() as session:
        found = accounts.prove(session, username="lan", password=PASS)
        assert found is not None
        generator = pyotp.parse_uri(second_factor.start(session, found, key="k"))
        assert isinstance(generator, pyotp.TOTP)
        second_factor.confirm(session, found, generator.now(), key="k")

    def guess() -> object:
        with database.transaction() as session:
            return tablet.enrol(session, username="lan", password=PASS, device_name="", code="12", key="k")

    assert [guess() for _ in range(accounts.ATTEMPT_LIMIT)] == [None] * accounts.ATTEMPT_LIMIT
    with pytest.raises(Problem, match="Too many attempts"):
        guess()
    assert _count(database, Device) == 1


def test_a_recovery_key_is_the_same_each_time_and_differs_by_person_and_installation() -> None:
    keys = {tablet.recovery_key("a", 1), tablet.recovery_key("a", 2), tablet.recovery_key("b", 1)}
    assert len(keys) == 3
    assert {len(key) for key in keys} == {32}
    assert tablet.recovery_key("a", 1) in keys


def test_a_record_is_taken_in_once_however_often_it_is_sent(database: Database, token: str) -> None:
    interview = Interview()
    first = _send(database, token, interview.xml(), interview.instance_id)
    again = _send(database, token, interview.xml(), interview.instance_id)
    assert (first.is_new, again.is_new, first.held, again.held) == (True, False, "", "")
    assert first.sha256 == again.sha256 == hashlib.sha256(interview.xml()).hexdigest()
    assert _count(database, Revision) == 1


def test_bytes_that_changed_on_the_way_are_not_stored(database: Database, token: str) -> None:
    interview = Interview()
    with pytest.raises(Problem, match="not what was sent"):
        _send(database, token, b"", interview.instance_id, sha256=hashlib.sha256(interview.xml()).hexdigest())
    assert (_count(database, Revision), _count(database, Quarantine)) == (0, 0)


def test_an_unknown_token_is_turned_away(database: Database, token: str) -> None:
    with pytest.raises(Problem, match="sign in"):
        _send(database, "khong-co", Interview().xml(), "uuid:x")


@pytest.mark.parametrize(
    ("xml", "code"),
    [
        (b"<data", "malformed-xml"),
        (b'<data id="tiny" version="1"><head/></data>', "no-instance-id"),
        (Interview("uuid:1").xml(form_id="khac"), "unknown-form"),
        (Interview("uuid:1").xml(deprecated_id="uuid:khong-co"), "unknown-deprecated"),
    ],
)
def test_what_cannot_be_taken_in_is_held_whole(database: Database, token: str, xml: bytes, code: str) -> None:
    slip = _send(database, token, xml, "uuid:1")
    assert (slip.held, slip.sha256) == (code, hashlib.sha256(xml).hexdigest())
    again = _send(database, token, xml, "uuid:1")
    assert (again.held, again.is_new) == (code, False)
    held = _held(database)
    with database.reading() as session:
        sealed = session.get_one(Identity, held.identity_key, options=[undefer(Identity.document)])
        assert sealed.document == xml


def test_a_fault_of_the_system_in_one_record_does_not_block_the_queue(
    database: Database, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise KeyError("a bug")

    monkeypatch.setattr("survey.operations.examination.judge", broken)
    interview = Interview()
    assert _send(database, token, interview.xml(), interview.instance_id).held == "unexpected"
    monkeypatch.undo()
    other = Interview()
    assert _send(database, token, other.xml(), other.instance_id).held == ""


def test_another_content_under_a_used_identifier_is_held_beside_the_first(database: Database, token: str) -> None:
    interview = Interview()
    _send(database, token, interview.xml(), interview.instance_id)
    slip = _send(database, token, interview.xml(size="5"), interview.instance_id)
    assert slip.held == "instance-conflict"
    assert (_count(database, Revision), _count(database, Quarantine)) == (1, 1)


def test_a_revoked_device_gets_no_work_but_its_finished_record_is_kept(database: Database, token: str) -> None:
    before = Interview()
    _send(database, token, before.xml(), before.instance_id)
    with database.transaction() as session:
        sender = tablet.recognise(session, token)
        devices.revoke(session, sender.actor, sender.device.id)
    interview = Interview()
    assert _send(database, token, interview.xml(), interview.instance_id).held == "device-revoked"
    assert _send(database, token, before.xml(), before.instance_id).held == ""
    with database.transaction() as session, pytest.raises(Problem, match="no longer enrolled"):
        tablet_work.work_of(session, tablet.recognise(session, token), "lan")


def test_a_held_record_with_its_file_is_replayed_in_its_senders_name(
    database: Database, token: str, tmp_path: Path
) -> None:
    with database.transaction() as session:
        sender = tablet.recognise(session, token)
        devices.revoke(session, sender.actor, sender.device.id)
        boss = accounts.create_account(session, SYSTEM, username="sep", name="Sếp", password=PASS)
        accounts.grant_role(session, SYSTEM, boss.id, "supervisor")
        office = accounts.actor_of(session, boss)
    interview = Interview()
    slip = _send(database, token, interview.xml(photo="nhà.jpg"), interview.instance_id)
    assert _file(database, token, tmp_path, slip, "nhà.jpg", b"\xff\xd8").files == {
        "nhà.jpg": hashlib.sha256(b"\xff\xd8").hexdigest()
    }
    held = _held(database)
    with database.transaction() as session:
        assert [row.code for row in reads.held_records(session)] == ["device-revoked"]
        assert quarantine.document_of(session, office, held.id) == interview.xml(photo="nhà.jpg")
        receipt = quarantine.replay(session, office, held.id, store=tmp_path)
        with pytest.raises(Problem):
            quarantine.replay(session, office, held.id, store=tmp_path)
    with database.reading() as session:
        revision = session.scalars(select(Revision)).one()
        assert (revision.instance_id, revision.account_id) == (interview.instance_id, sender.device.account_id)
        assert reads.held_records(session) == ()
    assert receipt.sha256 == slip.sha256
    after = _send(database, token, interview.xml(photo="nhà.jpg"), interview.instance_id)
    assert (after.held, after.missing, len(after.files)) == ("", (), 1)


def test_a_record_that_fails_again_stays_held_and_giving_up_needs_a_reason(
    database: Database, token: str, tmp_path: Path
) -> None:
    _send(database, token, b"<data", "uuid:1")
    held = _held(database)
    with database.transaction() as session, pytest.raises(Problem, match="XML"):
        quarantine.replay(session, SYSTEM, held.id, store=tmp_path)
    with database.transaction() as session, pytest.raises(Problem, match="remark"):
        quarantine.dismiss(session, SYSTEM, held.id, remark=" ")
    with database.transaction() as session:
        quarantine.dismiss(session, SYSTEM, held.id, remark="Bản thử")
    assert _held(database).state == "dismissed"
    assert _send(database, token, b"<data", "uuid:1").held == "malformed-xml"
    assert _count(database, Quarantine) == 1


def test_an_enumerator_may_not_replay(database: Database, token: str, tmp_path: Path) -> None:
    _send(database, token, b"<data", "uuid:1")
    held = _held(database)
    with database.transaction() as session, pytest.raises(Problem, match="right"):
        quarantine.replay(session, tablet.recognise(session, token).actor, held.id, store=tmp_path)


def test_files_are_named_in_the_slip_and_other_content_under_a_used_name_is_kept_beside(
    database: Database, token: str, tmp_path: Path
) -> None:
    interview = Interview()
    slip = _send(database, token, interview.xml(photo="a.jpg"), interview.instance_id)
    assert slip.missing == ("a.jpg",)
    done = _file(database, token, tmp_path, slip, "a.jpg", b"one")
    assert (done.missing, done.files["a.jpg"]) == ((), hashlib.sha256(b"one").hexdigest())
    assert _file(database, token, tmp_path, slip, "a.jpg", b"one").is_new is False
    other = _file(database, token, tmp_path, slip, "a.jpg", b"two")
    assert set(other.files.values()) == {hashlib.sha256(c).hexdigest() for c in (b"one", b"two")}
    with pytest.raises(Problem, match="empty"):
        _file(database, token, tmp_path, slip, "a.jpg", b"")


def test_a_correction_keeps_the_files_it_still_names(database: Database, token: str, tmp_path: Path) -> None:
    first, second = Interview(), Interview()
    slip = _send(database, token, first.xml(photo="a.jpg"), first.instance_id)
    _file(database, token, tmp_path, slip, "a.jpg", b"one")
    xml = second.xml(photo="a.jpg", size="5", deprecated_id=first.instance_id)
    corrected = _send(database, token, xml, second.instance_id)
    assert (corrected.missing, dict(corrected.files)) == ((), {"a.jpg": hashlib.sha256(b"one").hexdigest()})


def test_many_equal_posts_at_once_are_one_row(postgres_database: Database) -> None:
    with postgres_database.transaction() as session:
        small_round(session)
        account = accounts.create_account(session, SYSTEM, username="lan", name="Lan", password=PASS)
        accounts.grant_role(session, SYSTEM, account.id, "enumerator")
        found = tablet.enrol(session, username="lan", password=PASS, device_name="Máy 1")
    assert found is not None
    interview = Interview()
    xmls = [interview.xml()] * 12 + [b"<data"] * 12

    def send(xml: bytes) -> tablet.Slip:
        return _send(postgres_database, found.token, xml, interview.instance_id)

    with ThreadPoolExecutor(8) as pool:
        slips = list(pool.map(send, xmls))
    assert sum(slip.is_new for slip in slips[:12]) == 1
    assert {slip.held for slip in slips[12:]} == {"malformed-xml"}
    assert (_count(postgres_database, Revision), _count(postgres_database, Quarantine)) == (1, 1)


def test_the_days_work_names_the_households_and_what_came_back_and_is_audited(database: Database) -> None:
    with database.transaction() as session:
        staffed_round(session)
        found = tablet.enrol(session, username="lan", password=PASSWORD, device_name="")
    assert found is not None
    with database.transaction() as session:
        work = tablet_work.work_of(session, tablet.recognise(session, found.token), "lan")
    (place,) = work["places"]
    assert len(place["stops"]) == 4
    assert {stop["state"] for stop in place["stops"]} == {"received", "approved", "returned"}
    assert all(stop["find"]["name"].startswith("Chủ hộ") for stop in place["stops"])
    assert all(stop["known"]["assignment_code"] == stop["code"] for stop in place["stops"])
    (back,) = work["returns"]
    assert back["remarks"] == {"head/size": "Đếm lại số người"}
    assert back["answers"]["head"]["name"] == "Bí Mật"
    assert [form["form_id"] for form in work["forms"]] == ["tiny"]
    with database.reading() as session:
        assert session.scalar(select(func.count()).where(AuditEvent.action == "tablet.download")) == 1


def test_what_a_round_says_to_everybody_travels_once_with_the_version_of_its_consent_text(database: Database) -> None:
    with database.transaction() as session:
        staffed_round(session)
        for each in session.scalars(select(Round)):
            each.settings = {**each.settings, "agency_name": "Cục Thống kê", "consent_notice": "Xin thông báo."}
            each.consent_version = "3"
        found = tablet.enrol(session, username="lan", password=PASSWORD, device_name="")
    assert found is not None
    with database.transaction() as session:
        work = tablet_work.work_of(session, tablet.recognise(session, found.token), "lan")
    said = {"agency_name": "Cục Thống kê", "consent_notice": "Xin thông báo.", "consent_notice_version": "3"}
    assert [each["known"] for each in work["rounds"]] == [said]
    assert not any(set(said) & set(stop["known"]) for place in work["places"] for stop in place["stops"])


def test_a_wipe_order_reaches_the_tablet_and_its_confirmation_ends_the_token(database: Database, token: str) -> None:
    with database.transaction() as session:
        sender = tablet.recognise(session, token)
        assert tablet.report(session, sender, {"unsent": 2, "persisted": True, "strange": "x"}) is False
        tablet.order_wipe(session, SYSTEM, sender.device.id)
    with database.transaction() as session:
        sender = tablet.recognise(session, token)
        assert tablet.report(session, sender, {}) is True
        tablet.confirm_wipe(session, sender)
        assert tablet.report(session, sender, {"unsent": 0}) is False
    with database.reading() as session:
        assert tablet.recognise(session, token).is_trusted is False
        assert session.scalars(select(Device.report)).one()["unsent"] == 0
