"""JavaRosa, the engine of ODK Collect, as a third judge: compiled against the jar that pyxform brings, run in one
JVM.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyxform.validators.odk_validate

from survey.questionnaire import instance
from survey.questionnaire.evaluate import Evaluation, evaluate
from survey.questionnaire.instrument import Group, Instrument, Question, Repeat
from survey.questionnaire.value import number
from survey.questionnaire.xform import CompiledForm
from survey.questionnaire.xpath import calls

JAR = Path(pyxform.validators.odk_validate.__file__).parent / "bin" / "ODK_Validate.jar"
SOURCE = Path(__file__).parent / "java" / "Oracle.java"
Tree = Mapping[str, Any]
AVAILABLE = shutil.which("javac") is not None and shutil.which("java") is not None


@dataclass(frozen=True)
class Oracle:
    """A compiled harness in a folder."""

    folder: Path

    @classmethod
    def compiled(cls, folder: Path) -> Oracle:
        command = ["javac", "-nowarn", "-cp", str(JAR), "-d", str(folder), str(SOURCE)]
        subprocess.run(command, check=True, capture_output=True)
        return cls(folder)

    def ask(self, mode: str, form: CompiledForm, lines: Sequence[str]) -> list[Any]:
        with TemporaryDirectory() as place:
            work = Path(place)
            (work / "form.xml").write_bytes(form.xml)
            for name, content in form.media.items():
                (work / name).write_bytes(content)
            command = ["java", "-Duser.timezone=Asia/Ho_Chi_Minh", "-Dfile.encoding=UTF-8", "-XX:TieredStopAtLevel=1"]
            command += ["-cp", f"{JAR}:{self.folder}", "Oracle", mode, str(work / "form.xml"), str(work)]
            result = subprocess.run(command, input="\n".join(lines) + "\n", capture_output=True, text=True, check=False)
        answers = [json.loads(line) for line in result.stdout.splitlines()]
        assert len(answers) >= len(lines) - 1, result.stderr[-2000:]
        return answers

    def expressions(self, form: CompiledForm, answers: Tree, cases: Sequence[tuple[str, str]]) -> list[str]:
        """Return what JavaRosa makes of each (path, expression): `kind:text`."""
        root = form.instrument.root.name
        lines = [instance_line(form.instrument, answers), *(f"/{root}/{at}\t{x}" for at, x in cases)]
        return [str(one) for one in self.ask("expressions", form, lines)]

    def interviews(self, form: CompiledForm, answers: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Return what JavaRosa makes of whole interviews."""
        return self.ask("interviews", form, [instance_line(form.instrument, one) for one in answers])


def validated(paths: Sequence[Path]) -> str:
    """Return what ODK Validate says of XForm files."""
    command = ["java", "-jar", str(JAR), *map(str, paths)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    return result.stdout + result.stderr


def instance_line(instrument: Instrument, answers: Mapping[str, Any]) -> str:
    """Return instance XML with every node, on one line, as a client keeps it while filling."""
    whole = _whole(instrument.root, answers)
    whole.pop("meta", None)
    xml = instance.serialise(instrument, whole, instance_id="uuid:00000000-0000-4000-8000-000000000000").decode()
    return xml.split("\n", 1)[1].replace("\n", "&#10;")


def _whole(group: Group | Repeat, answers: Mapping[str, Any]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for node in group.children:
        value = answers.get(node.name)
        if isinstance(node, Question):
            tree[node.name] = value or ""
        elif isinstance(node, Group):
            tree[node.name] = _whole(node, value or {})
        else:
            tree[node.name] = [_whole(node, row) for row in value or []]
    return tree


def differences(instrument: Instrument, raw: Tree, theirs: Tree, now: datetime) -> Iterator[str]:
    """Yield every difference between JavaRosa's interview and ours: what is asked, choices, labels, limits, values."""
    if "error" in theirs:
        yield f"JavaRosa fails: {theirs['error']}"
        return
    evaluation = evaluate(instrument, raw, now=now)
    root = f"/{instrument.root.name}/"
    seen = {_ours(one["path"], root): one for one in theirs["asked"]}
    ours = {_positioned(path): (path, node, row) for path, node, row in evaluation.walk() if _shown(node)}
    if list(seen) != list(ours):
        yield f"asked: {sorted(set(seen) ^ set(ours))}"
    for key, (path, node, row) in ours.items():
        one = seen.get(key)
        if one is not None:
            yield from (f"{path}: {text}" for text in _question_differences(evaluation, path, node, row, one))
    parsed = instance.shape(instrument, instance.parse(theirs["xml"].encode()).answers)
    yield from _value_differences(instrument.root, parsed, evaluation.answers, "")


def _shown(node: object) -> bool:
    return isinstance(node, Question) and node.kind not in ("calculate", "hidden", "metadata", "reason")


def _ours(path: str, root: str) -> str:
    return path.removeprefix(root).removeprefix(root.rstrip("/") + "[1]/")


def _positioned(path: str) -> str:
    """JavaRosa writes a position on every step; ours stand on rosters only."""
    return "/".join(part if "[" in part else f"{part}[1]" for part in path.split("/"))


def _question_differences(evaluation: Evaluation, path: str, node: Any, row: Any, one: Tree) -> Iterator[str]:
    instrument = evaluation.instrument
    if one["required"] != evaluation.rule(node, row, "required"):
        yield f"required: JavaRosa {one['required']}"
    if node.kind != "note" and one["readonly"] != evaluation.rule(node, row, "readonly"):
        yield f"readonly: JavaRosa {one['readonly']}"
    good = evaluation.value(path) == "" or evaluation.rule(node, row, "constraint", missing=True)
    if one["constraint"] != good:
        yield f"constraint: JavaRosa {one['constraint']} for {evaluation.value(path)!r}"
    for language, label in one["labels"].items():
        code = language.rsplit("(", 1)[-1].rstrip(")")
        said = evaluation.text(node, row, "label", code)
        if " ".join(label.split()) != " ".join(said.split()):
            yield f"label: JavaRosa {label!r}, ours {said!r}"
    if one["choices"] is not None:
        mine = [[c.value, c.label[instrument.languages[0]]] for c in evaluation.offered(node, row)]
        same = sorted(one["choices"]) == sorted(mine) if node.choices.randomized else one["choices"] == mine
        if not same:
            yield f"choices: JavaRosa {one['choices'][:5]}, ours {mine[:5]}"


def _value_differences(group: Group | Repeat, theirs: Tree, ours: Tree, prefix: str) -> Iterator[str]:
    for node in group.children:
        path = prefix + node.name
        if node.path == "meta" or (isinstance(node, Question) and node.kind == "metadata"):
            continue
        left, right = theirs.get(node.name), ours.get(node.name)
        if isinstance(node, Question):
            if not _same(node, left, right):
                yield f"{path}: JavaRosa {left!r}, ours {right!r}"
        elif isinstance(node, Group):
            yield from _value_differences(node, left or {}, right or {}, f"{path}/")
        elif len(left or []) != len(right or []):
            yield f"{path}: JavaRosa has {len(left or [])} rows, ours {len(right or [])}"
        else:
            for place, rows in enumerate(zip(left or [], right or [], strict=True), start=1):
                yield from _value_differences(node, *rows, f"{path}[{place}]/")


def _same(node: Question, left: str | None, right: str | None) -> bool:
    if node.calculate is not None and calls(node.calculate) & {"now", "uuid", "random"}:
        return bool(left) == bool(right)
    if (left or "") == (right or ""):
        return True
    return node.datatype in ("int", "decimal") and abs(number(left or "") - number(right or "")) < 1e-9
