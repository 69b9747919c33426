"""Answers ↔ XForms instance XML. Reads what any client sends, safely; writes what any client could have sent."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from xml.etree.ElementTree import Element, ParseError, fromstring
from xml.sax.saxutils import escape, quoteattr

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring as defused

from survey.errors import Problem
from survey.questionnaire.evaluate import Answers
from survey.questionnaire.instrument import Group, Instrument, Question, Repeat
from survey.text import clean

DEEPEST = 30
_FORBIDDEN = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_PLAIN = re.compile(
    rb"(<\?xml\s+version=(\"1\.0\"|'1\.0')(\s+encoding=(\"(?i:utf-8)\"|'(?i:utf-8)'))?\s*\?>)?\s*<[A-Za-z_]"
)
"""The start of a document in UTF-8. Without any `<!` after it nothing can be declared: the quick parser may read it."""
ORX = "http://openrosa.org/xforms"


@dataclass(frozen=True, slots=True)
class Instance:
    """One submission as it arrived: form, version, identifiers, and its elements as nested answers.

    `answers` holds a text per leaf, a dict per element with children, and a list where a name repeats; `shape` puts
    them into the form of an instrument.
    """

    form_id: str
    version: str
    instance_id: str
    deprecated_id: str | None
    answers: Answers = field(default_factory=dict)
    instance_name: str = ""


def parse(xml: bytes) -> Instance:
    """Read instance XML; Problem malformed-xml, or no-instance-id when it does not say which interview it is."""
    try:
        root = _tree(xml)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise Problem("malformed-xml", reason=str(error)) from error
    try:
        answers = _answers(root, 0)
    except RecursionError as error:
        raise Problem("malformed-xml", reason="elements are nested too deep") from error
    meta = answers.get("meta")
    meta = meta if isinstance(meta, dict) else {}
    instance_id = clean(_leaf(meta, "instanceID"))
    if not instance_id:
        raise Problem("no-instance-id")
    return Instance(
        form_id=root.get("id") or root.tag.partition("}")[0].lstrip("{"),
        version=root.get("version", ""),
        instance_id=instance_id,
        deprecated_id=clean(_leaf(meta, "deprecatedID")) or None,
        answers=answers,
        instance_name=clean(_leaf(meta, "instanceName")),
    )


def _tree(xml: bytes) -> Element:
    """Return the root of a document; raises for one that declares a type or entities."""
    if b"<!" not in xml and _PLAIN.match(xml):
        return fromstring(xml)  # noqa: S314 - there is no declaration in it that could do harm
    return defused(xml, forbid_dtd=True)


def _leaf(meta: Mapping[str, Any], name: str) -> str:
    value = meta.get(name, "")
    return value if isinstance(value, str) else ""


def _answers(element: Element, depth: int) -> Answers:
    if depth > DEEPEST:
        raise RecursionError
    found: Answers = {}
    for child in element:
        name = child.tag.rpartition("}")[2]
        value: Any = _answers(child, depth + 1) if len(child) else child.text or ""
        if name not in found:
            found[name] = value
        elif isinstance(found[name], list):
            found[name].append(value)
        else:
            found[name] = [found[name], value]
    return found


def shape(instrument: Instrument, answers: Mapping[str, Any]) -> Answers:
    """Put parsed answers into the form of an instrument: every roster is a list of dicts, every group a dict."""
    return _shape(instrument.root, answers)


def _shape(group: Group | Repeat, given: Mapping[str, Any]) -> Answers:
    nodes = {node.name: node for node in group.children}
    result: Answers = {}
    for name, value in given.items():
        node = nodes.get(name)
        if isinstance(node, Repeat):
            rows = value if isinstance(value, list) else [value]
            result[name] = [_shape(node, row) if isinstance(row, dict) else {} for row in rows]
        elif isinstance(node, Group):
            result[name] = _shape(node, value) if isinstance(value, dict) else {}
        else:
            result[name] = value
    return result


def serialise(
    instrument: Instrument,
    answers: Mapping[str, Any],
    *,
    instance_id: str,
    deprecated_id: str | None = None,
    instance_name: str = "",
) -> bytes:
    """Write answers as instance XML with its identifiers; nodes that the answers do not hold are left out."""
    own = {**answers, "meta": _meta(answers, instance_id, deprecated_id, instance_name)}
    name = instrument.root.name
    namespace = f" xmlns={quoteattr(instrument.namespace)}" if instrument.namespace else ""
    identity = f"id={quoteattr(instrument.form_id)} version={quoteattr(instrument.version)}"
    head = f'<{name}{namespace} xmlns:orx="{ORX}" {identity}>'
    body = "".join(_elements(instrument.root, own))
    return f"<?xml version='1.0' encoding='utf-8'?>\n{head}{body}</{name}>".encode()


def _meta(
    answers: Mapping[str, Any], instance_id: str, deprecated_id: str | None, instance_name: str
) -> dict[str, str]:
    given = answers.get("meta")
    meta = dict(given) if isinstance(given, Mapping) else {}
    meta["instanceID"] = instance_id
    meta.pop("deprecatedID", None)
    if deprecated_id:
        meta["deprecatedID"] = deprecated_id
    if instance_name:
        meta["instanceName"] = instance_name
    return meta


def _elements(group: Group | Repeat, answers: Mapping[str, Any]) -> Iterator[str]:
    for node in group.children:
        if node.path == "meta" or node.name not in answers:
            continue
        value = answers[node.name]
        if isinstance(node, Question):
            yield _element(node.name, str(value))
        elif isinstance(node, Group):
            yield f"<{node.name}>{''.join(_elements(node, value))}</{node.name}>"
        else:
            for row in value:
                yield f"<{node.name}>{''.join(_elements(node, row))}</{node.name}>"
    if isinstance(group, Group) and group.path == "":
        meta = "".join(_element(f"orx:{name}", str(value)) for name, value in answers["meta"].items())
        yield f"<orx:meta>{meta}</orx:meta>"


def _element(name: str, text: str) -> str:
    return f"<{name}>{escape(_FORBIDDEN.sub('', text))}</{name}>" if text else f"<{name}/>"
