"""The portal of enterprises and education institutions: the code of the letter, their questionnaire, their receipts.

An invited unit reaches its own questionnaire only: no address here names a unit.
"""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("portal", __name__, url_prefix="/portal")

from survey.web.portal import entrance, questionnaire, receipts  # noqa: E402, F401 - the views register themselves
