"""The real server on a raw socket: a message that comes in chunks, by a client that asks before it sends."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from survey.config import write_default
from survey.db import Database
from survey.model.actor import SYSTEM
from survey.operations import accounts, devices
from tests.killed_server import Server
from tests.rounds import Interview, small_round

_BOUNDARY = "phieu-so-raw"


def _answer(line: socket.socket) -> bytes:
    """Read the head of the next answer and the body that its length announces."""
    received = b""
    while b"\r\n\r\n" not in received:
        received += line.recv(4096)
    head, _, body = received.partition(b"\r\n\r\n")
    length = next((int(each[15:]) for each in head.lower().split(b"\r\n") if each.startswith(b"content-length:")), 0)
    while len(body) < length:
        body += line.recv(4096)
    return head


def _send(port: int, path: str, xml: bytes) -> tuple[bytes, bytes]:
    """Send a record in chunks of 100 bytes after the server said to go on; return both heads."""
    head = 'Content-Disposition: form-data; name="xml_submission_file"; filename="s.xml"\r\nContent-Type: text/xml'
    body = f"--{_BOUNDARY}\r\n{head}\r\n\r\n".encode() + xml + f"\r\n--{_BOUNDARY}--\r\n".encode()
    lines = (
        f"POST {path} HTTP/1.1",
        "Host: localhost",
        "X-OpenRosa-Version: 1.0",
        f"Content-Type: multipart/form-data; boundary={_BOUNDARY}",
        "Transfer-Encoding: chunked",
        "Expect: 100-continue",
    )
    with socket.create_connection(("127.0.0.1", port), timeout=20) as line:
        line.sendall("\r\n".join(lines).encode() + b"\r\n\r\n")
        leave = _answer(line)
        for start in range(0, len(body), 100):
            part = body[start : start + 100]
            line.sendall(f"{len(part):x}\r\n".encode() + part + b"\r\n")
        line.sendall(b"0\r\n\r\n")
        return leave, _answer(line)


@pytest.mark.slow
def test_a_record_in_chunks_after_a_question_is_taken_in(sqlite_database: Database, tmp_path: Path) -> None:
    write_default(tmp_path)
    for name in ("media", "snapshots", "reports"):
        (tmp_path / name).mkdir()
    with sqlite_database.transaction() as session:
        small_round(session)
        account = accounts.create_account(session, SYSTEM, username="lan", name="Lan", password="mat-khau-dai")
        accounts.grant_role(session, SYSTEM, account.id, "enumerator")
        _, token = devices.enrol(session, SYSTEM, account_id=account.id, name="Máy 1")
    server = Server(tmp_path, sqlite_database.engine.url.render_as_string(), "--workers", "1")
    server.start()
    try:
        xml = Interview().xml()
        answers = [_send(server.port, f"/openrosa/key/{token}/submission", xml) for _ in range(2)]
    finally:
        server.kill()
    assert [leave.split(b"\r\n")[0] for leave, _ in answers] == [b"HTTP/1.1 100 Continue"] * 2
    assert [told.split()[1] for _, told in answers] == [b"201", b"202"]
    assert all(b"x-openrosa-version: 1.0" in told.lower() for _, told in answers)
