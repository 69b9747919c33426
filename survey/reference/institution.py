"""The four components of a digital school and the answers of the institution form that state them."""

from __future__ import annotations

from collections.abc import Mapping

COMPONENTS: Mapping[str, str] = {
    "governance": "interview/governance/governance_level",
    "activity": "interview/activity/activity_level",
    "digital_data": "interview/digital_data/digital_data_level",
    "repository": "interview/repository/repository_level",
}
"""Component → path of the answer that states how complete it is."""
COMPLETE, PARTIAL, NOT_YET = "1", "2", "3"
LEVELS = (COMPLETE, PARTIAL, NOT_YET)
"""The codes of the choice list `completion`."""
