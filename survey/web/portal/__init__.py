"""The portal of enterprises and education institutions: their way in, their questionnaire, receipts, requests.

An invited unit reaches its own questionnaire only: no address here names a unit. A colleague with the link of one
section reaches that section only.
"""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("portal", __name__, url_prefix="/portal")
colleague = Blueprint("colleague", __name__, url_prefix="/section")

from survey.web.portal import (  # noqa: E402, F401 - the views register themselves
    account,
    delegation,
    entrance,
    questionnaire,
    receipts,
    refusals,
    registration,
    section,
)

blueprint.register_blueprint(colleague)
