"""Re-interviews: drawn from the completed interviews by enumerator, given to supervisors, answered on their own form.

The answers enter through the one door as records of the kind `reinterview`, which no estimate reads. The first answers
are never shown to who asks again; only what leads to the household is.
"""

from __future__ import annotations

import hashlib
import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from survey.errors import Problem
from survey.model import (
    Account,
    FormVersion,
    FrameUnit,
    Grant,
    Identity,
    Reinterview,
    ReinterviewDraw,
    Round,
    RoundFormUse,
    SampleUnit,
    Submission,
)
from survey.model.actor import Actor, RoleGrant
from survey.model.base import random_key, utc_now
from survey.operations import audit, forms, identity
from survey.operations.corrections import at, newest
from survey.operations.review import place_of
from survey.operations.submissions import receive
from survey.questionnaire import instance as instances
from survey.questionnaire.instrument import Instrument
from survey.questionnaire.judge import Verdict, judge
from survey.reference import units
from survey.sampling.select import simple_random, stratified

KIND = "reinterview"
FORM = "ktxhs_pt"
_COMPLETE = "11"
_MOST_ROWS = 60


def published_form(session: Session, survey_round: Round) -> FormVersion:
    """Return the newest published re-interview form; Problem unknown-form before one is published."""
    return forms.named(session, str(survey_round.settings.get("reinterview_form", FORM)))


def draw(
    session: Session, actor: Actor, round_id: int, *, seed: int, share: float = 0.05, least: int = 1
) -> ReinterviewDraw:
    """Draw a share of the completed household interviews of every enumerator, `least` of each at least.

    Simple random within enumerators; the same seed on the same records draws the same. Supervisors of the place get the
    work. Raises forbidden, already-drawn (while one is unfinished), nothing-to-draw, bad-value, unknown-form.
    """
    survey_round = session.get(Round, round_id, with_for_update=True)
    if survey_round is None:
        raise Problem("unknown-round", round=round_id)
    if not actor.may("statistician", round_id=round_id):
        raise Problem("forbidden")
    if not 0 < share <= 1:
        raise Problem("bad-value", name="share", value=share, expected="0 < … ≤ 1")
    if session.scalar(select(Reinterview.id).where(Reinterview.round_id == round_id, Reinterview.done_at.is_(None))):
        raise Problem("already-drawn")
    form = published_form(session, survey_round)
    rows = _population(session, round_id)
    if not rows:
        raise Problem("nothing-to-draw")
    chosen, strata = _chosen(rows, share, least, seed)
    made = ReinterviewDraw(
        round_id=round_id,
        form_version_id=form.id,
        seed=seed,
        share=share,
        strata=strata,
        digest=hashlib.sha256("\n".join(row.root_id for row in chosen).encode()).hexdigest(),
        created_by=actor.account_id,
    )
    session.add(made)
    session.flush()
    session.add_all(_work(made, chosen, _supervisors(session, round_id)))
    _use(session, round_id, form.id)
    audit.record(session, actor, "reinterview.draw", "round", round_id, seed=seed, records=len(chosen))
    return made


def assign(session: Session, actor: Actor, reinterview_id: int, *, account_id: int | None) -> None:
    """Give one re-interview to another supervisor, or to nobody; never to who interviewed first."""
    work = _open(session, actor, reinterview_id, "statistician", "supervisor")
    if account_id is not None and account_id == work.enumerator_id:
        raise Problem("bad-value", name="account", value=account_id, expected="≠ enumerator")
    work.supervisor_id = account_id
    audit.record(session, actor, "reinterview.assign", "reinterview", reinterview_id, account=account_id)


def beginning(session: Session, actor: Actor, reinterview_id: int) -> tuple[Instrument, dict[str, Any]]:
    """Return the form and what leads to the household: place, head, whom to ask; reading that is logged."""
    work = _open(session, actor, reinterview_id, "supervisor")
    form_version_id = session.get_one(ReinterviewDraw, work.draw_id).form_version_id
    instrument = forms.instrument_of(session, form_version_id)
    known = _known(session, actor, work)
    audit.record(session, actor, "reinterview.open", "reinterview", reinterview_id, record=work.submission_id)
    paths = {question.name: question.path for question, repeats in instrument.questions() if not repeats}
    return instrument, identity.merge({}, {paths[name]: value for name, value in known.items() if name in paths})


