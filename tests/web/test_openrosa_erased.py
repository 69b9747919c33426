"""What is sent again after its data were erased: nothing comes back, nothing is lost, the office decides."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from survey.model import Identity, Quarantine, Revision, Submission
from survey.model.actor import SYSTEM
from survey.operations import retention
from tests.rounds import Interview
from tests.web.openrosa_site import Site

PHOTO = ("a.jpg", b"\xff\xd8\xff\xe0 photo")


@pytest.fixture
def site(app: Flask) -> Site:
    """Return an open round with one enrolled device."""
    return Site(app)


def _erase(site: Site, *, answers: bool) -> None:
    with site.database.transaction() as session:
        record = session.scalars(select(Submission.id)).one()
        _, plan = retention.destroy_record(session, SYSTEM, record, answers=answers)
    store: Path = site.app.extensions["survey.config"].media
    retention.remove_files(store, plan.files)


def _stored(site: Site) -> list[bytes]:
    store: Path = site.app.extensions["survey.config"].media
    return [path.read_bytes() for path in store.rglob("*") if path.is_file()]


@pytest.mark.parametrize("answers", [True, False])
def test_an_erased_record_that_is_sent_again_is_acknowledged_and_stays_erased(site: Site, answers: bool) -> None:
    interview = Interview()
    xml = interview.xml(photo="a.jpg", name="Nguyễn Thị Lan")
    assert site.post(xml, [PHOTO]).status_code == 201
    _erase(site, answers=answers)
    before = site.count(Revision)
    assert site.post(xml).status_code == 202
    assert site.count(Revision) == before
    assert site.count(Identity) == site.count(Quarantine) == 0


def test_the_files_of_an_erased_record_do_not_come_back(site: Site) -> None:
    interview = Interview()
    xml = interview.xml(photo="a.jpg")
    assert site.post(xml, [PHOTO]).status_code == 201
    assert _stored(site) == [PHOTO[1]]
    _erase(site, answers=True)
    assert site.post(xml, [PHOTO, ("b.jpg", b"another")]).status_code == 202
    assert _stored(site) == []


def test_a_file_that_was_still_to_come_when_its_record_was_erased_is_not_kept(site: Site) -> None:
    interview = Interview()
    xml = interview.xml(photo="a.jpg")
    assert site.post(xml, incomplete=True).status_code == 201
    _erase(site, answers=False)
    assert site.post(xml, [PHOTO]).status_code == 202
    assert _stored(site) == []


def test_a_correction_of_an_erased_record_is_held_for_the_office_and_counts_nowhere(site: Site) -> None:
    first, second = Interview(), Interview()
    assert site.post(first.xml()).status_code == 201
    _erase(site, answers=True)
    correction = second.xml(deprecated_id=first.instance_id, name="Nguyễn Thị Lan")
    assert [site.post(correction).status_code for _ in range(2)] == [201, 202]
    with site.database.reading() as session:
        assert session.scalars(select(Quarantine.code)).all() == ["record-erased"]
        assert session.scalars(select(Revision.instance_id)).all() == [first.instance_id]
