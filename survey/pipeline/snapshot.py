"""Freezes a round's approved answers as Parquet files with a manifest, named by their digest.

Every sampled unit has a row with its design; answers are there only for approved records, and the manifest counts what
was left out and why. Identifying questions never enter. Refuses a round without an approved record.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as parquet
from sqlalchemy import func, select
from sqlalchemy.orm import Session, undefer

from survey.errors import Problem
from survey.model import (
    FormVersion,
    FrameUnit,
    Revision,
    Round,
    RoundForm,
    SampleDraw,
    SampleUnit,
    Snapshot,
    Submission,
)
from survey.model.actor import Actor
from survey.operations import audit, forms
from survey.pipeline.answers import Shape, Variable
from survey.query import verification
from survey.query.substitutions import rates
from survey.reference.units import old_commune, present_unit_of

KINDS = ("household", "enterprise", "institution")
ROSTERS = {"household": "member"}
MANIFEST = "manifest.json"
_DESIGN = pa.schema(
    [
        ("unit", pa.string()),
        ("stratum", pa.string()),
        ("psu", pa.string()),
        ("stage1_probability", pa.float64()),
        ("stage2_probability", pa.float64()),
        ("certain", pa.bool_()),
        ("commune", pa.string()),
        ("district", pa.string()),
        ("present_unit", pa.string()),
        ("urban_old", pa.string()),
        ("urban_new", pa.string()),
        ("record", pa.string()),
    ]
)
_STRATA = pa.schema(
    [
        ("kind", pa.string()),
        ("stratum", pa.string()),
        ("frame_units", pa.int64()),
        ("frame_size", pa.float64()),
        ("sampled", pa.int64()),
    ]
)
_PLACES = pa.schema(
    [("kind", pa.string()), ("commune", pa.string()), ("frame_units", pa.int64()), ("frame_size", pa.float64())]
)


@dataclass(frozen=True, slots=True)
class Record:
    """The record that stands for a sampled unit: its state, and its answers when it is approved."""

    state: str
    answers: Mapping[str, Any]
    form_version_id: int = 0
    revision_id: int = 0


def take(session: Session, actor: Actor, round_id: int, folder: Path) -> Snapshot:
    """Freeze a round's approved answers under `folder`; the same content gives the same snapshot."""
    survey_round = session.get(Round, round_id)
    if survey_round is None:
        raise Problem("unknown-round", round=round_id)
    tables, manifest = _collect(session, survey_round)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        written = Path(scratch) / "files"
        digest = _write(written, tables, manifest)
        _publish(written, folder / digest)
    found = session.scalar(select(Snapshot).where(Snapshot.digest == digest))
    if found is None:
        found = Snapshot(round_id=round_id, digest=digest, manifest=manifest)
        session.add(found)
        session.flush()
        audit.record(session, actor, "snapshot.take", "snapshot", found.id, digest=digest)
    return found


def draft(session: Session, survey_round: Round, folder: Path) -> Mapping[str, Any]:
    """Write a round's approved answers into a new folder without keeping a snapshot; return their manifest."""
    tables, manifest = _collect(session, survey_round)
    _write(folder, tables, manifest)
    return manifest


def _write(folder: Path, tables: Mapping[str, pa.Table], manifest: dict[str, Any]) -> str:
    """Write the files and the manifest, and return the manifest's SHA-256, which stands for all of them."""
    folder.mkdir()
    manifest["tables"] = {}
    for name, table in tables.items():
        path = folder / f"{name}.parquet"
        parquet.write_table(table, path, compression="zstd", version="2.6", store_schema=False)
        manifest["tables"][name] = {
            "rows": table.num_rows,
            "columns": table.num_columns,
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        }
    content = json.dumps(manifest, ensure_ascii=False, sort_keys=True, indent=1).encode()
    (folder / MANIFEST).write_bytes(content)
    return hashlib.sha256(content).hexdigest()


def _publish(written: Path, target: Path) -> None:
    """Move finished files to their name; files already there under the same digest are the same."""
    if target.exists():
        shutil.rmtree(written)
    else:
        os.rename(written, target)


def _collect(session: Session, survey_round: Round) -> tuple[dict[str, pa.Table], dict[str, Any]]:
    tables: dict[str, pa.Table] = {}
    excluded: dict[str, dict[str, int]] = {}
    approved: dict[str, int] = {}
    verified: dict[str, int] = {}
    form_entries: dict[str, list[dict[str, str]]] = {}
    for kind in KINDS:
        form = _form(session, survey_round.id, kind)
        if form is None:
            continue
        records, left_out = _records(session, survey_round.id, kind)
        if kind == "institution":
            verified = _verify(session, survey_round, records, left_out)
        form_entries[kind] = _form_entries(session, form, records)
        approved[kind] = sum(record.state == "approved" for record in records.values())
        excluded[kind] = dict(sorted(left_out.items()))
        tables |= _tables(session, survey_round.id, kind, form, records)
    if not sum(approved.values()):
        raise Problem("empty-snapshot", round=survey_round.code)
    tables["strata"] = _strata(session, survey_round.id)
    tables["places"] = _places(session, survey_round.id)
    return tables, {
        "round": survey_round.code,
        "reference_date": survey_round.reference_date.isoformat(),
        "synthetic": survey_round.is_synthetic,
        "forms": form_entries,
        "draws": _draw_digests(session, survey_round.id),
        "approved": approved,
        "excluded": excluded,
        "verified": verified,
    } | _substituted(session, survey_round.id)


