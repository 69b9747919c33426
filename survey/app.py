"""The composition root: the Flask application."""

from __future__ import annotations

import importlib
from pathlib import Path

from flask import Flask, Response, request
from flask_wtf.csrf import CSRFProtect, generate_csrf
from markupsafe import Markup

from survey import config as configuration
from survey import i18n
from survey.config import Config
from survey.db import Database
from survey.web import access, assets, compress, problems

BLUEPRINTS = ("auth", "field", "tablet", "portal", "office", "results", "openrosa")
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; object-src 'none'; "
        "frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), geolocation=(self), microphone=()",
}
_FIXED = {"static", "assets.asset"}
_PARTS = {"text/css", "text/javascript"}
_PART_HEADERS = {"X-Content-Type-Options": "nosniff"}
"""Scripts and styles are no documents: what a document may do is said with the document."""
_YEAR = 31_536_000

csrf = CSRFProtect()


def create_app(config: Config | None = None) -> Flask:
    """Build the web application of an instance."""
    config = config or configuration.load()
    app = Flask("survey", static_folder="static", template_folder="templates")
    app.config.update(
        SECRET_KEY=config.secret_key,
        MAX_CONTENT_LENGTH=config.max_submission_bytes,
        MAX_FORM_MEMORY_SIZE=config.max_submission_bytes,
        MAX_FORM_PARTS=5000,
        WTF_CSRF_TIME_LIMIT=None,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=False,
        SESSION_COOKIE_NAME="form",
    )
    app.extensions["survey.config"] = config
    app.extensions["survey.db"] = Database(config.database_url)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    i18n.init_app(app)
    csrf.init_app(app)
    problems.init_app(app)
    app.before_request(access.identify)
    app.after_request(_finish)
    app.jinja_env.globals.update(
        csrf_field=_csrf_field, actor=access.actor, static_url=assets.static_url(Path(app.static_folder or ""))
    )
    app.register_blueprint(assets.blueprint)
    for name in BLUEPRINTS:
        blueprint = importlib.import_module(f"survey.web.{name}").blueprint
        app.register_blueprint(blueprint)
        if getattr(blueprint, "csrf_exempt", False) or name == "openrosa":
            csrf.exempt(blueprint)
    access.refuse_unguarded(app)
    return app


def _finish(response: Response) -> Response:
    """Set the security headers, keep the language choice, and let nothing personal be cached."""
    is_part = request.endpoint in _FIXED and response.mimetype in _PARTS
    for name, value in _PART_HEADERS.items() if is_part else _HEADERS.items():
        response.headers.setdefault(name, value)
    if request.args.get("lang") in i18n.LANGUAGES:
        response.set_cookie(i18n.COOKIE, request.args["lang"], max_age=_YEAR, samesite="Lax")
    if "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = "no-store"
    return compress.shrink(response)


def _csrf_field() -> Markup:
    """Return the hidden field that every form carries."""
    return Markup('<input type="hidden" name="csrf_token" value="{}">').format(generate_csrf())
