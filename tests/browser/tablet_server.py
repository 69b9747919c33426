"""The server process of the tablet tests, over PHIEU_SO_INSTANCE: `-m tests.browser.tablet_server PORT [EDITION]`."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

from werkzeug.serving import WSGIRequestHandler, make_server

from survey.app import create_app
from survey.web.tablet.assets import read_edition


def serve(port: int, edition: str) -> None:
    """Serve until killed; an edition's name makes another build of the application out of the same files."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    app = create_app()
    if edition:
        folder = Path(app.static_folder or "")
        style = (folder / "css/field.css").read_bytes() + f"\n.edition-{edition} {{ color: red }}\n".encode()
        with app.test_request_context():
            app.extensions["survey.tablet"] = read_edition(folder, extra={"css/field.css": style})
    WSGIRequestHandler.protocol_version = "HTTP/1.1"
    make_server("127.0.0.1", port, app, threaded=True).serve_forever()


if __name__ == "__main__":
    serve(int(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "")
