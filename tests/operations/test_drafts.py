"""Drafts: saved without overwriting, names kept apart, draws made once, sent once, corrected as a new version."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import func, select

from survey.db import Database
from survey.errors import Problem
from survey.model import AuditEvent, Draft, Identity, Revision, Submission
from survey.model.actor import Actor, RoleGrant
from survey.operations import drafts, identity, review
from survey.operations.drafts import Cell, Edit, Line
from survey.operations.merging import Contents, merge
from tests.web.filling import Scene, stage

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
ROSTER = "interview/member"


@pytest.fixture
def scene(sqlite_database: Database) -> Scene:
    """Return a staged round."""
    return stage(sqlite_database)


def enumerator(scene: Scene, account_id: int | None = None) -> Actor:
    """Return an enumerator of the round."""
    grants = (RoleGrant("enumerator", scene.round_id),)
    return Actor(kind="account", account_id=account_id or scene.enumerator, grants=grants)


def unit_itself(scene: Scene) -> Actor:
    """Return the enterprise as it comes with its letter."""
    return Actor(kind="invitation", invitation_id=1, sample_unit_id=scene.enterprise, round_id=scene.round_id)


def write(database: Database, actor: Actor, draft_id: str, answers: Mapping[str, str], line: Line | None = None) -> Any:
    """Save answers as somebody who sees the present contents."""
    with database.transaction() as session:
        work = drafts.opened(session, actor, draft_id)
        edits = [Edit(path, Cell(value), work.contents.cell(path, line)) for path, value in answers.items()]
        return drafts.save(session, actor, draft_id, edits, line=line, now=NOW)


def begin(database: Database, actor: Actor, sample_unit_id: int) -> str:
    """Open the draft of a unit and return its id."""
    with database.transaction() as session:
        return drafts.open_or_create(session, actor, sample_unit_id, now=NOW).id


CLOSED_FIRM = {"visit/response_mode": "1", "visit/operating_status": "2"}


def test_a_field_that_nobody_else_touched_is_written() -> None:
    contents = Contents({"a": {"x": "1"}})
    written, conflicts = merge(contents, [Edit("a/x", Cell("2"), Cell("1"))])
    assert (written, conflicts, contents.answers) == (["a/x"], [], {"a": {"x": "2"}})


def test_a_field_changed_by_another_comes_back_with_both_values_and_stays() -> None:
    contents = Contents({"x": "3"})
    _, conflicts = merge(contents, [Edit("x", Cell("2"), Cell("1"))])
    assert [(c.typed.value, c.stored.value) for c in conflicts] == [("2", "3")]
    assert contents.answers == {"x": "3"}


def test_a_stale_page_does_not_undo_what_it_never_changed() -> None:
    contents = Contents({"x": "3", "y": "1"})
    written, conflicts = merge(contents, [Edit("x", Cell("1"), Cell("1")), Edit("y", Cell("2"), Cell("1"))])
    assert (written, conflicts, contents.answers) == (["y"], [], {"x": "3", "y": "2"})


def test_the_same_change_by_two_people_is_no_conflict() -> None:
    assert merge(Contents({"x": "2"}), [Edit("x", Cell("2"), Cell("1"))]) == ([], [])


def test_a_text_that_cannot_be_read_is_kept_beside_the_answers() -> None:
    contents = Contents({"x": "7"})
    contents.write("x", Cell("1.5", is_read=False))
    assert (contents.answers, contents.cell("x")) == ({"x": ""}, Cell("1.5", is_read=False))
    contents.write("x", Cell("1.5"))
    assert (contents.unread, contents.cell("x")) == ({}, Cell("1.5"))


def test_a_row_keeps_its_key_when_the_one_above_goes() -> None:
    contents = Contents()
    first, second = contents.add_row("m", "k1"), contents.add_row("m", "k2")
    contents.write("m/name", Cell("An"), first)
    contents.write("m/name", Cell("Bé"), second)
    contents.write("m/age", Cell("mười", is_read=False), first)
    contents.remove_row(first)
    assert (contents.rows("m"), contents.unread, contents.position(second)) == ([{"name": "Bé"}], {}, 0)
    contents.write("m/name", Cell("Ai"), first)
    assert contents.rows("m") == [{"name": "Bé"}]


def test_a_new_draft_holds_what_the_frame_knows_and_names_lie_apart(sqlite_database: Database, scene: Scene) -> None:
    draft_id = begin(sqlite_database, enumerator(scene), scene.households[0])
    with sqlite_database.reading() as session:
        draft = session.get_one(Draft, draft_id)
        sealed = session.get_one(Identity, draft.identity_key)
        place = draft.answers["identification"]
        assert (place["old_commune"], place["old_district"], place["ea_code"]) == ("31318", "930", "31318-01")
        assert draft.answers["visit"]["enumerator_code"] == "dieutra"
        assert draft.answers["reference_date"] == "2026-11-01"
        assert sealed.values["identification/head_name"] == "Nguyễn Văn An"
        assert not any("Nguyễn" in value for _, value in identity.leaves(draft.answers))
        work = drafts.opened(session, enumerator(scene), draft_id)
        assert work.contents.cell("identification/head_name").value == "Nguyễn Văn An"


def test_the_random_draw_is_made_once(sqlite_database: Database, scene: Scene) -> None:
    actor = enumerator(scene)
    draft_id = begin(sqlite_database, actor, scene.households[0])
    with sqlite_database.reading() as session:
        drawn = session.get_one(Draft, draft_id).answers["selection_random"]
    assert 0 <= float(drawn) < 1
    write(sqlite_database, actor, draft_id, {"visit/contact": "10"})
    write(sqlite_database, actor, draft_id, {"consent_section/consent": "1"})
    with sqlite_database.reading() as session:
        assert session.get_one(Draft, draft_id).answers["selection_random"] == drawn


def test_every_save_is_a_version_and_an_audit_event(sqlite_database: Database, scene: Scene) -> None:
    actor = enumerator(scene)
    draft_id = begin(sqlite_database, actor, scene.households[0])
    saved = write(sqlite_database, actor, draft_id, {"visit/contact": "10"})
    again = write(sqlite_database, actor, draft_id, {"visit/contact": "10"})
    assert (saved.work.draft.version, again.work.draft.version) == (2, 2)
    with sqlite_database.reading() as session:
        actions = select(AuditEvent.action).where(AuditEvent.subject_kind == "draft").order_by(AuditEvent.id)
        assert list(session.scalars(actions)) == ["draft.open", "draft.save"]


def test_two_openings_are_one_draft(sqlite_database: Database, scene: Scene) -> None:
    ids = {begin(sqlite_database, enumerator(scene), scene.households[0]) for _ in range(2)}
    assert len(ids) == 1


def test_the_count_makes_rows_and_rows_make_the_count(sqlite_database: Database, scene: Scene) -> None:
    actor = enumerator(scene)
    draft_id = begin(sqlite_database, actor, scene.households[0])
    write(sqlite_database, actor, draft_id, {"visit/contact": "10", "consent_section/consent": "1"})
    saved = write(sqlite_database, actor, draft_id, {"interview/household/member_count": "2"})
    keys = saved.work.contents.lines[ROSTER]
    assert len(keys) == 2
    with sqlite_database.transaction() as session:
        line = drafts.add_row(session, actor, draft_id, ROSTER)
        drafts.remove_row(session, actor, draft_id, Line(ROSTER, keys[0]))
        work = drafts.opened(session, actor, draft_id)
        assert work.contents.lines[ROSTER] == [keys[1], line.key]
        assert work.contents.cell("interview/household/member_count") == Cell("2")


def test_rows_beyond_a_lowered_count_are_not_thrown_away(sqlite_database: Database, scene: Scene) -> None:
    actor = enumerator(scene)
    draft_id = begin(sqlite_database, actor, scene.households[0])
    write(sqlite_database, actor, draft_id, {"visit/contact": "10", "consent_section/consent": "1"})
    saved = write(sqlite_database, actor, draft_id, {"interview/household/member_count": "2"})
    last = Line(ROSTER, saved.work.contents.lines[ROSTER][1])
    write(sqlite_database, actor, draft_id, {f"{ROSTER}/member_name": "Lê Thị Hoa"}, last)
    write(sqlite_database, actor, draft_id, {"interview/household/member_count": "1"})
    back = write(sqlite_database, actor, draft_id, {"interview/household/member_count": "2"})
    assert back.work.contents.cell(f"{ROSTER}/member_name", last) == Cell("Lê Thị Hoa")


def test_a_row_that_is_gone_takes_nothing_and_says_so(sqlite_database: Database, scene: Scene) -> None:
    actor = enumerator(scene)
    draft_id = begin(sqlite_database, actor, scene.households[0])
    with pytest.raises(Problem, match="removed") as caught:
        write(sqlite_database, actor, draft_id, {}, Line(ROSTER, "nobody"))
    assert caught.value.code == "row-gone"


def test_a_roster_is_capped(sqlite_database: Database, scene: Scene) -> None:
    actor = enumerator(scene)
    draft_id = begin(sqlite_database, actor, scene.households[0])
    with sqlite_database.transaction() as session:
        for _ in range(drafts.MAX_ROWS):
            drafts.add_row(session, actor, draft_id, ROSTER)
        with pytest.raises(Problem) as caught:
            drafts.add_row(session, actor, draft_id, ROSTER)
    assert caught.value.code == "too-many-rows"


def test_only_who_is_assigned_reaches_a_household(sqlite_database: Database, scene: Scene) -> None:
    with pytest.raises(Problem) as caught:
        begin(sqlite_database, enumerator(scene, scene.stranger), scene.households[0])
    assert caught.value.code == "forbidden"
    with pytest.raises(Problem) as caught:
        begin(sqlite_database, unit_itself(scene), scene.households[0])
    assert caught.value.code == "forbidden"


def test_nothing_is_sent_while_an_answer_is_missing_or_cannot_be_read(sqlite_database: Database, scene: Scene) -> None:
    actor = unit_itself(scene)
    draft_id = begin(sqlite_database, actor, scene.enterprise)
    with sqlite_database.transaction() as session:
        assert drafts.submit(session, actor, draft_id, channel="portal", now=NOW) is None
        assert session.scalar(select(func.count()).select_from(Submission)) == 0


def test_a_second_press_returns_the_same_receipt(sqlite_database: Database, scene: Scene) -> None:
    actor = unit_itself(scene)
    draft_id = begin(sqlite_database, actor, scene.enterprise)
    write(sqlite_database, actor, draft_id, CLOSED_FIRM)
    receipts = []
    for _ in range(2):
        with sqlite_database.transaction() as session:
            receipts.append(drafts.submit(session, actor, draft_id, channel="portal", now=NOW))
    first, second = receipts
    assert first is not None
    assert second is not None
    assert (first.is_new, second.is_new) == (True, False)
    assert (first.submission_id, first.sha256) == (second.submission_id, second.sha256)
    with sqlite_database.reading() as session:
        revision = session.scalars(select(Revision)).one()
        assert revision.instance_id == session.get_one(Draft, draft_id).instance_id
        assert revision.answers["end"].startswith("2026-11-23T10:00:00")
    with pytest.raises(Problem) as caught:
        write(sqlite_database, actor, draft_id, {"visit/operating_status": "1"})
    assert caught.value.code == "draft-sent"


def test_a_returned_record_is_corrected_as_a_new_version_of_itself(sqlite_database: Database, scene: Scene) -> None:
    actor = unit_itself(scene)
    draft_id = begin(sqlite_database, actor, scene.enterprise)
    write(sqlite_database, actor, draft_id, CLOSED_FIRM)
    with sqlite_database.transaction() as session:
        receipt = drafts.submit(session, actor, draft_id, channel="portal", now=NOW)
    assert receipt is not None
    boss = Actor(kind="account", account_id=scene.supervisor, grants=(RoleGrant("supervisor"),))
    with sqlite_database.transaction() as session:
        review.return_for_correction(session, boss, receipt.submission_id, expected_revision=1, remark="Xem lại A5")
    second_id = begin(sqlite_database, actor, scene.enterprise)
    assert second_id != draft_id
    write(sqlite_database, actor, second_id, {"visit/operating_status": "3"})
    with sqlite_database.transaction() as session:
        corrected = drafts.submit(session, actor, second_id, channel="portal", now=NOW)
    assert corrected is not None
    assert (corrected.submission_id, corrected.revision_number) == (receipt.submission_id, 2)


def test_an_accepted_record_cannot_be_opened_again(sqlite_database: Database, scene: Scene) -> None:
    actor = unit_itself(scene)
    draft_id = begin(sqlite_database, actor, scene.enterprise)
    write(sqlite_database, actor, draft_id, CLOSED_FIRM)
    boss = Actor(kind="account", account_id=scene.supervisor, grants=(RoleGrant("supervisor"),))
    with sqlite_database.transaction() as session:
        receipt = drafts.submit(session, actor, draft_id, channel="portal", now=NOW)
        assert receipt is not None
        review.approve(session, boss, receipt.submission_id, expected_revision=1)
    with pytest.raises(Problem) as caught:
        begin(sqlite_database, actor, scene.enterprise)
    assert caught.value.code == "not-reopenable"


def test_a_unit_cannot_send_after_the_last_day(sqlite_database: Database) -> None:
    scene = stage(sqlite_database, ends_on=date(2026, 11, 22))
    actor = unit_itself(scene)
    draft_id = begin(sqlite_database, actor, scene.enterprise)
    write(sqlite_database, actor, draft_id, CLOSED_FIRM)
    with sqlite_database.transaction() as session, pytest.raises(Problem) as caught:
        drafts.submit(session, actor, draft_id, channel="portal", now=NOW)
    assert caught.value.code == "round-closed"


def test_drafts_work_the_same_on_postgresql(postgres_database: Database) -> None:
    scene = stage(postgres_database)
    actor = unit_itself(scene)
    draft_id = begin(postgres_database, actor, scene.enterprise)
    write(postgres_database, actor, draft_id, CLOSED_FIRM)
    with postgres_database.transaction() as session:
        receipt = drafts.submit(session, actor, draft_id, channel="portal", now=NOW)
    assert receipt is not None
    assert receipt.is_new


def test_a_save_leaves_what_it_was_handed_as_it_was(sqlite_database: Database, scene: Scene) -> None:
    actor = unit_itself(scene)
    draft_id = begin(sqlite_database, actor, scene.enterprise)
    path = "visit/operating_status"
    with sqlite_database.transaction() as session:
        work = drafts.opened(session, actor, draft_id, lock=True)
        saved = drafts.save(session, actor, draft_id, [Edit(path, Cell("2"), Cell(""))], work=work, now=NOW)
        assert (work.contents.cell(path), saved.work.contents.cell(path)) == (Cell(""), Cell("2"))
    with sqlite_database.reading() as session:
        assert drafts.opened(session, actor, draft_id).contents.cell(path) == Cell("2")


def test_a_save_reads_again_what_was_handed_over_without_a_lock(sqlite_database: Database, scene: Scene) -> None:
    actor = unit_itself(scene)
    draft_id = begin(sqlite_database, actor, scene.enterprise)
    path = "visit/operating_status"
    with sqlite_database.reading() as session:
        stale = drafts.opened(session, actor, draft_id)
    write(sqlite_database, actor, draft_id, {path: "1"})
    with sqlite_database.transaction() as session:
        edits = [Edit(path, Cell("2"), Cell(""))]
        saved = drafts.save(session, actor, draft_id, edits, work=stale, now=NOW)
    assert [(c.typed.value, c.stored.value) for c in saved.conflicts] == [("2", "1")]
