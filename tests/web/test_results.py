from __future__ import annotations

import re
import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from survey.app import create_app
from survey.config import Config
from survey.db import Database
from survey.export.figures import COLUMNS, file_name
from survey.model import EstimateRun, OfficialFigure
from survey.query.results import RunResults
from tests.report import sample, stored

PUBLIC = (
    "/",
    "/dot/2026",
    "/chi-tieu/xh1",
    "/dot/2026/chi-tieu/XH1",
    "/phuong-phap",
    "/dot/2026/phuong-phap",
    "/so-lieu.csv",
    "/dot/2026/so-lieu.csv",
    "/chi-tieu/xh1.csv",
    "/dot/2026/chi-tieu/xh1.csv",
    "/so-lieu.xlsx",
    "/so-lieu-sdmx.csv",
    "/dot/2026/bang-ma.csv",
    "/bieu-do.svg",
    "/dot/2026/bieu-do.svg",
    "/api/v1/rounds/latest",
    "/api/v1/rounds/2026/indicators/XH1",
    "/bao-cao.pdf",
    "/dot/2026/bao-cao.pdf",
)
Store = Callable[[RunResults], int]


@pytest.fixture
def store(app: Flask) -> Store:
    """Return a function that stores a run in the application's database."""
    database: Database = app.extensions["survey.db"]

    def put(results: RunResults) -> int:
        with database.transaction() as session:
            return stored.store(session, results)

    return put


@pytest.fixture
def released(store: Store) -> int:
    return store(sample.results())


def earlier() -> RunResults:
    """Return a released round of two years before, with whole-territory figures only."""
    now = sample.results()
    head = replace(now.head, round_code="2024", reference_date=date(2024, 10, 1), snapshot_digest="1" * 64)
    indicators = tuple(
        replace(i, variants=(replace(i.main, figure=sample.previous(i) or i.main.figure, breakdowns={}),))
        for i in now.indicators
    )
    return RunResults(head, indicators, now.quality)


