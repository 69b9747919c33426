"""Each questionnaire from the first page to the receipt, with scripts and without them; every page accessible."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from survey.model import Revision, SignOff, Submission
from tests.browser.live import (
    Opener,
    Site,
    as_enumerator,
    as_unit,
    assert_accessible,
    pick,
    press_continue,
)

pytestmark = pytest.mark.browser
TYPED = {"text": "Trần Văn Nam", "date": "20/11/2026"}
BOTH = pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
HOUSE, ROW = "interview-household-", "interview-member-0-"
AGED, JOB, SELECTED = f"{ROW}aged_15-", f"{ROW}aged_15-job-", "interview-selected-"
FIRM = "interview-enterprise-"


class Walk:
    """Goes through a questionnaire; without scripts Continue is pressed once more where answers open questions."""

    def __init__(self, page: Page, *, scripts: bool) -> None:
        self.page, self.scripts = page, scripts

    def opens(self, name: str) -> None:
        """Make sure that a question has become visible."""
        if not self.scripts:
            press_continue(self.page)
        expect(self.page.locator(f'.q[data-name="{name}"]')).to_be_visible()

    def on(self) -> None:
        """Go on to the next page; with scripts axe looks at the page first."""
        if self.scripts:
            assert_accessible(self.page)
        press_continue(self.page)

    def finish(self, section: str) -> None:
        """Answer every required question of a section that is still blank, explain what is unlikely, and go on."""
        assert f"/section/{section}" in self.page.url
        if self.scripts:
            self.page.wait_for_selector("html[data-live]")
        for _ in range(4):
            for question in self.page.locator(".q:visible").all():
                if question.locator(".q__optional").count() == 0 and question.get_attribute("data-kind") != "note":
                    answer_blank(
                        self.page, str(question.get_attribute("data-name")), str(question.get_attribute("data-kind"))
                    )
            for reason in self.page.locator("[data-warning] input:visible").all():
                reason.fill("Đúng theo sổ sách")
            if not self.scripts:
                press_continue(self.page)
                if not self.page.url.endswith(f"/section/{section}"):
                    return
        self.on()

    def pick(self, prefix: str, **answers: str) -> None:
        """Choose answers by the end of the field's name."""
        for name, value in answers.items():
            pick(self.page, prefix + name, value)

    def fill(self, prefix: str, **texts: str) -> None:
        """Type texts by the end of the field's name."""
        for name, text in texts.items():
            self.page.fill(f'[name="{prefix}{name}"]', text)

    def is_hidden(self, name: str) -> None:
        """Make sure that a question is not shown."""
        expect(self.page.locator(f'.q[data-name="{name}"]')).to_be_hidden()


def member(walk: Walk, *, name: str, sex: str, month: str, year: str, relationship: str) -> None:
    """Answer for one household member what his or her age allows."""
    is_adult = int(year) < 2008
    walk.fill(ROW, member_name=name, birth_month=month, birth_year=year)
    walk.pick(ROW, sex=sex, relationship=relationship, answered_by="1" if is_adult else "2")
    walk.opens(f"{ROW}all_ages-health_record")
    walk.pick(f"{ROW}all_ages-", health_record="1", health_insurance="1")
    if not is_adult:
        walk.is_hidden(f"{AGED}smartphone")
        return
    walk.pick(AGED, smartphone="1", internet_3m="1", bank_account="1", ewallet="3", work_7d="1")
    walk.pick(f"{ROW}aged_18-", e_signature="2")
    walk.opens(f"{JOB}job_title")
    walk.is_hidden(f"{AGED}seek_work")
    walk.fill(JOB, job_title="Trồng lúa")
    walk.page.select_option(f'[name="{JOB}job_industry"]', "A")
    walk.pick(JOB, job_digital="2", job_platform="2")


def selected_person(walk: Walk) -> None:
    """Answer for the person drawn at random, an adult whatever the draw."""
    expect(walk.page.locator(".q--note").first).to_contain_text("trong số 2 người")
    walk.pick(SELECTED, sp_status="1")
    walk.on()
    group = f"{SELECTED}sp-"
    walk.pick(f"{group}sp_internet_group-", internet_frequency="1", online_purchase="2", cashless="1")
    walk.on()
    walk.pick(f"{group}training-", digital_training="2", training_certificate="2")
    walk.on()
    for skill in ("device", "copy", "document", "email", "install", "formula", "slides", "verify", "transfer"):
        walk.pick(f"{group}skills-skill_", **{skill: "1"})
    walk.on()
    for practice in ("lock", "update", "antimalware", "filter", "two_factor", "incident"):
        walk.pick(f"{group}security-security_", **{practice: "2"})
    walk.on()
    walk.pick(f"{group}public_service-", dossier_online="2")
    walk.opens(f"{group}public_service-dossier_no_reason")
    walk.pick(f"{group}public_service-", dossier_no_reason="1")
    walk.on()
    walk.pick(f"{group}telehealth-", health_advice="2", remote_care="2", health_booking="2")
    walk.on()


