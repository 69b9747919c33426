"""What a WSGI server imports: the application of the instance named by PHIEU_SO_INSTANCE, soon ready to answer.

No thread and no connection is made here, so that a server may load it once and fork its processes. What is made stays:
the collector of garbage rests meanwhile and looks at none of it afterwards.
"""

import gc
import os
import threading
from importlib import import_module

from flask import Flask

from survey.web import late, stopping

_EDITION_SECONDS = 1.0

gc.disable()
late.install()
app: Flask = import_module("survey.app").create_app()
os.register_at_fork(after_in_child=stopping.listen)
gc.freeze()
gc.enable()
_asked = threading.Event()


@app.before_request
def _prepare_edition() -> None:
    """Read the tablet's application soon after the first request, before the first tablet waits for it."""
    if not _asked.is_set():
        _asked.set()
        timer = threading.Timer(_EDITION_SECONDS, _read_edition)
        timer.daemon = True
        timer.start()


def _read_edition() -> None:
    with app.test_request_context():
        import_module("survey.web.tablet.assets").edition_of(app)
