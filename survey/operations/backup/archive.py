"""Create, verify and restore a backup file. What was not verified by a restore is not called a backup."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alembic.migration import MigrationContext
from sqlalchemy import Connection

from survey.config import Config
from survey.db import Database
from survey.errors import Problem
from survey.model import Base
from survey.operations.backup import tables
from survey.operations.backup.seal import SealedReader, SealingWriter

FOLDERS = ("media", "snapshots", "reports")
FILES = ("config.py",)
_SPOOL = 1 << 24


@dataclass(frozen=True, slots=True)
class Contents:
    """What a backup holds: schema version, rows by table, SHA-256 by file."""

    schema: str
    rows: dict[str, int]
    hashes: dict[str, str]

    @property
    def row_count(self) -> int:
        """Return the number of rows in all tables."""
        return sum(self.rows.values())


def create(config: Config, database: Database, target: Path, passphrase: str) -> Contents:
    """Write a backup file from one consistent view of the database; the file appears only when it is whole."""
    partial = target.with_name(target.name + ".part")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as raw:
        with SealingWriter(raw, passphrase) as sealed, tarfile.open(fileobj=sealed, mode="w|gz") as tar:
            contents = _write(tar, config, database)
        raw.flush()
        os.fsync(raw.fileno())
    partial.replace(target)
    return contents


def verify(source: Path, passphrase: str) -> Contents:
    """Restore into a scratch place and compare row counts and hashes with what the backup says of itself."""
    with tempfile.TemporaryDirectory(prefix="ps-verify-") as scratch:
        folder = Path(scratch)
        database = Database(f"sqlite:///{folder / 'scratch.db'}")
        Base.metadata.create_all(database.engine)
        try:
            return _restore(source, passphrase, folder / "instance", database)
        finally:
            database.dispose()


def restore(source: Path, passphrase: str, config: Config, database: Database) -> Contents:
    """Restore into an empty, migrated instance; a bad backup leaves the target as it was."""
    with database.engine.connect() as connection:
        schema, empty = schema_of(connection), tables.is_empty(connection)
    if not empty:
        raise Problem("target-not-empty")
    with tempfile.TemporaryDirectory(prefix="restore-", dir=config.instance) as scratch:
        contents = _restore(source, passphrase, Path(scratch), database, schema)
        _move_in(Path(scratch), config.instance)
    return contents


def schema_of(connection: Connection) -> str:
    """Return the version of a database's schema."""
    return MigrationContext.configure(connection).get_current_revision() or ""


def _write(tar: tarfile.TarFile, config: Config, database: Database) -> Contents:
    """Write tables, files and last the manifest that names them all."""
    counts: dict[str, int] = {}
    hashes: dict[str, str] = {}
    with _steady(database) as connection:
        schema = schema_of(connection)
        for table in tables.tables():
            with tempfile.SpooledTemporaryFile(_SPOOL) as spool:
                counts[table.name] = sum(spool.write(line) > 0 for line in tables.rows(connection, table))
                hashes[f"tables/{table.name}.jsonl"] = _add(tar, f"tables/{table.name}.jsonl", spool)
    for path in _files(config.instance):
        name = str(path.relative_to(config.instance))
        with path.open("rb") as file:
            hashes[name] = _add(tar, name, file)
    contents = Contents(schema, counts, hashes)
    manifest = json.dumps({"schema": schema, "rows": counts, "hashes": hashes}, sort_keys=True).encode()
    _add(tar, "manifest.json", io.BytesIO(manifest))
    return contents


@contextmanager
def _steady(database: Database) -> Iterator[Connection]:
    """Yield a connection that sees one moment of the database from beginning to end."""
    level = {"isolation_level": "REPEATABLE READ"} if database.engine.dialect.name == "postgresql" else {}
    with database.engine.connect().execution_options(**level) as connection:
        yield connection


def _files(instance: Path) -> Iterator[Path]:
    """Yield the instance's own files in order."""
    yield from (instance / name for name in FILES if (instance / name).is_file())
    for folder in FOLDERS:
        yield from sorted(path for path in (instance / folder).rglob("*") if path.is_file())


def _add(tar: tarfile.TarFile, name: str, file: Any) -> str:
    """Add one file to the archive and return its SHA-256."""
    digest = hashlib.sha256()
    file.seek(0)
    while block := file.read(1 << 20):
        digest.update(block)
    entry = tarfile.TarInfo(name)
    entry.size = file.tell()
    entry.mode = 0o600
    file.seek(0)
    tar.addfile(entry, file)
    return digest.hexdigest()


def _restore(source: Path, passphrase: str, folder: Path, database: Database, schema: str | None = None) -> Contents:
    """Unpack into a folder, check everything, then fill the database in one transaction."""
    _unpack(source, passphrase, folder)
    contents = _checked(folder, source.name, schema)
    with database.engine.begin() as connection:
        for table in tables.tables():
            with (folder / "tables" / f"{table.name}.jsonl").open("rb") as lines:
                count = tables.fill(connection, table, lines)
            if count != contents.rows[table.name]:
                raise Problem("bad-backup", name=source.name, reason=table.name)
    return contents


def _unpack(source: Path, passphrase: str, folder: Path) -> None:
    """Decrypt and unpack every entry below a folder."""
    try:
        with source.open("rb") as raw:
            reader = io.BufferedReader(SealedReader(raw, passphrase, source.name))
            with tarfile.open(fileobj=reader, mode="r|gz") as tar:
                for entry in tar:
                    _unpack_entry(tar, entry, folder, source.name)
    except (OSError, EOFError, tarfile.TarError) as error:
        raise Problem("bad-backup", name=source.name, reason=str(error)) from error


def _unpack_entry(tar: tarfile.TarFile, entry: tarfile.TarInfo, folder: Path, name: str) -> None:
    """Write one plain file; anything else, or a path that leads out of the folder, is refused."""
    path = (folder / entry.name).resolve()
    content = tar.extractfile(entry) if entry.isreg() else None
    if content is None or not path.is_relative_to(folder.resolve()):
        raise Problem("bad-backup", name=name, reason=entry.name)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        shutil.copyfileobj(content, file)


def _checked(folder: Path, name: str, schema: str | None) -> Contents:
    """Compare every unpacked file with the manifest and the schema with the target's."""
    path = folder / "manifest.json"
    if not path.is_file():
        raise Problem("bad-backup", name=name, reason="manifest")
    contents = Contents(**json.loads(path.read_bytes()))
    for entry, wanted in contents.hashes.items():
        if hashlib.sha256((folder / entry).read_bytes()).hexdigest() != wanted:
            raise Problem("bad-backup", name=name, reason=entry)
    if schema is not None and contents.schema != schema:
        raise Problem("bad-backup", name=name, reason=f"schema {contents.schema}, {schema}")
    return contents


def _move_in(scratch: Path, instance: Path) -> None:
    """Move restored files to their places; the key file replaces the one of the empty instance."""
    for name in FILES:
        if (scratch / name).is_file():
            (scratch / name).replace(instance / name)
    for folder in FOLDERS:
        for path in sorted(p for p in (scratch / folder).rglob("*") if p.is_file()):
            target = instance / path.relative_to(scratch)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(path, target)
