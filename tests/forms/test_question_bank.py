"""The instruments hold every question of the bank, with its codes, and all that each of the 17 indicators needs."""

from __future__ import annotations

import pytest

from survey.questionnaire.instrument import Question
from survey.reference import plan, vsic
from tests.forms.interviews import NAMES, compiled

BANK = {
    "household": """
        H-A1 H-B1 H-B2 H-B3 H-B4 H-B5 TV-A2 TV-A3 TV-A4 TV-A5 TV-M1 TV-M2 TV-M3 TV-M5 TV-T1 TV-T2 TV-T3 TV-K1 TV-K2
        TV-K3
        TV-N1 TV-N2 TV-N3 TV-N4 TV-N5 TV-S1 TV-S2 TV-S3 TV-S4 TV-S5 TV-S6 TV-D1 TV-D2 TV-D3 TV-D4 TV-Y1 TV-Y2 TV-Y3
        TV-Y4
        TV-Y5 TV-L1 TV-L2 TV-L3 TV-L4 TV-L5 TV-L6 HKD-1 HKD-2 HKD-3
    """,
    "enterprise": """
        DN-A1 DN-A2 DN-A3 DN-A4 DN-A5 DN-A6 DN-A7 DN-A8 DN-A9 DN-B1 DN-B2 DN-B3 DN-B4 DN-B5 DN-C1 DN-C2 DN-C3 DN-C4
        DN-C5
        DN-C6 DN-D1 DN-D2 DN-D3 DN-D4
    """,
    "institution": "GD-1 GD-2 GD-3 GD-4 GD-5 GD-6 GD-7 GD-8 GD-9",
    "reinterview": "H-A1 H-B1 H-B2 TV-A2 TV-A3 TV-A4 TV-D1 TV-L1 TV-M1 TV-N1 TV-S1 TV-T1 TV-Y1 TV-Y2 TV-Y4",
}
SURVEY = ("household", "enterprise", "institution")
NEEDED = {
    "KT1": "DN-C1 DN-C2 DN-C3 DN-C4 DN-C5 DN-C6",
    "KT2": "DN-A4 DN-C1 DN-C2 DN-C3 DN-C4 DN-C5 DN-C6",
    "KT3": "DN-D1 DN-D2 DN-D3 DN-D4 HKD-1 HKD-2 TV-M5",
    "KT4": "DN-A5 DN-B1 DN-B2 DN-B3 DN-B4",
    "KT5": "DN-A4 DN-A5 DN-A6 DN-A7 DN-A8 DN-A9 DN-B5",
    "KT6": "TV-A4 TV-L1 TV-L2 TV-L3 TV-L4 TV-L5 TV-L6",
    "XH1": "TV-A4 TV-M1",
    "XH2": "TV-A4 TV-T1 TV-T2 TV-T3",
    "XH3": "TV-A4 TV-K1 TV-K2 TV-K3",
    "XH4": "TV-A3 TV-A4 TV-N1 TV-N2 TV-N3 TV-N4 TV-N5",
    "XH5": "H-B1 H-B2 H-B3 H-B4",
    "XH6": "TV-A4 TV-M2 TV-M3 TV-S1 TV-S2 TV-S3 TV-S4 TV-S5 TV-S6",
    "XH7": "TV-A4 TV-D1 TV-D2 TV-D3 TV-D4",
    "XH8": "TV-A4 TV-Y1 TV-Y2 TV-Y3",
    "XH9": "TV-Y4 TV-Y5",
    "XH10": "GD-1 GD-2 GD-3 GD-4 GD-5 GD-6",
    "XH11": "GD-1 GD-2 GD-3 GD-4 GD-5 GD-6 GD-7",
}
GENERAL = {"TV-A4"}
CODES = {
    "household": {
        "sex": "1 2", "relationship": "1 2 3 4 5 6 7 8", "fibre_used": "1 2 8", "fibre_available": "1 2 3 8",
        "fibre_no_reason": "1 2 3 4 5 6", "isp": "1 2 3 4 5 8", "devices": "1 2 3 4 5",
        "smartphone": "1 2 3 4 5", "internet_3m": "1 2 8", "internet_frequency": "1 2 3 4",
        "online_purchase": "1 2", "online_purchase_band": "1 2 3 4 5", "bank_account": "1 2 8 9",
        "ewallet": "1 2 3 8 9", "cashless": "1 2 9", "e_signature": "1 2 3", "signature_issuer": "1 2 3 4 5",
        "signature_used": "1 2", "digital_training": "1 2 8", "training_form": "1 2 3 4 5 6",
        "training_certificate": "1 2 8", "skill_device": "1 2", "skill_transfer": "1 2",
        "security_lock": "1 2 8", "security_incident": "1 2 8", "dossier_online": "1 2 8",
        "dossier_who": "1 2 3 4", "dossier_fields": "1 2 3 4 5 6 7 8 9", "dossier_no_reason": "1 2 3 4 5 6 7",
        "health_advice": "1 2 9", "remote_care": "1 2 9", "health_booking": "1 2", "health_record": "1 2 3 8",
        "health_insurance": "1 2 8", "work_7d": "1 2 3", "seek_work": "1 2", "job_digital": "1 2",
        "job_platform": "1 2", "hb_pos": "1 2",
    },
    "enterprise": {
        "legal_form": "1 2 3 4 5 6 7 8", "operating_status": "1 2 3 4", "econtract": "1 2 8",
        "econtract_partners": "1 2 3 4 5 6", "econtract_means": "1 2 3", "econtract_share": "1 2 3 4",
        "platforms": "1 2 3 4 5 6 7 8 9 10 11 12 13 14", "digital_share": "1 2 3 4 5 6",
    },
    "institution": {
        "kind": "1 2 3 4 5 6 7", "governance_level": "1 2 3", "activity_level": "1 2 3",
        "digital_data_level": "1 2 3", "repository_level": "1 2 3",
    },
}  # fmt: skip


