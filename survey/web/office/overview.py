"""Progress against the plan: pictures first, the table behind, and both as files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from flask import Response, render_template
from flask_babel import gettext as _
from markupsafe import Markup, escape
from sqlalchemy.orm import Session

from survey.i18n import ZONE
from survey.model import Round
from survey.query import live, pace, response, unsent
from survey.query import progress as progress_query
from survey.query.progress import Disposition, EnumeratorProgress, Progress
from survey.query.worklist import Tally
from survey.web import access
from survey.web.office import blueprint, provisional
from survey.web.office.desk import READERS, Desk, desk
from survey.web.office.files import csv_response
from survey.web.office.pace_chart import pace_chart
from survey.web.office.words import KINDS, OUTCOME_CLASSES, OUTCOMES, word

WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a progress table."""

    label: str
    tally: Tally
    areas: int | None = None
    last_at: datetime | None = None
    key: str = ""
    """Name of the line among the live counts."""


@blueprint.get("/rounds/<code>/overview")
@access.roles(*READERS)
def overview(code: str) -> str:
    """Show how far the round has come."""
    with access.database().reading() as session:
        here = desk(session, code, *READERS)
        progress = progress_query.progress(session, here.round.id, here.communes)
        enumerators = progress_query.progress_by_enumerator(session, here.round.id, here.communes)
        outcomes = progress_query.dispositions(session, here.round.id, here.communes)
        waiting = progress_query.waiting(session, here.round.id, here.communes)
        counts = pace.daily(session, here.round.id, here.communes)
        provisional_figures = provisional.shown(session, here.round.id)
        holdings = unsent.holdings(session, here.round.id, here.communes)
    ahead = pace.forecast(counts, progress.total().due, today())
    return render_template(
        "office/overview.html",
        desk=here,
        round=here.round,
        total=progress.total(),
        kinds=[Line(word(KINDS, kind), tally, key=f"kind:{kind}") for kind, tally in progress.kinds()],
        districts=_district_lines(progress),
        enumerators=[_person_line(each) for each in enumerators],
        outcomes=_by_kind(outcomes),
        outcome_classes=OUTCOME_CLASSES,
        waiting=waiting,
        recent=sum(count for day, count in counts.items() if day > today() - WEEK),
        ahead=ahead,
        chart=pace_chart(counts, progress.total().planned, (here.round.starts_on, here.round.ends_on), today(), ahead),
        responses=[(word(KINDS, each.kind), each) for each in response.responses(outcomes)],
        holdings=holdings,
        provisional=provisional_figures,
        updated=updated(datetime.now(ZONE)),
        elapsed=elapsed(here.round, today()),
        today=today(),
    )


@blueprint.get("/rounds/<code>/progress-<by>.csv")
@access.roles(*READERS)
def progress_file(code: str, by: str) -> Response:
    """Return progress by district or by enumerator as a file."""
    with access.database().reading() as session:
        here = desk(session, code, *READERS)
        lines = _enumerator_lines(session, here) if by == "enumerator" else _district_lines(_of(session, here))
    header = [_("Enumerator") if by == "enumerator" else _("Former district")]
    header += [
        _("Planned"),
        _("Approved"),
        _("Waiting for review"),
        _("Returned"),
        _("Rejected"),
        _("Not yet"),
    ]
    rows = [[line.label, *counts(line.tally)] for line in lines]
    return csv_response(f"tien-do-{code}-{'dieu-tra-vien' if by == 'enumerator' else 'huyen'}", header, rows)


def updated(at: datetime) -> Markup:
    """Return when the numbers were counted, in words around a time that the page can change."""
    clock = Markup("<time data-live-time>{}</time>").format(at.strftime("%H:%M:%S"))
    return escape(_("Updated at %(time)s", time="{}")).format(clock)


def today() -> date:
    """Return the day it is in Vietnam."""
    return datetime.now(ZONE).date()


def elapsed(round_: Round, day: date) -> float | None:
    """Return the share of the collection time that has gone by, in percent; None before the start and after the end."""
    days = (round_.ends_on - round_.starts_on).days + 1
    gone = (day - round_.starts_on).days + 1
    return 100.0 * gone / days if 0 < gone <= days else None


def _of(session: Session, here: Desk) -> Progress:
    return progress_query.progress(session, here.round.id, here.communes)


def _enumerator_lines(session: Session, here: Desk) -> list[Line]:
    found = progress_query.progress_by_enumerator(session, here.round.id, here.communes)
    return [_person_line(each) for each in found]


def _person_line(each: EnumeratorProgress) -> Line:
    return Line(each.name, each.tally, each.areas, each.last_at, f"person:{each.account_id}")


def _district_lines(progress: Progress) -> list[Line]:
    return [Line(district.name, tally, key=f"district:{district.code}") for district, tally in progress.districts()]


def _by_kind(outcomes: Sequence[Disposition]) -> list[tuple[str, int, list[tuple[str, str, int]]]]:
    """Return (kind, records, [(code, word, count)]) for each kind that has records."""
    grouped: dict[str, list[tuple[str, str, int]]] = {}
    for each in outcomes:
        grouped.setdefault(each.kind, []).append((each.outcome, word(OUTCOMES, each.outcome), each.count))
    return [(word(KINDS, kind), sum(row[2] for row in rows), rows) for kind, rows in grouped.items()]


def counts(tally: Tally) -> list[int]:
    """Return a tally as the columns planned, approved, waiting, returned, rejected, not yet."""
    return [*live.counts(tally)]
