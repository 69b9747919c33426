"""What a start needs before anybody has typed, as one file: a slow tablet pays for every file that it opens.

The modules stay plain modules in the source tree; here `main.js` and all that it imports at once become one script, and
whoever imports one of them is pointed to it. Refuses modules whose top-level names collide.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

ENTRY = "js/field/main.js"
_FOLDER = "js/field/"
_IMPORT = re.compile(r"^import \{[^}]*\} from '\./(\w+)\.js'\n", re.MULTILINE)
_LOADED = re.compile(r"(\b(?:from |import\()')\./(\w+)\.js'")
_NAMED = re.compile(r"^(export )?((?:async )?function|const|let|class) (\w+)", re.MULTILINE)


def with_door(sources: Mapping[str, str]) -> dict[str, str]:
    """Return the scripts with the entry and what it imports at once joined into the entry; raises ValueError for
    two modules that give one name.
    """
    joined = _closure("main", sources)
    left = {name: text for name, text in sources.items() if name not in {f"{_FOLDER}{one}.js" for one in joined}}
    bodies = [sources[f"{_FOLDER}{name}.js"] for name in joined]
    return {name: _pointed(text, joined) for name, text in left.items()} | {ENTRY: _pointed(_joined(bodies), joined)}


def _closure(name: str, sources: Mapping[str, str]) -> list[str]:
    """Return the names of all modules that a module imports at once, each after those it needs, itself last."""
    needed = [_closure(one, sources) for one in _IMPORT.findall(sources[f"{_FOLDER}{name}.js"])]
    return [*dict.fromkeys(one for names in needed for one in names), name]


def _joined(bodies: list[str]) -> str:
    named = [match.groups() for body in bodies for match in _NAMED.finditer(body)]
    names = [name for _export, _kind, name in named]
    if twice := {name for name in names if names.count(name) > 1}:
        raise ValueError(f"two modules of the door name {', '.join(sorted(twice))}")
    exported = ", ".join(name for export, _kind, name in named if export)
    text = "\n".join(_NAMED.sub(r"\2 \3", _IMPORT.sub("", body)) for body in bodies)
    return f"{text}\nexport {{ {exported} }}\n"


def _pointed(text: str, joined: list[str]) -> str:
    """Point imports of joined modules to the entry."""

    def to_entry(match: re.Match[str]) -> str:
        return f"{match[1]}./main.js'" if match[2] in joined else match[0]

    return _LOADED.sub(to_entry, text)
