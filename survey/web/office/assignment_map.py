"""The pictures of the assignments: who works where now, and as a proposal would have it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from flask_babel import gettext as _
from markupsafe import Markup

from survey.i18n import format_number
from survey.operations.assignment_proposal import Proposal
from survey.operations.balancing import Share
from survey.query.worklist import Area
from survey.query.workload import Worker, left
from survey.reference import units
from survey.report import work_map


@dataclass(frozen=True, slots=True)
class Line:
    """One enumerator on the page: the number on the map, what is held now, and what the tablets hold."""

    number: int
    worker: Worker
    share: Share
    holding: tuple[int, int] = (0, 0)


def picture(areas: Sequence[Area], lines: Sequence[Line], identifier: str = "who", title: str = "") -> Markup:
    """Return the map of who works where."""
    places: dict[int | None, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for area in areas:
        places[area.account_id][units.present_unit_of(area.commune.code).code] += left(area.tally)
    workers = [
        work_map.Worker(line.number, _sentence(line), dict(places[line.worker.account_id]))
        for line in lines
        if line.worker.account_id in places
    ]
    without = {
        code: str(_("%(place)s: areas without an enumerator.", place=units.present_unit(code).name))
        for code, expected in sorted(places.get(None, {}).items())
        if expected > 0
    }
    return work_map.work_map(workers, without, title=title or _("Who works where"), identifier=f"map-{identifier}")


def before_and_after(areas: Sequence[Area], proposal: Proposal) -> list[tuple[str, Markup]]:
    """Return the maps of now and of the proposal with what stands above each."""
    changed = {move.area.sample_unit_id: move.worker for move in proposal.moves}
    after = [_given(area, changed.get(area.sample_unit_id)) for area in areas]
    now = [Line(n, line.worker, line.before) for n, line in enumerate(proposal.lines, start=1)]
    then = [Line(n, line.worker, line.after) for n, line in enumerate(proposal.lines, start=1)]
    titles = str(_("Now")), str(_("As proposed"))
    return [
        (titles[0], picture(areas, now, "before", titles[0])),
        (titles[1], picture(after, then, "after", titles[1])),
    ]


def _given(area: Area, worker: Worker | None) -> Area:
    if worker is None:
        return area
    return replace(area, account_id=worker.account_id, enumerator=worker.name)


def _sentence(line: Line) -> str:
    return str(
        _(
            "%(number)s %(name)s: %(areas)s areas, %(left)s interviews left.",
            number=line.number,
            name=line.worker.name,
            areas=format_number(line.share.areas),
            left=format_number(int(line.share.interviews)),
        )
    )
