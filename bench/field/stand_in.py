"""A server process that is back a moment after it was killed: everything is imported once, each life is a fork.

Run by the soak as `-m bench.field.stand_in PORT`: every line on its input (an edition's name, or nothing) starts one
life, whose process number is printed. No database is opened before the fork.
"""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path

from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

from survey.app import create_app
from survey.web.tablet.assets import edition_of, read_edition


def main() -> None:
    """Start one life for each line that is read; end with the input."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    logging.getLogger("survey").setLevel(logging.CRITICAL)
    app = create_app()
    with app.test_request_context():
        edition_of(app)
        for line in sys.stdin:
            if edition := line.strip():
                app.extensions["survey.tablet"] = read_edition(Path(app.static_folder or ""), extra=_other(edition))
            _live(app, int(sys.argv[1]))


def _other(edition: str) -> dict[str, bytes]:
    """Return a file that makes another edition; built before the fork, after which minifying would hang."""
    return {"css/edition.css": f".edition-{edition} {{ color: red }}".encode()}


def _live(app: Flask, port: int) -> None:
    number = os.fork()
    if number:
        print(number, flush=True)
        os.waitpid(number, 0)
        print("dead", flush=True)
        return
    WSGIRequestHandler.protocol_version = "HTTP/1.1"
    make_server("127.0.0.1", port, app, threaded=True).serve_forever()


if __name__ == "__main__":
    main()