def _substituted(session: Session, round_id: int) -> dict[str, Any]:
    """Return the places and the places that a reserve fills by kind of unit; nothing where nobody was substituted."""
    found = {rate.kind: {"places": rate.places, "substituted": rate.substituted} for rate in rates(session, round_id)}
    return {"substituted": found} if any(entry["substituted"] for entry in found.values()) else {}


def _form(session: Session, round_id: int, kind: str) -> FormVersion | None:
    query = select(FormVersion).join(RoundForm, RoundForm.form_version_id == FormVersion.id)
    return session.scalar(query.where(RoundForm.round_id == round_id, RoundForm.unit_kind == kind))


def _form_entries(session: Session, form: FormVersion, records: Mapping[int, Record]) -> list[dict[str, str]]:
    """Return the form versions that the answers were given on, and the round's present one."""
    used = {record.form_version_id for record in records.values() if record.answers} | {form.id}
    query = select(FormVersion).where(FormVersion.id.in_(used)).order_by(FormVersion.form_id, FormVersion.version)
    return [
        {"form_id": each.form_id, "version": each.version, "sha256": each.sha256} for each in session.scalars(query)
    ]


def _records(session: Session, round_id: int, kind: str) -> tuple[dict[int, Record], Counter[str]]:
    """Return the record that stands for each sampled unit, and the records left out by reason.

    An approved record stands before others, the last one received before earlier ones.
    """
    query = (
        select(Submission, Revision)
        .join(Revision, (Revision.submission_id == Submission.id) & (Revision.number == Submission.revision_count))
        .where(Submission.round_id == round_id, Submission.unit_kind == kind)
        .options(undefer(Revision.answers))
        .order_by(Submission.state == "approved", Revision.received_at, Revision.instance_id)
    )
    standing: dict[int, Record] = {}
    left_out: Counter[str] = Counter()
    for submission, revision in session.execute(query):
        unit_id = submission.sample_unit_id
        if unit_id is None:
            left_out["outside-sample"] += 1
            continue
        if submission.state != "approved":
            left_out[submission.state] += 1
        elif unit_id in standing and standing[unit_id].state == "approved":
            left_out["duplicate"] += 1
        answers = revision.answers if submission.state == "approved" else {}
        standing[unit_id] = Record(submission.state, answers, revision.form_version_id, revision.id)
    return standing, left_out


def _verify(
    session: Session, survey_round: Round, records: dict[int, Record], left_out: Counter[str]
) -> dict[str, int]:
    """Put the office's findings in the place of what institutions stated, and return how many were verified.

    Where the round counts verified records only, the others stand as sampled without an answer.
    """
    approved = {unit: record for unit, record in records.items() if record.state == "approved"}
    revisions = [record.revision_id for record in approved.values()]
    values = verification.verified_values(session, revisions)
    complete = verification.complete(session, revisions)
    required = bool(survey_round.settings.get("require_verification", False))
    changed = 0
    for unit, record in approved.items():
        if required and record.revision_id not in complete:
            records[unit] = replace(record, state="unverified", answers={})
            left_out["unverified"] += 1
            continue
        answers = _with(record.answers, values.get(record.revision_id, {}))
        changed += answers != record.answers
        records[unit] = replace(record, answers=answers)
    return {"total": len(approved), "verified": len(complete), "changed": changed, "required": int(required)}


def _with(answers: Mapping[str, Any], values: Mapping[str, str]) -> Mapping[str, Any]:
    """Return answers with other values at some paths; the given ones stay as they are."""
    result: dict[str, Any] = dict(answers)
    for path, value in values.items():
        here = result
        *groups, name = path.split("/")
        for group in groups:
            here[group] = dict(here.get(group) or {})
            here = here[group]
        here[name] = value
    return result


def _tables(
    session: Session, round_id: int, kind: str, form: FormVersion, records: Mapping[int, Record]
) -> dict[str, pa.Table]:
    """Return one row per sampled unit and, where the form has a roster, one row per member of an approved record."""
    shapes = _shapes(session, form, records)
    units = [(_design(row), records.get(row.id, _NO_RECORD)) for row in _sampled(session, round_id, kind)]
    rows = [
        design | {"record": record.state} | shapes[record.form_version_id].values(record.answers)
        for design, record in units
    ]
    tables = {kind: _table(rows, [*_DESIGN, *_fields(shape.own for shape in shapes.values())])}
    if roster := ROSTERS.get(kind):
        members = [
            {"unit": design["unit"], "line": line} | values
            for design, record in units
            for line, values in enumerate(shapes[record.form_version_id].rows(roster, record.answers), start=1)
        ]
        head = [pa.field("unit", pa.string()), pa.field("line", pa.int64())]
        tables[roster] = _table(members, [*head, *_fields(shape.inside(roster) for shape in shapes.values())])
    return tables


