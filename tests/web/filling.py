"""An open round with the three questionnaires, an area with households, an enterprise and an institution."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path

from sqlalchemy.orm import Session

from survey.db import Database
from survey.model import FrameUnit, Identity, Round, SampleDraw, SampleUnit
from survey.model.actor import SYSTEM, Actor, RoleGrant
from survey.operations import accounts, forms, planning
from survey.questionnaire.xform import CompiledForm, compile_form

FORMS = Path(__file__).resolve().parents[2] / "forms"
PASSWORD = "mot-mat-khau-dai"


@cache
def compiled(name: str) -> CompiledForm:
    """Return one of the three questionnaires, compiled once."""
    return compile_form(FORMS / f"{name}.csv")


class Code(str):
    """The code of a letter that remembers which tax code or unit code it goes with."""

    login: str

    def __new__(cls, code: str, login: str) -> Code:
        """Return the code; `login` is what is typed beside it."""
        made = super().__new__(cls, code)
        made.login = login
        return made


LOGINS = {"enterprise": "0100109106", "institution": "GD-001"}


@dataclass
class Scene:
    """What the tests reach for: numbers of units, codes of letters, names of accounts."""

    round_id: int = 0
    area: int = 0
    households: list[int] = field(default_factory=list)
    enterprise: int = 0
    institution: int = 0
    codes: dict[str, Code] = field(default_factory=dict)
    enumerator: int = 0
    stranger: int = 0
    supervisor: int = 0


def stage(database: Database, *, ends_on: date = date(2099, 12, 31)) -> Scene:
    """Set up the round; its last day is far away unless a test needs it to be over."""
    scene = Scene()
    with database.transaction() as session:
        survey_round = Round(
            code="DT-2026",
            title="Đợt điều tra năm 2026",
            reference_date=date(2026, 11, 1),
            starts_on=date(2026, 11, 1),
            ends_on=ends_on,
            state="open",
            is_synthetic=True,
            settings={
                "agency_name": "Sở Khoa học và Công nghệ",
                "decision_no": "12/QĐ",
                "agency_contact": "0292 3 820 123",
            },
        )
        session.add(survey_round)
        session.flush()
        scene.round_id = survey_round.id
        for kind in ("household", "enterprise", "institution"):
            forms.use_in_round(session, SYSTEM, survey_round, kind, forms.publish(session, SYSTEM, compiled(kind)))
        _people(session, scene)
        _sample(session, scene)
        planning.assign(session, SYSTEM, [scene.area], account_id=scene.enumerator)
        scene.codes = {k: Code(planning.invite(session, SYSTEM, getattr(scene, k)), LOGINS[k]) for k in LOGINS}
    return scene


def reviewer(scene: Scene) -> Actor:
    """Return the supervisor of the round as who returns questionnaires."""
    return Actor(kind="account", account_id=scene.supervisor, grants=(RoleGrant("supervisor", scene.round_id),))


def _people(session: Session, scene: Scene) -> None:
    for name, role in (("dieutra", "enumerator"), ("nguoila", "enumerator"), ("giamsat", "supervisor")):
        account = accounts.create_account(session, SYSTEM, username=name, name=f"Người {name}", password=PASSWORD)
        accounts.grant_role(session, SYSTEM, account.id, role, round_id=scene.round_id)
        setattr(scene, {"dieutra": "enumerator", "nguoila": "stranger", "giamsat": "supervisor"}[name], account.id)


def _sample(session: Session, scene: Scene) -> None:
    draw = SampleDraw(round_id=scene.round_id, kind="household", seed=1, digest="0" * 64)
    session.add(draw)
    session.flush()
    area = _unit(session, scene, draw, "area", "31318-01", {}, name="Ấp Thạnh Hòa 1")
    scene.area = area.id
    for number, head in enumerate(("Nguyễn Văn An", "Trần Thị Bé"), start=1):
        named = {"head_name": head, "address": f"Số {number}, đường Kinh Xáng", "hamlet": "Ấp Thạnh Hòa 1"}
        code = f"31318-01-{number:03d}"
        household = _unit(session, scene, draw, "household", code, named, parent=area.frame_unit_id)
        scene.households.append(household.id)
    named = {"name": "Công ty TNHH Lúa Vàng", "tax_code": "0100109106", "address": "Số 1, Trần Hưng Đạo"}
    scene.enterprise = _unit(session, scene, draw, "enterprise", "DN-001", named).id
    named = {"name": "Trường THPT Vị Thanh", "address": "Số 2, Trần Hưng Đạo"}
    scene.institution = _unit(session, scene, draw, "institution", "GD-001", named).id


def _unit(
    session: Session,
    scene: Scene,
    draw: SampleDraw,
    kind: str,
    code: str,
    named: dict[str, str],
    *,
    parent: int | None = None,
    name: str = "",
) -> SampleUnit:
    identity = Identity(values=named)
    session.add(identity)
    session.flush()
    frame = FrameUnit(
        round_id=scene.round_id,
        kind=kind,
        code=code,
        commune_code="31318",
        parent_id=parent,
        identity_key=identity.key,
        attributes={"name": name} if name else {},
    )
    session.add(frame)
    session.flush()
    unit = SampleUnit(
        draw_id=draw.id,
        round_id=scene.round_id,
        frame_unit_id=frame.id,
        kind=kind,
        stratum="930-1",
        psu="31318-01",
        stage1_probability=0.1,
        position=session.query(SampleUnit).count(),
    )
    session.add(unit)
    session.flush()
    return unit