@BOTH
def test_a_household_of_three(opener: Opener, site: Site, scripts: bool) -> None:
    page = as_enumerator(opener(scripts=scripts))
    page.goto("/field/")
    if scripts:
        assert_accessible(page)
    page.click(".visit h2 a")
    if scripts:
        assert_accessible(page)
    page.click(f"#h{site.scene.households[0]} button.button >> nth=0")
    walk = Walk(page, scripts=scripts)
    walk.on()
    walk.fill("visit-", visit_no="1")
    walk.pick("visit-", contact="10")
    walk.is_hidden("visit-contact_note")
    walk.on()
    walk.pick("consent_section-", consent="1")
    walk.opens("consent_section-consent_sensitive")
    walk.pick("consent_section-", consent_sensitive="1")
    walk.on()
    walk.fill(HOUSE, member_count="3")
    walk.pick(HOUSE, fibre_used="1", devices="1")
    walk.opens(f"{HOUSE}isp")
    walk.is_hidden(f"{HOUSE}fibre_available")
    walk.pick(HOUSE, isp="1")
    walk.on()
    expect(page.locator(".person")).to_have_count(3)
    walk.on()
    member(walk, name="Nguyễn Văn An", sex="1", month="5", year="1980", relationship="1")
    walk.on()
    member(walk, name="Lê Thị Hoa", sex="2", month="98", year="1982", relationship="2")
    walk.on()
    member(walk, name="Nguyễn Minh", sex="1", month="9", year="2020", relationship="3")
    walk.on()
    expect(page.locator(".person__who").nth(0)).to_have_text("Nguyễn Văn An, 46 tuổi")
    expect(page.locator(".person--done")).to_have_count(3)
    walk.on()
    selected_person(walk)
    walk.pick("interview-business-", hb_any="2")
    walk.on()
    walk.fill("closing-", main_informant="1")
    walk.on()
    if scripts:
        assert_accessible(page)
    press_continue(page)
    expect(page.locator("main")).to_contain_text("hệ thống nhận lúc")
    with site.database.reading() as session:
        revision, answers = session.execute(select(Revision, Revision.answers)).one()
        assert answers["closing"]["result_code"] == "11"
        assert answers["interview"]["eligible_count"] == "2"
        assert [row["age_years"] for row in answers["interview"]["member"]] == ["46", "44", "6"]
        assert "aged_15" not in answers["interview"]["member"][2]
        assert "member_name" not in answers["interview"]["member"][0]
        assert session.get_one(Submission, revision.submission_id).error_count == 0


@BOTH
def test_an_enterprise(opener: Opener, site: Site, scripts: bool) -> None:
    page = as_unit(opener(scripts=scripts, width=1440, height=900), site.scene.codes["enterprise"])
    if scripts:
        assert_accessible(page)
    page.click('form[action="/portal/start"] button')
    walk = Walk(page, scripts=scripts)
    walk.pick("visit-", operating_status="1")
    walk.on()
    walk.pick("consent_section-", consent="1")
    walk.on()
    page.select_option(f'[name="{FIRM}legal_form"]', "2")
    walk.pick(FIRM, vsic_version="2025")
    if not scripts:
        press_continue(page)
    page.select_option(f'[name="{FIRM}vsic_section"]', "2025G")
    walk.fill(FIRM, vsic_class="4711", fiscal_year="2025", employees="12", revenue="12.345", capital="8000")
    walk.on()
    walk.pick("interview-digital-", econtract="2")
    walk.is_hidden("interview-digital-econtract_share")
    page.check('input[name="interview-digital-platforms"][value="3"]')
    walk.on()
    for section in ("finance", "retail_section", "closing"):
        walk.finish(section)
    send(page, scripts=scripts)
    expect(page.locator(".receipt__number")).to_contain_text("DT-2026-")
    if scripts:
        assert_accessible(page)
    with site.database.reading() as session:
        answers = session.scalars(select(Revision.answers)).one()
        assert answers["interview"]["enterprise"]["revenue"] == "12345"
        assert answers["interview"]["enterprise"]["nd80_sector"] == "2"
        assert "econtract_share" not in answers["interview"]["digital"]
        assert session.scalars(select(Submission)).one().error_count == 0


@BOTH
def test_an_institution(opener: Opener, site: Site, scripts: bool) -> None:
    page = as_unit(opener(scripts=scripts, width=390, height=844), site.scene.codes["institution"])
    page.click('form[action="/portal/start"] button')
    walk = Walk(page, scripts=scripts)
    walk.pick("visit-", operating_status="1")
    walk.on()
    walk.pick("consent_section-", consent="1")
    walk.on()
    walk.pick("interview-institution-", kind="6")
    walk.is_hidden("interview-institution-levels")
    walk.fill("interview-institution-", learners="900", teachers="60")
    for _ in range(12):
        if page.url.endswith("/check"):
            break
        walk.finish(page.url.rsplit("/", 1)[-1])
    page.fill("#head_name", "Trần Văn Nam")
    page.fill("#head_title", "Hiệu trưởng")
    page.check('[name="head_confirms"]')
    send(page, scripts=scripts)
    expect(page.locator(".receipt__number")).to_contain_text("DT-2026-")
    with site.database.reading() as session:
        answers = session.scalars(select(Revision.answers)).one()
        assert answers["interview"]["institution"]["kind"] == "6"
        assert session.scalars(select(SignOff.sha256)).one() == session.scalars(select(Revision.sha256)).one()
        assert session.scalars(select(Submission)).one().error_count == 0


def answer_blank(page: Page, name: str, kind: str) -> None:
    """Give a harmless answer where there is none; what is locked has no field."""
    controls = page.locator(f'[name="{name}"]')
    if controls.count() == 0:
        return
    if kind == "select_one" and controls.first.evaluate("e => e.tagName") == "SELECT":
        if not controls.first.input_value():
            controls.first.select_option(index=1)
    elif kind in {"select_one", "select_multiple", "acknowledge"}:
        if not any(control.is_checked() for control in controls.all()):
            (controls.last if kind == "select_multiple" else controls.first).check()
    elif not controls.first.input_value():
        controls.first.fill("2025" if name.endswith("_year") else TYPED.get(kind, "10"))


def send(page: Page, *, scripts: bool) -> None:
    """Look at the check page and send."""
    if scripts:
        assert_accessible(page)
    press_continue(page)
