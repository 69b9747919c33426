"""Builds the synthetic round through the doors of a real one: frames, draws, assignments, letters, interviews, review.

Everything happens in the caller's transaction; the seed decides every answer, outcome and identifier in it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.model import FrameUnit, OfficialFigure, Round, SampleUnit
from survey.model.actor import SYSTEM
from survey.operations import forms, planning, verification
from survey.pipeline.synthetic import frames
from survey.pipeline.synthetic.chance import choices
from survey.pipeline.synthetic.collection import Collection
from survey.pipeline.synthetic.staff import Staff, employ
from survey.pipeline.synthetic.world import REFERENCE_DATE, World, truth, world
from survey.reference.benchmarks import benchmarks_for
from survey.reference.plan import indicators
from survey.reference.units import old_commune

CODE = "MOPHONG-2026"
LEGAL_BASIS = "Kế hoạch số 128/KH-UBND ngày 04/7/2022 (đợt mô phỏng, không có giá trị pháp lý)"
FORMS = {"household": "household.csv", "enterprise": "enterprise.csv", "institution": "institution.csv"}


@dataclass(frozen=True, slots=True)
class Edition:
    """One round among several: its code, title and days, its final state, and how far back its habits lie."""

    code: str
    title: str
    reference: date
    starts_on: date
    ends_on: date
    state: str
    lag: float = 0.0


PRESENT = Edition(
    code=CODE,
    title="Khảo sát kinh tế số, xã hội số năm 2026 (dữ liệu mô phỏng)",
    reference=REFERENCE_DATE,
    starts_on=date(2026, 10, 5),
    ends_on=date(2026, 12, 31),
    state="open",
)
PREVIOUS = Edition(
    code="MOPHONG-2024",
    title="Khảo sát kinh tế số, xã hội số năm 2024 (dữ liệu mô phỏng)",
    reference=date(2024, 10, 1),
    starts_on=date(2024, 10, 7),
    ends_on=date(2024, 11, 30),
    state="closed",
    lag=0.55,
)


@dataclass(frozen=True, slots=True)
class Size:
    """How large the round is: the population's scale, and the samples."""

    seed: int = 128
    scale: float = 1.0
    areas: int = 120
    per_area: int = 20
    enterprises: int = 600

    @property
    def previous(self) -> Size:
        """Return the smaller size of the round before, drawn with another seed."""
        return replace(
            self,
            seed=self.seed - 1,
            scale=min(self.scale, 0.2),
            areas=max(34, self.areas // 2),
            per_area=max(2, self.per_area // 2),
            enterprises=max(120, self.enterprises // 2),
        )

    @classmethod
    def small(cls, *, seed: int = 128, households: int = 140) -> Size:
        """Return the size of a round for trials: at least two areas in each of the 16 strata."""
        areas = 34
        return cls(seed=seed, scale=0.06, areas=areas, per_area=max(2, round(households / areas)), enterprises=120)


@dataclass(frozen=True, slots=True)
class Built:
    """What was built: the round, the staff, the codes of letters by unit, who has not answered, counts, the truth."""

    round_id: int
    staff: Staff
    codes: Mapping[str, str]
    silent: frozenset[str]
    counts: Mapping[str, int]
    truth: Mapping[str, Any]


def build(
    session: Session,
    form_folder: Path,
    size: Size | None = None,
    *,
    edition: Edition = PRESENT,
    report: Callable[[str], None] = lambda _: None,
) -> Built:
    """Build one edition of the synthetic round and return what a user needs to try it."""
    size = size or Size()
    whole = world(size.seed, scale=size.scale, reference=edition.reference, lag=edition.lag)
    report("population")
    survey_round = _round(session, form_folder, edition)
    staff = employ(session, size.seed, survey_round.id)
    identities = _frames_and_draws(session, whole, size, survey_round)
    report("sample")
    _assign(session, survey_round, staff)
    codes = _invite(session, size.seed, survey_round)
    _official_figures(session, survey_round)
    report("letters")
    collection = Collection(session, whole, survey_round, staff, identities)
    counts = collection.run()
    if edition.state != "open":
        planning.set_round_state(session, SYSTEM, survey_round.id, edition.state)
    report("interviews")
    return Built(survey_round.id, staff, codes, frozenset(collection.silent), counts, _truth(whole, size, edition))


def _truth(whole: World, size: Size, edition: Edition) -> dict[str, Any]:
    return {
        "synthetic": True,
        "round": edition.code,
        "seed": size.seed,
        "scale": size.scale,
        "households": len(whole.people.size),
        "persons": len(whole.people.household),
        "enterprises": len(whole.firms.code),
        "institutions": len(whole.schools.code),
        "percent": truth(whole),
    }


def _round(session: Session, form_folder: Path, edition: Edition) -> Round:
    created = planning.create_round(
        session,
        SYSTEM,
        code=edition.code,
        title=edition.title,
        reference_date=edition.reference,
        starts_on=edition.starts_on,
        ends_on=edition.ends_on,
        legal_basis=LEGAL_BASIS,
        is_synthetic=True,
        settings={verification.SETTING: False},
    )
    for kind, name in FORMS.items():
        forms.use_in_round(session, SYSTEM, created, kind, forms.publish(session, SYSTEM, form_folder / name))
    return planning.set_round_state(session, SYSTEM, created.id, "open")


def _frames_and_draws(session: Session, whole: World, size: Size, survey_round: Round) -> dict[str, dict[str, Any]]:
    """Import the frames, draw the samples, and return the identities of self-reporting units by code."""
    round_id = survey_round.id
    planning.import_frame(session, SYSTEM, round_id, "area", frames.area_entries(whole))
    planning.draw_area_sample(session, SYSTEM, round_id, n=size.areas, seed=size.seed)
    drawn = session.scalars(
        select(SampleUnit.psu)
        .where(SampleUnit.round_id == round_id, SampleUnit.kind == "area")
        .order_by(SampleUnit.psu)
    )
    listings = [frames.listing(whole, code) for code in drawn]
    planning.import_frame(session, SYSTEM, round_id, "household", frames.household_entries(whole, listings))
    planning.draw_household_sample(session, SYSTEM, round_id, per_area=size.per_area, seed=size.seed + 1)
    enterprises = list(frames.enterprise_entries(whole))
    planning.import_frame(session, SYSTEM, round_id, "enterprise", enterprises)
    take_all = frames.take_all_strata(enterprises)
    planning.draw_enterprise_sample(
        session, SYSTEM, round_id, n=size.enterprises, seed=size.seed + 2, take_all=take_all
    )
    institutions = list(frames.institution_entries(whole))
    planning.import_frame(session, SYSTEM, round_id, "institution", institutions)
    planning.take_all_institutions(session, SYSTEM, round_id)
    return {entry.code: dict(entry.identity) for entry in (*enterprises, *institutions)}


def _assign(session: Session, survey_round: Round, staff: Staff) -> None:
    query = (
        select(SampleUnit.id, FrameUnit.commune_code)
        .join(FrameUnit, FrameUnit.id == SampleUnit.frame_unit_id)
        .where(SampleUnit.round_id == survey_round.id, SampleUnit.kind == "area")
    )
    work: dict[str, list[int]] = {code: [] for code in staff.enumerators}
    for unit_id, commune in session.execute(query):
        work[old_commune(commune).district_code].append(unit_id)
    for district, unit_ids in work.items():
        planning.assign(session, SYSTEM, unit_ids, account_id=staff.enumerators[district].id)


def _invite(session: Session, seed: int, survey_round: Round) -> dict[str, str]:
    query = (
        select(FrameUnit.code, SampleUnit.id)
        .join(FrameUnit, FrameUnit.id == SampleUnit.frame_unit_id)
        .where(SampleUnit.round_id == survey_round.id, SampleUnit.kind.in_(("enterprise", "institution")))
    )
    rng = choices(seed, "letters")
    units = sorted((code, unit_id) for code, unit_id in session.execute(query))
    return {code: planning.invite(session, SYSTEM, unit_id, rng=rng) for code, unit_id in units}


def _official_figures(session: Session, survey_round: Round) -> None:
    """Enter the administrative figures that were found for the province: real ones, with their source."""
    for indicator in indicators():
        for found in benchmarks_for(indicator.id):
            if found.unit == "percent" and found.area_code == "93":
                session.add(
                    OfficialFigure(
                        round_id=survey_round.id,
                        indicator=indicator.id,
                        category="",
                        value=float(found.value),
                        publisher=found.source,
                        published_on=date.fromisoformat(
                            f"{found.on}-01" if len(found.on) == 7 else f"{found.on}-12-31"
                        ),
                        status="final",
                        source=found.note.vi or found.measure,
                    )
                )
    session.flush()
