"""Boundaries of an installation: wrong codes are named, shared edges stay shared, the map shows them."""

from __future__ import annotations

import json
import re
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from survey.cli import cli
from survey.config import Config
from survey.db import Database
from survey.errors import Problem
from survey.reference import geometry
from survey.report import maps


def packaged() -> dict[str, Any]:
    """Return the packaged file under another name of the property."""
    path = resources.files("survey.reference") / "data" / "present_units.geojson"
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    for feature in document["features"]:
        feature["properties"] = {"ma_xa": feature["properties"]["code"]}
    return document


def read(document: Any, size: int = 60_000) -> dict[str, Any]:
    made = geometry.read(json.dumps(document).encode(), name="xa.geojson", code="ma_xa", most_bytes=size)
    assert len(made) <= size
    result: dict[str, Any] = json.loads(made)
    return result


def points(feature: dict[str, Any]) -> set[tuple[float, float]]:
    return {tuple(point) for rings in feature["geometry"]["coordinates"] for ring in rings for point in ring}


def test_a_smaller_budget_gives_fewer_points_and_keeps_every_unit_and_shared_edge() -> None:
    fine, coarse = read(packaged()), read(packaged(), 40_000)
    assert sum(len(points(each)) for each in coarse["features"]) < sum(len(points(each)) for each in fine["features"])
    assert len(coarse["features"]) == len(fine["features"]) == 28
    for feature in coarse["features"]:
        others = set().union(*(points(other) for other in coarse["features"] if other is not feature))
        assert len(points(feature) & others) >= 2, feature["properties"]


def test_a_size_that_cannot_be_reached_is_refused() -> None:
    with pytest.raises(Problem, match="> 500 B"):
        read(packaged(), 500)


def test_unknown_and_missing_codes_are_named() -> None:
    document = packaged()
    document["features"][0]["properties"]["ma_xa"] = "99999"
    with pytest.raises(Problem, match=r"\+ 99999"):
        read(document)
    document["features"].pop(0)
    with pytest.raises(Problem, match=r"ma_xa - \d{5}"):
        read(document)


@pytest.mark.parametrize("wrong", [b"{", b"[]", b"{}", b'{"features": [{}]}'])
def test_what_is_no_geojson_is_refused(wrong: bytes) -> None:
    with pytest.raises(Problem) as refused:
        geometry.read(wrong, name="x", code="code", most_bytes=9999)
    assert refused.value.code == "bad-geometry"


def test_points_in_metres_and_lines_are_refused() -> None:
    for change in ({"type": "LineString"}, {"type": "Polygon", "coordinates": [[[580000.0, 1080000.0]]]}):
        document = packaged()
        document["features"][0]["geometry"] |= change
        with pytest.raises(Problem):
            read(document)


def test_the_command_keeps_the_file_and_the_map_is_drawn_from_it(
    config: Config, sqlite_database: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PHIEU_SO_INSTANCE", str(config.instance))
    monkeypatch.setenv("PHIEU_SO_SECRET_KEY", "test-only-key")
    monkeypatch.setenv("PHIEU_SO_DATABASE_URL", str(sqlite_database.engine.url))
    assert geometry.own(config.instance) is None
    path = tmp_path / "xa.geojson"
    path.write_text(json.dumps(packaged()), encoding="utf-8")
    done = CliRunner().invoke(cli, ["units", "import-geometry", str(path), "--code", "ma_xa", "--size", "40000"])
    assert done.exit_code == 0, done.output
    kept = geometry.own(config.instance)
    assert kept is not None
    drawn = [str(maps.units_map({}, title="t", description="d", identifier="m", boundaries=b)) for b in (None, kept)]
    counts = [len(re.findall(r"[ML]-?\d", each)) for each in drawn]
    assert 28 * 3 < counts[1] < counts[0]
