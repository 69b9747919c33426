"""Files posted on a page: photos and documents of a small list of kinds, looked into, stored under their hash.

A file that is too large, of another kind than its name says, or able to run something is not taken; the rest of the
page is saved all the same.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from pathlib import Path

from flask_babel import gettext as _
from werkzeug.datastructures import FileStorage, MultiDict

from survey.operations import attachments
from survey.operations.drafts import Cell, Edit
from survey.questionnaire.instrument import Question
from survey.text import clean
from survey.web.fill.build import Page

MAX_BYTES = 5_000_000
ACCEPT = ".jpg,.jpeg,.png,.webp,.pdf"
_ACTIVE = re.compile(rb"/(?:JavaScript|JS|Launch|EmbeddedFile|RichMedia|XFA)\b")
_SIGNATURES = {
    ".jpg": (b"\xff\xd8\xff",),
    ".jpeg": (b"\xff\xd8\xff",),
    ".png": (b"\x89PNG\r\n\x1a\n",),
    ".webp": (b"RIFF",),
    ".pdf": (b"%PDF-",),
}
_LONGEST_NAME = 80


@dataclass
class Uploads:
    """What the files of a page come to: edits of its answers, files by name (hash and size), and refusals in words."""

    edits: list[Edit] = field(default_factory=list)
    files: dict[str, dict[str, object]] = field(default_factory=dict)
    refusals: list[str] = field(default_factory=list)


def take(page: Page, posted: MultiDict[str, str], files: MultiDict[str, FileStorage], store: Path) -> Uploads:
    """Store the files posted for a page's questions and return the edits that follow; ticked ones are taken out."""
    uploads = Uploads()
    known = page.sheet.work.files
    for name, question in page.file_questions.items():
        shown = page.cell(question)
        given = files.get(f"_file:{name}")
        if given is not None and given.filename:
            _take_one(uploads, question, shown, given, known, store)
        elif f"_drop:{name}" in posted and shown.value:
            uploads.edits.append(Edit(question.path, Cell(""), shown))
    return uploads


def _take_one(
    uploads: Uploads,
    question: Question,
    shown: Cell,
    given: FileStorage,
    known: dict[str, dict[str, object]],
    store: Path,
) -> None:
    """Check and store one file, or say why not."""
    content = given.stream.read(MAX_BYTES + 1)
    written = clean(Path((given.filename or "").replace("\\", "/")).name)
    refusal = objection_to(written, content)
    if refusal:
        uploads.refusals.append(refusal)
        return
    sha256 = hashlib.sha256(content).hexdigest()
    name = _free_name(written, sha256, {**known, **uploads.files})
    attachments.put(store, sha256, content)
    uploads.files[name] = {"sha256": sha256, "size": len(content)}
    uploads.edits.append(Edit(question.path, Cell(name), shown))


def objection_to(name: str, content: bytes) -> str:
    """Return why a file is not taken, in the reader's language; empty when it is."""
    suffix = Path(name).suffix.lower()
    if not content:
        return str(_("The file %(name)s is empty. Please choose it again.", name=name))
    if len(content) > MAX_BYTES:
        return str(_("The file %(name)s is larger than 5 MB. Please choose a smaller one.", name=name))
    if not content.startswith(_SIGNATURES.get(suffix, (b"\x00never",))):
        return str(_("The file %(name)s is not a JPEG, PNG or WebP picture or a PDF.", name=name))
    if suffix == ".pdf" and _ACTIVE.search(content):
        return str(_("The file %(name)s contains scripts or attachments. Please save it as a plain PDF.", name=name))
    return ""


def _free_name(written: str, sha256: str, taken: dict[str, dict[str, object]]) -> str:
    """Return a name for a file that no other content of the draft has; long names are cut."""
    path = Path(written)
    name = f"{path.stem[:_LONGEST_NAME]}{path.suffix.lower()}"
    if name in taken and taken[name]["sha256"] != sha256:
        return f"{path.stem[:_LONGEST_NAME]}-{sha256[:8]}{path.suffix.lower()}"
    return name
