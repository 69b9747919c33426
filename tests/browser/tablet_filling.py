"""Fills in the household questionnaire on a tablet, screen after screen, by what is asked."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Locator

from tests.browser.tablet_site import Tablet

CHOSEN = {
    "visit-contact": "10",
    "consent_section-consent": "1",
    "consent_section-consent_sensitive": "1",
    "interview-household-fibre_used": "1",
    "interview-selected-sp_status": "1",
    "interview-business-hb_any": "2",
    "member-2--sex": "2",
    "member-1--relationship": "1",
    "member-2--relationship": "2",
    "answered_by": "1",
    "work_7d": "1",
    "job_industry": "A",
}
TYPED = {
    "visit-visit_no": "1",
    "visit-enumerator_code": "an",
    "member_count": "2",
    "member-1--member_name": "Trần Văn Hộ",
    "member-2--member_name": "Nguyễn Thị Lúa",
    "birth_month": "6",
    "member-1--birth_year": "1980",
    "member-2--birth_year": "1984",
    "training_year": "2025",
    "main_informant": "1",
    "phone": "0912345678",
    "job_title": "trồng lúa",
}
MOST_SCREENS = 40


def fill_household(tablet: Tablet, shot: Callable[[], None] = lambda: None) -> int:
    """Answer every screen up to the last one and return how many questions were answered."""
    answered = 0
    for _ in range(MOST_SCREENS):
        page = tablet.page
        page.locator(".body > *").first.wait_for()
        if page.get_by_role("button", name="Hoàn thành phiếu").count():
            return answered
        answered += _fill_screen(tablet)
        shot()
        before = page.url
        page.get_by_role("button", name="Tiếp tục").click()
        page.wait_for_function("before => location.href !== before", arg=before)
    raise AssertionError("the questionnaire does not end")


def _fill_screen(tablet: Tablet) -> int:
    """Answer what is asked on the screen until nothing new appears."""
    done: set[str] = set()
    for _ in range(12):
        page = tablet.page
        shown = page.locator("[id$='-box']")
        waiting = [id_ for id_ in shown.evaluate_all("all => all.map(one => one.id)") if id_ not in done]
        if not waiting:
            return len(done)
        for id_ in waiting:
            box = page.locator(f"#{id_}")
            if box.count():
                _answer(box, id_)
            done.add(id_)
        page.wait_for_timeout(150)
    raise AssertionError("the screen does not come to rest")


def _answer(box: Locator, id_: str) -> None:
    radios = box.locator("input[type=radio]")
    if radios.count():
        if not box.locator("input:checked").count():
            code = _found(CHOSEN, id_)
            wanted = f".opt:has(input[data-code='{code}'])" if code else ".opt"
            box.locator(wanted).first.click()
        return
    if box.locator("input[type=checkbox]").count():
        box.locator(".opt").first.click()
    elif box.locator("select").count():
        code = _found(CHOSEN, id_)
        box.locator("select").select_option(code) if code else box.locator("select").select_option(index=1)
    elif box.locator("input[type=text]:not([aria-label])").count():
        field = box.locator("input[type=text]:not([aria-label])").first
        if not field.input_value() and (text := _found(TYPED, id_)):
            field.fill(text)


def _found(table: dict[str, str], id_: str) -> str:
    return next((value for part, value in table.items() if part in id_), "")
