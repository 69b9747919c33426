"""Translation catalogues: extracts message ids from the package, folds in fragments, finds what is wrong, compiles.

A catalogue on disk is sorted, unwrapped and without line numbers or dates, so that a change of one text is one line.
"""

from __future__ import annotations

import io
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Formatter
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

KEYWORDS = {
    **DEFAULT_KEYWORDS,
    "_l": None,
    "lazy_gettext": None,
    "lazy_ngettext": (1, 2),
    "lazy_pgettext": ((1, "c"), 2),
}
_NAMED = re.compile(r"(?<!%)%\((\w+)\)[a-z]")
_HEADER = """\
msgid ""
msgstr ""
"Project-Id-Version: phieu-so\\n"
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: {plural}\\n"

"""

Key = tuple[str | None, str]
Texts = tuple[str, ...]


@dataclass(frozen=True, slots=True, order=True)
class CatalogueFinding:
    """One thing wrong with a catalogue: kind, the message id it concerns, and a detail."""

    kind: str
    message: str
    detail: str = ""

    def __str__(self) -> str:
        """Return the finding as one line."""
        return f"{self.kind}: {self.message!r}{f' ({self.detail})' if self.detail else ''}"


@dataclass(frozen=True, slots=True)
class Library:
    """The translations of one source tree: `root` holds the package, `root/translations` the catalogues."""

    root: Path

    @property
    def folder(self) -> Path:
        """Return the folder of the catalogues."""
        return self.root / "translations"

    @property
    def languages(self) -> tuple[str, ...]:
        """Return the languages that have a folder, in order."""
        return tuple(sorted(entry.name for entry in self.folder.iterdir() if (entry / "LC_MESSAGES").is_dir()))

    def po_path(self, language: str) -> Path:
        """Return the path of a language's catalogue."""
        return self.folder / language / "LC_MESSAGES" / "messages.po"

    def fragment_paths(self, language: str) -> tuple[Path, ...]:
        """Return the fragments of a language by name."""
        return tuple(sorted((self.folder / language / "fragments").glob("*.po")))


def extract(library: Library) -> Catalog:
    """Return a catalogue of every message id in the source tree, untranslated."""
    with (library.folder / "babel.cfg").open(encoding="utf-8") as stream:
        methods, options = parse_mapping_cfg(stream)  # type: ignore[no-untyped-call]
    found = Catalog(charset="utf-8", fuzzy=False)
    for name, line, message, _, context in extract_from_dir(library.root, methods, options, KEYWORDS):
        found.add(message, None, [(name, line)], context=context)
    return found


def read(path: Path, language: str) -> Catalog:
    """Return a catalogue from disk, or an empty one where there is no file; a broken file raises PoFileError."""
    if not path.exists():
        return Catalog(locale=language, charset="utf-8", fuzzy=False)
    with path.open("rb") as stream:
        return read_po(stream, locale=language, charset="utf-8", abort_invalid=True)


