"""A backup is what can be restored: everything comes back, and nothing else can happen to the target."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from alembic import command as alembic
from sqlalchemy import func, select

from survey.cli.setup import alembic_config
from survey.config import Config
from survey.db import Database
from survey.errors import Problem
from survey.model import Base, Revision
from survey.model.actor import SYSTEM
from survey.operations import attachments, audit, submissions
from survey.operations.backup import archive
from tests.rounds import Interview, small_round

PASSPHRASE = "một câu dài khó đoán"


@pytest.fixture
def source(database: Database, tmp_path: Path) -> Config:
    """Return the settings of an instance with one submission and its photo."""
    config = Config(instance=tmp_path / "source", database_url="", secret_key="k")
    config.media.mkdir(parents=True)
    (config.instance / "config.py").write_text('SECRET_KEY = "k"\n')
    with database.transaction() as session:
        small_round(session)
        receipt = submissions.receive(session, SYSTEM, xml=Interview().xml(photo="a.jpg"), channel="openrosa")
        attachments.attach(
            session, SYSTEM, config.media, instance_id=receipt.instance_id, name="a.jpg", content=b"\xff" * 3_000_000
        )
    return config


@pytest.fixture
def target(tmp_path: Path) -> tuple[Config, Database]:
    """Return an empty migrated SQLite instance."""
    config = Config(instance=tmp_path / "target", database_url=f"sqlite:///{tmp_path / 'target.db'}", secret_key="k")
    config.instance.mkdir()
    alembic.upgrade(alembic_config(config.database_url), "head")
    return config, Database(config.database_url)


def _rows(database: Database) -> dict[str, int]:
    with database.engine.connect() as connection:
        return {
            t.name: connection.scalar(select(func.count()).select_from(t)) or 0 for t in Base.metadata.sorted_tables
        }


def test_a_backup_restores_every_row_and_file(
    source: Config, database: Database, target: tuple[Config, Database], tmp_path: Path
) -> None:
    file = tmp_path / "b.psb"
    written = archive.create(source, database, file, PASSPHRASE)
    assert archive.verify(file, PASSPHRASE) == written
    config, restored = target
    archive.restore(file, PASSPHRASE, config, restored)
    assert _rows(restored) == _rows(database)
    stored = [p.relative_to(source.instance) for p in source.media.rglob("*") if p.is_file()]
    assert stored
    assert all((config.instance / p).read_bytes() == (source.instance / p).read_bytes() for p in stored)
    with restored.reading() as session:
        assert audit.verify(session).broken == ()
    with restored.transaction() as session:
        submissions.receive(session, SYSTEM, xml=Interview().xml(), channel="openrosa")
        assert session.scalar(select(func.count()).select_from(Revision)) == 2


@pytest.mark.parametrize("damage", ["truncated", "changed", "foreign"])
def test_a_damaged_backup_leaves_the_target_unchanged(
    source: Config, database: Database, target: tuple[Config, Database], tmp_path: Path, damage: str
) -> None:
    file = tmp_path / "b.psb"
    archive.create(source, database, file, PASSPHRASE)
    content = bytearray(file.read_bytes())
    if damage == "truncated":
        content = content[: len(content) // 2]
    elif damage == "changed":
        content[len(content) // 2] ^= 1
    else:
        content = bytearray(b"not a backup at all, by no means")
    file.write_bytes(content)
    config, restored = target
    before = sorted(p.name for p in config.instance.iterdir())
    with pytest.raises(Problem) as caught:
        archive.restore(file, PASSPHRASE, config, restored)
    assert caught.value.code == "bad-backup"
    assert sum(_rows(restored).values()) == 0
    assert sorted(p.name for p in config.instance.iterdir()) == before


def test_a_backup_cut_at_any_chunk_is_refused(source: Config, database: Database, tmp_path: Path) -> None:
    file = tmp_path / "b.psb"
    archive.create(source, database, file, PASSPHRASE)
    whole = file.read_bytes()
    for size in (10, 32, len(whole) - 1, len(whole) - 17):
        file.write_bytes(whole[:size])
        with pytest.raises(Problem):
            archive.verify(file, PASSPHRASE)


def test_a_wrong_passphrase_opens_nothing(source: Config, database: Database, tmp_path: Path) -> None:
    file = tmp_path / "b.psb"
    archive.create(source, database, file, PASSPHRASE)
    assert b"tiny" not in file.read_bytes()
    with pytest.raises(Problem):
        archive.verify(file, "sai")


def test_an_instance_with_data_is_never_overwritten(source: Config, database: Database, tmp_path: Path) -> None:
    file = tmp_path / "b.psb"
    archive.create(source, database, file, PASSPHRASE)
    with pytest.raises(Problem) as caught:
        archive.restore(file, PASSPHRASE, replace(source), database)
    assert caught.value.code == "target-not-empty"
