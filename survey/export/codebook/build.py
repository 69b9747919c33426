"""An instrument as a codebook: one entry per variable of the data, words in every language of the instrument.

Notes have no variable and are left out; calculations, hidden values and metadata are in, because they are columns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from survey.questionnaire.instrument import Choice, Entry, Instrument, Node, Question, Text, plain
from survey.questionnaire.routing.numbering import without_number
from survey.questionnaire.routing.skips import Target, skips
from survey.questionnaire.routing.words import Speaker
from survey.questionnaire.xpath import Tree
from survey.text import N_

Words = Mapping[str, str]
_PLAIN_COLUMNS = frozenset({"name", "label", "itextId"})


@dataclass(frozen=True, slots=True)
class Code:
    """One code of a variable; `columns` are the other columns of its list (aapor, district); `leads` by language."""

    value: str
    label: Words
    columns: Words
    leads: Words


@dataclass(frozen=True, slots=True)
class Variable:
    """One column of the data. `rules` maps constraint, warning, calculation… to words; `asked` tells the whole way."""

    name: str
    path: str
    roster: str
    part: Words
    number: str
    bank: tuple[str, ...]
    kind: str
    datatype: str
    label: Words
    hint: Words
    universe: Words
    asked: Words
    rules: Mapping[str, Words]
    codes: tuple[Code, ...]
    list_name: str
    list_file: str
    indicators: tuple[str, ...]
    is_required: bool
    is_identity: bool
    is_sensitive: bool
    stands_for: str = ""


@dataclass(frozen=True, slots=True)
class Codebook:
    """The codebook of one version of a questionnaire."""

    form_id: str
    version: str
    code: str
    title: Words
    languages: tuple[str, ...]
    digest: str
    variables: tuple[Variable, ...]


def codebook(instrument: Instrument, spoken: Mapping[str, Callable[[str], str]], digest: str = "") -> Codebook:
    """Return the codebook of an instrument; `spoken` maps each language to its gettext, `digest` is its SHA-256."""
    speakers = {code: Speaker(instrument, code, spoken[code]) for code in instrument.languages}
    author = _Author(instrument, speakers)
    return Codebook(
        instrument.form_id,
        instrument.version,
        instrument.code,
        dict(instrument.title),
        instrument.languages,
        digest,
        tuple(author.variables()),
    )


class _Author:
    """Writes the entries of one instrument."""

    def __init__(self, instrument: Instrument, speakers: Mapping[str, Speaker]) -> None:
        self.instrument = instrument
        self.speakers = speakers
        self.numbers = next(iter(speakers.values())).numbers

    def variables(self) -> Iterator[Variable]:
        """Yield the entries in the order of the questionnaire."""
        for entry in self.instrument.entries():
            if isinstance(entry.node, Question) and entry.node.kind != "note":
                yield self._variable(entry, entry.node)

    def _variable(self, entry: Entry, question: Question) -> Variable:
        choices = question.choices
        return Variable(
            name=question.name,
            path=question.path,
            roster=entry.repeats[-1].path if entry.repeats else "",
            part={code: self._part(entry, code) for code in self.speakers},
            number=self.numbers.get(question.path, ""),
            bank=question.bank,
            kind=question.kind,
            datatype=question.datatype,
            label=self._words(question.label, strip=True),
            hint=self._words(question.hint),
            universe=self._universe(entry),
            asked=self._asked(entry),
            rules=dict(self._rules(question)),
            codes=self._codes(question),
            list_name=choices.list_name if choices else "",
            list_file=choices.file if choices else "",
            indicators=question.indicators,
            is_required=question.required is not None,
            is_identity=question.identity,
            is_sensitive=question.sensitive,
            stands_for=question.reason_for,
        )

    def _words(self, text: Text, *, strip: bool = False) -> dict[str, str]:
        if not text:
            return {}
        words = {code: plain(text, code) for code in self.speakers}
        return {code: without_number(said) if strip else said for code, said in words.items()}

    def _part(self, entry: Entry, code: str) -> str:
        return " › ".join(plain(group.label, code) for group in entry.ancestors if group.label)

    def _chain(self, entry: Entry) -> tuple[Node, ...]:
        return (*entry.ancestors, entry.node)

    def _universe(self, entry: Entry) -> dict[str, str]:
        """Return who answers in the author's words: those of the question, else of the nearest group that has some."""
        for node in reversed(self._chain(entry)):
            if node.universe:
                return {code: plain(node.universe, code) for code in self.speakers}
        return {}

    def _asked(self, entry: Entry) -> dict[str, str]:
        """Return every condition on the way to a question, outermost first, in words where there are words."""
        found: dict[str, str] = {}
        for code, speaker in self.speakers.items():
            said = [condition.text.rstrip(".") for node in self._chain(entry) if (condition := speaker.asked_if(node))]
            if said:
                found[code] = "; ".join(said)
        return found

    def _rules(self, question: Question) -> list[tuple[str, dict[str, str]]]:
        trees: dict[str, tuple[Tree | None, Text]] = {
            "constraint": (question.constraint, question.constraint_message),
            "warning": (question.warning, question.warning_message),
            "calculation": (question.calculate, {}),
            "choice_filter": (question.choices.filter if question.choices else None, {}),
        }
        found = []
        for name, (tree, message) in trees.items():
            if tree is not None:
                found.append((name, {code: self._rule(code, question, tree) for code in self.speakers}))
            if message:
                found.append((f"{name}_message", self._words(message)))
        return found

    def _rule(self, code: str, question: Question, tree: Tree) -> str:
        speaker = self.speakers[code]
        return speaker.condition(tree, question.path) or speaker.readable(tree, question.path)

    def _codes(self, question: Question) -> tuple[Code, ...]:
        leads = skips(self.instrument, question.path, lambda other: other.is_asked)
        items = question.choices.items if question.choices else ()
        return tuple(self._code(choice, leads.get(choice.value)) for choice in items)

    def _code(self, choice: Choice, target: Target | None) -> Code:
        columns = {
            key: value
            for key, value in choice.columns.items()
            if value and key not in _PLAIN_COLUMNS and not key.startswith("label_")
        }
        leads = {code: _place(speaker, target) for code, speaker in self.speakers.items()} if target else {}
        return Code(choice.value, dict(choice.label), columns, leads)


def _place(speaker: Speaker, target: Target) -> str:
    if target.kind == "end":
        return speaker.say(N_("End of the form"))
    if target.kind == "line":
        return speaker.say(N_("Next line"))
    return speaker.called(target.path) or target.path
