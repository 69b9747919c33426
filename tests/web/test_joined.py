"""Files served as one: nothing is left to fetch, each module once and after what it needs, other syntax refused."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from survey.web.assets import static_url
from survey.web.joined import SCRIPTS, STYLES, joined, joined_script

LEAF = "let count = 0;\nexport function next() {\n  return (count += 1);\n}\n"
SIDE = 'import { next } from "../leaf.js";\nconst own = 10;\nexport const side = () => own + next();\n'
TOP = """import { next } from "./leaf.js";
import { side } from "./in/side.js";
const own = next();
console.log(own, side());
"""


def written(folder: Path, **files: str) -> Path:
    """Write modules into a folder; two underscores stand for a slash."""
    for name, source in files.items():
        path = folder / f"{name.replace('__', '/')}.js"
        path.parent.mkdir(exist_ok=True)
        path.write_text(source)
    return folder


def test_each_module_stands_once_and_after_what_it_needs(tmp_path: Path) -> None:
    made = joined_script(written(tmp_path, leaf=LEAF, in__side=SIDE, top=TOP), "top.js")
    assert made.count("let count") == 1
    assert made.index("let count") < made.index("own + next") < made.index("console.log")
    assert not re.search(r"^\s*(import|export)\b", made, re.MULTILINE)


@pytest.mark.skipif(shutil.which("node") is None, reason="needs a JavaScript runtime")
def test_a_joined_script_does_what_its_modules_do(tmp_path: Path) -> None:
    folder = written(tmp_path, leaf=LEAF, in__side=SIDE, top=TOP)
    made = joined_script(folder, "top.js")
    said = subprocess.run(["node", "-e", made], capture_output=True, text=True, check=True).stdout
    assert said.split() == ["1", "12"]


@pytest.mark.parametrize(
    "source",
    ['import all from "./leaf.js";', 'import * as all from "./leaf.js";', "export default 1;", "export { x };"],
)
def test_another_form_of_import_or_export_is_refused(tmp_path: Path, source: str) -> None:
    with pytest.raises(ValueError, match=r"top\.js"):
        joined_script(written(tmp_path, leaf=LEAF, top=f"const x = 1;\n{source}\n"), "top.js")


def test_modules_that_import_one_another_are_refused(tmp_path: Path) -> None:
    one = 'import { b } from "./b.js";\nexport const a = 1;\n'
    other = 'import { a } from "./a.js";\nexport const b = 1;\n'
    with pytest.raises(ValueError, match="imports itself"):
        joined_script(written(tmp_path, a=one, b=other), "a.js")


@pytest.mark.parametrize("name", [*STYLES, *SCRIPTS])
def test_the_joined_files_are_served_like_any_other(app: Flask, client: FlaskClient, name: str) -> None:
    answer = client.get(static_url(Path(app.static_folder or ""))(name))
    assert answer.status_code == 200
    assert answer.mimetype == ("text/css" if name.endswith(".css") else "text/javascript")
    assert "immutable" in answer.headers["Cache-Control"]


def test_no_other_name_is_a_joined_file(tmp_path: Path) -> None:
    assert joined(tmp_path, "joined/other.css") is None
