"""Runs the quality rules over a round and keeps what they notice: flags that a later run updates, decisions it keeps.

Households and telephones are compared by keyed hashes that live for one run; no name leaves the identity table.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, undefer

from survey.errors import Problem
from survey.model import FrameUnit, Identity, QualityFlag, QualityRun, Revision, Round, SampleUnit, Submission
from survey.model.actor import Actor
from survey.model.base import utc_now
from survey.operations import audit, forms
from survey.operations.quality_cases import Case, Head, Reader
from survey.operations.quality_checks import Finding, check
from survey.operations.review import place_of
from survey.reference.quality_rules import QualityRule, rules_of_round
from survey.text import fold

PATIENCE = timedelta(minutes=15)
"""After this a run that never said how it ended counts as failed, and another may start."""
_CHUNK = 500


def begin(session: Session, actor: Actor, round_id: int) -> QualityRun:
    """Register a run that starts now; Problem quality-running while another one of the round goes on."""
    _refuse_strangers(actor, round_id)
    newest = session.scalar(
        select(QualityRun).where(QualityRun.round_id == round_id).order_by(QualityRun.id.desc()).limit(1)
    )
    if newest is not None and newest.state == "running" and utc_now() - newest.started_at < PATIENCE:
        raise Problem("quality-running")
    if newest is not None and newest.state == "running":
        newest.state = "failed"
    made = QualityRun(round_id=round_id, account_id=actor.account_id, counts={})
    session.add(made)
    session.flush()
    return made


def run(session: Session, actor: Actor, round_id: int, *, run_id: int | None = None) -> QualityRun:
    """Apply every rule to a round's records that are not rejected and store the flags; return the finished run.

    Idempotent: the same data again change nothing but the time. What is no longer found is cleared, what somebody
    dismissed stays dismissed, what was cleared and is found again opens again.
    """
    _refuse_strangers(actor, round_id)
    survey_round = session.get(Round, round_id)
    if survey_round is None:
        raise Problem("unknown-round", round=round_id)
    made = session.get_one(QualityRun, run_id) if run_id is not None else begin(session, actor, round_id)
    rules = rules_of_round(survey_round.settings.get("quality", {}))
    if survey_round.gps_policy == "off":
        rules = tuple(rule for rule in rules if rule.code != "gps-outside")
    cases = read_cases(session, actor, round_id, rules)
    found = {mark: value for rule in rules for mark, value in _marked(rule, check(rule, cases))}
    made.counts = _store(session, round_id, found)
    made.records, made.state, made.finished_at = len(cases), "done", utc_now()
    session.flush()
    details = {"run": made.id, "records": len(cases), "flags": sum(made.counts.values())}
    audit.record(session, actor, "quality.run", "round", round_id, **details)
    return made


def fail(session: Session, run_id: int) -> None:
    """Mark a run that broke off."""
    session.get_one(QualityRun, run_id).state = "failed"


def dismiss(session: Session, actor: Actor, flag_id: int, *, reason: str) -> QualityFlag:
    """Settle a flag with the reason; later runs keep the decision."""
    if not reason.strip():
        raise Problem("remark-needed")
    return _decide(session, actor, flag_id, "dismissed", reason.strip())


def reopen(session: Session, actor: Actor, flag_id: int) -> QualityFlag:
    """Take a decision on a flag back."""
    return _decide(session, actor, flag_id, "open", "")


def read_cases(session: Session, actor: Actor, round_id: int, rules: Sequence[QualityRule]) -> list[Case]:
    """Return the present versions of a round's records as the rules see them; comparing identities is logged."""
    by_code = {rule.code: rule.parameters for rule in rules}
    consent = frozenset(by_code.get("consent-missing", {}).get("questions", ()))
    watched = frozenset(by_code.get("interviewer-effect", {}).get("questions", ()))
    age = str(by_code.get("digit-preference", {}).get("age", ""))
    readers: dict[int, Reader] = {}
    cases, keys = [], []
    for head, answers, key in _records(session, round_id):
        if head.form_version_id not in readers:
            instrument = forms.instrument_of(session, head.form_version_id)
            readers[head.form_version_id] = Reader(instrument, consent=consent, age=age, watched=watched)
        cases.append(readers[head.form_version_id].case(head, answers))
        keys.append(key)
    compared = [by_code[code] for code in ("duplicate-household", "duplicate-phone") if code in by_code]
    if not compared or not cases:
        return cases
    audit.record(session, actor, "identity.compare", "round", round_id, records=len(keys))
    return _with_keys(session, cases, keys, by_code)


def _records(session: Session, round_id: int) -> Iterator[tuple[Head, Mapping[str, Any], str]]:
    query = (
        select(Submission, Revision, func.coalesce(FrameUnit.code, ""), func.coalesce(FrameUnit.commune_code, ""))
        .join(Revision, (Revision.submission_id == Submission.id) & (Revision.number == Submission.revision_count))
        .outerjoin(SampleUnit, SampleUnit.id == Submission.sample_unit_id)
        .outerjoin(FrameUnit, FrameUnit.id == SampleUnit.frame_unit_id)
        .where(Submission.round_id == round_id, Submission.state != "rejected")
        .where(Submission.unit_kind != "reinterview")
        .options(undefer(Revision.answers))
        .order_by(Submission.id)
        .execution_options(yield_per=_CHUNK)
    )
    for submission, revision, code, commune in session.execute(query):
        head = Head(
            submission.id,
            revision.form_version_id,
            submission.unit_kind,
            submission.outcome,
            submission.channel,
            submission.account_id,
            code,
            commune,
        )
        yield head, revision.answers, revision.identity_key


