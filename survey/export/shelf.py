"""Where the microdata archives of runs lie, and why one was refused: what doors send without making anything."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path

from survey.errors import Problem


def archive_path(folder: Path, run_id: int) -> Path:
    """Return where the archive of a run lies once it has been made."""
    return folder / f"phieu-so-run{run_id}-microdata.zip"


def put(folder: Path, run_id: int, content: bytes) -> Path:
    """Lay an archive on the shelf, whole or not at all, and return its path; an earlier refusal is forgotten."""
    path = archive_path(folder, run_id)
    _write(path, content)
    _refusal(folder, run_id).unlink(missing_ok=True)
    return path


def refuse(folder: Path, run_id: int, problem: Problem) -> None:
    """Note why there is no archive; one that lay there goes."""
    note = {"code": problem.code, "details": problem.details}
    _write(_refusal(folder, run_id), json.dumps(note, ensure_ascii=False).encode())
    archive_path(folder, run_id).unlink(missing_ok=True)


def archive(folder: Path, run_id: int) -> Path:
    """Return the path of a run's archive; the Problem that refused it, or "not-found" where none was made."""
    path, note = archive_path(folder, run_id), _refusal(folder, run_id)
    if path.is_file():
        return path
    if note.is_file():
        told = json.loads(note.read_text(encoding="utf-8"))
        raise Problem(told["code"], **told["details"])
    raise Problem("not-found")


def _refusal(folder: Path, run_id: int) -> Path:
    return archive_path(folder, run_id).with_suffix(".refused.json")


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".microdata-")
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    Path(name).replace(path)
