"""The overview while it is watched: server-sent events with the counts within reach, or the same once as JSON.

A stream holds a thread of the server, so only a few are open at once and none for long; everybody else asks again.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator

from flask import Response, jsonify, make_response, request
from flask_babel import gettext as _

from survey.db import Database
from survey.i18n import ZONE
from survey.query import live as reads
from survey.query.live import Live
from survey.query.scope import Communes
from survey.web import access
from survey.web.office import blueprint
from survey.web.office.desk import READERS, desk
from survey.web.stopping import stopping

EVERY = 5.0
"""Seconds between two looks at the board."""
LIFE = 120.0
"""Seconds after which a stream ends; the browser opens the next one, and its rights are checked again."""
STEP = 1.0
"""Seconds within which a stream notices that the server is stopping or that the browser has gone."""
RETRY = 15
"""Seconds after which somebody who found no free stream asks again."""


class Places:
    """How many streams a process may hold open at once; taking one never waits."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._taken = 0

    def take(self, limit: int) -> bool:
        """Take a place unless `limit` are taken."""
        with self._lock:
            if self._taken >= limit:
                return False
            self._taken += 1
            return True

    def give_back(self) -> None:
        """Free a place."""
        with self._lock:
            self._taken -= 1


class Stream(Iterator[bytes]):
    """The events of one watcher: counts at once and after each change, else a sign of life; ends after its life."""

    def __init__(self, read: Callable[[], Live], leave: Callable[[], None], every: float, life: float) -> None:
        self._read, self._leave = read, leave
        self._every, self._ends_at = every, time.monotonic() + life
        self._looks_at = 0.0
        self._last: Live | None = None
        self._is_open, self._closing = True, threading.Event()

    def __next__(self) -> bytes:
        """Return the next event, or an empty line by which the server notices that nobody listens any more."""
        is_over = time.monotonic() > self._ends_at or stopping.is_set()
        if is_over or (self._last is not None and self._closing.wait(min(STEP, self._every))):
            self.close()
            raise StopIteration
        if time.monotonic() < self._looks_at:
            return b":\n\n"
        before, self._last = self._last, self._read()
        self._looks_at = time.monotonic() + self._every
        is_news = before is None or (before.lines, before.waiting) != (self._last.lines, self._last.waiting)
        return event("counts" if is_news else "still", self._last)

    def close(self) -> None:
        """End the stream and free its place, once."""
        self._closing.set()
        if self._is_open:
            self._is_open = False
            self._leave()

    def __del__(self) -> None:
        """Free the place of a stream that nobody began to read."""
        self.close()


_places = Places()


@blueprint.get("/rounds/<code>/live")
@access.roles(*READERS)
def live(code: str) -> Response:
    """Send the counts of the overview within reach, as a stream to who asks for one."""
    with access.database().reading() as session:
        here = desk(session, code, *READERS)
        now = reads.live(session, here.round.id, here.communes)
    if request.accept_mimetypes.best_match(["application/json", "text/event-stream"]) != "text/event-stream":
        return jsonify(content(now))
    if not _places.take(access.config().live_streams):
        busy = make_response(jsonify(error="live-full", message=_("Too many people are watching at this moment.")), 503)
        busy.headers["Retry-After"] = str(RETRY)
        return busy
    read = _reader(access.database(), here.round.id, here.communes)
    stream = Stream(read, _places.give_back, EVERY, LIFE)
    response = Response(stream, mimetype="text/event-stream", direct_passthrough=True)
    response.headers["X-Accel-Buffering"] = "no"
    response.call_on_close(stream.close)
    return response


def content(now: Live) -> dict[str, object]:
    """Return the numbers as they travel."""
    at = now.counted_at.astimezone(ZONE)
    return {"at": at.strftime("%H:%M:%S"), "waiting": now.waiting, "lines": now.lines}


def event(name: str, now: Live) -> bytes:
    """Return one server-sent event; a sign of life carries the time only."""
    known = content(now) if name == "counts" else {"at": content(now)["at"]}
    return f"event: {name}\ndata: {json.dumps(known, separators=(',', ':'))}\n\n".encode()


def _reader(database: Database, round_id: int, communes: Communes) -> Callable[[], Live]:
    """Return a reading that holds no connection between two looks."""

    def read() -> Live:
        with database.reading() as session:
            return reads.live(session, round_id, communes)

    return read
