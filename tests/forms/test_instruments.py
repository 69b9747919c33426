"""What every instrument must satisfy: it compiles, stock tools accept it, nothing is missing in either language."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from pyxform.validators.odk_validate import check_xform

from survey.questionnaire import lint
from survey.questionnaire.sheets import from_csv, to_csv
from survey.questionnaire.xform import read_media
from tests.forms.interviews import (
    FORMS,
    NAMES,
    Answers,
    compiled,
    enterprise,
    household,
    institution,
    judged,
    reinterview,
    sheets,
)

SILENT = {"start", "end", "today", "deviceid", "audit", "hidden", "calculate", "end group", "end repeat"}
LANGUAGES = ("Tiếng Việt (vi)", "English (en)")
VIETNAMESE = set("ăâđêôơưáàảãạắằẳẵặấầẩẫậéèẻẽẹếềểễệíìỉĩịóòỏõọốồổỗộớờởỡợúùủũụứừửữựýỳỷỹỵ")
each = pytest.mark.parametrize("name", NAMES)


@each
def test_the_instrument_compiles_without_a_warning(name: str) -> None:
    form = compiled(name)
    assert form.instrument.languages == ("vi", "en")
    assert form.instrument.code.startswith("Phiếu số ")


@each
def test_our_own_lint_finds_nothing(name: str) -> None:
    assert lint.check(sheets(name), read_media(FORMS / "media")) == []


@each
def test_odk_validate_accepts_the_xform(name: str, tmp_path: Path) -> None:
    if shutil.which("java") is None:
        pytest.skip("ODK Validate needs a Java runtime")
    path = tmp_path / f"{name}.xml"
    path.write_bytes(compiled(name).xml)
    assert check_xform(str(path)) == []


@each
def test_the_file_is_in_its_canonical_form(name: str) -> None:
    text = (FORMS / f"{name}.csv").read_text("utf-8")
    assert to_csv(from_csv(text)) == text


@each
def test_every_label_and_choice_exists_in_both_languages(name: str) -> None:
    rows = [row for row in sheets(name)["survey"].rows if row.get("type") not in SILENT]
    for row in [*rows, *sheets(name)["choices"].rows]:
        for language in LANGUAGES:
            assert row.get(f"label::{language}"), (row.get("name"), language)


@each
def test_hints_and_messages_come_in_both_languages_or_in_none(name: str) -> None:
    for row in sheets(name)["survey"].rows:
        for column in ("hint", "constraint_message", "required_message", "warning_message", "universe"):
            given = [bool(row.get(f"{column}::{language}")) for language in LANGUAGES]
            assert given[0] == given[1], (row.get("name"), column)


@each
def test_no_english_text_is_left_in_vietnamese(name: str) -> None:
    for row in [*sheets(name)["survey"].rows, *sheets(name)["choices"].rows]:
        vietnamese, english = (row.get(f"label::{language}") for language in LANGUAGES)
        if vietnamese and vietnamese == english:
            assert not VIETNAMESE & set(vietnamese.lower()), vietnamese


@each
def test_names_are_short_lower_case_and_used_once(name: str) -> None:
    names = Counter(row.get("name") for row in sheets(name)["survey"].rows if row.get("name"))
    assert [one for one, times in names.items() if times > 1] == []
    assert all(one == one.lower() and one.isascii() and len(one) <= 32 for one in names)


@each
def test_no_answer_is_preselected(name: str) -> None:
    assert [q.name for q, _ in compiled(name).instrument.questions() if q.default or q.dynamic_default] == []


@each
def test_every_question_with_a_constraint_or_a_soft_check_says_what_is_wrong(name: str) -> None:
    for question, _ in compiled(name).instrument.questions():
        assert (question.constraint is None) == (not question.constraint_message), question.name
        assert (question.warning is None) == (not question.warning_message), question.name


@each
def test_amounts_and_counts_have_a_range(name: str) -> None:
    for question, _ in compiled(name).instrument.questions():
        if question.kind in ("integer", "decimal"):
            assert question.constraint is not None, question.name


IDENTITY = {
    "household": {"hamlet", "address", "head_name", "member_name", "selected_name", "phone"},
    "enterprise": {"tax_code", "enterprise_name", "address", "respondent_name", "respondent_phone", "respondent_email"},
    "institution": {
        "institution_name", "address", "reporter_name", "reporter_phone", "reporter_email", "head_name", "signature",
    },
    "reinterview": {"head_name", "member_name", "original_selected_name"},
}  # fmt: skip
SENSITIVE = {
    "household": {
        "health_record", "health_insurance", "bank_account", "ewallet", "ewallet_kind", "cashless", "security_incident",
        "health_advice", "remote_care", "health_booking",
    },
    "enterprise": set(),
    "institution": set(),
    "reinterview": {"health_record", "bank_account", "health_advice", "remote_care"},
}  # fmt: skip


@each
def test_names_addresses_and_telephones_are_kept_apart(name: str) -> None:
    marked = {question.name for question, _ in compiled(name).instrument.questions() if question.identity}
    assert marked == IDENTITY[name]


@each
def test_sensitive_questions_are_marked(name: str) -> None:
    marked = {question.name for question, _ in compiled(name).instrument.questions() if question.sensitive}
    assert marked == SENSITIVE[name]


@each
def test_identity_never_reaches_the_name_of_an_instance(name: str) -> None:
    template = sheets(name)["settings"].rows[0].get("instance_name")
    assert not [one for one in IDENTITY[name] if "${" + one + "}" in template]


@each
def test_where_people_are_located_is_never_recorded(name: str) -> None:
    types = {row.get("type") for row in sheets(name)["survey"].rows}
    assert "geopoint" not in types
    audit = next(row for row in sheets(name)["survey"].rows if row.get("type") == "audit")
    assert "location" not in audit.get("parameters")


COMPLETE: dict[str, Callable[[], Answers]] = {
    "household": household,
    "enterprise": enterprise,
    "institution": institution,
    "reinterview": reinterview,
}


@each
def test_an_ordinary_complete_interview_is_accepted_without_a_remark(name: str) -> None:
    verdict = judged(name, COMPLETE[name]())
    assert verdict.findings == ()
    assert verdict.answers["closing"]["result_code"] == "11"


@each
def test_every_soft_check_stands_on_a_question_that_is_asked(name: str) -> None:
    checked = [question for question, _ in compiled(name).instrument.questions() if question.warning is not None]
    assert checked
    assert all(question.is_asked for question in checked)
