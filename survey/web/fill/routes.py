"""The pages of a questionnaire under a blueprint: sections, roster rows, the check, the sending.

What was typed is kept whatever happens: a text that cannot be read, a clash with a colleague, an expired session.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from flask import Blueprint, flash, jsonify, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError, generate_csrf
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from survey import i18n
from survey.errors import Problem
from survey.model.base import utc_now
from survey.operations import drafts, forms
from survey.operations.drafts import Line, Opened, Saved
from survey.operations.sign_off import Head
from survey.query import drafts as reads
from survey.questionnaire.instrument import Question
from survey.web import access, compress, problems
from survey.web.fill.build import Page, row_title
from survey.web.fill.checking import gathered
from survey.web.fill.page import view_of
from survey.web.fill.parts import Part, questions_in
from survey.web.fill.replies import saved_as_json
from survey.web.fill.rules import rules_of
from survey.web.fill.sheet import Sheet, Stop
from survey.web.fill.surface import Desk, Surface
from survey.web.fill.uploads import Uploads, take

_YEAR = 31_536_000
_SAVES = frozenset({"save_section", "save_row"})


def attach(blueprint: Blueprint, surface: Surface) -> None:
    """Hang the pages of questionnaires under a blueprint, every view with the surface's guard."""
    filling = Filling(surface)
    section, row = f"{surface.prefix}/section/<part>", f"{surface.prefix}/section/<part>/<key>"
    rules = (
        ("section", section, "GET", filling.show),
        ("row", row, "GET", filling.show),
        ("save_section", section, "POST", filling.save),
        ("save_row", row, "POST", filling.save),
        ("model", "/models/<int:form_version_id>/<language>", "GET", filling.model),
    )
    ends = (
        ("check", f"{surface.prefix}/check", "GET", filling.check),
        ("send", f"{surface.prefix}/send", "POST", filling.send),
    )
    for endpoint, rule, method, view in rules if surface.is_single else (*rules, *ends):
        blueprint.add_url_rule(rule, endpoint, surface.guard(view), methods=[method])
    blueprint.register_error_handler(CSRFError, filling.expired_page)
    blueprint.register_error_handler(Problem, filling.problem)


