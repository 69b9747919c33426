"""Makes an estimate run: snapshot → columns → weights → figures → stored rows, the same bytes from the same inputs.

A run is a draft until it is released; it freezes the definitions, texts and settings that it used. Model-based figures
of small areas go into a table of their own.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from survey.errors import Problem
from survey.model import ControlTotal, EstimateRow, EstimateRun, ModelEstimate, Round, Snapshot
from survey.model.actor import Actor
from survey.operations import audit
from survey.pipeline import columns, figures, small_areas, snapshot, suppression
from survey.pipeline.analysis import Tables, analyse
from survey.pipeline.labels import category_names, labels, wording
from survey.pipeline.measures import Measure, measures
from survey.pipeline.small_areas import Modelled
from survey.pipeline.version import code_version
from survey.pipeline.weight_plan import plans
from survey.reference.plan import DefinitionStatus, Indicator, Level, Variant, indicators, plan
from survey.reference.wording import Wording

_UNITS = {
    Level.MEMBER: "member",
    Level.SELECTED_RESPONDENT: "respondent",
    Level.HOUSEHOLD: "household",
    Level.ENTERPRISE: "enterprise",
    Level.INSTITUTION: "institution",
    Level.ECONOMY: "economy",
}
_DEFINITIONS = {
    DefinitionStatus.OFFICIAL: "official",
    DefinitionStatus.SOURCED: "partial",
    DefinitionStatus.PROPOSED: "proposed",
}


def run(session: Session, actor: Actor, round_code: str, folder: Path, *, seed: int = 128) -> EstimateRun:
    """Estimate a round from a fresh snapshot of its approved answers and store the run as a draft.

    Raises unknown-round, empty-snapshot, and bad-value or bad-rule for settings that cannot be applied.
    """
    survey_round = session.scalar(select(Round).where(Round.code == round_code))
    if survey_round is None:
        raise Problem("unknown-round", round=round_code)
    chosen = measures(survey_round.settings.get("measures"), grdp_shares=survey_round.settings.get("grdp_shares"))
    frozen = snapshot.take(session, actor, survey_round.id, folder)
    return from_snapshot(session, actor, survey_round, frozen, folder, chosen=chosen, seed=seed)


def from_snapshot(
    session: Session,
    actor: Actor,
    survey_round: Round,
    frozen: Snapshot,
    folder: Path,
    *,
    chosen: tuple[Measure, ...],
    seed: int,
) -> EstimateRun:
    """Estimate from a snapshot that is already there and store the run as a draft."""
    tables = columns.load(folder / frozen.digest, frozen.manifest)
    known = margins(session, survey_round.id)
    analysed = analyse(tables, known, plans(survey_round.settings.get("weights")))
    rows = estimate_rows(analysed, chosen)
    models = model_rows(analysed, chosen, tables, rows)
    parameters = _parameters(survey_round, chosen) | {"control_totals": known}
    quality = _quality(survey_round, frozen, analysed, chosen) | {"models": [dict(fit) for fit in models.fits]}
    made = EstimateRun(
        round_id=survey_round.id,
        snapshot_id=frozen.id,
        code_version=code_version(),
        seed=seed,
        parameters=parameters,
        quality=quality,
        digest=_digest(frozen.digest, seed, parameters, quality, [*rows, *models.rows]),
        created_by=actor.account_id,
    )
    session.add(made)
    session.flush()
    session.execute(insert(EstimateRow), [{"run_id": made.id} | dict(row) for row in rows])
    if models.rows:
        session.execute(insert(ModelEstimate), [{"run_id": made.id} | dict(row) for row in models.rows])
    audit.record(session, actor, "estimate.run", "estimate_run", made.id, digest=made.digest, figures=len(rows))
    return made


def estimate_rows(analysed: Tables, chosen: tuple[Measure, ...]) -> list[Mapping[str, Any]]:
    """Return the figures of every measure whose table the snapshot has, as contents of estimate rows.

    No suppressed figure follows from the others: `suppression` hides further ones of the same measure.
    """
    found: list[Mapping[str, Any]] = []
    for measure in chosen:
        table = analysed.analyses.get(measure.table)
        if table is not None:
            own = [row.content for row in figures.rows(measure, table, _targets(measure))]
            found += suppression.complete(measure, table, own)
    return found


def model_rows(
    analysed: Tables,
    chosen: tuple[Measure, ...],
    tables: Mapping[str, columns.Columns],
    direct: list[Mapping[str, Any]],
) -> Modelled:
    """Return the model-based figures of every measure that can be modelled; none from a snapshot without places."""
    found: list[Mapping[str, Any]] = []
    fits: list[Mapping[str, Any]] = []
    for measure in chosen:
        table = analysed.analyses.get(measure.table)
        if table is not None and "places" in tables:
            own = [row for row in direct if (row["indicator"], row["variant"]) == (measure.indicator, measure.variant)]
            made = small_areas.modelled(measure, table, tables["places"], own)
            found += made.rows
            fits += made.fits
    return Modelled(tuple(found), tuple(fits))


def _targets(measure: Measure) -> tuple[Any, ...]:
    indicator = next(each for each in indicators() if each.id == measure.indicator)
    if indicator.experimental:
        return ()
    return tuple(target for target in indicator.targets if target.variant == measure.variant)


def margins(session: Session, round_id: int) -> dict[str, dict[str, dict[str, float]]]:
    """Return the control totals entered for a round by table, dimension and category."""
    found: dict[str, dict[str, dict[str, float]]] = {}
    query = select(ControlTotal).where(ControlTotal.round_id == round_id).order_by(ControlTotal.id)
    for total in session.scalars(query):
        found.setdefault(total.unit_kind, {}).setdefault(total.margin, {})[total.category] = total.value
    return found


def _parameters(survey_round: Round, chosen: tuple[Measure, ...]) -> dict[str, Any]:
    by_key = {(measure.indicator, measure.variant): measure for measure in chosen}
    groups = dict(plan().groups)
    return {
        "plan": plan().number,
        "reference_date": survey_round.reference_date.isoformat(),
        "settings": dict(survey_round.settings),
        "indicators": [_indicator(each, by_key, groups[each.group]) for each in indicators()],
        "labels": {dimension: list(entries) for dimension, entries in labels().items()},
    }


def _indicator(indicator: Indicator, by_key: Mapping[tuple[str, str], Measure], group: Wording) -> dict[str, Any]:
    first = indicator.survey_headline(2025)
    variants = [first, *(variant for variant in indicator.variants if variant.id != first.id)]
    return {
        "code": indicator.id,
        "group": _both(group),
        "name": _both(indicator.name),
        "population": _both(first.universe),
        "numerator": _both(first.numerator),
        "denominator": _both(first.denominator),
        "period": _both(indicator.reference_period),
        "source": _both(indicator.source),
        "note": _both(indicator.note),
        "definition": "experimental" if indicator.experimental else _DEFINITIONS[first.status],
        "experimental": indicator.experimental,
        "census": first.level is Level.INSTITUTION,
        "targets": [_target(target) for target in indicator.targets],
        "variants": [_variant(variant, by_key.get((indicator.id, variant.id))) for variant in variants],
    }


def _target(target: Any) -> dict[str, Any]:
    return {
        "year": target.year,
        "name": _both(target.name),
        "operator": target.operator.value,
        "value": float(target.percent),
        "phrase": _both(target.wording),
        "variant": target.variant,
    }


def _variant(variant: Variant, measure: Measure | None) -> dict[str, Any]:
    """Return a variant with its rule in words and, where the survey measures it, as the formula that was applied."""
    formula = f" [{measure.formula}]" if measure else ""
    return {
        "code": variant.id,
        "label": _both(variant.label),
        "rule": {
            "vi": f"{variant.numerator.vi} ÷ {variant.denominator.vi}{formula}",
            "en": f"{variant.numerator.en} ÷ {variant.denominator.en}{formula}",
        },
        "unit": "seller" if measure and measure.table == "seller" else _UNITS[variant.level],
        "changed": bool(measure and measure.changed),
    }


def _both(text: Wording) -> dict[str, str]:
    return {"vi": text.vi, "en": text.en}


def _quality(survey_round: Round, frozen: Snapshot, analysed: Tables, chosen: tuple[Measure, ...]) -> dict[str, Any]:
    excluded = frozen.manifest["excluded"]
    reasons = sorted({reason for counts in excluded.values() for reason in counts})
    return {
        "responses": [_response(entry, frozen.manifest) for entry in analysed.responses],
        "weights": [dict(step) for step in analysed.steps],
        "classes": {kind: [dict(entry) for entry in entries] for kind, entries in analysed.classes.items()},
        "calibrated": bool(analysed.calibrated),
        "calibrated_tables": list(analysed.calibrated),
        "calibrations": [_named(record) for record in analysed.calibrations],
        "notes": [_both(wording(key)) for key in _notes(survey_round, analysed, chosen)],
        "verified": dict(frozen.manifest.get("verified", {})),
        "substituted": dict(frozen.manifest.get("substituted", {})),
        "excluded": {reason: sum(counts.get(reason, 0) for counts in excluded.values()) for reason in reasons},
    }


def _named(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return the record of a calibration with the names of its categories in both languages."""
    names = category_names()
    margins = []
    for entry in record["margins"]:
        vi, en = names[entry["margin"]].get(entry["category"], (entry["category"], entry["category"]))
        margins.append(dict(entry) | {"label": {"vi": vi, "en": en}})
    return dict(record) | {"margins": margins}


