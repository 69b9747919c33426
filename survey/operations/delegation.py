"""Sections passed to colleagues by a link: made, opened, revoked. A colleague writes in that section and nowhere else.

The link stands in clear only in what `pass_on` returns. Refuses sections of other units and links that are over.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from survey.errors import Problem
from survey.model import Delegation, Draft, Identity, SignInSession
from survey.model.actor import Actor
from survey.model.base import random_key, utc_now
from survey.operations import accounts, audit, mail
from survey.query import respondents as reads
from survey.text import clean

LINK_PATH = "/portal/section/open/"
MOST_DAYS = 30
_MOST_LINKS = 40


def pass_on(
    session: Session,
    actor: Actor,
    draft_id: str,
    *,
    part: str,
    paths: Sequence[str],
    days: int,
    name: str = "",
    email: str = "",
    letter: Callable[[str], tuple[str, str]] | None = None,
    locale: str = "vi",
    now: datetime | None = None,
) -> str:
    """Return the path of a link that opens one section of a unit's own draft for some days.

    `paths` are the nodes of the section. With an address and a `letter` (path → subject, text) the link is mailed too.
    Raises not-found, draft-sent, bad-value for the days and bad-address.
    """
    moment = now or utc_now()
    draft = _own_draft(session, actor, draft_id)
    if not 1 <= days <= MOST_DAYS:
        raise Problem("bad-value", name="days", value=days, expected=f"1–{MOST_DAYS}")
    if len(reads.helpers_of(session, draft.id, moment)) >= _MOST_LINKS:
        raise Problem("too-many-rows", limit=_MOST_LINKS)
    token = secrets.token_urlsafe(24)
    row = Delegation(
        draft_id=draft.id,
        part=part,
        paths=list(paths),
        token_hash=accounts.token_hash(token),
        identity_key=_sealed(session, name, email),
        expires_at=moment + timedelta(days=days),
    )
    session.add(row)
    session.flush()
    audit.record(session, actor, "delegation.pass-on", "draft", draft.id, part=part, delegation=row.id)
    path = LINK_PATH + token
    if clean(email) and letter is not None:
        subject, body = letter(path)
        mail.queue(
            session,
            actor,
            to=email,
            subject=subject,
            body=body,
            kind="portal.delegation",
            subject_kind="delegation",
            subject_id=row.id,
            round_id=draft.round_id,
            locale=locale,
        )
    return path


def is_open(session: Session, token: str, *, now: datetime | None = None) -> bool:
    """Tell whether a section's link still opens it; changes nothing."""
    return _usable(session, token, now or utc_now()) is not None


def claim(
    session: Session, *, token: str, address: str = "", agent: str = "", now: datetime | None = None
) -> str | None:
    """Return a session at the section that a link opens; None for a link that is over (already counted)."""
    moment = now or utc_now()
    key = f"link-address:{address}"
    accounts.check_attempts(session, key)
    found = _usable(session, token, moment)
    if found is None:
        accounts.record_failure(session, key)
        return None
    found.opened_at, found.seen_at = found.opened_at or moment, moment
    actor = Actor(kind="delegate", delegation_id=found.id, address=address)
    audit.record(session, actor, "delegation.open", "draft", found.draft_id, part=found.part)
    return accounts.open_session(session, address, agent, delegation_id=found.id)


def revoke(session: Session, actor: Actor, delegation_id: int) -> None:
    """Take a section back: its link opens nothing any more and who is inside is put out; what was saved stays."""
    row = session.get(Delegation, delegation_id)
    if row is None:
        raise Problem("not-found")
    _own_draft(session, actor, row.draft_id, even_sent=True)
    row.revoked_at = row.revoked_at or utc_now()
    live = SignInSession.delegation_id == row.id, SignInSession.revoked_at.is_(None)
    session.execute(update(SignInSession).where(*live).values(revoked_at=utc_now()))
    mail.cancel(session, actor, subject_kind="delegation", subject_id=row.id)
    audit.record(session, actor, "delegation.revoke", "draft", row.draft_id, part=row.part, delegation=row.id)


def own(session: Session, actor: Actor) -> Delegation:
    """Return the section that a colleague works on; Problem forbidden for anybody else."""
    if actor.kind != "delegate" or actor.delegation_id is None:
        raise Problem("forbidden")
    return session.get_one(Delegation, actor.delegation_id)


def refuse_outside(session: Session, actor: Actor, draft_id: str, paths: Iterable[str] = ()) -> None:
    """Refuse a colleague another draft, and answers outside the section; everybody else passes."""
    if actor.kind != "delegate":
        return
    row = own(session, actor)
    if row.draft_id != draft_id:
        raise Problem("outside-section")
    if not all(any(_is_at(path, root) for root in row.paths) for path in paths):
        raise Problem("outside-section")


def note_use(session: Session, actor: Actor, moment: datetime, *, wrote: bool) -> None:
    """Note when a colleague last worked on the section; nothing for anybody else."""
    if actor.kind == "delegate":
        row = own(session, actor)
        row.seen_at = moment
        row.saved_at = moment if wrote else row.saved_at


def _is_at(path: str, root: str) -> bool:
    return path == root or path.startswith(f"{root}/")


def _own_draft(session: Session, actor: Actor, draft_id: str, *, even_sent: bool = False) -> Draft:
    draft = session.get(Draft, draft_id)
    if draft is None or actor.kind != "invitation" or draft.sample_unit_id != actor.sample_unit_id:
        raise Problem("not-found")
    if draft.submitted_at is not None and not even_sent:
        raise Problem("draft-sent")
    return draft


def _usable(session: Session, token: str, moment: datetime) -> Delegation | None:
    query = (
        select(Delegation)
        .join(Draft, Draft.id == Delegation.draft_id)
        .where(Delegation.token_hash == accounts.token_hash(clean(token)), Draft.submitted_at.is_(None))
        .where(Delegation.revoked_at.is_(None), Delegation.expires_at > moment)
    )
    return session.scalar(query)


def _sealed(session: Session, name: str, email: str) -> str | None:
    values = {"name": clean(name)[:200], "email": mail.usable_address(email) if clean(email) else ""}
    kept = {key: value for key, value in values.items() if value}
    if not kept:
        return None
    key = random_key()
    session.add(Identity(key=key, values=kept))
    session.flush()
    return key