class Filling:
    """The views of one surface."""

    def __init__(self, surface: Surface) -> None:
        self.surface = surface

    def show(self, part: str, key: str = "", **place: Any) -> Response | str:
        """Show a section or one roster row."""
        self._refuse_others(part)
        with access.database().reading() as session:
            sheet, desk = self._open(session, place)
            if sheet.work.draft.submitted_at is not None:
                return redirect(desk.home)
            found = _asked_part(sheet, part)
            if found is None:
                return redirect(desk.home)
            line = sheet.line(found, key)
            if key and line is None:
                flash(_("That row is not there any more."), "caution")
                return redirect(desk.section(found.name))
            asked_for = request.args.get("check") == "1"
            remarks = _remarks(session, sheet)
            page = Page(sheet, found, line, remarks=remarks, show_missing=asked_for)
            return self._page(page, desk)

    def save(self, part: str, key: str = "", **place: Any) -> Response | str:
        """Save what was typed and go where the pressed button leads; JSON clients are told what was saved."""
        go, wants_json = request.form.get("_go", "next"), problems.wants_json()
        self._refuse_others(part)
        with access.database().transaction() as session:
            work = self._work(session, place, lock=True)
            before = self._sheet(work)
            desk = self._desk(session, work, before, place, is_shown=not wants_json)
            found = before.part(part)
            if found is None:
                raise Problem("not-found")
            line = before.line(found, key)
            if key and line is None:
                raise Problem("row-gone")
            page = Page(before, found, line)
            typed = {} if wants_json else page.written(request.form)
            seen = "" if wants_json or go.startswith(("add:", "remove")) else _seen(found, key)
            uploads = take(page, request.form, request.files, access.config().media)
            saved = self._save(session, page, seen, uploads, work)
            after = self._sheet(saved.work)
            if not saved.conflicts and not wants_json:
                target = self._changed_rows(session, after, found, desk, go)
                if target is not None:
                    return target
        if wants_json:
            return saved_as_json(page, saved, after)
        if saved.conflicts:
            return self._clash(page, after, saved, typed, desk)
        if uploads.refusals:
            for words in uploads.refusals:
                flash(words, "caution")
            return redirect(desk.section(found.name, key), 303)
        return self._move(before, after, found, key, desk, go)

    def _refuse_others(self, part: str) -> None:
        if not self.surface.opens(part):
            raise Problem("outside-section")

    def check(self, **place: Any) -> Response | str:
        """Show everything that the judge found, each a way to its field."""
        with access.database().reading() as session:
            sheet, desk = self._open(session, place)
            if sheet.work.draft.submitted_at is not None:
                return redirect(desk.home)
            return self._check_page(sheet, desk)

    def send(self, **place: Any) -> Response | str:
        """Send the questionnaire and show its receipt; back to the check while something is missing."""
        with access.database().transaction() as session:
            sheet, desk = self._open(session, place)
            head = _head()
            receipt = drafts.submit(
                session, access.actor(), sheet.work.draft.id, channel=self.surface.channel, head=head
            )
        if receipt is None:
            return make_response(self._check_page(sheet, desk, head), 422)
        return redirect(self.surface.sent(sheet.work, receipt), 303)

    def model(self, form_version_id: int, language: str) -> Response:
        """Return the rules of a published questionnaire for the scripts; they never change."""
        with access.database().reading() as session:
            instrument = forms.instrument_of(session, form_version_id)
        response = compress.serve(rules_of(instrument, language))
        response.cache_control.private, response.cache_control.max_age = True, _YEAR
        response.cache_control.immutable = True
        return response

    def expired_page(self, error: CSRFError) -> Response:
        """Answer a page whose token has expired: the same page again with what was typed on it."""
        if problems.wants_json():
            words = problems.message(Problem("session-expired"))
            return make_response(jsonify(error="session-expired", message=words, csrf=generate_csrf()), 400)
        access.identify()  # The token is checked before anybody asks who is there.
        if access.actor().kind == "anonymous" and self._is_save():
            return self._signed_out()
        if not self._is_save():
            return make_response(problems.answer(Problem("session-expired")))
        values = dict(request.view_args or {})
        part, key = values.pop("part"), values.pop("key", "")
        with access.database().reading() as session:
            sheet, desk = self._open(session, values)
            found = sheet.part(part)
            if found is None:
                return make_response(problems.answer(Problem("not-found")))
            page = Page(sheet, found, sheet.line(found, key))
            page.typed = page.written(request.form)
            notice = _("The page had expired. What you typed is below: please press Continue once more.")
            return make_response(self._page(page, desk, notices=(notice,)), 400)

    def problem(self, problem: Problem) -> Response:
        """Answer a problem; somebody whose session ended while typing gets what was typed back."""
        if problem.code == "sign-in-required" and self._is_save() and not problems.wants_json():
            return self._signed_out()
        return make_response(problems.answer(problem))

    def _is_save(self) -> bool:
        return (request.endpoint or "").removeprefix(f"{self.surface.name}.") in _SAVES

    def _signed_out(self) -> Response:
        """Show what was typed, ready to be sent again after signing in."""
        page = render_template(
            "fill/expired.html",
            surface=self.surface.name,
            sign_in=url_for(self.surface.sign_in),
            posted=list(request.form.items(multi=True)),
        )
        return make_response(page, 401)

    def _open(self, session: Session, place: dict[str, Any]) -> tuple[Sheet, Desk]:
        """Return the draft that an address means, and the names around it."""
        work = self._work(session, place)
        sheet = self._sheet(work)
        return sheet, self._desk(session, work, sheet, place)

    def _work(self, session: Session, place: dict[str, Any], *, lock: bool = False) -> Opened:
        """Return the draft that an address means with everything written on it."""
        who = access.actor()
        return drafts.opened(session, who, self.surface.find(session, who, place), lock=lock)

    def _desk(
        self, session: Session, work: Opened, sheet: Sheet, place: dict[str, Any], *, is_shown: bool = True
    ) -> Desk:
        """Return the names and addresses around a draft; what only a page that is shown needs is left out otherwise."""
        returned = reads.last_return(session, work.draft.deprecated_id) if is_shown else None
        return Desk(
            surface=self.surface.name,
            unit_name=self.surface.unit_name(work),
            form_title=work.instrument.title[sheet.language],
            home=self.surface.home(work),
            place=place,
            return_remark=returned.remark if returned else "",
            round=work.unit.round,
            is_single=self.surface.is_single,
            helpers=self.surface.helpers(session, work) if is_shown else {},
            clock=url_for(self.surface.clock) if self.surface.clock else "",
            share_view=self.surface.share_view,
        )

    def _sheet(self, work: Opened, now: datetime | None = None) -> Sheet:
        return Sheet(self.surface.narrowed(work), i18n.current_locale(), now or utc_now())

    def _save(self, session: Session, page: Page, seen: str, uploads: Uploads, work: Opened) -> Saved:
        """Merge what was typed and chosen on a page into its draft, which is open for writing."""
        edits, files = [*page.edits(request.form), *uploads.edits], uploads.files
        return drafts.save(
            session, access.actor(), work.draft.id, edits, line=page.line, seen=seen, files=files, work=work
        )

    def _changed_rows(self, session: Session, sheet: Sheet, part: Part, desk: Desk, go: str) -> Response | None:
        """Add or remove a roster row where the pressed button says so."""
        action, _sep, value = go.partition(":")
        if part.roster is None or action not in {"add", "removed"}:
            return None
        draft_id = sheet.work.draft.id
        if action == "add":
            line = drafts.add_row(session, access.actor(), draft_id, part.roster.path)
            return redirect(desk.section(part.name, line.key), 303)
        drafts.remove_row(session, access.actor(), draft_id, Line(part.roster.path, value))
        return redirect(desk.section(part.name), 303)

    def _clash(self, page: Page, after: Sheet, saved: Saved, typed: dict[str, str], desk: Desk) -> Response:
        """Show both values of every field that somebody else changed meanwhile."""
        names = {q.path: name for name, q in {**page.questions, **page.file_questions}.items()}
        theirs = {names[c.path]: c.stored for c in saved.conflicts}
        mine = {name: text for name, text in typed.items() if name in theirs}
        shown = Page(after, page.part, page.line, typed=mine, theirs=theirs)
        return make_response(self._page(shown, desk), 409)

    def _move(self, before: Sheet, after: Sheet, part: Part, key: str, desk: Desk, go: str) -> Response | str:
        """Go on, unless the page has something to correct or the answers have opened new questions on it."""
        action, _sep, value = go.partition(":")
        line = after.line(part, key)
        if action == "next" and (not key or line is not None):
            page = Page(after, part, line, new_from=_news(before, after, part, key))
            if any(f.problems for f in page.visible()):
                return make_response(self._page(page, desk), 422)
            if page.new_from and "_live" not in request.form:
                notice = _("Your answers have opened more questions on this page; they are marked.")
                return self._page(page, desk, notices=(notice,))
        if action == "remove":
            return self._ask_before_removing(after, part, value, desk)
        return redirect(self._target(after, part, key, desk, action, value), 303)

    def _target(self, sheet: Sheet, part: Part, key: str, desk: Desk, action: str, value: str) -> str:
        """Return the address that a pressed button leads to."""
        if self.surface.is_single:
            return self._target_inside(sheet, part, key, desk, action, value)
        if action == "pass":
            return desk.share(part.name)
        if action == "to" and sheet.part(value) is not None:
            return desk.section(value)
        if action == "row":
            return desk.section(part.name, value)
        if action == "back":
            stop = sheet.before(part, key)
            return desk.section(stop.part.name, stop.key) if stop else desk.home
        if action == "lang" and value in i18n.LANGUAGES:
            return desk.section(part.name, key, lang=value)
        if action in {"next", "skip"}:
            return _address(sheet.after(part, key), desk)
        return {"check": desk.check, "parts": f"{desk.check}#parts", "home": desk.home}.get(
            action, desk.section(part.name)
        )

    def _target_inside(self, sheet: Sheet, part: Part, key: str, desk: Desk, action: str, value: str) -> str:
        """Return where a button leads on a surface with one section: to a row of it, to it, or out."""
        if action == "row":
            return desk.section(part.name, value)
        if action == "lang" and value in i18n.LANGUAGES:
            return desk.section(part.name, key, lang=value)
        if action in {"next", "skip"}:
            stop = sheet.after(part, key)
            return _address(stop, desk) if stop and stop.part.name == part.name else desk.home
        return desk.section(part.name) if key or action == "stay" else desk.home

    def _ask_before_removing(self, sheet: Sheet, part: Part, key: str, desk: Desk) -> Response | str:
        line = sheet.line(part, key)
        if line is None or part.roster is None:
            return redirect(desk.section(part.name), 303)
        count = sheet.counts.get(sheet.positioned(line))
        return render_template(
            "fill/remove.html",
            desk=desk,
            action=desk.section(part.name),
            title=row_title(sheet, line) or _("Row %(number)s", number=sheet.rows(part.roster).index(line) + 1),
            answered=count.given if count else 0,
            key=key,
            round=desk.round,
        )

    def _page(self, page: Page, desk: Desk, notices: Iterable[str] = ()) -> str:
        return render_template("fill/page.html", **view_of(page, desk, tuple(notices)))

    def _check_page(self, sheet: Sheet, desk: Desk, head: Head | None = None) -> str:
        needs_head = drafts.needs_sign_off(access.actor(), sheet.work, sheet.verdict)
        return render_template(
            "fill/check.html",
            desk=desk,
            round=desk.round,
            head=_head_fields(sheet, head) if needs_head else None,
            **gathered(sheet, desk),
        )


