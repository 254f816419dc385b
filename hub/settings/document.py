"""A YAML file as plain data that remembers where everything stands.

Only what a settings file needs is accepted: one document, no tags, bounded size, depth and alias expansion.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from yaml.composer import Composer
from yaml.error import Mark, MarkedYAMLError, YAMLError
from yaml.events import AliasEvent
from yaml.nodes import MappingNode, Node, ScalarNode
from yaml.parser import Parser
from yaml.reader import Reader
from yaml.resolver import BaseResolver
from yaml.scanner import Scanner

from hub.settings.problems import Place, Problem, SettingsErrors, dotted
from hub.settings.scalars import Scalar, resolve, substitute

#: a settings file of 256 KiB has some six thousand lines; PyYAML needs about a second for it
MAX_BYTES = 256 * 1024
MAX_DEPTH = 32
#: counted with every alias written out
MAX_VALUES = 20_000

_NOT_TEXT = re.compile("[\0\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Spot:
    """A place in the text; lines and columns begin with 1."""

    line: int
    column: int


@dataclass(slots=True)
class Document:
    """The data of a file, and for each place in it where its key and its value stand."""

    file: str
    data: Any = None
    keys: dict[Place, Spot] = field(default_factory=dict)
    values: dict[Place, Spot] = field(default_factory=dict)
    #: scalars as they are written, before the environment is filled in
    written: dict[Place, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def complain(self, message: str, place: Place = (), spot: Spot | None = None) -> None:
        """Note a problem at a place, by default where its value stands."""
        at = spot or self.values.get(place) or self.spot(place)
        self.problems.append(Problem(self.file, at.line, at.column, dotted(place), message))

    def spot(self, place: Place) -> Spot:
        """Return where a place's key stands, or that of the nearest place above it that is in the file."""
        for end in range(len(place), -1, -1):
            if spot := self.keys.get(place[:end]):
                return spot
        return Spot(1, 1)

    def scalars(self) -> Iterator[tuple[Place, Any]]:
        """Yield each scalar's place and value."""
        for place in self.written:
            value = self.data
            for part in place:
                value = value[part]
            yield place, value


class _Composer(Reader, Scanner, Parser, Composer, BaseResolver):
    """Composes nodes without giving scalars a type; refuses tags and deep nesting."""

    def __init__(self, text: str) -> None:
        Reader.__init__(self, text)
        Scanner.__init__(self)
        Parser.__init__(self)
        Composer.__init__(self)
        BaseResolver.__init__(self)
        self.depth = 0

    def compose_node(self, parent: Node | None, index: Any) -> Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]  # types-PyYAML leaves the parser untyped
        tag = None if isinstance(event, AliasEvent) else getattr(event, "tag", None)
        if tag is not None:
            raise MarkedYAMLError(problem=f"the tag {tag!r} cannot be used here", problem_mark=event.start_mark)
        if self.depth >= MAX_DEPTH:
            raise MarkedYAMLError(problem="this is nested too deeply", problem_mark=event.start_mark)
        self.depth += 1
        try:
            return super().compose_node(parent, index)
        finally:
            self.depth -= 1


def read(raw: bytes, file: str, env: Mapping[str, str]) -> Document:
    """Return the document in `raw` with the environment filled in; its `problems` hold what can be told already.

    Raises `SettingsErrors` when the file cannot be read as YAML at all.
    """
    text = _decode(raw, file)
    document = Document(file)
    node = _compose(text, file)
    if node is None:
        raise SettingsErrors([Problem(file, 0, 0, "", "the file is empty; expected at least `lines:`")])
    _Walk(document, env).enter(node)
    return document


def _decode(raw: bytes, file: str) -> str:
    if len(raw) > MAX_BYTES:
        raise SettingsErrors([Problem(file, 0, 0, "", f"the file is larger than {MAX_BYTES // 1024} KiB")])
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode("utf-8", "replace")
        message = "this is not UTF-8 text; save the file in the encoding UTF-8"
        raise SettingsErrors([_at(file, before, message)]) from error
    if unprintable := Reader.NON_PRINTABLE.search(text):
        message = f"the character U+{ord(unprintable[0]):04X} cannot be part of a text file; delete it"
        raise SettingsErrors([_at(file, text[: unprintable.start()], message)])
    return text


