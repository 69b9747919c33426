"""The synthetic field work: every sampled unit's fate, its questionnaire sent through the one door, and its review."""

from __future__ import annotations

import random
import uuid
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from survey.model import Account, FrameUnit, Invitation, Round, RoundForm, SampleUnit
from survey.model.actor import Actor
from survey.operations import forms, review, submissions
from survey.operations.submissions import Receipt
from survey.pipeline.synthetic import fate, frames
from survey.pipeline.synthetic.assemble import assemble
from survey.pipeline.synthetic.chance import choices
from survey.pipeline.synthetic.household_answers import household_interview
from survey.pipeline.synthetic.staff import Staff, acting
from survey.pipeline.synthetic.unit_answers import enterprise_answers, institution_answers
from survey.pipeline.synthetic.world import World
from survey.questionnaire import instance
from survey.questionnaire.instrument import Instrument
from survey.reference.units import old_commune

_SPACE = uuid.UUID("6f0d7c1e-5b0a-4c6e-9a51-128202220704")
_BROKEN = 0.007
_CORRECTED = 0.35
_ENTERPRISE_RESPONSE = {"micro": 0.66, "small": 0.74, "large": 0.86}
_INSTITUTION_RESPONSE = 0.94
_REMARKS = {
    "return": "Đề nghị kiểm tra lại các mục đã đánh dấu và bổ sung thông tin còn thiếu.",
    "reject": "Phiếu phỏng vấn không đúng hộ được chọn.",
}

Values = dict[str, str]


