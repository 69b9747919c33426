"""Routes of the application's own files. Everybody may fetch them: they hold no data."""

from __future__ import annotations

from flask import Response, current_app, jsonify
from flask_babel import force_locale
from flask_babel import gettext as _

from survey.errors import Problem
from survey.web import access
from survey.web.compress import pack, serve
from survey.web.tablet import blueprint
from survey.web.tablet.assets import SCOPE, Edition, edition_of

_YEAR = 31_536_000
_FAREWELL = b"""self.addEventListener('install', () => self.skipWaiting())
self.addEventListener('activate', event => event.waitUntil(
  caches.keys().then(names => Promise.all(names.map(name => caches.delete(name))))
    .then(() => self.registration.unregister())))
"""


@blueprint.get("/")
@access.public
def page() -> Response:
    """Serve the page that brings the application to a browser; the worker answers here from then on."""
    return _fresh(serve(_edition().porch if access.config().tablet_worker else _edition().page))


@blueprint.get("/direct")
@access.public
def direct() -> Response:
    """Serve the application itself, for browsers in which no worker can live."""
    return _fresh(serve(_edition().page))


@blueprint.get("/worker.js")
@access.public
def worker() -> Response:
    """Serve the worker; with TABLET_WORKER off, one that removes itself and its caches and leaves all data alone."""
    if not access.config().tablet_worker:
        return _fresh(serve(pack(_FAREWELL, "text/javascript; charset=utf-8")))
    return _fresh(serve(_edition().worker))


@blueprint.get("/app.webmanifest")
@access.public
def manifest() -> Response:
    """Describe the application for the home screen."""
    base = f"{SCOPE}files/{_edition().build}/icons"
    with force_locale("vi"):
        name = _("Phiếu Số – field work")
    response = jsonify(
        id=SCOPE,
        name=name,
        short_name="Phiếu Số",
        lang="vi",
        start_url=SCOPE,
        scope=SCOPE,
        display="standalone",
        orientation="any",
        background_color="#fcfbf8",
        theme_color="#084f4c",
        icons=[
            {"src": f"{base}/mark-192.png", "sizes": "192x192", "type": "image/png", "purpose": "any maskable"},
            {"src": f"{base}/mark.svg", "sizes": "any", "type": "image/svg+xml", "purpose": "any"},
        ],
    )
    response.content_type = "application/manifest+json"
    return _fresh(response)


@blueprint.get("/files/<build>/<path:name>")
@access.public
def file(build: str, name: str) -> Response:
    """Serve one file of the present edition; a file of another edition is not there any more."""
    edition = _edition()
    if build != edition.build or (name != "pack" and name not in edition.files):
        raise Problem("not-found")
    response = serve(edition.pack if name == "pack" else edition.files[name])
    response.cache_control.max_age, response.cache_control.public = _YEAR, True
    response.cache_control.immutable = True
    return response


def _edition() -> Edition:
    return edition_of(current_app._get_current_object())  # type: ignore[attr-defined]


def _fresh(response: Response) -> Response:
    """Let nobody keep a file by whose name an update is noticed."""
    response.headers["Cache-Control"] = "no-cache"
    return response
