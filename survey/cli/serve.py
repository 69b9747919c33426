"""Serve an instance: `serve`. The application is loaded once and shared by the processes made from this one."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from pathlib import Path

import click
from granian.constants import Interfaces
from granian.server import Server

from survey import config as configuration

ROOT = Path(__file__).resolve().parents[2]
_PATIENCE = 10
"""Seconds that a process may go on with the requests it has when the server is stopped."""


@click.command(help="Serve the pages.")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8128, show_default=True, type=int)
@click.option("--workers", default=2, show_default=True, type=int, help="Processes.")
@click.option("--threads", default=8, show_default=True, type=int, help="Requests that a process works on at once.")
def serve(host: str, port: int, workers: int, threads: int) -> None:
    """Run the production server until it is interrupted."""
    try:
        config = configuration.load()
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    os.environ["PHIEU_SO_LIVE_STREAMS"] = str(min(config.live_streams, max(0, threads // 2 - 1)))
    click.echo(f"Phiếu Số: http://{host}:{port}/")
    sys.path.insert(0, str(ROOT))
    import_module("wsgi")
    Server(
        "wsgi:app",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=threads,
        backpressure=128,
        workers_kill_timeout=_PATIENCE,
        working_dir=ROOT,
        log_access=False,
        respawn_failed_workers=True,
    ).serve()