def write(catalogue: Catalog, path: Path, language: str) -> None:
    """Write a catalogue sorted, one line per text, without locations, dates or obsolete entries."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(rendered(catalogue, language), encoding="utf-8")


def rendered(catalogue: Catalog, language: str) -> str:
    """Return the text of a catalogue as `write` puts it on disk."""
    plural = Catalog(locale=language or None).plural_forms
    body = io.BytesIO()
    write_po(body, catalogue, width=0, no_location=True, omit_header=True, sort_output=True, ignore_obsolete=True)
    return _HEADER.format(language=language, plural=plural) + body.getvalue().decode().strip() + "\n"


def updated(template: Catalog, *sources: Catalog, language: str) -> Catalog:
    """Return the template's messages with their translations from the sources, later sources first.

    Translations of messages that the template does not have are left out; fuzzy ones stay fuzzy.
    """
    result = Catalog(locale=language, charset="utf-8", fuzzy=False)
    for message in _messages(template):
        known = next((old for source in reversed(sources) if (old := _translated(source, message))), None)
        flags = set(message.flags) | ({"fuzzy"} if known and known.fuzzy else set())
        result.add(message.id, _fitted(message, known), flags=flags, context=message.context)
    return result


def fold(fragments: Mapping[str, Catalog], language: str) -> tuple[Catalog, list[CatalogueFinding]]:
    """Return the union of fragments and a finding for each message that two of them translate differently.

    The fragment whose name comes first wins, so that the union is the same whatever the findings.
    """
    union = Catalog(locale=language, charset="utf-8", fuzzy=False)
    said: dict[Key, dict[Texts, list[str]]] = defaultdict(lambda: defaultdict(list))
    for name in sorted(fragments):
        for message in _messages(fragments[name]):
            if any(_texts(message.string)):
                said[_key(message)][_texts(message.string)].append(name)
                if len(said[_key(message)]) == 1:
                    union.add(message.id, message.string, flags=message.flags, context=message.context)
    return union, sorted(_conflicts(said))


def check(template: Catalog, catalogue: Catalog) -> list[CatalogueFinding]:
    """Return every missing, fuzzy, obsolete, unclean or placeholder-mismatched entry of a catalogue."""
    wanted = {_key(message) for message in _messages(template)}
    findings = [CatalogueFinding("obsolete", key[1]) for key in _keys(catalogue) if key not in wanted]
    for message in _messages(template):
        found = catalogue.get(_singular(message), message.context)
        findings.extend(_entry_findings(message, found))
    return sorted(findings)


def compiled(catalogue: Catalog) -> bytes:
    """Return the binary form of a catalogue, without fuzzy entries."""
    stream = io.BytesIO()
    write_mo(stream, catalogue)
    return stream.getvalue()


def placeholders(text: str) -> frozenset[str]:
    """Return the named details of a text: `%(name)s` and `{name}`."""
    return frozenset([f"%({name})" for name in _NAMED.findall(text)] + [f"{{{name}}}" for name in _braced(text)])


def _braced(text: str) -> list[str]:
    try:
        return [name for _, name, _, _ in Formatter().parse(text) if name]
    except ValueError:
        return []


def _entry_findings(message: Message, found: Message | None) -> Iterator[CatalogueFinding]:
    name = _singular(message)
    if found is None or not all(_texts(found.string)):
        yield CatalogueFinding("missing", name, _place(message))
        return
    if found.fuzzy:
        yield CatalogueFinding("fuzzy", name)
    if isinstance(message.id, tuple) and isinstance(found.string, str):
        yield CatalogueFinding("no plural form", name)
    expected = placeholders(_texts(message.id)[-1])
    for text in _texts(found.string):
        yield from _text_findings(name, text, expected)


def _text_findings(name: str, text: str, expected: frozenset[str]) -> Iterator[CatalogueFinding]:
    if placeholders(text) != expected:
        differing = ", ".join(sorted(placeholders(text) ^ expected))
        yield CatalogueFinding("placeholders differ", name, differing)
    elif any(each.startswith("%(") for each in expected) and not _formats(text):
        yield CatalogueFinding("stray percent sign", name, text)
    if not unicodedata.is_normalized("NFC", text):
        yield CatalogueFinding("not in normal form C", name, text)
    if (text != text.strip()) != (name != name.strip()):
        yield CatalogueFinding("blanks at the ends differ", name, repr(text))


def _formats(text: str) -> bool:
    try:
        text % defaultdict(int)
    except (ValueError, TypeError):
        return False
    return True


def _conflicts(said: Mapping[Key, Mapping[Texts, list[str]]]) -> Iterator[CatalogueFinding]:
    for (_, name), versions in said.items():
        if len(versions) > 1:
            detail = "; ".join(f"{', '.join(names)}: {' | '.join(texts)}" for texts, names in versions.items())
            yield CatalogueFinding("translated in two ways", name, detail)


def _messages(catalogue: Catalog) -> Iterator[Message]:
    return (message for message in catalogue if message.id)


def _keys(catalogue: Catalog) -> Iterable[Key]:
    yield from (_key(message) for message in _messages(catalogue))
    yield from (_key(message) for message in catalogue.obsolete.values())


def _key(message: Message) -> Key:
    return message.context, _singular(message)


def _singular(message: Message) -> str:
    return str(message.id[0] if isinstance(message.id, (tuple, list)) else message.id)


def _texts(string: Any) -> Texts:
    return tuple(string) if isinstance(string, (tuple, list)) else (string or "",)


def _place(message: Message) -> str:
    return ", ".join(sorted({name for name, _ in message.locations})[:2])


def _translated(source: Catalog, message: Message) -> Message | None:
    found = source.get(_singular(message), message.context)
    return found if found is not None and any(_texts(found.string)) else None


def _fitted(message: Message, known: Message | None) -> str | Texts:
    """Return a known translation in the number of forms that the message has, or an empty one."""
    if known is None:
        return ("",) if isinstance(message.id, tuple) else ""
    texts = _texts(known.string)
    return texts if isinstance(message.id, tuple) else texts[0]