def questions(name: str) -> list[Question]:
    return [question for question, _ in compiled(name).instrument.questions()]


@pytest.mark.parametrize("name", NAMES)
def test_the_instrument_holds_exactly_its_questions_of_the_bank(name: str) -> None:
    assert {code for question in questions(name) for code in question.bank} == set(BANK[name].split())


def test_the_bank_has_eighty_two_questions() -> None:
    assert len(" ".join(BANK[name] for name in SURVEY).split()) == 82


@pytest.mark.parametrize("indicator", NEEDED)
def test_each_indicator_finds_the_questions_it_needs(indicator: str) -> None:
    for code in NEEDED[indicator].split():
        holders = [question for name in SURVEY for question in questions(name) if code in question.bank]
        assert any(question.is_asked or question.kind == "calculate" for question in holders), code


@pytest.mark.parametrize("indicator", NEEDED)
def test_questions_name_the_indicators_they_serve(indicator: str) -> None:
    serving = {code for name in SURVEY for q in questions(name) if indicator in q.indicators for code in q.bank}
    assert set(NEEDED[indicator].split()) - GENERAL - serving == set()


@pytest.mark.parametrize("indicator", NEEDED)
def test_the_plan_asks_for_no_question_that_the_instruments_lack(indicator: str) -> None:
    assert set(plan.indicator(indicator).questions) <= {code for codes in BANK.values() for code in codes.split()}


@pytest.mark.parametrize("name", SURVEY)
def test_answer_codes_are_those_of_the_bank(name: str) -> None:
    by_name = {question.name: question for question in questions(name)}
    for variable, codes in CODES[name].items():
        choices = by_name[variable].choices
        assert choices is not None
        assert [choice.value for choice in choices.items] == codes.split(), variable


def test_the_industries_of_the_main_job_single_out_the_digital_core() -> None:
    industry = next(q for q in questions("household") if q.name == "job_industry")
    assert industry.choices is not None
    codes = {choice.value for choice in industry.choices.items} - {"98"}
    core = {entry.section + entry.code for entry in vsic.digital_core() if entry.version is vsic.VsicVersion.V2025}
    assert {code for code in codes if len(code) > 1} == core
    assert {code for code in codes if len(code) == 1} >= {one.code for one in vsic.sections("2025")} - {"K"}


def test_the_sections_of_both_classifications_are_those_of_the_reference() -> None:
    question = next(q for q in questions("enterprise") if q.name == "vsic_section")
    assert question.choices is not None
    offered = {
        (
            item.columns["version"],
            item.value,
            item.columns["division_from"],
            item.columns["division_to"],
            item.label["vi"],
        )
        for item in question.choices.items
    }
    assert offered == {
        (one.version, one.version + one.code, one.first_division, one.last_division, f"{one.code}. {one.title.vi}")
        for one in vsic.all_sections()
    }
