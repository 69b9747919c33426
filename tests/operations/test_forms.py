"""Published versions never change, every version ever used stays fillable, and what was begun keeps its version."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, undefer

from survey.db import Database
from survey.errors import Problem
from survey.model import AuditEvent, Draft, FormVersion, Revision, Round
from survey.model.actor import SYSTEM
from survey.operations import forms, submissions
from survey.questionnaire.xform import CompiledForm
from tests.questionnaire.tiny import form
from tests.rounds import FOLDER, Interview, small_round

MEDIA = "name,label\n1,Ấp 1\n2,Ấp 2\n"


def tiny(folder: Path, *, version: str = "1", change: tuple[str, str] = ("", "")) -> Path:
    """Write the tiny form with another version or wording and return its path."""
    text = (FOLDER / "tiny.csv").read_text("utf-8").replace("tiny,1,", f"tiny,{version},")
    path = folder / f"tiny-{version}.csv"
    path.write_text(text.replace(*change) if change[0] else text, "utf-8")
    return path


def listed(media: str = MEDIA) -> CompiledForm:
    """Compile a form with a media list."""
    survey = "| type | name | label |\n| select_one_from_file hamlets.csv | hamlet | Hamlet |"
    return form(survey, media={"hamlets.csv": media.encode()}, form_id="hamlets")


def publish(database: Database, source: Path | CompiledForm) -> int:
    """Publish and return the number of the version."""
    with database.transaction() as session:
        return forms.publish(session, SYSTEM, source).id


def count(session: Session, table: type) -> int:
    """Return the number of rows."""
    return session.scalar(select(func.count()).select_from(table)) or 0


def test_the_same_bytes_again_are_the_same_version(database: Database, tmp_path: Path) -> None:
    path = tiny(tmp_path)
    assert publish(database, path) == publish(database, path)
    with database.reading() as session:
        assert count(session, FormVersion) == 1
        published = session.scalars(select(AuditEvent.action).where(AuditEvent.action == "form.publish")).all()
    assert published == ["form.publish"]


def test_other_bytes_under_a_used_version_are_refused_and_nothing_changes(database: Database, tmp_path: Path) -> None:
    publish(database, tiny(tmp_path))
    before = stored(database, "tiny")
    changed = tiny(tmp_path, change=("How many people live here?", "How many live here?"))
    with pytest.raises(Problem, match="another version") as caught:
        publish(database, changed)
    assert caught.value.code == "form-published"
    assert caught.value.details == {"form_id": "tiny", "version": "1"}
    assert stored(database, "tiny") == before


def test_another_list_of_places_under_a_used_version_is_refused(database: Database) -> None:
    publish(database, listed())
    with pytest.raises(Problem) as caught:
        publish(database, listed(MEDIA + "3,Ấp 3\n"))
    assert caught.value.code == "form-published"
    assert stored(database, "hamlets")[1] == {"hamlets.csv": MEDIA}


def stored(database: Database, form_id: str) -> tuple[bytes, dict[str, str], bytes]:
    """Return what stands in the database under a form."""
    with database.reading() as session:
        row = session.scalars(
            select(FormVersion)
            .where(FormVersion.form_id == form_id)
            .options(undefer(FormVersion.xform), undefer(FormVersion.media), undefer(FormVersion.source))
        ).one()
        return row.xform, row.media, row.source


def test_what_was_published_is_kept_byte_for_byte_with_its_lists(database: Database) -> None:
    made = listed()
    number = publish(database, made)
    assert stored(database, "hamlets")[:2] == (made.xml, {"hamlets.csv": MEDIA})
    with database.reading() as session:
        instrument = forms.instrument_of(session, number)
    assert [choice.label["vi"] for choice in instrument.lists["hamlets"]] == ["Ấp 1", "Ấp 2"]


def test_the_source_is_kept_so_that_a_version_can_be_compared_later(database: Database, tmp_path: Path) -> None:
    path = tiny(tmp_path)
    publish(database, path)
    assert stored(database, "tiny")[2] == path.read_bytes()


def upgraded(database: Database, tmp_path: Path) -> tuple[int, int]:
    """Open a round on version 1, then let it go on with version 2, where at most 5 people live in a house."""
    with database.transaction() as session:
        small_round(session)
        first = forms.named(session, "tiny").id
        second = forms.publish(session, SYSTEM, tiny(tmp_path, version="2", change=(". <= 30", ". <= 5")))
        round_ = session.scalars(select(Round)).one()
        forms.use_in_round(session, SYSTEM, round_, "household", second)
        return first, second.id


def send(database: Database, version: str, size: str) -> submissions.Receipt:
    """Send an interview made with a version of the tiny form."""
    xml = Interview().xml(size=size).replace(b'version="1"', f'version="{version}"'.encode())
    with database.transaction() as session:
        return submissions.receive(session, SYSTEM, xml=xml, channel="openrosa")


def test_a_round_that_goes_on_with_a_new_version_still_takes_in_the_old_one(database: Database, tmp_path: Path) -> None:
    first, second = upgraded(database, tmp_path)
    old, new = send(database, "1", "8"), send(database, "2", "8")
    with database.reading() as session:
        used = {revision.submission_id: revision.form_version_id for revision in session.scalars(select(Revision))}
    assert used == {old.submission_id: first, new.submission_id: second}
    assert (old.error_count, new.error_count) == (0, 1)


def test_a_version_that_no_round_uses_takes_nothing_in(database: Database, tmp_path: Path) -> None:
    upgraded(database, tmp_path)
    publish(database, tiny(tmp_path, version="3"))
    with pytest.raises(Problem) as caught:
        send(database, "3", "2")
    assert caught.value.code == "unknown-round"


def test_a_draft_keeps_the_version_it_was_begun_on(database: Database, tmp_path: Path) -> None:
    with database.transaction() as session:
        round_ = small_round(session)
        first = forms.named(session, "tiny").id
        session.add(Draft(round_id=round_.id, form_version_id=first, instance_id="uuid:nhap"))
        second = forms.publish(session, SYSTEM, tiny(tmp_path, version="2"))
        forms.use_in_round(session, SYSTEM, round_, "household", second)
    with database.reading() as session:
        draft = session.scalars(select(Draft)).one()
        assert forms.instrument_of(session, draft.form_version_id).version == "1"


def test_the_versions_are_listed_with_the_work_done_on_them(database: Database, tmp_path: Path) -> None:
    first, second = upgraded(database, tmp_path)
    for size in ("2", "3"):
        send(database, "1", size)
    with database.transaction() as session:
        round_ = session.scalars(select(Round)).one()
        session.add(Draft(round_id=round_.id, form_version_id=second, instance_id="uuid:nhap"))
    with database.reading() as session:
        listed_versions = forms.versions(session)
    assert [(v.id, v.version, v.rounds, v.submissions, v.open_drafts) for v in listed_versions] == [
        (first, "1", (), 2, 0),
        (second, "2", ("THU",), 0, 1),
    ]


def test_a_version_is_found_by_its_name_and_the_newest_by_its_form(database: Database, tmp_path: Path) -> None:
    first, second = upgraded(database, tmp_path)
    with database.reading() as session:
        assert [forms.named(session, name).id for name in ("tiny@1", "tiny@2", "tiny")] == [first, second, second]
        for name in ("tiny@9", "khac"):
            with pytest.raises(Problem) as caught:
                forms.named(session, name)
            assert caught.value.code == "unknown-form"
