"""The product as it runs, for a benchmark: a private instance, `survey serve`, the CPU time of all it starts."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    """Return a port that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(instance: Path, url: str, *options: str) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """Start the server over an instance; yield its process and port; stop it at the end."""
    port = free_port()
    environment = os.environ | {"PHIEU_SO_INSTANCE": str(instance), "PHIEU_SO_DATABASE_URL": url}
    command = [sys.executable, "-m", "survey", "serve", "--port", str(port), *options]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait(port, process)
        yield process, port
    finally:
        process.terminate()
        process.wait(20)


def cpu_seconds(*roots: int) -> float:
    """Return the CPU time used so far by processes and everything below them."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (fields := _stat(int(entry.name))):
            parents.setdefault(int(fields[1]), []).append(int(entry.name))
    total, todo = 0.0, list(roots)
    while todo:
        number = todo.pop()
        todo += parents.get(number, [])
        fields = _stat(number)
        total += sum(int(value) for value in fields[11:15]) / _TICKS if fields else 0.0
    return total


def _stat(number: int) -> list[str]:
    """Return the fields of a process's state after its name."""
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    """Wait until the server answers."""
    for _ in range(400):
        if process.poll() is not None:
            raise RuntimeError("the server ended at its start")
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("HEAD", "/openrosa/submission")
            connection.getresponse()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("the server does not answer")
