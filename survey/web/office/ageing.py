"""Ageing: how long questionnaires wait for review or correction, at whom, the longest wait first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Response, render_template, request
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from survey.i18n import format_datetime
from survey.query import ageing as ageing_query
from survey.query.ageing import CLASSES, STATES, Counts, Heap, Sought, Waiting
from survey.query.progress import given_name_order
from survey.reference import units
from survey.reference.collation import sort_key
from survey.web import access
from survey.web.office import blueprint
from survey.web.office.desk import REVIEWERS, Desk, desk
from survey.web.office.files import csv_response
from survey.web.office.overview import today
from survey.web.office.words import CHANNELS, KINDS, word
from survey.web.office.words import STATES as STATE_WORDS

WAYS = ("enumerator", "supervisor", "unit")
TONES = ("done", "waiting", "caution", "wrong")


@dataclass(frozen=True, slots=True)
class Line:
    """One bar of the picture: who or where, and the waiting questionnaires by class."""

    label: str
    counts: Counts

    @property
    def total(self) -> int:
        """Return how many wait."""
        return sum(self.counts)


@blueprint.get("/rounds/<code>/review/ageing")
@access.roles(*REVIEWERS)
def ageing(code: str) -> str:
    """Show how long questionnaires wait, as bars and as the list of the oldest."""
    sought, way = _sought(), _way()
    with access.database().reading() as session:
        here = desk(session, code, *REVIEWERS)
        heaps = ageing_query.heaps(session, here.round.id, here.communes, sought, today=today())
        lines = _lines(session, here, heaps, way, sought)
        page = ageing_query.oldest(
            session, here.round.id, here.communes, sought, today=today(), page=request.args.get("page", 1, int)
        )
    totals = ageing_query.gathered(heaps, lambda _heap: "").get("", (0,) * CLASSES)
    return render_template(
        "office/ageing.html",
        desk=here,
        round=here.round,
        sought=sought,
        way=way,
        ways=list(zip(WAYS, way_words(), strict=True)),
        tones=TONES,
        classes=class_words(),
        totals=totals,
        lines=lines,
        longest=max((line.total for line in lines), default=0),
        page=page,
        today=today(),
        sender_word=_sender,
        kind_word=lambda row: word(KINDS, row.kind),
        state_word=lambda row: word(STATE_WORDS, row.state),
    )


@blueprint.get("/rounds/<code>/review/ageing-lines.csv")
@access.roles(*REVIEWERS)
def ageing_lines_file(code: str) -> Response:
    """Return the bars as a file."""
    sought, way = _sought(), _way()
    with access.database().reading() as session:
        here = desk(session, code, *REVIEWERS)
        heaps = ageing_query.heaps(session, here.round.id, here.communes, sought, today=today())
        lines = _lines(session, here, heaps, way, sought)
    header = [dict(zip(WAYS, way_words(), strict=True))[way], *class_words(), _("Total")]
    return csv_response(f"cho-xu-ly-{code}-{way}", header, [[x.label, *x.counts, x.total] for x in lines])


@blueprint.get("/rounds/<code>/review/ageing.csv")
@access.roles(*REVIEWERS)
def ageing_file(code: str) -> Response:
    """Return the waiting questionnaires as a file."""
    with access.database().reading() as session:
        here = desk(session, code, *REVIEWERS)
        page = ageing_query.oldest(session, here.round.id, here.communes, _sought(), today=today(), page=None)
    header = [_("Unit"), _("Kind"), _("Former commune"), _("State"), _("Sender"), _("Waiting since"), _("Days")]
    return csv_response(f"phieu-cho-xu-ly-{code}", header, [_row(row) for row in page.rows])


def class_words() -> list[str]:
    """Return the words of the classes of waiting."""
    return [_("0–2 days"), _("3–7 days"), _("8–14 days"), _("more than 14 days")]


def way_words() -> list[str]:
    """Return the words of what the bars stand for."""
    return [_("Enumerator"), _("Supervisor"), _("Administrative unit")]


def _sought() -> Sought:
    """Return what the address asks for; an unknown value does not narrow."""
    state, waited = request.args.get("state", ""), request.args.get("waited", type=int)
    return Sought(
        state=state if state in STATES else "",
        district=request.args.get("district", ""),
        waited=waited if waited in range(CLASSES) else None,
    )


def _way() -> str:
    way = request.args.get("by", "")
    return way if way in WAYS else WAYS[0]


def _lines(session: Session, here: Desk, heaps: Sequence[Heap], way: str, sought: Sought) -> list[Line]:
    """Return the bars, in each the longest waits weighing first: who lets most wait longest stands on top."""
    if way == "supervisor":
        named = ageing_query.supervisors(session, here.round.id)
        found = ageing_query.gathered(heaps, lambda h: ", ".join(named.get(h.commune_code, ())))
        lines = [Line(name or _("No supervisor"), counts) for name, counts in found.items()]
    elif way == "unit":
        found = ageing_query.gathered(heaps, lambda h: _place(h.commune_code, bool(sought.district)))
        lines = [Line(name or _("Place unknown"), counts) for name, counts in found.items()]
    else:
        found = ageing_query.gathered(heaps, lambda h: (h.account_id, h.name or word(CHANNELS, h.channel)))
        lines = [Line(name, counts) for (_account, name), counts in found.items()]
    order = given_name_order if way != "unit" else sort_key
    return sorted(lines, key=lambda line: ([-count for count in reversed(line.counts)], order(line.label)))


def _place(commune_code: str, by_commune: bool) -> str:
    if not commune_code:
        return ""
    commune = units.old_commune(commune_code)
    return commune.name if by_commune else units.district(commune.district_code).name


def _sender(row: Waiting) -> str:
    return row.name or word(CHANNELS, row.channel)


def _row(row: Waiting) -> list[object]:
    return [
        row.unit_code,
        word(KINDS, row.kind),
        row.commune.name if row.commune else "",
        word(STATE_WORDS, row.state),
        _sender(row),
        format_datetime(row.since),
        row.days(today()),
    ]
