"""The pages of planning, devices and people ask the database a handful of questions each, however long their lists."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event

from survey.db import Database
from tests.web.office_round import Staffed, sign_in

_ROUND = "/office/rounds/THU"
PAGES = (
    f"{_ROUND}/settings",
    f"{_ROUND}/frames",
    f"{_ROUND}/draws",
    f"{_ROUND}/draws/2",
    f"{_ROUND}/draws/size",
    "/office/system",
    "/office/system/devices",
    "/office/quarantine",
    "/auth/account",
)
HANDFUL = 14


@pytest.mark.parametrize("page", PAGES)
def test_a_page_asks_a_handful_of_questions(
    office: FlaskClient, staffed: Staffed, office_database: Database, page: str
) -> None:
    sign_in(office, "admin")
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.startswith("SELECT"):
            asked.append(statement)

    event.listen(office_database.engine, "before_cursor_execute", note)
    try:
        assert office.get(page).status_code == 200
    finally:
        event.remove(office_database.engine, "before_cursor_execute", note)
    assert 0 < len(asked) <= HANDFUL, "\n".join(asked)