def _at(file: str, before: str, message: str) -> Problem:
    line = before.count("\n") + 1
    return Problem(file, line, len(before) - before.rfind("\n"), "", message)


def _compose(text: str, file: str) -> Node | None:
    composer = _Composer(text)
    try:
        return composer.get_single_node()
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark or composer.get_mark()
        raise SettingsErrors([_syntax(file, mark, _sentence(error))]) from error
    except (YAMLError, ValueError, OverflowError) as error:
        # PyYAML lets escapes such as "\UFFFFFFFF" and absurd version numbers through to chr() and int().
        raise SettingsErrors([_syntax(file, composer.get_mark(), f"this is not valid YAML: {error}")]) from error


def _syntax(file: str, mark: Mark, message: str) -> Problem:
    return Problem(file, mark.line + 1, mark.column + 1, "", message)


def _sentence(error: MarkedYAMLError) -> str:
    problem = str(error.problem)
    if "'\\t'" in problem:
        return "a tab cannot be used here; indent with spaces"
    if "mapping values are not allowed" in problem:
        return "a colon is not allowed here; check the indentation, or put a text that has a colon in quotes"
    if "the tag" in problem or "too deeply" in problem:
        return f"{problem}; write plain values, lists and keys only"
    if "but got '{'" in problem:
        return "a brace is not allowed here; inside { } and [ ] a ${NAME} needs quotes"
    context = f" {error.context}" if error.context else ""
    return f"this is not valid YAML:{context} {problem}"


class _Walk:
    """Turns nodes into data, place by place."""

    def __init__(self, document: Document, env: Mapping[str, str]) -> None:
        self.document = document
        self.env = env
        self.seen = 0

    def enter(self, node: Node) -> None:
        self.document.keys[()] = _spot(node)
        self.document.data = self._value(node, (), frozenset())

    def _value(self, node: Node, place: Place, above: frozenset[int]) -> Any:
        self.document.values[place] = _spot(node)
        self.seen += 1
        if id(node) in above:
            self.document.complain("this value holds itself by an alias (*name); write it out", place)
            raise SettingsErrors(self.document.problems)
        if self.seen > MAX_VALUES:
            message = f"the file has more than {MAX_VALUES} values, with all aliases (*name) written out; shorten it"
            self.document.complain(message, place)
            raise SettingsErrors(self.document.problems)
        if isinstance(node, ScalarNode):
            return self._scalar(node, place)
        if isinstance(node, MappingNode):
            return self._mapping(node, place, above | {id(node)})
        return [self._value(item, (*place, index), above | {id(node)}) for index, item in enumerate(node.value)]

    def _mapping(self, node: MappingNode, place: Place, above: frozenset[int]) -> dict[str, Any]:
        data: dict[str, Any] = {}
        for key, value in node.value:
            if complaint := self._key_complaint(key, place):
                self.document.complain(complaint, place, _spot(key))
                continue
            inner = (*place, key.value)
            self.document.keys[inner] = _spot(key)
            data[key.value] = self._value(value, inner, above)
        return data

    def _key_complaint(self, key: Node, place: Place) -> str:
        if not isinstance(key, ScalarNode):
            return "expected a plain key here, not a list or keys of its own"
        if not key.value.isprintable():
            return "this key holds characters that cannot be shown; write it with letters and digits"
        if first := self.document.keys.get((*place, key.value)):
            return f"the key {key.value[:80]!r} stands here already, in line {first.line}"
        return ""

    def _scalar(self, node: ScalarNode, place: Place) -> Scalar:
        written: str = node.value
        self.document.written[place] = written
        filled = substitute(written, self.env, lambda message: self.document.complain(message, place))
        if _NOT_TEXT.search(filled):
            self.document.complain("this text holds characters that are not text: NUL or half of a pair", place)
            return ""
        if node.style is not None:
            return filled
        # What the environment gives stays text: pydantic makes a number of it where one is expected.
        return resolve(written) if filled == written else filled or None


def _spot(node: Node) -> Spot:
    return Spot(node.start_mark.line + 1, node.start_mark.column + 1)
