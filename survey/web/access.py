"""Who may enter which page. Every view names its guard; an application with an unguarded view does not start."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import wraps
from typing import ParamSpec, TypeVar

from flask import Flask, Response, current_app, g, request

from survey.config import Config
from survey.db import Database
from survey.errors import Problem
from survey.model.actor import ROLES, Actor
from survey.operations import accounts, portal_sessions

P = ParamSpec("P")
R = TypeVar("R")

COOKIE = "session"
ANONYMOUS = Actor(kind="anonymous")
_GUARD = "_guard"
_CLOCKS = frozenset({"portal.clock", "portal.colleague.section_clock"})


def public(view: Callable[P, R]) -> Callable[P, R]:
    """Let everybody enter."""
    return _mark(view, "public")


def signed_in(view: Callable[P, R]) -> Callable[P, R]:
    """Let every account enter."""
    return _guarded(view, "signed in", lambda who: who.kind == "account")


def roles(*names: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Let accounts enter that hold one of the roles somewhere; queries narrow to their area."""
    if unknown := set(names) - set(ROLES):
        raise ValueError(f"unknown roles: {unknown}")
    return lambda view: _guarded(view, " ".join(sorted(names)), lambda who: who.kind == "account" and who.may(*names))


def invited(view: Callable[P, R]) -> Callable[P, R]:
    """Let a sampled unit enter that came with the code of its letter."""
    return _guarded(view, "invited", lambda who: who.kind == "invitation")


def delegated(view: Callable[P, R]) -> Callable[P, R]:
    """Let a colleague enter that came with the link of one section."""
    return _guarded(view, "delegated", lambda who: who.kind == "delegate")


def device(view: Callable[P, R]) -> Callable[P, R]:
    """Let a client enter that proves itself in the request, as OpenRosa clients do; the view checks the proof."""
    return _mark(view, "device")


def actor() -> Actor:
    """Return who makes the current request."""
    found: Actor = g.get("actor", ANONYMOUS)
    return found


def database() -> Database:
    """Return the application's database."""
    found: Database = current_app.extensions["survey.db"]
    return found


def config() -> Config:
    """Return the application's settings."""
    found: Config = current_app.extensions["survey.config"]
    return found


def client_address() -> str:
    """Return the address of the client."""
    return request.remote_addr or ""


def remember(response: Response, token: str) -> Response:
    """Put a session token into a cookie that scripts cannot read."""
    response.set_cookie(
        COOKIE,
        token,
        max_age=config().session_minutes * 60,
        httponly=True,
        samesite="Lax",
        secure=config().secure_cookies and request.is_secure,
        path="/",
    )
    return response


def forget(response: Response) -> Response:
    """Remove the session cookie."""
    response.delete_cookie(COOKIE, path="/")
    return response


def identify() -> None:
    """Find out who makes the request from the session cookie."""
    token = request.cookies.get(COOKIE)
    if not token or request.endpoint in {"static", "assets.asset"}:
        return
    with database().reading() as session:
        found = accounts.actor_for_token(session, token, address=client_address())
        is_due = portal_sessions.is_due(session)
    if found is not None:
        g.actor, g.token = found, token
        if is_due:
            _note_use(found, token)


def _note_use(who: Actor, token: str) -> None:
    """Keep a portal session alive while it is used; asking how long it has left is no use."""
    if who.kind not in {"invitation", "delegate"} or request.endpoint in _CLOCKS:
        return
    with database().transaction() as session:
        portal_sessions.touch(session, accounts.token_hash(token))


def guards(app: Flask) -> Iterator[tuple[str, str, str]]:
    """Yield (methods, rule, guard) of every route."""
    for rule in app.url_map.iter_rules():
        methods = " ".join(sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})) or "HEAD"
        view = app.view_functions[rule.endpoint]
        guard = "public" if rule.endpoint == "static" else getattr(view, _GUARD, "")
        yield methods, rule.rule, guard


def refuse_unguarded(app: Flask) -> None:
    """Stop the start of an application that has a view without a guard."""
    if missing := [rule for _, rule, guard in guards(app) if not guard]:
        raise RuntimeError(f"views without a guard: {', '.join(missing)}")


def _guarded(view: Callable[P, R], label: str, allows: Callable[[Actor], bool]) -> Callable[P, R]:
    """Wrap a view with a check of the actor."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        who = actor()
        if who.kind == "anonymous":
            raise Problem("sign-in-required")
        if not allows(who):
            raise Problem("forbidden")
        return view(*args, **kwargs)

    return _mark(guarded, label)


def _mark(view: Callable[P, R], label: str) -> Callable[P, R]:
    """Remember a view's guard on the view itself."""
    setattr(view, _GUARD, label)
    return view