def _response(entry: Mapping[str, Any], manifest: Mapping[str, Any]) -> dict[str, Any]:
    kind = entry["kind"]
    states = {"approved": manifest["approved"].get(kind, 0), **manifest["excluded"].get(kind, {})}
    return dict(entry) | {"states": states if kind in manifest["approved"] else {}}


def _notes(survey_round: Round, analysed: Tables, chosen: tuple[Measure, ...]) -> list[str]:
    notes = ["note-synthetic"] if survey_round.is_synthetic else []
    notes.append("note-calibrated" if analysed.calibrated else "note-uncalibrated")
    present = {
        "household": "note-household-design",
        "enterprise": "note-enterprise-response",
        "institution": "note-census",
    }
    notes += [note for table, note in present.items() if table in analysed.analyses]
    if "household" in analysed.analyses:
        notes.append("note-few-degrees")
    composed = any(measure.shares for measure in chosen)
    notes.append("note-experimental-composed" if composed else "note-experimental")
    return [*notes, "note-changed"] if any(measure.changed for measure in chosen) else notes


def _digest(
    snapshot_digest: str,
    seed: int,
    parameters: Mapping[str, Any],
    quality: Mapping[str, Any],
    rows: list[Mapping[str, Any]],
) -> str:
    """Return the SHA-256 of everything that a run says and of what it was made from."""
    content = [snapshot_digest, code_version(), seed, parameters, quality, rows]
    return hashlib.sha256(json.dumps(content, ensure_ascii=False, sort_keys=True).encode()).hexdigest()
