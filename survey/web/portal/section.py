"""The colleague's side of a passed section: the link, the section's pages, the way out. Everything else is closed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import g, jsonify, make_response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from survey import i18n
from survey.errors import Problem
from survey.model import Delegation, Draft
from survey.model.actor import Actor
from survey.model.base import utc_now
from survey.operations import accounts, delegation, drafts, portal_sessions
from survey.operations.drafts import EMPTY, Opened
from survey.operations.submissions import Receipt
from survey.questionnaire.instrument import Question
from survey.web import access
from survey.web.fill.build import part_title
from survey.web.fill.clock import seconds_left
from survey.web.fill.routes import attach
from survey.web.fill.sheet import Sheet
from survey.web.fill.surface import Surface
from survey.web.portal import colleague
from survey.web.portal.units import name_of

NAME = "portal.colleague"


@colleague.get("/open/<token>")
@access.public
def open_link(token: str) -> str:
    """Show the button that opens a passed section."""
    with access.database().reading() as session:
        if not delegation.is_open(session, token):
            raise Problem("link-over")
    return render_template("portal/link.html", action=url_for(f"{NAME}.claim", token=token), is_section=True)


@colleague.post("/open/<token>")
@access.public
def claim(token: str) -> Response:
    """Open a session at the section of a link."""
    with access.database().transaction() as session:
        opened = delegation.claim(
            session, token=token, address=access.client_address(), agent=request.user_agent.string
        )
    if opened is None:
        raise Problem("link-over")
    return access.remember(make_response(redirect(url_for(f"{NAME}.first"), 303)), opened)


@colleague.get("/")
@access.delegated
def first() -> Response:
    """Lead to the section."""
    with access.database().reading() as session:
        return redirect(url_for(f"{NAME}.section", part=delegation.own(session, access.actor()).part))


@colleague.get("/done")
@access.delegated
def done() -> str:
    """Say that everything is saved, and the way back to the section."""
    with access.database().reading() as session:
        row = delegation.own(session, access.actor())
        sheet = Sheet(drafts.opened(session, access.actor(), row.draft_id), i18n.current_locale(), utc_now())
        part = sheet.part(row.part)
        saved_at = row.saved_at
    title = part_title(sheet, part) if part else ""
    unit_name, round_ = name_of(sheet.work.unit), sheet.work.unit.round
    return render_template(
        "portal/section_done.html", title=title, unit_name=unit_name, saved_at=saved_at, round=round_
    )


@colleague.post("/leave")
@access.delegated
def leave() -> Response:
    """End the colleague's session; the link opens the section again."""
    with access.database().transaction() as session:
        accounts.sign_out(session, access.actor(), g.token)
    return access.forget(make_response(render_template("portal/section_closed.html")))


@colleague.get("/closed")
@access.public
def closed() -> str:
    """Say how to come back when the session has ended."""
    return render_template("portal/section_closed.html")


@colleague.get("/clock", endpoint="section_clock")
@access.delegated
def clock() -> Response:
    """Tell how many seconds the session has left; asking is no use of it."""
    return jsonify(left=seconds_left())


@colleague.post("/clock")
@access.delegated
def stay() -> Response:
    """Go on: let the session live its full time again."""
    with access.database().transaction() as session:
        portal_sessions.touch(session, accounts.token_hash(g.token))
    return jsonify(left=seconds_left())


def without_others(work: Opened, paths: list[str]) -> Opened:
    """Return a draft for looking at without the names, phones and addresses outside some nodes."""
    contents = work.contents.copied()
    for question, _over in work.instrument.questions():
        if not question.identity or any(_is_at(question.path, root) for root in paths):
            continue
        _blank(contents.answers, question)
        contents.unread = {mark: text for mark, text in contents.unread.items() if mark.split("@")[0] != question.path}
    return Opened(work.draft, contents, work.instrument, work.unit)


def _blank(answers: dict[str, Any], question: Question) -> None:
    """Empty a question wherever it stands in the answers."""
    *groups, last = question.path.split("/")
    holders: list[Any] = [answers]
    for name in groups:
        below = [holder.get(name, {}) for holder in holders if isinstance(holder, dict)]
        holders = [row for found in below for row in (found if isinstance(found, list) else [found])]
    for holder in holders:
        if isinstance(holder, dict) and last in holder:
            holder[last] = EMPTY.value


def _is_at(path: str, root: str) -> bool:
    return path == root or path.startswith(f"{root}/")


def _find(session: Session, actor: Actor, place: Mapping[str, Any]) -> str:
    g.delegation = delegation.own(session, actor)
    draft = session.get_one(Draft, g.delegation.draft_id)
    if draft.submitted_at is not None:
        raise Problem("draft-sent")
    return draft.id


def _own() -> Delegation:
    if "delegation" not in g:
        with access.database().reading() as session:
            g.delegation = delegation.own(session, access.actor())
    found: Delegation = g.delegation
    return found


def _no_receipt(work: Opened, receipt: Receipt) -> str:
    return url_for(f"{NAME}.done")


attach(
    colleague,
    Surface(
        name=NAME,
        channel="portal",
        guard=access.delegated,
        prefix="/form",
        sign_in=f"{NAME}.closed",
        find=_find,
        home=lambda work: url_for(f"{NAME}.done"),
        sent=_no_receipt,
        unit_name=lambda work: name_of(work.unit),
        is_single=True,
        opens=lambda part: part == _own().part,
        narrowed=lambda work: without_others(work, list(_own().paths)),
        clock=f"{NAME}.section_clock",
    ),
)