_NO_RECORD = Record("", {})


def _shapes(session: Session, form: FormVersion, records: Mapping[int, Record]) -> dict[int, Shape]:
    """Return how answers become columns for every form version in use, the round's own first and under 0."""
    own = Shape(forms.instrument_of(session, form.id))
    used = sorted({record.form_version_id for record in records.values() if record.answers} - {form.id})
    others = {version: Shape(forms.instrument_of(session, version)) for version in used}
    known = {0: own, form.id: own} | others
    unread = {record.form_version_id for record in records.values()} - set(known)
    return known | dict.fromkeys(sorted(unread), own)


def _fields(columns: Iterable[Sequence[Variable]]) -> list[pa.Field]:
    """Return the columns of all versions, those of the first version first, each name once."""
    found: dict[str, pa.Field] = {}
    for variables in columns:
        for variable in variables:
            found.setdefault(variable.name, variable.field)
    return list(found.values())


def _table(rows: Sequence[Mapping[str, Any]], fields: Iterable[pa.Field]) -> pa.Table:
    schema = pa.schema(fields)
    if len(set(schema.names)) != len(schema.names):
        twice = [name for name, count in Counter(schema.names).items() if count > 1]
        raise Problem("bad-column", column=twice[0], known=", ".join(schema.names))
    return pa.Table.from_pylist(list(rows), schema=schema)


def _sampled(session: Session, round_id: int, kind: str) -> Sequence[Any]:
    columns = (
        SampleUnit.id,
        FrameUnit.code,
        FrameUnit.commune_code,
        SampleUnit.stratum,
        SampleUnit.psu,
        SampleUnit.stage1_probability,
        SampleUnit.stage2_probability,
        SampleUnit.is_certainty,
    )
    query = (
        select(*columns)
        .join(FrameUnit, FrameUnit.id == SampleUnit.frame_unit_id)
        .where(SampleUnit.round_id == round_id, SampleUnit.kind == kind, SampleUnit.role == "main")
    )
    return sorted(session.execute(query), key=lambda row: row.code)


def _design(row: Any) -> dict[str, Any]:
    old = old_commune(row.commune_code)
    present = present_unit_of(row.commune_code)
    return {
        "unit": row.code,
        "stratum": row.stratum,
        "psu": row.psu,
        "stage1_probability": row.stage1_probability,
        "stage2_probability": row.stage2_probability,
        "certain": row.is_certainty,
        "commune": old.code,
        "district": old.district_code,
        "present_unit": present.code,
        "urban_old": "urban" if old.urban else "rural",
        "urban_new": "urban" if present.urban else "rural",
    }


def _strata(session: Session, round_id: int) -> pa.Table:
    """Return the size of the frame and of the sample in every stratum, by kind of unit."""
    frame = (
        select(FrameUnit.kind, FrameUnit.stratum, func.count(), func.sum(FrameUnit.size))
        .where(FrameUnit.round_id == round_id)
        .group_by(FrameUnit.kind, FrameUnit.stratum)
    )
    sampled = (
        select(SampleUnit.kind, SampleUnit.stratum, func.count())
        .where(SampleUnit.round_id == round_id, SampleUnit.role == "main")
        .group_by(SampleUnit.kind, SampleUnit.stratum)
    )
    counts = {(kind, stratum): count for kind, stratum, count in session.execute(sampled)}
    rows = [
        {
            "kind": kind,
            "stratum": stratum,
            "frame_units": n,
            "frame_size": size,
            "sampled": counts.get((kind, stratum), 0),
        }
        for kind, stratum, n, size in session.execute(frame)
    ]
    return pa.Table.from_pylist(sorted(rows, key=lambda row: (row["kind"], row["stratum"])), schema=_STRATA)


def _places(session: Session, round_id: int) -> pa.Table:
    """Return the size of the frame in every old commune, by kind of unit: what is known of places without a sample."""
    query = (
        select(FrameUnit.kind, FrameUnit.commune_code, func.count(), func.sum(FrameUnit.size))
        .where(FrameUnit.round_id == round_id)
        .group_by(FrameUnit.kind, FrameUnit.commune_code)
        .order_by(FrameUnit.kind, FrameUnit.commune_code)
    )
    names = _PLACES.names
    rows = [dict(zip(names, row, strict=True)) for row in session.execute(query)]
    return pa.Table.from_pylist(sorted(rows, key=lambda row: (row["kind"], row["commune"])), schema=_PLACES)


def _draw_digests(session: Session, round_id: int) -> dict[str, str]:
    """Return the digests of the round's sample draws by kind."""
    rows = session.execute(select(SampleDraw.kind, SampleDraw.digest).where(SampleDraw.round_id == round_id))
    return dict(sorted((kind, digest) for kind, digest in rows))
