"""The door for ODK Collect, Enketo and other OpenRosa clients: form list, forms, media and submissions.

A device proves itself by the token in its address, a person by Basic authentication. Session cookies are not accepted
here, and so no CSRF token is asked for.
"""

from __future__ import annotations

from survey.web.openrosa.routes import blueprint

__all__ = ["blueprint"]