def examine(instrument: Instrument, beginning: Mapping[str, Any], typed: Mapping[str, str]) -> Verdict:
    """Return what the judge says of answers typed over the beginning, by positioned path; rows follow their count."""
    answers = dict(beginning)
    for path in sorted(typed, key=lambda each: each.count("[")):
        answers = _written(answers, path, typed[path])
    return judge(instrument, answers, now=utc_now())


def finish(
    session: Session, actor: Actor, reinterview_id: int, answers: Mapping[str, Any], *, instance_id: str = ""
) -> str:
    """Send a re-interview through the one door and return its record; a broken rule is kept and flagged like any.

    `instance_id` is the identifier of the document, a fresh one when it is blank.
    """
    work = _open(session, actor, reinterview_id, "supervisor")
    if work.result_id is not None:
        raise Problem("draft-sent")
    form_version_id = session.get_one(ReinterviewDraw, work.draw_id).form_version_id
    document = instances.serialise(
        forms.instrument_of(session, form_version_id), answers, instance_id=instance_id or f"uuid:{random_key()}"
    )
    receipt = receive(session, actor, xml=document, channel="office", round_id=work.round_id)
    result = session.get_one(Submission, receipt.submission_id)
    if result.unit_kind != KIND:
        raise Problem("unknown-form", form_id=form_version_id, version="–")
    result.state = "approved"
    work.result_id, work.done_at = result.id, receipt.received_at
    audit.record(session, actor, "reinterview.done", "reinterview", reinterview_id, record=result.id)
    return result.id


def _population(session: Session, round_id: int) -> list[Row[Any]]:
    """Return the completed household interviews that an enumerator sent, in a fixed order."""
    query = (
        select(
            Submission.id,
            Submission.root_id,
            Submission.account_id,
            Submission.revision_count,
            FrameUnit.commune_code,
        )
        .join(SampleUnit, SampleUnit.id == Submission.sample_unit_id)
        .join(FrameUnit, FrameUnit.id == SampleUnit.frame_unit_id)
        .where(Submission.round_id == round_id, Submission.unit_kind == "household", Submission.outcome == _COMPLETE)
        .where(Submission.state != "rejected", Submission.account_id.is_not(None))
        .where(Submission.id.not_in(select(Reinterview.submission_id).where(Reinterview.round_id == round_id)))
        .order_by(Submission.account_id, FrameUnit.code, Submission.root_id)
    )
    return list(session.execute(query))


def _chosen(rows: Sequence[Row[Any]], share: float, least: int, seed: int) -> tuple[list[Row[Any]], dict[str, Any]]:
    """Return the drawn rows and, by enumerator, how many there were and how many were drawn."""
    who = np.array([row.account_id for row in rows])
    sizes = {int(account): int(count) for account, count in zip(*np.unique(who, return_counts=True), strict=True)}
    wanted = {account: min(size, max(least, math.ceil(share * size))) for account, size in sizes.items()}
    drawn = stratified(who, wanted, np.random.default_rng(seed), method=simple_random)
    strata = {str(account): [sizes[account], wanted[account]] for account in sizes}
    return [rows[int(i)] for i in drawn.units], strata


def _work(
    made: ReinterviewDraw, chosen: Sequence[Row[Any]], supervisors: Mapping[int, list[RoleGrant]]
) -> Iterator[Reinterview]:
    """Yield the work, each record with the supervisor of its place who has the least so far."""
    load: dict[int, int] = defaultdict(int)
    for row in chosen:
        place = row.commune_code, units.old_commune(row.commune_code).district_code
        able = [
            account
            for account, grants in supervisors.items()
            if account != row.account_id and any(grant.covers(made.round_id, place) for grant in grants)
        ]
        best = min(able, key=lambda account: (load[account], account), default=None)
        if best is not None:
            load[best] += 1
        yield Reinterview(
            draw_id=made.id,
            round_id=made.round_id,
            submission_id=row.id,
            revision_number=row.revision_count,
            enumerator_id=row.account_id,
            supervisor_id=best,
        )