def _with_keys(
    session: Session, cases: list[Case], keys: list[str], by_code: Mapping[str, Mapping[str, Any]]
) -> list[Case]:
    """Return the cases with hashes of household and telephones, made with a secret that nobody keeps."""
    secret = secrets.token_bytes(32)
    sealed: dict[str, Mapping[str, str]] = {}
    for start in range(0, len(keys), _CHUNK):
        part = keys[start : start + _CHUNK]
        query = select(Identity.key, Identity.values.label("values_")).where(Identity.key.in_(part))
        sealed |= {row.key: row.values_ for row in session.execute(query)}
    household, phone = by_code.get("duplicate-household", {}), by_code.get("duplicate-phone", {})
    return [
        replace(
            case,
            household_key=_household_key(secret, case, sealed.get(key, {}), household),
            phone_keys=_phone_keys(secret, sealed.get(key, {}), phone),
        )
        for case, key in zip(cases, keys, strict=True)
    ]


def _household_key(secret: bytes, case: Case, values: Mapping[str, str], given: Mapping[str, Any]) -> str:
    """Return the hash of head, place and commune; blank unless both a name and a place are known."""
    named, placed = _named(values, given.get("names", ())), _named(values, given.get("places", ()))
    if not named or not placed:
        return ""
    return _hash(secret, "household", case.head.commune_code, *named, *placed)


def _phone_keys(secret: bytes, values: Mapping[str, str], given: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the hashes of the telephone numbers long enough to be one, without country code and leading 0."""
    digits = ("".join(c for c in value if c.isdigit()) for value in _named(values, given.get("names", ())))
    plain = (number.removeprefix("84").lstrip("0") for number in digits)
    return tuple(_hash(secret, "phone", number) for number in plain if len(number) >= int(given.get("digits", 8)))


def _named(values: Mapping[str, str], names: Iterable[str]) -> list[str]:
    """Return the folded values under the names of questions, outside rosters."""
    wanted = list(names)
    by_name = {path.rpartition("/")[2]: value for path, value in values.items() if "[" not in path}
    return [fold(str(by_name[name])) for name in wanted if by_name.get(name)]


def _hash(secret: bytes, *parts: str) -> str:
    return hmac.new(secret, "\x1f".join(parts).encode(), hashlib.sha256).hexdigest()


def _marked(rule: QualityRule, findings: Iterable[Finding]) -> Iterator[tuple[str, tuple[QualityRule, Finding]]]:
    """Yield findings under the mark by which a later run knows them again."""
    for finding in findings:
        subject = finding.submission_id or f"account:{finding.account_id}"
        yield f"{rule.code}:{subject}:{finding.detail}", (rule, finding)


def _store(session: Session, round_id: int, found: Mapping[str, tuple[QualityRule, Finding]]) -> dict[str, int]:
    """Write the flags of a run over those of earlier ones; return the open ones by rule."""
    moment = utc_now()
    known = {flag.mark: flag for flag in session.scalars(select(QualityFlag).where(QualityFlag.round_id == round_id))}
    for mark, flag in known.items():
        if mark not in found and flag.state == "open":
            flag.state = "cleared"
    for mark, (rule, finding) in found.items():
        flag = known.get(mark) or QualityFlag(round_id=round_id, mark=mark, state="open", found_at=moment)
        flag.rule, flag.severity, flag.figures = rule.code, rule.severity, dict(finding.figures)
        flag.submission_id, flag.account_id, flag.seen_at = finding.submission_id, finding.account_id, moment
        if flag.state == "cleared":
            flag.state = "open"
        known[mark] = flag
        session.add(flag)
    session.flush()
    return dict(Counter(flag.rule for flag in known.values() if flag.state == "open"))


def _decide(session: Session, actor: Actor, flag_id: int, state: str, reason: str) -> QualityFlag:
    flag = session.get(QualityFlag, flag_id, with_for_update=True)
    if flag is None:
        raise Problem("not-found")
    submission = session.get_one(Submission, flag.submission_id) if flag.submission_id else None
    place = place_of(session, submission) if submission is not None else ("", "")
    if not actor.may("supervisor", "statistician", round_id=flag.round_id, place=place):
        raise Problem("forbidden")
    flag.state, flag.reason = state, reason
    flag.decided_at, flag.decided_by = utc_now(), actor.account_id
    audit.record(session, actor, "quality.decide", "quality_flag", flag_id, state=state, rule=flag.rule)
    return flag


def _refuse_strangers(actor: Actor, round_id: int) -> None:
    if not actor.may("statistician", round_id=round_id):
        raise Problem("forbidden")
