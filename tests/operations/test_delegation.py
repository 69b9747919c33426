"""A colleague writes in one section and nowhere else, until the link is over or taken back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from survey.db import Database
from survey.errors import Problem
from survey.model import Delegation
from survey.model.actor import Actor
from survey.model.base import utc_now
from survey.operations import accounts, delegation, drafts
from survey.operations.drafts import Cell, Edit
from survey.query import respondents as reads
from tests.web.filling import Scene, stage

DIGITAL = "interview/digital"
ECONTRACT = Edit(f"{DIGITAL}/econtract", Cell("1"), Cell(""))
REVENUE = Edit("interview/enterprise/revenue", Cell("5"), Cell(""))


@pytest.fixture
def scene(database: Database) -> Scene:
    """Return a staged round."""
    return stage(database)


def owner(scene: Scene) -> Actor:
    """Return the enterprise."""
    return Actor(kind="invitation", invitation_id=1, sample_unit_id=scene.enterprise, round_id=scene.round_id)


def passed(database: Database, scene: Scene, **options: object) -> tuple[str, str]:
    """Return (draft, token) of a section that was passed on."""
    with database.transaction() as session:
        draft = drafts.open_or_create(session, owner(scene), scene.enterprise)
        path = delegation.pass_on(
            session, owner(scene), draft.id, part="digital", paths=[DIGITAL], days=3, name="Chị Hoa", **options
        )
    return draft.id, path.removeprefix(delegation.LINK_PATH)


def colleague(database: Database, token: str) -> Actor | None:
    """Return who works with a link."""
    with database.transaction() as session:
        opened = delegation.claim(session, token=token)
        return accounts.actor_for_token(session, opened) if opened else None


def test_a_colleague_writes_in_the_section_and_the_owner_sees_when(database: Database, scene: Scene) -> None:
    draft, token = passed(database, scene)
    actor = colleague(database, token)
    assert actor is not None
    assert actor.kind == "delegate"
    with database.transaction() as session:
        saved = drafts.save(session, actor, draft, [ECONTRACT])
        assert saved.written == (ECONTRACT.path,)
    with database.reading() as session:
        [helper] = reads.helpers_of(session, draft, utc_now())
        assert (helper.name, helper.part) == ("Chị Hoa", "digital")
        assert helper.saved_at is not None


@pytest.mark.parametrize("edits", [[REVENUE], [ECONTRACT, REVENUE]])
def test_answers_outside_the_section_are_refused_and_nothing_is_written(
    database: Database, scene: Scene, edits: list[Edit]
) -> None:
    draft, token = passed(database, scene)
    actor = colleague(database, token)
    assert actor is not None
    with database.transaction() as session, pytest.raises(Problem) as problem:
        drafts.save(session, actor, draft, edits)
    assert problem.value.code == "outside-section"
    with database.reading() as session:
        work = drafts.opened(session, owner(scene), draft)
        assert work.contents.cell(ECONTRACT.path).value == ""


def test_a_colleague_neither_sends_nor_starts_nor_reaches_another_draft(database: Database, scene: Scene) -> None:
    draft, token = passed(database, scene)
    actor = colleague(database, token)
    assert actor is not None
    school = Actor(kind="invitation", invitation_id=2, sample_unit_id=scene.institution, round_id=scene.round_id)
    with database.transaction() as session:
        other = drafts.open_or_create(session, school, scene.institution)
        for act in (
            lambda: drafts.submit(session, actor, draft, channel="portal"),
            lambda: drafts.opened(session, actor, other.id),
            lambda: delegation.pass_on(session, actor, draft, part="x", paths=["x"], days=1),
        ):
            with pytest.raises(Problem):
                act()


def test_a_link_ends_by_time_by_taking_back_and_with_the_sending(database: Database, scene: Scene) -> None:
    draft, token = passed(database, scene)
    actor = colleague(database, token)
    assert actor is not None
    with database.transaction() as session:
        assert not delegation.is_open(session, token, now=utc_now() + timedelta(days=4))
        delegation.revoke(session, owner(scene), actor.delegation_id or 0)
    assert colleague(database, token) is None
    with database.reading() as session:
        assert reads.helpers_of(session, draft, utc_now()) == []
        assert session.get_one(Delegation, actor.delegation_id).revoked_at is not None


def test_only_the_owner_takes_a_section_back(database: Database, scene: Scene) -> None:
    _draft, token = passed(database, scene)
    actor = colleague(database, token)
    school = Actor(kind="invitation", invitation_id=2, sample_unit_id=scene.institution, round_id=scene.round_id)
    assert actor is not None
    with database.transaction() as session:
        for stranger in (actor, school):
            with pytest.raises(Problem):
                delegation.revoke(session, stranger, actor.delegation_id or 0)
