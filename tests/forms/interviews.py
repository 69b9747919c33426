"""Complete, ordinary interviews of the instruments, as nested answers that a test changes in one place."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from survey.questionnaire.judge import Verdict, judge
from survey.questionnaire.sheets import Sheet, read_book
from survey.questionnaire.xform import CompiledForm, compile_form

FORMS = Path(__file__).parents[2] / "forms"
NAMES = ("household", "enterprise", "institution", "reinterview")
NOW = datetime(2026, 11, 23, 9, 30, tzinfo=ZoneInfo("Asia/Ho_Chi_Minh"))
Answers = dict[str, Any]


@functools.cache
def compiled(name: str) -> CompiledForm:
    """Return one instrument of `forms/`, compiled once per test run."""
    return compile_form(FORMS / f"{name}.csv")


@functools.cache
def sheets(name: str) -> Mapping[str, Sheet]:
    """Return the sheets of one instrument as its author wrote them."""
    return read_book(FORMS / f"{name}.csv")


def judged(name: str, answers: Answers) -> Verdict:
    """Judge answers at the fixed moment of these tests."""
    return judge(compiled(name).instrument, answers, now=NOW)


def found(name: str, answers: Answers) -> set[tuple[str, str]]:
    """Return what the judge finds, as pairs of question and code."""
    return {(finding.question, finding.code) for finding in judged(name, answers).findings}


def member(name: str, year: int, *, month: int = 6, sex: int = 1, relation: int = 3, **answers: str) -> Answers:
    """Return one member with everything answered; what does not apply is pruned by the evaluation."""
    named = {
        "health_record": "2", "health_insurance": "1", "smartphone": "1", "internet_3m": "1", "bank_account": "1",
        "ewallet": "1", "work_7d": "1", "job_title": "trồng lúa", "job_industry": "A", "job_digital": "2",
        "job_platform": "2", "e_signature": "2", **answers,
    }  # fmt: skip
    job = {key: named.pop(key) for key in ("job_title", "job_industry", "job_digital", "job_platform")}
    return {
        "member_name": name,
        "sex": str(sex),
        "birth_month": str(month),
        "birth_year": str(year),
        "relationship": str(relation),
        "answered_by": named.pop("answered_by", "1" if 2026 - year >= 17 else "2"),
        "all_ages": {key: named.pop(key) for key in ("health_record", "health_insurance")},
        "aged_18": {key: named.pop(key) for key in ("e_signature", "signature_issuer") if key in named},
        "aged_15": {**named, "job": job},
    }


def family() -> list[Answers]:
    """Return a couple, a grown son and a child."""
    return [
        member("Nguyễn Văn An", 1975, relation=1),
        member("Trần Thị Bình", 1978, sex=2, relation=2),
        member("Nguyễn Văn Cường", 2002),
        member("Nguyễn Thị Dung", 2015, sex=2),
    ]


SELECTED = {
    "sp_status": "1",
    "sp": {
        "sp_internet_group": {
            "internet_frequency": "1", "online_purchase": "1", "online_purchase_band": "2", "cashless": "1",
        },
        "training": {
            "digital_training": "1", "training_form": "2 3", "training_year": "2025", "training_certificate": "2",
        },
        "skills": dict.fromkeys(
            ("skill_device", "skill_copy", "skill_document", "skill_email", "skill_install", "skill_formula",
             "skill_slides", "skill_verify", "skill_transfer"), "1",
        ),
        "security": dict.fromkeys(
            ("security_lock", "security_update", "security_antimalware", "security_filter", "security_two_factor",
             "security_incident"), "1",
        ),
        "public_service": {"dossier_online": "1", "dossier_who": "2", "dossier_fields": "1 4"},
        "telehealth": {"health_advice": "2", "remote_care": "2", "health_booking": "2"},
    },
}  # fmt: skip


def household(members: list[Answers] | None = None, random: str = "0.4", **changes: Any) -> Answers:
    """Return a complete household interview; `changes` replace whole top-level groups or answers."""
    people = family() if members is None else members
    return {
        "start": NOW.isoformat(),
        "end": NOW.isoformat(),
        "today": "2026-11-23",
        "deviceid": "tablet-01",
        "selection_random": random,
        "identification": {
            "old_district": "930",
            "old_commune": "31318",
            "ea_code": "31318-004",
            "household_no": "7",
        },
        "visit": {"enumerator_code": "dtv01", "visit_no": "1", "contact": "10"},
        "consent_section": {"consent": "1", "consent_sensitive": "1"},
        "interview": {
            "household": {"member_count": str(len(people)), "fibre_used": "1", "isp": "1", "devices": "2 4"},
            "member": people,
            "selected": SELECTED,
            "business": {
                "hb_any": "1",
                "hb_retail": "1",
                "hb_retail_revenue": "240",
                "hb_online": "2",
                "hb_online_share": "25.5",
                "hb_pos": "2",
                "hb_einvoice": "2",
                "hb_qr": "1",
            },
        },
        "closing": {"main_informant": "1", "phone": "0912345678"},
        **changes,
    }


def enterprise(**changes: str) -> Answers:
    """Return a complete enterprise form; `changes` replace single answers wherever they stand."""
    answers = {
        "today": "2026-11-23",
        "visit": {"response_mode": "1", "operating_status": "1"},
        "consent_section": {"consent": "1"},
        "interview": {
            "enterprise": {
                "tax_code": "0100109106",
                "enterprise_name": "Công ty TNHH Thử Nghiệm",
                "present_commune": "31321",
                "old_commune": "31321",
                "legal_form": "2",
                "vsic_version": "2025",
                "vsic_section": "2025G",
                "vsic_class": "4711",
                "fiscal_year": "2025",
                "employees": "60",
                "revenue": "120000",
                "capital": "40000",
            },
            "digital": {
                "econtract": "1",
                "econtract_partners": "1 3",
                "econtract_means": "1",
                "econtract_share": "2",
                "platforms": "1 2 3 9",
            },
            "finance": {
                "va_source": "1",
                "accounts": {
                    "net_revenue": "118000",
                    "labour_cost": "6000",
                    "depreciation": "900",
                    "production_taxes": "-50",
                    "profit": "2100",
                },
                "digital_share": "3",
            },
            "retail_section": {
                "retail": "1",
                "retail_sales": {
                    "retail_revenue": "100000",
                    "share_website": "2.5",
                    "share_marketplace": "10",
                    "share_social": "7.5",
                },
            },
        },
        "closing": {"respondent_position": "2", "confirmed": "OK"},
    }
    return changed(answers, changes)


def institution(**changes: str) -> Answers:
    """Return a complete form of a school; `changes` replace single answers wherever they stand."""
    criteria = {
        "governance": ("learners", "staff", "finance", "assets", "documents", "signature"),
        "activity": ("lms", "records", "fees", "admission"),
        "digital_data": ("standard", "identifier", "sync"),
        "repository": ("shared", "open"),
    }
    components = {
        key: {
            **{f"{key}_{name}": "1" for name in names},
            f"{key}_level": "1",
            f"{key}_evidence": "1",
            f"{key}_link": "https://truong.example.edu.vn/minh-chung",
        }
        for key, names in criteria.items()
    }
    answers = {
        "today": "2026-11-23",
        "visit": {"response_mode": "1", "operating_status": "1"},
        "consent_section": {"consent": "1"},
        "interview": {
            "institution": {
                "institution_name": "Trường Tiểu học Thử Nghiệm",
                "institution_code": "93930401",
                "kind": "4",
                "ownership": "1",
                "present_commune": "31321",
                "old_commune": "31318",
                "learners": "640",
                "teachers": "32",
            },
            **components,
            "index_4725": {
                "index_done": "1",
                "index_scores": {
                    "index_year": "2026",
                    "index_teaching": "82",
                    "index_governance": "79.5",
                    "index_level": "3",
                },
            },
        },
        "closing": {
            "reporter_name": "Lê Thị Hoa",
            "reporter_position": "3",
            "reported_on": "2026-11-20",
            "head_name": "Phạm Văn Minh",
            "confirmed": "OK",
        },
    }
    return changed(answers, changes)


def reinterview(**changes: str) -> Answers:
    """Return a complete re-interview of a couple; `changes` replace single answers outside the roster."""
    people = [
        {
            "member_name": name,
            "sex": sex,
            "birth_month": "6",
            "birth_year": year,
            "health_record": "2",
            "aged_15": {"smartphone": "1", "bank_account": "1", "work_7d": "1"},
        }
        for name, sex, year in (("Nguyễn Văn An", "1", "1975"), ("Trần Thị Bình", "2", "1978"))
    ]
    answers = {
        "today": "2026-11-23",
        "original_selected_name": "Trần Thị Bình",
        "identification": {
            "old_district": "930",
            "old_commune": "31318",
            "ea_code": "31318-004",
            "household_no": "7",
        },
        "visit": {"supervisor_code": "gsv01", "reinterview_mode": "1", "contact": "10"},
        "consent_section": {"consent": "1", "consent_sensitive": "1"},
        "interview": {
            "verification": {
                "visited": "1",
                "conduct": {
                    "consent_was_asked": "1",
                    "interview_length": "3",
                    "members_were_asked": "1",
                    "selected_was_asked": "1",
                    "enumerator_attitude": "1",
                },
            },
            "household": {"member_count": "2", "fibre_used": "1"},
            "member": people,
            "selected": {
                "sp_status": "1",
                "selected_line": "2",
                "sp": {
                    "digital_training": "1",
                    "security_lock": "1",
                    "sp_adult": {"dossier_online": "1", "health_advice": "2", "remote_care": "2"},
                },
            },
        },
        "closing": {"conclusion": "1"},
    }
    return changed(answers, changes)


def changed(answers: Answers, changes: Mapping[str, str]) -> Answers:
    """Return the answers with some leaves replaced, added to the group that holds their neighbours when new."""
    known = {key for key in changes if _replace(answers, key, changes[key])}
    missing = set(changes) - known
    assert not missing, f"no such answer in the interview: {missing}"
    return answers


def _replace(answers: Answers, name: str, value: str) -> bool:
    if name in answers and not isinstance(answers[name], dict):
        answers[name] = value
        return True
    return any(_replace(group, name, value) for group in answers.values() if isinstance(group, dict))