def _head() -> Head | None:
    """Return the head's confirmation as posted, None when the page had no such fields."""
    if "head_name" not in request.form:
        return None
    given = request.form.get
    return Head(given("head_name", ""), given("head_title", ""), has_confirmed=given("head_confirms") == "1")


def _head_fields(sheet: Sheet, head: Head | None) -> dict[str, Any]:
    """Return what stands in the fields of the confirmation; the name comes from the questionnaire at first."""
    if head is None:
        known = sheet.verdict.answers.get("closing", {}).get("head_name", "")
        return {"name": known, "title": "", "confirms": False, "is_wrong": False}
    return {"name": head.name, "title": head.title, "confirms": head.has_confirmed, "is_wrong": True}


def _asked_part(sheet: Sheet, name: str) -> Part | None:
    return next((part for part in sheet.parts if part.name == name), None)


def _seen(part: Part, key: str) -> str:
    return f"{part.name}/{key}" if key else part.name


def _address(stop: Stop | None, desk: Desk) -> str:
    return desk.section(stop.part.name, stop.key) if stop else desk.check


def _remarks(session: Session, sheet: Sheet) -> dict[str, str]:
    returned = reads.last_return(session, sheet.work.draft.deprecated_id)
    return returned.remarks if returned else {}


def _news(before: Sheet, after: Sheet, part: Part, key: str) -> frozenset[str]:
    """Return the questions of a page that are asked, or doubted, only since the page was saved."""
    then, now = before.line(part, key), after.line(part, key)
    nodes = part.roster.children if part.roster and now else part.nodes if not part.roster else ()
    return frozenset(
        q.path
        for q in questions_in(nodes)
        if (q.is_asked and (_is_new(before, after, q.path, then, now) or _offers_new(before, after, q, then, now)))
        or _is_doubted(before, after, q.path, then, now)
    )


def _is_new(before: Sheet, after: Sheet, path: str, then: Line | None, now: Line | None) -> bool:
    return after.asks(path, now) and not before.asks(path, then)


def _offers_new(before: Sheet, after: Sheet, question: Question, then: Line | None, now: Line | None) -> bool:
    """Tell whether a question without an answer offers other choices than before."""
    if (
        question.choices is None
        or question.choices.filter is None
        or after.work.contents.cell(question.path, now).value
    ):
        return False
    return after.offered(question.path, now) != before.offered(question.path, then)


def _is_doubted(before: Sheet, after: Sheet, path: str, then: Line | None, now: Line | None) -> bool:
    return after.doubts(path, now) and not before.doubts(path, then)
