"""A round's own consent text is what the respondent reads, under its own version; otherwise the standing notice is."""

from __future__ import annotations

from datetime import date

import pytest

from survey.i18n import TRANSLATIONS
from survey.model import Round
from survey.operations.draft_start import fresh_contents
from survey.query.drafts import UnitView
from survey.questionnaire.evaluate import Evaluation, evaluate
from survey.reference import units
from survey.report.language import load
from survey.report.paper.layout import lay_out
from survey.report.paper.render import html
from tests.forms.interviews import NOW, compiled

OWN = "Cục Thống kê xin thông báo về cuộc điều tra.\nÔng/bà có quyền từ chối."
STANDING = {"household": "HO-2026-1", "enterprise": "DN-2026-1", "institution": "CSGD-2026-1"}
REACHED = {
    "household": {"contact": "10"},
    "enterprise": {"operating_status": "1", "contact": "10", "response_mode": "2"},
    "institution": {"operating_status": "1", "contact": "10", "response_mode": "2"},
}


def _opened(name: str, settings: dict[str, str]) -> Evaluation:
    """Return a fresh questionnaire of a reached unit in a round with these settings."""
    round_ = Round(code="R", reference_date=date(2026, 11, 1), settings=settings, consent_version="4")
    commune = units.old_commune("31318")
    unit = UnitView(1, round_, name, "DB-1-0001", commune.code, "DB-1", None, {}, {})
    instrument = compiled(name).instrument
    answers = fresh_contents(instrument, unit, now=NOW, interviewer="lan").answers
    answers.setdefault("visit", {}).update(REACHED[name])
    return evaluate(instrument, answers, now=NOW)


@pytest.mark.parametrize("name", STANDING)
def test_a_round_without_a_text_of_its_own_has_the_standing_notice(name: str) -> None:
    seen = _opened(name, {"agency_name": "Cục Thống kê"})
    assert seen.relevant("consent_section/note_notice")
    assert not seen.relevant("consent_section/note_own_notice")
    assert seen.value("consent_section/consent_version") == STANDING[name]


@pytest.mark.parametrize("name", STANDING)
def test_a_rounds_own_text_takes_the_place_of_the_standing_notice_and_carries_its_version(name: str) -> None:
    seen = _opened(name, {"consent_notice": OWN})
    assert not seen.relevant("consent_section/note_notice")
    assert seen.relevant("consent_section/note_own_notice")
    for tongue in compiled(name).instrument.languages:
        assert seen.label("consent_section/note_own_notice", tongue) == OWN
    assert seen.value("consent_section/consent_version") == "4"


@pytest.mark.parametrize("name", STANDING)
def test_paper_prints_one_notice_only(name: str) -> None:
    instrument = compiled(name).instrument
    standing = instrument.by_path["consent_section/note_notice"].label["vi"][0]
    first_line = str(standing).split("\n")[0][:60]
    blank = html(lay_out(instrument, load("vi", TRANSLATIONS)))
    own = html(lay_out(instrument, load("vi", TRANSLATIONS), {"consent_notice": OWN}))
    assert (first_line in blank, first_line in own) == (True, False)
    assert OWN.split("\n")[1] in own
    assert "consent_notice" not in blank
