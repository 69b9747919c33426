"""Verified self-assessments: what the office found on each component of a record, for pages and for estimates.

A finding belongs to one version; the newest row of a component counts, and a later version starts unverified. The rule
for estimates: `verified_values` replaces answers of approved versions; a component without a finding counts as stated,
unless the round requires verification: then a version that is not `complete` is left out as if it had not answered.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from survey.model import Account, Revision, Submission, Verification
from survey.reference.institution import COMPONENTS


@dataclass(frozen=True, slots=True)
class Finding:
    """What the office found on one component of one version."""

    component: str
    finding: str
    path: str
    stated: str
    value: str
    reason: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Verified:
    """The findings on one version by component, and all that were ever made on it, newest first."""

    now: Mapping[str, Finding] = field(default_factory=dict)
    history: tuple[Finding, ...] = ()

    @property
    def complete(self) -> bool:
        """Tell whether every component has a finding."""
        return all(component in self.now for component in COMPONENTS)


@dataclass(frozen=True, slots=True)
class Share:
    """How many institutions' present records are verified: `verified` completely, `begun` in part, of `total`."""

    total: int = 0
    verified: int = 0
    begun: int = 0

    @property
    def percent(self) -> float | None:
        """Return the share verified in percent; None without records."""
        return 100 * self.verified / self.total if self.total else None


def findings(session: Session, revision_ids: Iterable[int]) -> dict[int, Verified]:
    """Return what the office found on each of some versions; one query; a version without findings is not in it."""
    query = (
        select(Verification, func.coalesce(Account.name, ""))
        .outerjoin(Account, Account.id == Verification.account_id)
        .where(Verification.revision_id.in_(list(revision_ids)))
        .order_by(Verification.id.desc())
    )
    made: dict[int, list[Finding]] = defaultdict(list)
    for row, name in session.execute(query):
        made[row.revision_id].append(
            Finding(row.component, row.finding, row.path, row.stated, row.value, row.reason, name, row.at)
        )
    return {revision: _verified(rows) for revision, rows in made.items()}


def revision_of(session: Session, submission_id: str) -> int:
    """Return the present version of a record."""
    query = select(Revision.id).where(Revision.submission_id == submission_id).order_by(Revision.number.desc())
    return session.scalars(query.limit(1)).one()


def of_version(session: Session, submission_id: str, number: int) -> Verified:
    """Return what the office found on one version of a record."""
    query = select(Revision.id).where(Revision.submission_id == submission_id, Revision.number == number)
    revision = session.scalars(query).one()
    return findings(session, [revision]).get(revision, Verified())


def verified_values(session: Session, revision_ids: Iterable[int]) -> dict[int, dict[str, str]]:
    """Return the answers that count instead of the stated ones, by version and answer path, for estimation.

    A component that was accepted stands with its stated value, a refused one with "not yet".
    """
    found = findings(session, revision_ids)
    return {revision: {f.path: f.value for f in each.now.values()} for revision, each in found.items()}


def complete(session: Session, revision_ids: Iterable[int]) -> set[int]:
    """Return those of some versions on which every component has a finding."""
    return {revision for revision, each in findings(session, revision_ids).items() if each.complete}


def share(session: Session, round_id: int) -> Share:
    """Return how far verification of a round's institutions has come, over the newest versions of standing records."""
    newest = (
        select(func.max(Revision.id))
        .join(Submission, Submission.id == Revision.submission_id)
        .where(
            Submission.round_id == round_id,
            Submission.unit_kind == "institution",
            Submission.state.in_(("received", "approved")),
            Submission.outcome == "11",
        )
        .group_by(Revision.submission_id)
    )
    revisions = list(session.scalars(newest))
    made = select(func.count(func.distinct(Verification.component))).where(Verification.revision_id.in_(newest))
    counts = session.scalars(made.group_by(Verification.revision_id)).all()
    done = sum(count >= len(COMPONENTS) for count in counts)
    return Share(len(revisions), done, len(counts) - done)


def _verified(rows: list[Finding]) -> Verified:
    now: dict[str, Finding] = {}
    for each in rows:
        now.setdefault(each.component, each)
    return Verified({c: now[c] for c in COMPONENTS if c in now}, tuple(rows))
