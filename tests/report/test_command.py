from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from click.testing import CliRunner, Result
from pypdf import PdfReader

from survey.cli.report import report
from survey.config import Config
from survey.db import Database
from survey.errors import Problem
from survey.export.figures import figures_csv
from survey.query import runs
from survey.report import language, loading
from tests.report import sample, stored


@pytest.fixture
def instance(config: Config, sqlite_database: Database, monkeypatch: pytest.MonkeyPatch) -> Config:
    monkeypatch.setenv("PHIEU_SO_INSTANCE", str(config.instance))
    monkeypatch.setenv("PHIEU_SO_DATABASE_URL", str(sqlite_database.engine.url))
    monkeypatch.setenv("PHIEU_SO_SECRET_KEY", "test-only-key")
    monkeypatch.setenv("PHIEU_SO_LOCALE", "en")
    return config


def put(database: Database, state: str = "released") -> int:
    with database.transaction() as session:
        return stored.store(session, sample.results(state=state))


def call(*arguments: str) -> Result:
    return CliRunner().invoke(report, ["build", *arguments, "--lang", "en"])


def test_the_report_of_a_round_is_written_with_its_figures(instance: Config, sqlite_database: Database) -> None:
    run = put(sqlite_database)
    done = call("2026")
    assert done.exit_code == 0, done.output
    path = Path(done.output.strip())
    assert path == instance.reports / f"phieu-so-2026-run{run}-indicators.pdf"
    document = PdfReader(path)
    assert "83.4" in "".join(page.extract_text() for page in document.pages)
    with sqlite_database.reading() as session:
        assert document.attachments[path.with_suffix(".csv").name] == [figures_csv(runs.run_results(session, run))]


def test_a_draft_is_written_under_another_name_than_the_released_report(
    instance: Config, sqlite_database: Database, tmp_path: Path
) -> None:
    run = put(sqlite_database, "draft")
    done = call("--run", str(run))
    assert done.output.strip().endswith("-indicators-draft.pdf")
    out = tmp_path / "elsewhere" / "report.pdf"
    assert call("2026", "--out", str(out)).exit_code == 0
    assert out.read_bytes() == Path(done.output.strip()).read_bytes()


@pytest.mark.usefixtures("instance")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("1999",), "There is no survey round 1999."),
        (("--run", "99"), "There is no estimate run 99."),
        ((), "Give a round or --run."),
        (("2026", "--run", "1"), "Give a round or --run."),
    ],
)
def test_what_does_not_exist_is_one_clear_line(arguments: tuple[str, ...], message: str) -> None:
    done = call(*arguments)
    assert done.exit_code == 2
    assert message in done.output


def test_a_round_with_withdrawn_runs_only_has_no_report(instance: Config, sqlite_database: Database) -> None:
    put(sqlite_database, "withdrawn")
    done = call("2026")
    assert done.exit_code == 2
    assert not list(instance.reports.iterdir())


def test_a_missing_catalogue_is_named(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="cannot be read"):
        language.load("vi", tmp_path)
    assert language.load("en", tmp_path).text("DRAFT") == "DRAFT"


def test_a_compiled_catalogue_is_used(tmp_path: Path) -> None:
    folder = tmp_path / "vi" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    catalogue = Catalog(locale="vi")
    catalogue.add("DRAFT", "DỰ THẢO")
    with (folder / "messages.mo").open("wb") as file:
        write_mo(file, catalogue)
    assert language.load("vi", tmp_path).text("DRAFT") == "DỰ THẢO"


def test_the_round_before_is_the_last_released_one_of_the_same_kind(sqlite_database: Database) -> None:
    now = sample.results()
    day = now.head.reference_date

    def stored_round(code: str, years: int, digest: str, **changes: object) -> None:
        head = replace(
            now.head,
            round_code=code,
            reference_date=day.replace(year=day.year - years),
            snapshot_digest=digest,
            **changes,
        )
        with sqlite_database.transaction() as session:
            stored.store(session, replace(now, head=head, indicators=now.indicators[6:7]))

    stored_round("2022", 4, "a" * 64)
    stored_round("2024", 2, "b" * 64)
    stored_round("2025", 1, "c" * 64, is_synthetic=False)
    stored_round("2025b", 1, "d" * 64, state="draft")
    with sqlite_database.transaction() as session:
        run = stored.store(session, now)
    with sqlite_database.reading() as session:
        loaded = loading.load(session, run)
        points = runs.trend(session, "XH1", "own")
    assert [point.round_code for point in points] == ["2022", "2024", "2025", "2026"]
    assert set(loaded.previous) == {"XH1"}
