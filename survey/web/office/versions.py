"""Two versions of a record side by side: what was asked, what each says, who sent it, why the office changed it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby

from flask import render_template, request
from sqlalchemy.orm import Session

from survey.errors import Problem
from survey.i18n import current_locale
from survey.operations import forms
from survey.query.review import Record, Version
from survey.query.versions import corrected
from survey.web import access
from survey.web.office import blueprint
from survey.web.office.answer_sheet import Block, Line, sheet
from survey.web.office.desk import REVIEWERS, desk
from survey.web.office.record import record_of
from survey.web.office.words import CHANNELS, word


@dataclass(frozen=True, slots=True)
class Pair:
    """One question in both versions."""

    path: str
    heading: str
    label: str
    older: str
    newer: str
    reason: str = ""

    @property
    def differs(self) -> bool:
        """Tell whether the versions say something else."""
        return self.older != self.newer


@blueprint.get("/rounds/<code>/review/<submission_id>/versions")
@access.roles(*REVIEWERS)
def versions(code: str, submission_id: str) -> str:
    """Show two versions side by side: the present one and the one before, unless the address names others."""
    with access.database().reading() as session:
        here = desk(session, code, *REVIEWERS)
        found = record_of(session, here, submission_id)
        older, newer = _chosen(found)
        reasons = {
            each.path: each.reason
            for each in corrected(session, submission_id)
            if older.number < each.number <= newer.number
        }
        pairs = side_by_side(_lines(session, older), _lines(session, newer), reasons)
    everything = request.args.get("show") == "all"
    shown = [pair for pair in pairs if everything or pair.differs]
    return render_template(
        "office/versions.html",
        desk=here,
        round=here.round,
        record=found,
        head=found.head,
        older=older,
        newer=newer,
        groups=[(heading, list(rows)) for heading, rows in groupby(shown, key=lambda pair: pair.heading)],
        differing=sum(pair.differs for pair in pairs),
        total=len(pairs),
        everything=everything,
        channel_word=lambda version: word(CHANNELS, version.channel),
    )


def side_by_side(
    older: Mapping[str, tuple[str, Line]], newer: Mapping[str, tuple[str, Line]], reasons: Mapping[str, str]
) -> list[Pair]:
    """Return the questions of two versions in the order of the newer one, those that it lost at the end."""
    found = []
    for path in dict.fromkeys([*newer, *older]):
        heading, line = newer.get(path) or older[path]
        if line.is_identity:
            continue
        texts = [lines[path][1].text if path in lines else "" for lines in (older, newer)]
        found.append(Pair(path, heading, line.label, texts[0], texts[1], reasons.get(path, "")))
    return found


def _lines(session: Session, version: Version) -> dict[str, tuple[str, Line]]:
    """Return the lines of a version by path, each with the heading it stands under."""
    instrument = forms.instrument_of(session, version.form_version_id)
    blocks = sheet(instrument, version.answers, language=current_locale())
    found: dict[str, tuple[str, Line]] = {}
    for block in blocks:
        _collect(block, block.title, found)
    return found


def _collect(block: Block, heading: str, found: dict[str, tuple[str, Line]]) -> None:
    for item in block.items:
        if isinstance(item, Line):
            found[item.path] = (heading, item)
        else:
            _collect(item, item.title or heading, found)


def _chosen(record: Record) -> tuple[Version, Version]:
    """Return the two versions that the address asks for, the older one first; Problem not-found for one version."""
    newest = record.newest.number
    numbers = request.args.get("b", newest, int), request.args.get("a", newest - 1, int)
    older, newer = record.version(min(numbers)), record.version(max(numbers))
    if older is None or newer is None:
        raise Problem("not-found")
    return older, newer
