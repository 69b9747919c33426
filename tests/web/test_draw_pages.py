"""Draws from pages: sizes, a preview that leaves no trace, one frozen draw, verified and listed."""

from __future__ import annotations

import re
from datetime import date

from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from survey.db import Database
from survey.model import AuditEvent, FrameUnit, SampleDraw, SampleUnit
from survey.model.actor import SYSTEM
from survey.operations import draw_plans, planning
from survey.operations.draw_plans import DrawPlan
from survey.operations.planning import FrameEntry
from survey.sampling import size
from tests.web.office_round import Staffed, send, sign_in

_DAY = date(2026, 11, 1)


def _page(staffed: Staffed, page: str = "") -> str:
    return f"/office/rounds/{staffed.code}/draws{page}"


def _enterprises(database: Database, staffed: Staffed) -> None:
    entries = [
        FrameEntry(f"DN{i:03d}", "31318", stratum="C-large" if i < 4 else f"{'GH'[i % 2]}-small", size=i + 1)
        for i in range(64)
    ]
    with database.transaction() as session:
        planning.import_frame(session, SYSTEM, staffed.round_id, "enterprise", entries)


def test_a_preview_tells_strata_and_writes_nothing(
    office: FlaskClient, staffed: Staffed, office_database: Database
) -> None:
    _enterprises(office_database, staffed)
    sign_in(office, "statistician")
    shown = office.get(_page(staffed, "/new-enterprise?n=24&minimum=5&exponent=0,5&take_all=C-large")).text
    cells = re.findall(
        r'<th scope="row" class="nowrap">([A-Z]-\w+)</th><td class="num">(\d+)</td><td class="num">(\d+)</td>', shown
    )
    assert cells == [("C-large", "4", "4"), ("G-small", "30", "10"), ("H-small", "30", "10")]
    assert "33,33%" in shown
    with office_database.reading() as session:
        assert session.scalar(select(func.count()).where(SampleDraw.kind == "enterprise")) == 0
        assert session.scalar(select(func.count()).where(SampleUnit.kind == "enterprise")) == 0


def test_a_sample_is_drawn_once_verified_and_listed(
    office: FlaskClient, staffed: Staffed, office_database: Database
) -> None:
    _enterprises(office_database, staffed)
    sign_in(office, "statistician")
    plan, data = _page(staffed, "/new-enterprise"), {"n": "24", "minimum": "5", "seed": "2026", "take_all": "C-large"}
    page = f"{plan}?n=24"
    made = send(office, page, plan, **data)
    assert made.status_code == 302
    assert send(office, _page(staffed), plan, **data).status_code == 409
    shown = office.get(made.location).text
    assert shown.count('<th scope="row" class="nowrap">DN') == 24
    assert office.get(f"{made.location}.csv").text.count("\n") == 25
    assert send(office, _page(staffed), f"{made.location}/verify?lang=en").location == _page(staffed)
    assert "Drawn again: the result is the same" in office.get(f"{_page(staffed)}?lang=en").text


def test_a_draw_that_was_tampered_with_is_told(
    office: FlaskClient, staffed: Staffed, office_database: Database
) -> None:
    with office_database.transaction() as session:
        draw = session.scalars(select(SampleDraw.id).where(SampleDraw.kind == "area")).one()
        session.execute(
            update(FrameUnit).where(FrameUnit.kind == "area").values(size=FrameUnit.size * 2 + FrameUnit.id)
        )
        first = session.scalars(select(SampleUnit).where(SampleUnit.draw_id == draw)).first()
        assert first is not None
        first.stage1_probability = 0.5
    sign_in(office, "statistician")
    send(office, _page(staffed), _page(staffed, f"/{draw}/verify"))
    assert "banner--wrong" in office.get(_page(staffed)).text


def test_names_are_listed_for_supervisors_of_the_area_only_and_recorded(
    office: FlaskClient, staffed: Staffed, office_database: Database
) -> None:
    with office_database.reading() as session:
        draw = session.scalars(select(SampleDraw.id).where(SampleDraw.kind == "household")).one()
    sign_in(office, "supervisor")
    address = _page(staffed, f"/{draw}")
    plain = office.get(address).text
    assert "Chủ hộ" not in plain
    assert plain.count('class="nowrap"') == 4
    named = send(office, address, f"{address}/names", part="1").text
    assert named.count("Chủ hộ") == 4
    with office_database.reading() as session:
        event = session.scalars(select(AuditEvent).where(AuditEvent.subject_kind == "sample_draw")).all()[-1]
    assert (event.action, event.details["units"]) == ("identity.read", 4)


def test_a_statistician_is_not_offered_names(office: FlaskClient, staffed: Staffed, office_database: Database) -> None:
    with office_database.reading() as session:
        draw = session.scalars(select(SampleDraw.id).where(SampleDraw.kind == "household")).one()
    sign_in(office, "statistician")
    assert "/names" not in office.get(_page(staffed, f"/{draw}")).text
    assert send(office, _page(staffed), _page(staffed, f"/{draw}/names")).status_code == 403


def test_the_calculator_gives_what_the_formula_gives(office: FlaskClient, staffed: Staffed) -> None:
    sign_in(office, "statistician")
    query = "kind=household&domain=whole&half_width=20&proportion=50&deff=1&response=80"
    shown = office.get(_page(staffed, f"/size?{query}")).text
    wanted = size.for_proportion(0.2, proportion=0.5, population=8, response_rate=0.8)
    assert f'<td class="num">{wanted.respondents[0]}</td><td class="num"><strong>{wanted.select[0]}</strong>' in shown
    assert "banner--wrong" in office.get(_page(staffed, "/size?half_width=1.5")).text


def test_numbers_that_are_none_are_refused_with_the_page(office: FlaskClient, staffed: Staffed) -> None:
    sign_in(office, "statistician")
    assert office.get(_page(staffed, "/new-enterprise?n=x")).status_code == 400
    assert office.get(_page(staffed, "/new-nothing")).status_code == 404
    answer = send(office, _page(staffed), _page(staffed, "/new-enterprise"), n="3", seed="-1")
    assert answer.status_code == 400


def test_a_plan_previews_what_the_draw_then_takes(database: Database) -> None:
    with database.transaction() as session:
        round_ = planning.create_round(
            session, SYSTEM, code="X", title="X", reference_date=_DAY, starts_on=_DAY, ends_on=_DAY
        )
        entries = [FrameEntry(f"{i:03d}", "31318", stratum="UR"[i % 2], size=50 + i) for i in range(40)]
        planning.import_frame(session, SYSTEM, round_.id, "area", entries)
        plan = DrawPlan("area", n=11, minimum=2)
        before = draw_plans.preview(session, SYSTEM, round_.id, plan)
        assert session.scalar(select(func.count()).select_from(SampleDraw)) == 0
        made = draw_plans.make(session, SYSTEM, round_.id, plan, seed=99)
        drawn = session.execute(
            select(SampleUnit.stratum, func.count()).where(SampleUnit.draw_id == made.id).group_by(SampleUnit.stratum)
        )
        assert {line.name: line.drawn for line in before} == {row[0]: row[1] for row in drawn}
        assert sum(line.drawn for line in before) == 11