@dataclass
class Collection:
    """One pass over the sample of a round. `identities` holds names of self-reporting units by unit code."""

    session: Session
    whole: World
    survey_round: Round
    staff: Staff
    identities: Mapping[str, Mapping[str, Any]]
    counts: Counter[str] = field(default_factory=Counter)
    silent: set[str] = field(default_factory=set)
    """Codes of self-reporting units that have not answered yet."""

    def run(self) -> dict[str, int]:
        """Collect everything and return how many records ended in which state, by kind."""
        self._instruments = self._forms()
        self._actors = {a.id: acting(self.session, a) for _, a in self.staff.everyone}
        self._households()
        self._self_reports()
        return dict(sorted(self.counts.items()))

    def _forms(self) -> dict[str, Instrument]:
        rows = self.session.scalars(select(RoundForm).where(RoundForm.round_id == self.survey_round.id))
        return {row.unit_kind: forms.instrument_of(self.session, row.form_version_id) for row in rows}

    def _households(self) -> None:
        """Visit the sampled dwellings, area by area."""
        query = self._units("household").order_by(SampleUnit.psu, FrameUnit.code)
        listings: dict[str, frames.Listing] = {}
        for unit in self.session.execute(query):
            if unit.psu not in listings:
                listings[unit.psu] = frames.listing(self.whole, unit.psu)
            self._household(unit, listings[unit.psu].households[int(unit.code[-3:]) - 1])

    def _household(self, unit: Row[Any], household: int) -> None:
        rng = choices(self.whole.seed, "visit", unit.code)
        commune = old_commune(unit.commune_code)
        area = choices(self.whole.seed, "area", unit.psu)
        day = self.survey_round.starts_on + timedelta(days=area.randint(0, 38) + rng.randint(0, 5))
        visit = fate.household_visit(
            rng, urban=commune.urban, occupied=household >= 0, tone=fate.area_tone(area), day=day
        )
        if visit.contact is None:
            self.counts["household due"] += 1
            return
        enumerator = self.staff.enumerators[commune.district_code]
        values, members = self._visit_values(unit, visit, enumerator), []
        if visit.contact == fate.INTERVIEWED:
            interview = household_interview(self.whole, household, rng, values["selection_random"])
            values, members = values | interview.values, interview.members
        answers = assemble(self._instruments["household"], values, {"member": members})
        broken = rng.random() < _BROKEN and bool(members)
        sent = self._send(unit, _damaged(answers, rng) if broken else answers, enumerator.id, visit.ended)
        self._review(unit, sent, rng, answers, enumerator.id, visit.ended)

    def _visit_values(self, unit: Row[Any], visit: fate.Visit, enumerator: Account) -> Values:
        commune = old_commune(unit.commune_code)
        return self._prefilled(unit, visit.started, visit.ended) | {
            "old_district": commune.district_code,
            "old_commune": commune.code,
            "ea_code": unit.psu,
            "household_no": str(int(unit.code[-3:])),
            "enumerator_code": enumerator.username,
            "visit_no": str(visit.visits),
            "contact": str(visit.contact),
            "selection_random": f"{choices(self.whole.seed, 'selection', unit.code).random():.8f}",
        }

    def _prefilled(self, unit: Row[Any], started: datetime, ended: datetime) -> Values:
        local = timedelta(hours=7)
        return {
            "start": (started + local).strftime("%Y-%m-%dT%H:%M:%S.000+07:00"),
            "end": (ended + local).strftime("%Y-%m-%dT%H:%M:%S.000+07:00"),
            "today": (started + local).date().isoformat(),
            "assignment_code": unit.code,
            "round_code": self.survey_round.code,
            "reference_date": self.survey_round.reference_date.isoformat(),
        }

    def _self_reports(self) -> None:
        """Let enterprises and institutions answer their letters, or not."""
        numbers = {code: i for i, code in enumerate(self.whole.firms.code)}
        numbers |= {code: i for i, code in enumerate(self.whole.schools.code)}
        for kind in ("enterprise", "institution"):
            query = self._units(kind).add_columns(Invitation.id.label("invitation_id"))
            query = query.join(Invitation, Invitation.sample_unit_id == SampleUnit.id).order_by(FrameUnit.code)
            for unit in self.session.execute(query):
                self._self_report(unit, kind, numbers[unit.code])

    def _self_report(self, unit: Row[Any], kind: str, position: int) -> None:
        rng = choices(self.whole.seed, "letter", unit.code)
        share = _INSTITUTION_RESPONSE if kind == "institution" else _ENTERPRISE_RESPONSE[unit.stratum.rsplit("-")[-1]]
        if rng.random() > share:
            self.counts[f"{kind} due"] += 1
            self.silent.add(unit.code)
            return
        started = fate.moment(rng, self.survey_round.starts_on + timedelta(days=rng.randint(1, 44)))
        ended = started + timedelta(minutes=rng.randint(9, 55))
        fill = institution_answers if kind == "institution" else enterprise_answers
        values = self._prefilled(unit, started, ended) | fill(self.whole, position, self.identities[unit.code], rng)
        if kind == "institution":
            values["reported_on"] = values["today"]
        answers = assemble(self._instruments[kind], values)
        sent = self._send(unit, answers, None, ended)
        self._review(unit, sent, rng, answers, None, ended)

    def _units(self, kind: str) -> Any:
        return (
            select(
                SampleUnit.id,
                SampleUnit.kind,
                SampleUnit.psu,
                SampleUnit.stratum,
                FrameUnit.code,
                FrameUnit.commune_code,
            )
            .join(FrameUnit, FrameUnit.id == SampleUnit.frame_unit_id)
            .where(SampleUnit.round_id == self.survey_round.id, SampleUnit.kind == kind)
        )

    def _send(
        self, unit: Row[Any], answers: Mapping[str, Any], account_id: int | None, ended: datetime, *, corrects: str = ""
    ) -> Receipt:
        """Serialise the questionnaire and hand it to the one door, as the enumerator or as the unit itself."""
        identifier = f"uuid:{uuid.uuid5(_SPACE, f'{self.survey_round.code}/{self.whole.seed}/{unit.code}/{corrects}')}"
        xml = instance.serialise(
            self._instruments[unit.kind], answers, instance_id=identifier, deprecated_id=corrects or None
        )
        actor, channel = self._sender(unit, account_id)
        return submissions.receive(
            self.session,
            actor,
            xml=xml,
            channel=channel,
            round_id=self.survey_round.id,
            sample_unit_id=unit.id,
            received_at=ended + timedelta(minutes=2),
        )

    def _sender(self, unit: Row[Any], account_id: int | None) -> tuple[Actor, str]:
        if account_id is not None:
            return self._actors[account_id], "field"
        invited = Actor(
            kind="invitation",
            invitation_id=unit.invitation_id,
            sample_unit_id=unit.id,
            round_id=self.survey_round.id,
        )
        return invited, "portal"

    def _review(
        self,
        unit: Row[Any],
        sent: Receipt,
        rng: random.Random,
        right: Mapping[str, Any],
        account_id: int | None,
        ended: datetime,
    ) -> None:
        """Let the supervisor act; some of those who got their questionnaire back have corrected it."""
        act = fate.review(rng, has_errors=sent.error_count > 0)
        reviewer = self._actors[self.staff.supervisors[old_commune(unit.commune_code).district_code].id]
        options: dict[str, Any] = {"expected_revision": sent.revision_number}
        if act == "approve":
            review.approve(self.session, reviewer, sent.submission_id, **options)
        elif act == "return":
            remark = _REMARKS["return"]
            review.return_for_correction(self.session, reviewer, sent.submission_id, remark=remark, **options)
            if rng.random() < _CORRECTED:
                again = self._send(unit, right, account_id, ended + timedelta(days=2), corrects=sent.instance_id)
                review.approve(self.session, reviewer, again.submission_id, expected_revision=again.revision_number)
                act = "approve corrected"
        elif act == "reject":
            review.reject(self.session, reviewer, sent.submission_id, remark=_REMARKS["reject"], **options)
        self.counts[f"{unit.kind} {act}"] += 1


def _damaged(answers: Mapping[str, Any], rng: random.Random) -> dict[str, Any]:
    """Return answers with one broken rule: a device list that contradicts itself, a visit number of 0, a gap."""
    damaged: dict[str, Any] = _copy(answers)
    kind = rng.choice(("devices", "visit_no", "hb_any"))
    if kind == "devices":
        damaged["interview"]["household"]["devices"] = "1 5"
    elif kind == "visit_no":
        damaged["visit"]["visit_no"] = "0"
    else:
        damaged["interview"].pop("business", None)
    return damaged


def _copy(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _copy(inner) for name, inner in value.items()}
    return [_copy(inner) for inner in value] if isinstance(value, list) else value
