"""What a WSGI server imports: the application of the instance named by PHIEU_SO_INSTANCE, soon ready to answer.

What is made here stays: the collector of garbage rests meanwhile and looks at none of it afterwards.
"""

import gc
import threading
from importlib import import_module

from survey.web import late

_EDITION_SECONDS = 1.0
"""When the tablet's application is read, so that neither the first page nor the first tablet waits for it."""


def _read_edition() -> None:
    with app.test_request_context():
        import_module("survey.web.tablet.assets").edition_of(app)


gc.disable()
late.install()
app = import_module("survey.app").create_app()
gc.freeze()
gc.enable()
_later = threading.Timer(_EDITION_SECONDS, _read_edition)
_later.daemon = True
_later.start()
