"""A round with staff, areas in two districts, a drawn sample and interviews in every state, for the office tests."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.model import Account, FrameUnit, Round, SampleUnit
from survey.model.actor import SYSTEM
from survey.operations import accounts, planning, review, submissions
from survey.operations.planning import FrameEntry
from survey.reference import units
from tests.rounds import Interview, small_round

PASSWORD = "mat khau thu nghiem"
STAFF = {
    "admin": ("Trần Quản Trị", "admin", None),
    "statistician": ("Lê Thị Thống Kê", "statistician", None),
    "supervisor": ("Nguyễn Giám Sát", "supervisor", "here"),
    "viewer": ("Phạm Xem", "viewer", None),
    "lan": ("Võ Thị Lan", "enumerator", None),
    "an": ("Nguyễn Văn An", "enumerator", None),
}


@dataclass
class Staffed:
    """The round's numbers: ids that tests ask for. `here` is the supervisor's district, `there` another one."""

    code: str
    round_id: int
    here: units.District
    there: units.District
    areas: dict[str, int] = field(default_factory=dict)
    """Sampled area by old district code."""
    people: dict[str, int] = field(default_factory=dict)
    records: dict[str, str] = field(default_factory=dict)
    """Submission by name: waiting-here, wrong-here, approved-here, returned-here, waiting-there."""


def staffed_round(session: Session) -> Staffed:
    """Create the round, its staff, its sample and its interviews."""
    round_ = small_round(session)
    here, there = units.in_name_order(units.districts())[:2]
    made = Staffed(round_.code, round_.id, here, there)
    _hire(session, made)
    _sample(session, round_, made)
    for district, name in ((here, "lan"), (there, "an")):
        planning.assign(session, SYSTEM, [made.areas[district.code]], account_id=made.people[name])
    _interview(session, made)
    return made


def _hire(session: Session, made: Staffed) -> None:
    for username, (name, role, area) in STAFF.items():
        account = accounts.create_account(session, SYSTEM, username=username, name=name, password=PASSWORD)
        made.people[username] = account.id
        code = made.here.code if area == "here" else None
        accounts.grant_role(session, SYSTEM, account.id, role, round_id=made.round_id, area_code=code)
    admin = made.people["admin"]
    accounts.grant_role(session, SYSTEM, admin, "admin")


def _sample(session: Session, round_: Round, made: Staffed) -> None:
    areas, households = [], []
    for district in (made.here, made.there):
        commune = units.old_communes_in(district.code)[0]
        code = f"{commune.code}-01"
        areas.append(FrameEntry(code, commune.code, stratum=district.code, size=4))
        for number in range(1, 5):
            identity = {"name": f"Chủ hộ {number}", "address": f"Ấp {number}"}
            entry = FrameEntry(f"{code}-{number:03d}", commune.code, parent_code=code, identity=identity)
            households.append(entry)
    planning.import_frame(session, SYSTEM, round_.id, "area", areas)
    planning.import_frame(session, SYSTEM, round_.id, "household", households)
    planning.draw_area_sample(session, SYSTEM, round_.id, n=2, seed=1, minimum=1)
    planning.draw_household_sample(session, SYSTEM, round_.id, per_area=4, seed=1)
    sampled = select(SampleUnit.id, FrameUnit.commune_code).join(FrameUnit, FrameUnit.id == SampleUnit.frame_unit_id)
    for unit_id, commune_code in session.execute(sampled.where(SampleUnit.kind == "area")):
        made.areas[units.old_commune(commune_code).district_code] = unit_id


def _interview(session: Session, made: Staffed) -> None:
    here, there = _households(session, made.here), _households(session, made.there)
    lan, an = (_actor(session, made.people[name]) for name in ("lan", "an"))
    made.records["waiting-here"] = _receive(session, lan, here[0])
    made.records["wrong-here"] = _receive(session, lan, here[1], size="99")
    made.records["approved-here"] = _receive(session, lan, here[2])
    made.records["returned-here"] = _receive(session, lan, here[3])
    made.records["waiting-there"] = _receive(session, an, there[0])
    boss = _actor(session, made.people["statistician"])
    review.approve(session, boss, made.records["approved-here"], expected_revision=1)
    review.return_for_correction(
        session, boss, made.records["returned-here"], expected_revision=1, remarks={"head/size": "Đếm lại số người"}
    )


def _households(session: Session, district: units.District) -> list[int]:
    communes = [commune.code for commune in units.old_communes_in(district.code)]
    query = (
        select(SampleUnit.id)
        .join(FrameUnit, FrameUnit.id == SampleUnit.frame_unit_id)
        .where(SampleUnit.kind == "household", FrameUnit.commune_code.in_(communes))
        .order_by(FrameUnit.code)
    )
    return list(session.scalars(query))


def _actor(session: Session, account_id: int):  # type: ignore[no-untyped-def]
    return accounts.actor_of(session, session.get_one(Account, account_id))


def _receive(session: Session, actor, unit_id: int, *, size: str = "3") -> str:  # type: ignore[no-untyped-def]
    receipt = submissions.receive(
        session, actor, xml=Interview().xml(size=size, name="Bí Mật"), channel="field", sample_unit_id=unit_id
    )
    return receipt.submission_id


def token_in(page: str) -> str:
    """Return the CSRF token that a page carries."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found, "the page has no form"
    return found.group(1)


def sign_in(client: FlaskClient, username: str) -> FlaskClient:
    """Sign a browser in as one of the staff."""
    token = token_in(client.get("/auth/sign-in").text)
    data = {"csrf_token": token, "username": username, "password": PASSWORD}
    answer = client.post("/auth/sign-in", data=data)
    assert answer.status_code == 302, answer.text
    return client


def send(client: FlaskClient, page: str, address: str, **data: object):  # type: ignore[no-untyped-def]
    """Post a form with the token of a page."""
    return client.post(address, data={"csrf_token": token_in(client.get(page).text), **data})
