"""Three versions of a questionnaire in one season: what was begun on each is finished on it and taken in as it."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from survey.model import FormVersion, Quarantine, Revision, Round
from survey.model.actor import SYSTEM
from survey.operations import forms
from tests.browser.tablet_fixtures import enrolled, playwright, site, tablet, whole_site
from tests.browser.tablet_site import Site, Tablet
from tests.rounds import FOLDER

__all__ = ["enrolled", "playwright", "site", "tablet", "whole_site"]
pytestmark = pytest.mark.browser


def _next_version(site: Site, folder: Path, number: int) -> None:
    """Publish the tiny questionnaire with other words under a version of its own and let the round use it."""
    path = folder / "tiny.csv"
    text = (FOLDER / "tiny.csv").read_text(encoding="utf-8")
    text = text.replace("Hộ có bao nhiêu người?", f"Hộ có mấy người (bản {number})?")
    path.write_text(text.replace(",tiny,1,", f",tiny,{number},"), encoding="utf-8")
    assert site.staff is not None
    with site.database.transaction() as session:
        round_ = session.get_one(Round, site.staff.round_id)
        forms.use_in_round(session, SYSTEM, round_, "household", forms.publish(session, SYSTEM, path))


def _fetch(site: Site, tablet: Tablet) -> None:
    tablet.page.goto(f"{site.address}#/home")
    with tablet.page.expect_response("**/api/work"):
        tablet.page.get_by_role("button", name="Tải công việc").click()
    tablet.page.locator("#notes .note").wait_for()


def _begun(tablet: Tablet, question: str, size: str) -> str:
    """Begin an interview, answer its number and return its address."""
    tablet.begin()
    tablet.page.get_by_label(question).fill(size)
    tablet.saved()
    return tablet.page.url


def test_records_begun_on_versions_n_minus_2_n_minus_1_and_n_are_all_finished_and_taken_in(
    site: Site, tablet: Tablet, tmp_path: Path
) -> None:
    begun = [_begun(tablet, "Hộ có bao nhiêu người?", "1")]
    for number in (2, 3):
        _next_version(site, tmp_path, number)
        _fetch(site, tablet)
        begun.append(_begun(tablet, f"Hộ có mấy người (bản {number})?", str(number)))
    tablet.page.goto(f"{site.address}#/home")
    site.line.is_cut = True
    for address in begun:
        tablet.page.goto(address)
        tablet.page.locator(".fill").wait_for()
        tablet.finish()
    tablet.wait_unsent(3)
    site.line.is_cut = False
    tablet.send()
    tablet.wait_unsent(0)
    with site.database.reading() as session:
        query = (
            select(FormVersion.version, Revision)
            .join(FormVersion, FormVersion.id == Revision.form_version_id)
            .order_by(Revision.id.desc())
            .limit(3)
        )
        taken = {version: revision.answers["head"]["size"] for version, revision in session.execute(query)}
        assert taken == {"1": "1", "2": "2", "3": "3"}
        assert session.scalars(select(Quarantine)).all() == []
