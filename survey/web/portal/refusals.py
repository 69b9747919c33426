"""What the portal refuses leaves an event in the log: which view, which status, never the address with its token."""

from __future__ import annotations

from flask import Response, request

from survey.operations import audit
from survey.web import access
from survey.web.portal import blueprint

_REFUSED = frozenset({400, 403, 404, 410, 413})


@blueprint.after_request
def note(response: Response) -> Response:
    """Record a refused request of the portal."""
    if response.status_code in _REFUSED and request.endpoint:
        view = request.endpoint.rsplit(".", 1)[-1]
        with access.database().transaction() as session:
            audit.record(
                session,
                access.actor(),
                "portal.refused",
                "view",
                view,
                status=response.status_code,
                method=request.method,
                address=access.client_address(),
            )
    return response