def body(client: FlaskClient, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200, address
    return re.sub(r"\s+", " ", response.get_data(as_text=True))


@pytest.mark.usefixtures("released")
def test_the_home_page_says_how_many_indicators_meet_their_target(client: FlaskClient) -> None:
    page = body(client, "/?lang=en")
    assert "5 of 17 indicators meet the 2025 target" in page
    for code in [*(f"KT{i}" for i in range(1, 7)), *(f"XH{i}" for i in range(1, 12))]:
        assert f'href="/chi-tieu/{code.lower()}"' in page
    assert "83.4%" in page
    assert "81.2–85.6%" in page


@pytest.mark.usefixtures("released")
def test_every_indicator_has_its_page_in_both_languages(client: FlaskClient) -> None:
    for indicator in sample.results().indicators:
        assert indicator.name.vi in body(client, f"/chi-tieu/{indicator.code.lower()}?lang=vi")
        assert indicator.name.en in body(client, f"/dot/2026/chi-tieu/{indicator.code}?lang=en")


@pytest.mark.usefixtures("released")
def test_an_indicator_page_shows_definition_breakdowns_map_and_table(client: FlaskClient) -> None:
    page = body(client, "/chi-tieu/xh1?lang=en")
    assert "Definition and its source" in page
    assert sample.results().indicator("XH1").numerator.en in page
    assert page.count("<path") > 28
    for unit in ("Xã Vĩnh Thuận Đông", "Phường Long Phú 1", "Huyện Châu Thành A"):
        assert unit in page


@pytest.mark.usefixtures("released")
def test_synthetic_rounds_say_so_on_every_page(client: FlaskClient) -> None:
    for address in ("/", "/chi-tieu/xh1", "/phuong-phap", "/dot/2026"):
        assert 'class="synthetic"' in body(client, address), address


def test_real_rounds_carry_no_such_banner(client: FlaskClient, store: Store) -> None:
    store(sample.results(synthetic=False))
    assert 'class="synthetic"' not in body(client, "/")


def test_without_a_released_run_the_home_page_says_what_will_come(client: FlaskClient) -> None:
    assert "17" in body(client, "/?lang=en")
    assert "No results have been released yet" in body(client, "/?lang=en")
    assert client.get("/chi-tieu/xh1").status_code == 404


@pytest.mark.parametrize("state", ["draft", "withdrawn"])
def test_an_unreleased_run_cannot_be_read_under_any_address(client: FlaskClient, store: Store, state: str) -> None:
    results = sample.results()
    store(replace(results, head=replace(results.head, state=state, released_at=None)))
    for address in PUBLIC:
        response = client.get(address)
        if address == "/":
            assert response.status_code == 200
        else:
            assert response.status_code == 404, address
        assert "83,4" not in response.get_data(as_text=True)
    assert "/dot/2026" not in body(client, "/dot")


def test_withdrawing_a_run_closes_its_pages_at_once(client: FlaskClient, app: Flask, released: int) -> None:
    assert client.get("/chi-tieu/xh1").status_code == 200
    with app.extensions["survey.db"].transaction() as session:
        session.execute(update(EstimateRun).where(EstimateRun.id == released).values(state="withdrawn"))
    assert client.get("/chi-tieu/xh1").status_code == 404
    assert client.get("/so-lieu.csv").status_code == 404


@pytest.mark.usefixtures("released")
@pytest.mark.parametrize("address", ["/chi-tieu/xh99", "/chi-tieu/<script>", "/dot/1999", "/dot/1999/chi-tieu/xh1"])
def test_an_unknown_indicator_or_round_is_not_found(client: FlaskClient, address: str) -> None:
    response = client.get(address)
    assert response.status_code == 404
    assert "<script>" not in response.get_data(as_text=True)


@pytest.mark.usefixtures("released")
def test_pages_need_no_script_and_break_no_rule_of_the_content_policy(client: FlaskClient) -> None:
    for address in ("/", "/chi-tieu/xh1", "/phuong-phap", "/dot"):
        page = body(client, address)
        assert "<script" not in page
        assert " style=" not in page
        assert not re.search(r"\son[a-z]+=", page)


@pytest.mark.usefixtures("released")
def test_figures_are_downloaded_as_csv_that_spreadsheets_open(client: FlaskClient) -> None:
    response = client.get("/so-lieu.csv")
    assert response.data.startswith(b"\xef\xbb\xbf")
    lines = response.data.decode("utf-8-sig").split("\r\n")
    assert lines[0] == ",".join(COLUMNS)
    expected = sum(
        (v.figure is not None) + sum(map(len, v.breakdowns.values()))
        for i in sample.results().indicators
        for v in i.variants
    )
    assert len(lines) - 2 == expected
    assert "attachment" in response.headers["Content-Disposition"]


@pytest.mark.usefixtures("released")
def test_suppressed_figures_are_empty_in_the_csv(client: FlaskClient) -> None:
    lines = client.get("/chi-tieu/xh1.csv").data.decode("utf-8-sig").split("\r\n")
    hidden = [line for line in lines if f",{sample.SUPPRESSED_UNIT}," in line and ",own," in line]
    assert len(hidden) == 1
    assert ",suppress,few-cases," in hidden[0]
    assert "Xã Vĩnh Thuận Đông,,,,,logit,,,210" in hidden[0]


@pytest.mark.usefixtures("released")
def test_a_download_that_has_not_changed_is_not_sent_again(client: FlaskClient) -> None:
    first = client.get("/so-lieu.csv")
    again = client.get("/so-lieu.csv", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    assert again.data == b""


@pytest.mark.usefixtures("released")
def test_the_chart_is_a_drawing_with_a_text_alternative(client: FlaskClient) -> None:
    root = ElementTree.fromstring(client.get("/bieu-do.svg").data)
    assert root.get("role") == "img"
    assert root.findtext("{http://www.w3.org/2000/svg}title")


def test_rounds_are_listed_and_keep_their_own_addresses(client: FlaskClient, store: Store) -> None:
    store(earlier())
    store(sample.results())
    listed = body(client, "/dot")
    assert 'href="/dot/2026"' in listed
    assert 'href="/dot/2024"' in listed
    old = body(client, "/dot/2024")
    assert 'href="/dot/2024/chi-tieu/xh1"' in old
    assert "01/10/2024" in old


def test_an_indicator_with_two_rounds_shows_the_change_and_the_trend(client: FlaskClient, store: Store) -> None:
    store(earlier())
    store(sample.results())
    page = body(client, "/chi-tieu/xh1?lang=en")
    assert "Up by 4.0 points since the last round (79.4%)." in page
    assert "01/10/2024" in page
    assert "01/10/2024" not in body(client, "/dot/2024/chi-tieu/xh1").split("<main")[1].split("chart-table")[0]


def test_the_report_is_offered_once_it_has_been_built(client: FlaskClient, app: Flask, released: int) -> None:
    assert client.get("/bao-cao.pdf").status_code == 404
    assert "/bao-cao.pdf" not in body(client, "/")
    results = sample.results()
    name = file_name(replace(results, head=replace(results.head, id=released)), "pdf")
    (app.extensions["survey.config"].reports / name).write_bytes(b"%PDF-1.7 report")
    with client.get("/bao-cao.pdf") as response:
        assert response.mimetype == "application/pdf"
        assert response.data == b"%PDF-1.7 report"
    assert 'href="/bao-cao.pdf"' in body(client, "/")


def test_a_draft_built_before_the_release_is_never_offered_as_the_report(
    client: FlaskClient, app: Flask, released: int
) -> None:
    results = sample.results(state="draft")
    name = file_name(replace(results, head=replace(results.head, id=released)), "pdf")
    (app.extensions["survey.config"].reports / name).write_bytes(b"%PDF-1.7 draft")
    assert client.get("/bao-cao.pdf").status_code == 404


API = ("/api/v1/rounds", "/api/v1/rounds/latest", "/api/v1/rounds/2026", "/api/v1/rounds/2026/indicators/XH1")


def follows(value: Any, schema: dict[str, Any], schemas: dict[str, Any], at: str = "$") -> None:
    """Hold a value to the part of JSON Schema that the description uses."""
    if "$ref" in schema:
        return follows(value, schemas[schema["$ref"].rsplit("/", 1)[1]], schemas, at)
    if "anyOf" in schema:
        chosen = schema["anyOf"][1] if value is None else schema["anyOf"][0]
        return follows(value, chosen, schemas, at)
    if "enum" in schema:
        assert value in schema["enum"], at
        return None
    kinds = {"object": dict, "array": list, "string": str, "integer": int, "number": (int, float), "boolean": bool}
    names = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    assert any((name == "null" and value is None) or isinstance(value, kinds.get(name, ())) for name in names), at
    if isinstance(value, dict):
        assert set(schema.get("required", ())) <= set(value), at
        more = schema.get("additionalProperties")
        for key, inner in value.items():
            known = schema.get("properties", {}).get(key)
            assert known or isinstance(more, dict), f"{at}.{key}"
            follows(inner, known or more, schemas, f"{at}.{key}")
    if isinstance(value, list):
        for position, inner in enumerate(value):
            follows(inner, schema["items"], schemas, f"{at}[{position}]")
    return None


@pytest.mark.usefixtures("released")
@pytest.mark.parametrize(
    ("address", "path"),
    [
        ("/api/v1/rounds", "/api/v1/rounds"),
        ("/api/v1/rounds/latest", "/api/v1/rounds/{round}"),
        *(
            (f"/api/v1/rounds/2026/indicators/{code}", "/api/v1/rounds/{round}/indicators/{indicator}")
            for code in ("KT1", "KT4", "XH8", "XH10")
        ),
    ],
)
def test_the_interface_sends_what_its_description_says(client: FlaskClient, address: str, path: str) -> None:
    described = client.get("/api/v1/openapi.json").get_json()
    answer = described["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    response = client.get(address)
    assert response.content_type == "application/json; charset=utf-8"
    follows(response.get_json(), answer, described["components"]["schemas"])


@pytest.mark.usefixtures("released")
def test_an_unchanged_document_is_not_sent_again(client: FlaskClient) -> None:
    for address in API:
        first = client.get(address)
        assert client.get(address, headers={"If-None-Match": first.headers["ETag"]}).status_code == 304


def test_the_interface_shows_released_runs_only_and_answers_in_json(client: FlaskClient, store: Store) -> None:
    store(sample.results(state="draft"))
    assert client.get("/api/v1/rounds").get_json() == {"rounds": []}
    for address in API[1:]:
        response = client.get(address)
        assert response.status_code == 404
        assert response.get_json()["error"] == "not-found"


@pytest.mark.usefixtures("released")
def test_the_interface_only_reads(client: FlaskClient) -> None:
    for address in API:
        assert client.post(address).status_code in {400, 405}


@pytest.mark.usefixtures("released")
def test_figures_are_offered_as_workbook_and_for_statistical_systems(client: FlaskClient) -> None:
    assert client.get("/so-lieu.xlsx").data.startswith(b"PK")
    assert client.get("/so-lieu-sdmx.csv").data.startswith(b"STRUCTURE,STRUCTURE_ID,ACTION")
    assert "Tỷ trọng kinh tế số trong GRDP".encode() in client.get("/bang-ma.csv").data
    page = body(client, "/")
    for address in ("/so-lieu.xlsx", "/so-lieu-sdmx.csv", "/bang-ma.csv", "/api/v1/openapi.json"):
        assert f'href="{address}"' in page


def test_an_official_figure_entered_later_appears_within_a_minute(
    client: FlaskClient, app: Flask, released: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "15,5%" not in body(client, "/chi-tieu/kt2?lang=vi")
    with app.extensions["survey.db"].transaction() as session:
        run = session.get_one(EstimateRun, released)
        session.add(
            OfficialFigure(
                round_id=run.round_id,
                indicator="KT2",
                value=15.5,
                publisher="Cục Thống kê",
                published_on=date(2026, 11, 1),
                status="final",
            )
        )
    start = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: start + 61)
    assert "15,5%" in body(client, "/chi-tieu/kt2?lang=vi")


def test_two_instances_never_share_remembered_figures(
    client: FlaskClient, store: Store, config: Config, sqlite_template: Path, tmp_path: Path
) -> None:
    store(sample.results())
    assert "83,4%" in body(client, "/?lang=vi")
    shutil.copy(sqlite_template, tmp_path / "other.db")
    other = create_app(replace(config, database_url=f"sqlite:///{tmp_path / 'other.db'}"))
    first = sample.results().indicator("KT1")
    figure = first.main.figure
    assert figure is not None
    moved = replace(first, variants=(replace(first.main, figure=replace(figure, estimate=44.4)),))
    with other.extensions["survey.db"].transaction() as session:
        stored.store(session, replace(sample.results(), indicators=(moved, *sample.results().indicators[1:])))
    assert "44,4%" in body(other.test_client(), "/?lang=vi")
    assert "44,4%" not in body(client, "/?lang=vi")
    other.extensions["survey.db"].dispose()