def _supervisors(session: Session, round_id: int) -> dict[int, list[RoleGrant]]:
    """Return the supervisors of a round that can sign in, with what they reach."""
    query = (
        select(Grant)
        .join(Account, Account.id == Grant.account_id)
        .where(Grant.role == "supervisor", Account.state == "active")
        .order_by(Grant.id)
    )
    found: dict[int, list[RoleGrant]] = defaultdict(list)
    for grant in session.scalars(query):
        if grant.round_id in (None, round_id):
            found[grant.account_id].append(RoleGrant(grant.role, grant.round_id, grant.area_code))
    return found


def _use(session: Session, round_id: int, form_version_id: int) -> None:
    """Let the one door take answers on the form in this round; it is not offered to tablets or letters."""
    use = {"round_id": round_id, "unit_kind": KIND, "form_version_id": form_version_id}
    if session.scalar(select(RoundFormUse.id).filter_by(**use)) is None:
        session.add(RoundFormUse(**use))
    session.flush()


def _open(session: Session, actor: Actor, reinterview_id: int, *roles: str) -> Reinterview:
    """Return a re-interview for somebody who holds a role where the household is, or to whom it was given."""
    work = session.get(Reinterview, reinterview_id, with_for_update=True)
    if work is None:
        raise Problem("not-found")
    place = place_of(session, session.get_one(Submission, work.submission_id))
    if not actor.may(*roles, round_id=work.round_id, place=place):
        raise Problem("forbidden")
    if actor.account_id is not None and actor.account_id == work.enumerator_id:
        raise Problem("forbidden")
    return work


def _known(session: Session, actor: Actor, work: Reinterview) -> dict[str, str]:
    """Return what the form is opened with, by question: never an answer of the first interview but who was selected."""
    submission = session.get_one(Submission, work.submission_id)
    unit = session.execute(
        select(FrameUnit.code, FrameUnit.commune_code, FrameUnit.identity_key, SampleUnit.psu)
        .join(SampleUnit, SampleUnit.frame_unit_id == FrameUnit.id)
        .where(SampleUnit.id == submission.sample_unit_id)
    ).one()
    survey_round = session.get_one(Round, work.round_id)
    first = newest(session, work.submission_id)
    sealed = session.get(Identity, first.identity_key)
    named = {path.rpartition("/")[2]: value for path, value in (sealed.values if sealed else {}).items()}
    listed = session.get(Identity, unit.identity_key) if unit.identity_key else None
    framed = listed.values if listed else {}
    account = session.get(Account, actor.account_id) if actor.account_id is not None else None
    number = unit.code.rpartition("-")[2]
    settings = survey_round.settings
    return {
        "round_code": survey_round.code,
        "reference_date": survey_round.reference_date.isoformat(),
        **{key: str(settings[key]) for key in ("agency_name", "decision_no", "agency_contact") if settings.get(key)},
        "original_instance_id": first.instance_id,
        "original_visit_day": at(first.answers, "today"),
        "original_selected_name": named.get("selected_name", ""),
        "old_district": units.old_commune(unit.commune_code).district_code,
        "old_commune": unit.commune_code,
        "ea_code": unit.psu,
        "household_no": str(int(number)) if number.isdigit() else "",
        "head_name": named.get("head_name") or str(framed.get("head_name") or framed.get("name") or ""),
        "supervisor_code": account.username if account else "",
    }


def _written(answers: dict[str, Any], path: str, value: str) -> dict[str, Any]:
    """Return the answers with one more at a positioned path, adding the roster rows that it needs."""
    copied: dict[str, Any] = identity.merge(answers, {})
    node = copied
    *steps, last = path.split("/")
    for step in steps:
        name, _, index = step.partition("[")
        node = _row(node.setdefault(name, []), int(index.rstrip("]"))) if index else node.setdefault(name, {})
    node[last] = value
    return copied


def _row(rows: list[dict[str, Any]], number: int) -> dict[str, Any]:
    """Return a row by its number, adding empty ones before it; a row beyond the limit is written nowhere."""
    if not 1 <= number <= _MOST_ROWS:
        return {}
    while len(rows) < number:
        rows.append({})
    return rows[number - 1]
