"""The live numbers of the overview: within reach, over a real server, with few streams and a clean stop."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from survey.db import Database
from survey.model.actor import Actor, RoleGrant
from survey.operations import accounts, review
from survey.query.live import Live
from survey.web.office import live
from tests.web.office_round import PASSWORD, Staffed, sign_in

_ROOT = Path(__file__).resolve().parents[2]
_READY_SECONDS = 60
_JSON = {"Accept": "application/json"}


def _known(client: FlaskClient, code: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(client.get(f"/office/rounds/{code}/live", headers=_JSON).text)
    return found


def test_the_numbers_stay_within_reach(office_app: Flask, staffed: Staffed) -> None:
    everything = _known(sign_in(office_app.test_client(), "viewer"), staffed.code)
    assert everything["lines"]["total"] == [8, 1, 3, 1, 0, 3]
    assert everything["lines"][f"district:{staffed.there.code}"] == [4, 0, 1, 0, 0, 3]
    inside = _known(sign_in(office_app.test_client(), "supervisor"), staffed.code)
    assert inside["lines"]["total"] == [4, 1, 2, 1, 0, 0]
    assert inside["waiting"] == 2
    assert f"district:{staffed.there.code}" not in inside["lines"]


def test_the_page_names_the_lines_that_the_numbers_are_for(office: FlaskClient, staffed: Staffed) -> None:
    page = sign_in(office, "viewer").get(f"/office/rounds/{staffed.code}/overview").text
    known = _known(office, staffed.code)
    for key in known["lines"].keys() - {"total"}:
        assert f'data-live-line="{key}"' in page
    assert f'data-live="/office/rounds/{staffed.code}/live"' in page


def test_an_enumerator_hears_nothing(office: FlaskClient, staffed: Staffed) -> None:
    answer = sign_in(office, "lan").get(f"/office/rounds/{staffed.code}/live", headers={"Accept": "text/event-stream"})
    assert answer.status_code == 403


def _numbers(total: int) -> Live:
    return Live(datetime(2026, 11, 23, 3, 4, 5, tzinfo=UTC), 1, {"total": (total, 0, 0, 0, 0, 0)})


def test_a_stream_sends_numbers_when_they_change_and_ends_after_its_life() -> None:
    left: list[int] = []
    seen = iter([_numbers(1), _numbers(1), _numbers(2)])
    stream = live.Stream(lambda: next(seen), lambda: left.append(1), 0.01, 60.0)
    events: list[str] = []
    while len(events) < 3:
        line = next(stream).decode().splitlines()[0]
        events += [line] if line != ":" else []
    assert events == ["event: counts", "event: still", "event: counts"]
    stream.close()
    stream.close()
    assert list(stream) == []
    assert left == [1]
    assert list(live.Stream(lambda: _numbers(1), lambda: left.append(2), 0.01, -1.0)) == []
    assert left == [1, 2]


def test_places_are_limited_and_given_back() -> None:
    places = live.Places()
    assert [places.take(2) for _ in range(3)] == [True, True, False]
    places.give_back()
    assert places.take(2)


class _Served:
    """A server of its own over a copy of the staffed round."""

    def __init__(self, folder: Path, url: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        place = {"PHIEU_SO_INSTANCE": str(folder), "PHIEU_SO_DATABASE_URL": url, "PHIEU_SO_SECRET_KEY": "live"}
        command = [sys.executable, "-m", "survey", "serve", "--port", str(self.port), "--workers", "1"]
        self.process = subprocess.Popen(
            [*command, "--threads", "6"],
            env=os.environ | place,
            cwd=_ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def wait(self) -> None:
        deadline = time.monotonic() + _READY_SECONDS
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
            except OSError:
                time.sleep(0.05)
            else:
                return
        raise RuntimeError("the server does not answer")

    def open(self, path: str, token: str, accept: str) -> http.client.HTTPResponse:
        """Ask for a page; closing the answer closes the line."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request("GET", path, headers={"Cookie": f"session={token}", "Accept": accept, "Connection": "close"})
        return connection.getresponse()


@pytest.fixture
def place(staffed_template: tuple[Path, Staffed], tmp_path: Path) -> str:
    """Return the address of a copy of the staffed round."""
    path = tmp_path / "survey.db"
    shutil.copy(staffed_template[0], path)
    return f"sqlite:///{path}"


@pytest.fixture
def served(place: str, tmp_path: Path) -> Iterator[_Served]:
    """Return a real server; it is ended at the latest here."""
    server = _Served(tmp_path, place)
    try:
        server.wait()
        yield server
    finally:
        server.process.kill()
        server.process.wait()


def _next_counts(stream: http.client.HTTPResponse) -> dict[str, Any]:
    """Return the content of the next event with numbers."""
    while (line := stream.readline()) != b"event: counts\n":
        assert line, "the stream ended"
    found: dict[str, Any] = json.loads(stream.readline().removeprefix(b"data: "))
    return found


def test_two_watchers_see_a_change_a_third_is_sent_away_and_the_server_stops_at_once(
    served: _Served, place: str, staffed: Staffed
) -> None:
    database = Database(place)
    with database.transaction() as session:
        token = accounts.sign_in(session, username="viewer", password=PASSWORD) or ""
    address = f"/office/rounds/{staffed.code}/live"
    streams = [served.open(address, token, "text/event-stream") for _ in range(2)]
    for stream in streams:
        assert (stream.status, stream.getheader("Content-Type")) == (200, "text/event-stream; charset=utf-8")
        assert _next_counts(stream)["lines"]["total"] == [8, 1, 3, 1, 0, 3]
    third = served.open(address, token, "text/event-stream")
    assert (third.status, third.getheader("Retry-After")) == (503, "15")
    assert served.open(address, token, "application/json").status == 200
    boss = Actor("account", staffed.people["statistician"], grants=(RoleGrant("statistician", staffed.round_id, None),))
    with database.transaction() as session:
        review.approve(session, boss, staffed.records["waiting-here"], expected_revision=1)
    for stream in streams:
        assert _next_counts(stream)["lines"]["total"] == [8, 2, 2, 1, 0, 3]
    database.dispose()
    served.process.send_signal(signal.SIGTERM)
    begin = time.monotonic()
    served.process.wait(30)
    assert time.monotonic() - begin < 8, "the streams held the server until its patience was over"
    assert third.read()
    for stream in streams:
        stream.close()
