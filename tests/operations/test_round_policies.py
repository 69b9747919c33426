"""What a round says and allows: changes are recorded, consent texts are versioned, nothing seen is overwritten."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import select

from survey.db import Database
from survey.errors import Problem
from survey.model import AuditEvent, ConsentText, Revision, Round, RoundFormUse
from survey.model.actor import SYSTEM
from survey.operations import forms, submissions
from survey.operations import round_policies as policies
from survey.query import round_policies as reads
from tests.rounds import Interview, small_round


def _round(database: Database) -> int:
    with database.transaction() as session:
        return small_round(session).id


def test_changes_are_written_and_recorded_with_what_stood_before(database: Database) -> None:
    number = _round(database)
    with database.transaction() as session:
        before = policies.policies_of(session.get_one(Round, number))
        wanted = replace(before, title="Đợt khác", gps_policy="rounded", decision_no="128/QĐ-UBND")
        assert set(policies.change_policies(session, SYSTEM, number, wanted)) == {"title", "gps_policy", "decision_no"}
        assert policies.change_policies(session, SYSTEM, number, wanted) == ()
    with database.reading() as session:
        round_ = session.get_one(Round, number)
        assert policies.policies_of(round_) == wanted
        assert round_.settings["decision_no"] == "128/QĐ-UBND"
        event = session.scalars(select(AuditEvent).where(AuditEvent.action == "round.edit")).one()
        assert event.details["gps_policy"] == ["off", "rounded"]


@pytest.mark.parametrize(
    "wrong", [{"ends_on": date(2020, 1, 1)}, {"gps_policy": "always"}, {"photo_policy": "x"}, {"title": " "}]
)
def test_impossible_policies_are_refused(database: Database, wrong: dict[str, object]) -> None:
    number = _round(database)
    with database.transaction() as session:
        before = policies.policies_of(session.get_one(Round, number))
        with pytest.raises(Problem) as caught:
            policies.change_policies(session, SYSTEM, number, replace(before, **wrong))  # type: ignore[arg-type]
        assert caught.value.code == "bad-value"
        assert policies.policies_of(session.get_one(Round, number)) == before


def test_a_consent_text_is_mended_until_the_first_questionnaire_and_versioned_afterwards(database: Database) -> None:
    number = _round(database)
    with database.transaction() as session:
        assert policies.revise_consent(session, SYSTEM, number, "Bản nháp").version == "1"
        assert policies.revise_consent(session, SYSTEM, number, "Bản đầu\nhai dòng").version == "1"
        submissions.receive(session, SYSTEM, xml=Interview().xml(), channel="office")
        assert policies.revise_consent(session, SYSTEM, number, "Bản đầu\nhai dòng").version == "1"
        assert policies.revise_consent(session, SYSTEM, number, "Bản sau").version == "2"
    with database.reading() as session:
        texts = dict(session.execute(select(ConsentText.version, ConsentText.text)).all())
        assert texts == {"1": "Bản đầu\nhai dòng", "2": "Bản sau"}
        assert session.get_one(Round, number).consent_version == "2"


def test_versions_tell_how_many_questionnaires_were_answered_under_each(database: Database) -> None:
    number = _round(database)
    with database.transaction() as session:
        policies.revise_consent(session, SYSTEM, number, "Bản đầu")
        for version in ("1", "1", "HO-2026-1"):
            receipt = submissions.receive(session, SYSTEM, xml=Interview().xml(), channel="office")
            query = select(Revision).where(Revision.submission_id == receipt.submission_id)
            session.scalars(query).one().consent_version = version
        policies.revise_consent(session, SYSTEM, number, "Bản sau")
    with database.reading() as session:
        found = reads.consent_versions(session, session.get_one(Round, number))
    assert [(each.version, each.text, each.records, each.in_force) for each in found] == [
        ("2", "Bản sau", 0, True),
        ("1", "Bản đầu", 2, False),
        ("HO-2026-1", "", 1, False),
    ]


def test_an_empty_consent_text_is_refused(database: Database) -> None:
    number = _round(database)
    with database.transaction() as session, pytest.raises(Problem):
        policies.revise_consent(session, SYSTEM, number, " \n ")


def test_a_published_form_is_attached_to_a_kind_and_only_to_known_ones(database: Database) -> None:
    number = _round(database)
    with database.transaction() as session:
        form = forms.named(session, "tiny")
        policies.attach_form(session, SYSTEM, number, "enterprise", form.id)
        with pytest.raises(Problem):
            policies.attach_form(session, SYSTEM, number, "respondent", form.id)
        with pytest.raises(Problem):
            policies.attach_form(session, SYSTEM, number, "household", 999_999)
        kinds = session.scalars(select(RoundFormUse.unit_kind).where(RoundFormUse.form_version_id == form.id))
        assert sorted(kinds) == ["enterprise", "household"]
