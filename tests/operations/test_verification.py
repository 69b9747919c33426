"""The office's findings on self-assessments: stored by version, reasons asked for, readable for estimates."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from survey.db import Database
from survey.errors import Problem
from survey.model import AuditEvent, Revision, Round, Verification
from survey.model.actor import SYSTEM, Actor, RoleGrant
from survey.operations import verification
from survey.operations.verification import Judgement
from survey.query import verification as reads
from survey.reference.institution import COMPONENTS
from tests.operations.self_report import invited_round, school_answers


def answered(session: Session) -> tuple[Round, str, int]:
    survey_round, units = invited_round(session)
    record = school_answers(session, survey_round, units["GD1"])
    return survey_round, record, session.scalars(select(Revision.id)).one()


def judge(session: Session, record: str, **judgements: Judgement) -> int:
    return verification.verify(session, SYSTEM, record, expected_revision=1, judgements=judgements)


def test_a_finding_on_each_component_says_which_answers_count(database: Database) -> None:
    with database.transaction() as session:
        survey_round, record, revision = answered(session)
        assert reads.share(session, survey_round.id) == reads.Share(1, 0, 0)
        judge(session, record, governance=Judgement("accepted"))
        assert reads.share(session, survey_round.id) == reads.Share(1, 0, 1)
        judge(
            session,
            record,
            activity=Judgement("refused", reason="Minh chứng không mở được"),
            digital_data=Judgement("corrected", "2", "Mới có mã định danh của người học"),
            repository=Judgement("accepted"),
        )
        values = reads.verified_values(session, [revision])[revision]
        assert values == dict(zip(COMPONENTS.values(), ("1", "3", "2", "2"), strict=True))
        assert reads.complete(session, [revision]) == {revision}
        assert reads.share(session, survey_round.id) == reads.Share(1, 1, 0)
        said = list(session.scalars(select(AuditEvent.action).where(AuditEvent.action == "submission.verify")))
        assert len(said) == 2


def test_the_newest_finding_counts_and_the_earlier_ones_stay(database: Database) -> None:
    with database.transaction() as session:
        _round, record, revision = answered(session)
        judge(session, record, activity=Judgement("refused", reason="Thiếu minh chứng"))
        assert judge(session, record, activity=Judgement("refused", reason="Thiếu minh chứng")) == 0
        judge(session, record, activity=Judgement("accepted", reason="Đã bổ sung"))
        found = reads.findings(session, [revision])[revision]
        assert found.now["activity"].value == "1"
        assert [each.finding for each in found.history] == ["accepted", "refused"]


@pytest.mark.parametrize(
    ("component", "judgement", "code"),
    [
        ("activity", Judgement("refused"), "remark-needed"),
        ("activity", Judgement("corrected", "2", " "), "remark-needed"),
        ("activity", Judgement("corrected", "1", "như cũ"), "bad-value"),
        ("activity", Judgement("corrected", "9", "lạ"), "bad-value"),
        ("activity", Judgement("maybe"), "bad-value"),
        ("garden", Judgement("accepted"), "bad-value"),
    ],
)
def test_what_cannot_be_a_finding_is_refused_and_nothing_is_stored(
    sqlite_database: Database, component: str, judgement: Judgement, code: str
) -> None:
    with sqlite_database.transaction() as session:
        _round, record, _revision = answered(session)
        with pytest.raises(Problem) as refused:
            judge(session, record, governance=Judgement("accepted"), **{component: judgement})
        assert refused.value.code == code
        assert session.scalar(select(func.count()).select_from(Verification)) == 0


def test_only_the_office_of_the_area_verifies_and_only_the_version_it_saw(sqlite_database: Database) -> None:
    with sqlite_database.transaction() as session:
        survey_round, record, _revision = answered(session)
        elsewhere = Actor(kind="account", grants=(RoleGrant("supervisor", survey_round.id, "937"),))
        with pytest.raises(Problem, match="right"):
            verification.verify(session, elsewhere, record, expected_revision=1, judgements={})
        with pytest.raises(Problem, match="changed"):
            verification.verify(session, SYSTEM, record, expected_revision=2, judgements={})


def test_a_round_says_whether_it_counts_verified_self_assessments_only(sqlite_database: Database) -> None:
    with sqlite_database.transaction() as session:
        survey_round, _record, _revision = answered(session)
        assert verification.required(survey_round)
        verification.require(session, SYSTEM, survey_round.id, on=False)
        assert not verification.required(survey_round)
        viewer = Actor(kind="account", grants=(RoleGrant("viewer"),))
        with pytest.raises(Problem):
            verification.require(session, viewer, survey_round.id, on=True)
