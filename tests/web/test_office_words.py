"""Every act that the program writes into the log has its words."""

from __future__ import annotations

import re
from pathlib import Path

from flask import Flask
from flask_babel import Babel

import survey
from survey.web.office.words import ACTIONS, actor_word

_RECORD = re.compile(r"audit\.(?:Event\(|record\(\s*\w+,\s*[\w.()]+,\s*)\"([a-z.-]+)\"", re.MULTILINE)


def _recorded() -> set[str]:
    folder = Path(survey.__file__).parent
    return {act for path in folder.rglob("*.py") for act in _RECORD.findall(path.read_text(encoding="utf-8"))}


def test_every_act_in_the_log_has_words() -> None:
    recorded = _recorded()
    assert "submission.receive" in recorded
    assert recorded - set(ACTIONS) == set()


def test_actors_without_a_name_are_called_by_their_kind() -> None:
    app = Flask(__name__)
    Babel(app, default_locale="en")
    with app.test_request_context():
        assert actor_word("invitation:7") == "Invited unit 7"
        assert actor_word("system") == "System"
        assert actor_word("Võ Thị Lan") == "Võ Thị Lan"
