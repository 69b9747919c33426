"""XForm XML → Instrument. Reads what pyxform writes; refuses an expression it cannot read by naming its node and
attribute.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from survey.errors import Problem
from survey.questionnaire.instrument import (
    PS_NAMESPACE,
    Choice,
    Choices,
    Group,
    Instrument,
    Node,
    Part,
    Question,
    Repeat,
    Text,
)
from survey.questionnaire.xpath import Binary, Call, Literal, Path, SyntaxProblem, Tree, parse

_XF = "{http://www.w3.org/2002/xforms}"
_H = "{http://www.w3.org/1999/xhtml}"
_JR = "{http://openrosa.org/javarosa}"
_ORX = "{http://openrosa.org/xforms}"
_PS = "{" + PS_NAMESPACE + "}"
_CODE = re.compile(r"\(([\w-]+)\)\s*$")
_ITEXT = re.compile(r"jr:itext\('(.*)'\)$")
_INPUTS = {"int": "integer", "decimal": "decimal", "date": "date", "time": "time", "dateTime": "datetime"}
_UPLOADS = {"image/*": "image", "audio/*": "audio", "video/*": "video"}
_PRELOADS = {"timestamp", "date", "property", "uid"}


def from_xform(xml: bytes, media: Mapping[str, bytes] | None = None) -> Instrument:
    """Build the instrument of an XForm and its media lists (`file name → CSV bytes`); Problem form-invalid when it
    cannot be read.
    """
    try:
        document = fromstring(xml)
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise Problem("form-invalid", name="XForm", reason=str(error)) from error
    try:
        return _Reader(document, media or {}).instrument()
    except (SyntaxProblem, LookupError, AttributeError, UnicodeDecodeError) as error:
        raise Problem("form-invalid", name="XForm", reason=str(error)) from error


def language_code(name: str) -> str:
    """Return the code of a language column: `Tiếng Việt (vi)` is `vi`."""
    match = _CODE.search(name)
    return match.group(1) if match else name


class _Reader:
    """One pass over one XForm document."""

    def __init__(self, document: Element, media: Mapping[str, bytes]) -> None:
        self.document = document
        self.media = media
        model = document.find(f"{_H}head/{_XF}model")
        if model is None:
            raise LookupError("the document has no XForms model")
        self.model = model
        self.languages = self._languages()
        self.itext = self._itext()
        self.data = self._need(model.find(f"{_XF}instance"))[0]
        self.base = "/" + _local(self.data.tag)
        self.binds = {str(bind.get("nodeset")): bind for bind in model.findall(f"{_XF}bind")}
        self.defaults = {str(v.get("ref")): str(v.get("value")) for v in document.iter(f"{_XF}setvalue")}
        self.controls = self._controls()
        self.files: dict[str, str] = {}
        self.lists = dict(self._lists())

    def _need(self, element: Element | None) -> Element:
        if element is None:
            raise LookupError("the XForm has no primary instance")
        return element

    def instrument(self) -> Instrument:
        """Assemble the whole."""
        title = self.document.findtext(f"{_H}head/{_H}title", "").strip()
        titles = {code: self.data.get(f"{_PS}title-{code}", title) for code in self.languages}
        root = Group(_local(self.data.tag), "", tuple(self._children(self.data, self.base)))
        return Instrument(
            form_id=self.data.get("id", ""),
            version=self.data.get("version", ""),
            title=titles,
            languages=self.languages,
            root=root,
            lists=self.lists,
            code=self.data.get(f"{_PS}code", ""),
            namespace=_namespace(self.data.tag),
        )

    def _languages(self) -> tuple[str, ...]:
        translations = self.model.findall(f"{_XF}itext/{_XF}translation")
        translations.sort(key=lambda t: t.get("default") is None)
        return tuple(language_code(t.get("lang", "")) for t in translations) or ("default",)

    def _itext(self) -> dict[str, dict[str, dict[str, tuple[Part, ...]]]]:
        """Return text id → form (`""`, `image`, `guidance`…) → language → parts."""
        table: dict[str, dict[str, dict[str, tuple[Part, ...]]]] = {}
        for translation in self.model.findall(f"{_XF}itext/{_XF}translation"):
            code = language_code(translation.get("lang", ""))
            for text in translation.findall(f"{_XF}text"):
                forms = table.setdefault(text.get("id", ""), {})
                for value in text.findall(f"{_XF}value"):
                    forms.setdefault(value.get("form", ""), {})[code] = _parts(value)
        return table

    def _controls(self) -> dict[str, Element]:
        found: dict[str, Element] = {}
        body = self.document.find(f"{_H}body")
        for element in () if body is None else body.iter():
            tag = _local(element.tag)
            if tag == "repeat":
                found[f"{element.get('nodeset')}#repeat"] = element
            elif element.get("ref") and tag not in ("label", "hint", "value", "setvalue"):
                found[str(element.get("ref"))] = element
        return found

    def _lists(self) -> Iterator[tuple[str, tuple[Choice, ...]]]:
        for instance in self.model.findall(f"{_XF}instance"):
            name, source = instance.get("id", ""), instance.get("src", "")
            if source:
                file_name = source.rsplit("/", 1)[-1]
                self.files[name] = file_name
                yield name, tuple(self._file_choices(file_name))
            elif name:
                items = [_columns(item) for item in instance.iter(f"{_XF}item")]
                yield name, tuple(self._choice(columns) for columns in items)

    def _choice(self, columns: Mapping[str, str]) -> Choice:
        forms = self.itext.get(columns.get("itextId", ""), {})
        label = {code: _flat(parts) for code, parts in forms.get("", {}).items()}
        if not label and columns.get("label"):
            label = dict.fromkeys(self.languages, columns["label"])
        pictures = [_file_name(_flat(parts)) for parts in forms.get("image", {}).values()]
        return Choice(columns.get("name", ""), label, columns, pictures[0] if pictures else "")

    def _file_choices(self, name: str) -> Iterator[Choice]:
        if name not in self.media:
            raise LookupError(f"the media file {name} is missing")
        for columns in csv.DictReader(io.StringIO(self.media[name].decode("utf-8-sig"))):
            clean = {key: (value or "").strip() for key, value in columns.items() if key}
            label = {c: clean.get(f"label_{c}") or clean.get("label", "") for c in self.languages}
            yield Choice(clean.get("name", ""), label, clean)

    def _children(self, parent: Element, path: str) -> Iterator[Node]:
        templates = {e.tag for e in parent if e.get(f"{_JR}template") is not None}
        for element in parent:
            if element.tag in templates and element.get(f"{_JR}template") is None:
                continue
            yield self._node(element, f"{path}/{_local(element.tag)}")

    def _node(self, element: Element, full: str) -> Node:
        name, path = _local(element.tag), full[len(self.base) + 1 :]
        control = self.controls.get(full)
        shared: dict[str, Any] = {
            "label": self._text(control, "label"),
            "appearance": control.get("appearance", "") if control is not None else "",
            "relevant": self._tree(full, "relevant"),
            "universe": self._own_text(full, "universe"),
        }
        repeat = self.controls.get(f"{full}#repeat")
        if repeat is not None:
            shared["appearance"] = shared["appearance"] or repeat.get("appearance", "")
            count = repeat.get(f"{_JR}count")
            shared["count"] = _parse(count, full, "jr:count") if count else None
            return Repeat(name, path, tuple(self._children(element, full)), **shared)
        if len(element):
            return Group(name, path, tuple(self._children(element, full)), **shared)
        return Question(name, path, self._kind(full, control), **shared, **self._question(element, full, control))

    def _question(self, element: Element, full: str, control: Element | None) -> dict[str, Any]:
        bind = self._bind(full)
        default = self.defaults.get(full)
        return {
            "datatype": bind.get("type", "string"),
            "hint": self._text(control, "hint"),
            "guidance": self._text(control, "hint", "guidance"),
            "image": {k: _file_name(_flat(v)) for k, v in self._text(control, "label", "image").items()},
            "required": self._tree(full, "required"),
            "required_message": self._message(bind.get(f"{_JR}requiredMsg")),
            "constraint": self._tree(full, "constraint"),
            "constraint_message": self._message(bind.get(f"{_JR}constraintMsg")),
            "warning": self._tree(full, f"{_PS}warning"),
            "warning_message": self._own_text(full, "warningMsg"),
            "readonly": self._tree(full, "readonly"),
            "calculate": self._tree(full, "calculate"),
            "default": (element.text or "").strip(),
            "dynamic_default": _parse(default, full, "default") if default else None,
            "choices": self._choices(control),
            "parameters": _parameters(control, bind),
            "preload": bind.get(f"{_JR}preloadParams") or bind.get(f"{_JR}preload", ""),
            "identity": bind.get(f"{_PS}identity") == "yes",
            "sensitive": bind.get(f"{_PS}sensitive") == "yes",
            "indicators": tuple(bind.get(f"{_PS}indicator", "").split()),
            "bank": tuple(bind.get(f"{_PS}bank", "").split()),
            "reason_for": bind.get(f"{_PS}reasonFor", ""),
        }

    def _bind(self, full: str) -> Element:
        return self.binds.get(full, Element("bind"))

    def _tree(self, full: str, attribute: str) -> Tree | None:
        text = self._bind(full).get(attribute)
        return _parse(text, full, attribute) if text else None

    def _own_text(self, full: str, attribute: str) -> Text:
        """Return a text of ours, carried as one string expression per language."""
        texts = {code: self._tree(full, f"{_PS}{attribute}-{code}") for code in self.languages}
        return {code: _expression_parts(tree) for code, tree in texts.items() if tree}

    def _message(self, value: str | None) -> Text:
        if not value:
            return {}
        match = _ITEXT.match(value.strip())
        return self.itext.get(match.group(1), {}).get("", {}) if match else dict.fromkeys(self.languages, (value,))

    def _text(self, control: Element | None, tag: str, form: str = "") -> Text:
        element = control.find(f"{_XF}{tag}") if control is not None else None
        if element is None:
            return {}
        match = _ITEXT.match(element.get("ref", "").strip())
        if match:
            return self.itext.get(match.group(1), {}).get(form, {})
        return {code: _parts(element) for code in self.languages} if not form else {}

    def _kind(self, full: str, control: Element | None) -> str:
        bind = self._bind(full)
        if bind.get(f"{_PS}reasonFor"):
            return "reason"
        if bind.get(f"{_JR}preload") in _PRELOADS or full.startswith(f"{self.base}/meta/"):
            return "metadata"
        if control is None:
            return "calculate" if bind.get("calculate") else "hidden"
        return _control_kind(control, bind)

    def _choices(self, control: Element | None) -> Choices | None:
        itemset = control.find(f"{_XF}itemset") if control is not None else None
        if itemset is None:
            return self._inline_choices(control)
        nodeset = _parse(itemset.get("nodeset", ""), "itemset", "nodeset")
        randomized, seed = False, None
        if isinstance(nodeset, Call) and nodeset.name == "randomize":
            randomized, seed = True, nodeset.args[1] if len(nodeset.args) > 1 else None
            nodeset = nodeset.args[0]
        if not isinstance(nodeset, Path):
            raise LookupError(f"the choices {itemset.get('nodeset')} cannot be read")
        refs = {_local(e.tag): e.get("ref", "") for e in itemset}
        last = nodeset.steps[-1].predicates
        shared: dict[str, Any] = {
            "filter": _conjunction(last),
            "value": refs.get("value", "name"),
            "label": refs.get("label", "label"),
            "randomized": randomized,
            "seed": seed,
        }
        if nodeset.start.startswith("instance:"):
            name = nodeset.start[9:]
            return Choices(name, self.lists[name], file=self.files.get(name, ""), **shared)
        return Choices("", (), repeat="/".join(step.name for step in nodeset.steps[1:]), **shared)

    def _inline_choices(self, control: Element | None) -> Choices | None:
        items = [] if control is None else control.findall(f"{_XF}item")
        if not items:
            return None
        choices = []
        for item in items:
            label = {k: _flat(v) for k, v in self._text(item, "label").items()}
            choices.append(Choice(item.findtext(f"{_XF}value", "").strip(), label, {}))
        return Choices("", tuple(choices))


def _control_kind(control: Element, bind: Element) -> str:
    tag, datatype = _local(control.tag), bind.get("type", "string")
    if tag in ("select1", "select", "rank"):
        return {"select1": "select_one", "select": "select_multiple"}.get(tag, tag)
    if tag == "upload":
        return _UPLOADS.get(control.get("mediatype", ""), "file")
    if tag in ("trigger", "range"):
        return "acknowledge" if tag == "trigger" else "range"
    if datatype == "string":
        return "note" if bind.get("readonly") == "true()" and not bind.get("calculate") else "text"
    return _INPUTS.get(datatype, datatype)


def _parse(text: str, where: str, attribute: str) -> Tree:
    try:
        return parse(text)
    except SyntaxProblem as error:
        raise SyntaxProblem(f"{where}, {_local(attribute)}: {text.strip()!r}: {error}") from error


def _conjunction(predicates: tuple[Tree, ...]) -> Tree | None:
    tree: Tree | None = None
    for predicate in predicates:
        tree = predicate if tree is None else Binary("and", tree, predicate)
    return tree


def _parts(value: Element) -> tuple[Part, ...]:
    parts: list[Part] = [value.text or ""]
    for output in value:
        parts.append(_parse(output.get("value", ""), "output", "value"))
        parts.append(output.tail or "")
    if isinstance(parts[0], str):
        parts[0] = parts[0].lstrip()
    if isinstance(parts[-1], str):
        parts[-1] = parts[-1].rstrip()
    return tuple(part for part in parts if part != "")


def _expression_parts(tree: Tree) -> tuple[Part, ...]:
    """Turn the string expression that carries one of our texts back into parts, joining neighbouring strings."""
    parts: list[Part] = []
    for piece in tree.args if isinstance(tree, Call) and tree.name == "concat" else (tree,):
        part = str(piece.value) if isinstance(piece, Literal) else piece
        if isinstance(part, str) and parts and isinstance(parts[-1], str):
            part = str(parts.pop()) + part
        parts.append(part)
    return tuple(parts)


def _flat(parts: tuple[Part, ...]) -> str:
    return "".join(part for part in parts if isinstance(part, str))


def _columns(item: Element) -> dict[str, str]:
    return {_local(child.tag): (child.text or "").strip() for child in item}


def _parameters(control: Element | None, bind: Element) -> dict[str, str]:
    if control is None:
        return {}
    found = {name: str(control.get(name)) for name in ("start", "end", "step", "rows") if control.get(name)}
    pixels = bind.get(f"{_ORX}max-pixels")
    return found | {"max-pixels": pixels} if pixels else found


def _file_name(value: str) -> str:
    return value.rsplit("/", 1)[-1]


def _local(tag: str) -> str:
    return tag.rsplit("}", 1)[-1]


def _namespace(tag: str) -> str:
    return tag[1:].split("}", 1)[0] if tag.startswith("{") else ""
