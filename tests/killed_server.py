"""A server that is killed at random moments while clients post and retry, and the count of what it kept.

The whole group of processes gets SIGKILL, so nothing can finish what it was doing. PostgreSQL, where it is used, is a
server of its own and goes on.
"""

from __future__ import annotations

import hashlib
import http.client
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import select

from survey.db import Database
from survey.model import Identity, Revision, Submission
from survey.operations import audit

_BOUNDARY = "phieu-so-killed"
_READY_SECONDS = 60


@dataclass
class Killed:
    """What a run did and what the database holds after it."""

    kills: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    retries: int = 0
    acknowledged: set[str] = field(default_factory=set)
    lost: int = 0
    doubled: int = 0
    changed: int = 0
    broken_events: int = 0


class Server:
    """`survey serve` in a group of processes of its own."""

    def __init__(self, instance: Path, url: str, *options: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self._environment = os.environ | {"PHIEU_SO_INSTANCE": str(instance), "PHIEU_SO_DATABASE_URL": url}
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> float:
        """Start the server, wait until it answers, and return the seconds that took."""
        begin = time.perf_counter()
        command = [sys.executable, "-m", "survey", "serve", "--port", str(self.port), *self._options]
        self._process = subprocess.Popen(
            command,
            env=self._environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        while not self._answers():
            if self._process.poll() is not None or time.perf_counter() - begin > _READY_SECONDS:
                raise RuntimeError("the server does not answer")
            time.sleep(0.02)
        return time.perf_counter() - begin

    def kill(self) -> None:
        """End every process of the server at once."""
        assert self._process is not None
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def _answers(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("HEAD", "/openrosa/submission")
            return connection.getresponse().status == 401
        except OSError:
            return False
        finally:
            connection.close()


def run(
    server: Server, path: str, documents: dict[str, bytes], url: str, *, kills: int, clients: int = 8, seed: int = 128
) -> Killed:
    """Send every document (by instanceID) until it is acknowledged, killing the server `kills` times meanwhile."""
    outcome, lock = Killed(), threading.Lock()
    server.start()
    items = sorted(documents.items())
    threads = [
        threading.Thread(target=_send, args=(server.port, path, items[i::clients], outcome, lock))
        for i in range(clients)
    ]
    try:
        for thread in threads:
            thread.start()
        _kill_meanwhile(server, outcome, len(documents), kills, random.Random(seed))
        for thread in threads:
            thread.join()
    finally:
        server.kill()
    _count(url, documents, outcome)
    return outcome


def _kill_meanwhile(server: Server, outcome: Killed, total: int, kills: int, rng: random.Random) -> None:
    """Kill and start again, each time after a share of the records and a random few milliseconds more."""
    for number in range(1, kills + 1):
        while len(outcome.acknowledged) < total * number // (kills + 1):
            time.sleep(0.001)
        time.sleep(rng.uniform(0, 0.03))
        server.kill()
        outcome.kills += 1
        server.start()


def _send(port: int, path: str, items: list[tuple[str, bytes]], outcome: Killed, lock: threading.Lock) -> None:
    """Send a client's documents one by one, each again and again until it is acknowledged."""
    for instance_id, document in items:
        while (status := _post(port, path, document)) not in (201, 202):
            with lock:
                outcome.retries += 1
            if status is not None and status < 500:
                raise AssertionError(f"refused with {status}")
            time.sleep(0.05)
        with lock:
            outcome.statuses[status] += 1
            outcome.acknowledged.add(instance_id)


def _post(port: int, path: str, document: bytes) -> int | None:
    """Send one document; the status, or None when the line broke."""
    head = 'Content-Disposition: form-data; name="xml_submission_file"; filename="s.xml"\r\nContent-Type: text/xml'
    body = f"--{_BOUNDARY}\r\n{head}\r\n\r\n".encode() + document + f"\r\n--{_BOUNDARY}--\r\n".encode()
    headers = {"Content-Type": f"multipart/form-data; boundary={_BOUNDARY}", "X-OpenRosa-Version": "1.0"}
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        answer.read()
        return answer.status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def _count(url: str, documents: dict[str, bytes], outcome: Killed) -> None:
    """Compare what the database holds with what was acknowledged."""
    database = Database(url)
    with database.reading() as session:
        query = select(Revision.instance_id, Identity.document).join(Identity, Identity.key == Revision.identity_key)
        held = session.execute(query).all()
        records = session.scalars(select(Submission.root_id)).all()
        outcome.broken_events = len(audit.verify(session).broken)
    database.dispose()
    known = {instance_id for instance_id, _ in held}
    outcome.lost = len(outcome.acknowledged - known) + len(outcome.acknowledged - set(records))
    outcome.doubled = len(held) - len(known) + len(records) - len(set(records))
    outcome.changed = sum(_hash(content or b"") != _hash(documents[id_]) for id_, content in held if id_ in documents)


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
