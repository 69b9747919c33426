"""The server starts without the heavy packages, and whoever uses one first gets it whole."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from survey.config import write_default

_HEAVY = "weasyprint pyxform openpyxl duckdb pyarrow fontTools PIL minify segno pyotp scipy.special scipy.sparse"
_STARTED = f"""
import sys, threading, wsgi
from survey.web import late
loaded = [name for name in "{_HEAVY}".split() if type(sys.modules.get(name)) not in (type(None), late._Module)]
assert not loaded, loaded
from survey.report import render
from scipy import special
seen = []
threads = [threading.Thread(target=lambda: seen.append(render.HTML and float(special.ndtri(0.975)))) for _ in range(8)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
assert [round(each, 4) for each in seen] == [1.96] * 8, seen
"""
_BROKEN = """
import sys
from survey.web import late
late.MODULES = frozenset({"faulty"})
late.install()
import faulty
for _ in range(2):
    try:
        faulty.value
    except ZeroDivisionError:
        print("failed")
"""


def _run(program: str, folder: Path) -> str:
    root = Path(__file__).parents[2]
    environment = os.environ | {"PHIEU_SO_INSTANCE": str(folder), "PYTHONPATH": f"{root}:{folder}"}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=root, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
def test_a_server_starts_without_what_few_requests_need_and_threads_that_need_it_at_once_get_it_whole(
    tmp_path: Path,
) -> None:
    write_default(tmp_path)
    _run(_STARTED, tmp_path)


def test_a_module_that_fails_fails_at_each_use(tmp_path: Path) -> None:
    (tmp_path / "faulty.py").write_text("value = 1 / 0\n")
    assert _run(_BROKEN, tmp_path).split() == ["failed", "failed"]
