"""The training data: a subset of Rasa's format 3.1, so that every engine learns from the same files.

`<topic>.<language>.yml` holds examples in one language, `<topic>.yml` what holds in every language. What is read:

    version: "3.1"
    nlu:
      - intent: order_status          # examples; [48213](order_number) and
        examples: |                   # [Visa]{"entity": "payment_method", "value": "card"} mark entities
          - where is order [48213](order_number)
      - regex: order_number           # an entity, found by Python's `re`, case ignored
      - lookup: payment_method        # an entity, found as one of these whole words, case ignored
      - synonym: card                 # an entity found as one of these has this value

Two kinds of `regex` are no entities: `concept_…` only helps the classifier, as Rasa's RegexFeaturizer does, and
`ask_person`, which helps as well, recognises who wants a human being. Both see folded text: small letters, е for ё.
Everything else of Rasa's format (stories, responses, intents with metadata, roles and groups of entities) is refused
with the place where it stands.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from types import MappingProxyType

from nlu.cleaning import clean, fold, has_words
from nlu.marked_yaml import Marked, read_marked
from router.errors import Misconfigured

ANSWERS_FILE = "answers.yml"
ASK_PERSON = "ask_person"
CONCEPT = "concept_"

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_ESCAPED = re.compile(r"\\.")
_FILE = re.compile(r"[\w-]+(?:\.(?P<language>[a-z]{2,3}))?\.yml")
_ANNOTATION = re.compile(r"\[(?P<text>[^\]]+)\](?:\((?P<entity>\w+)\)|(?P<json>\{[^}]*\}))")
_INTENT = re.compile(r"^\s*-\s*intent:\s*([a-z0-9_]+)", re.MULTILINE)
_KINDS = ("intent", "regex", "lookup", "synonym")
_SECTION = "a section with one of intent, regex, lookup or synonym, and with examples"


@dataclass(frozen=True, slots=True)
class Annotation:
    """An entity marked in an example: `text[start:end]` means `value`."""

    entity: str
    start: int
    end: int
    value: str


@dataclass(frozen=True, slots=True)
class Example:
    """Something a client may write."""

    #: as the client would write it, marks removed
    text: str
    intent: str
    #: `en`, `ru`, …; empty in files for every language
    language: str
    #: `file:line`
    where: str
    annotations: tuple[Annotation, ...] = ()


@dataclass(frozen=True, slots=True)
class TrainingData:
    """Everything the engines learn from."""

    examples: tuple[Example, ...]
    #: name → patterns, any of which may match
    regexes: Mapping[str, tuple[re.Pattern[str], ...]]
    #: entity → folded phrases
    lookups: Mapping[str, tuple[str, ...]]
    #: folded phrase → value
    synonyms: Mapping[str, str]
    #: SHA-256 of the files, in hexadecimal
    digest: str

    @property
    def intents(self) -> tuple[str, ...]:
        """The names of all intents, sorted."""
        return tuple(sorted({example.intent for example in self.examples}))

    @property
    def entity_regexes(self) -> Mapping[str, tuple[re.Pattern[str], ...]]:
        """Those regular expressions that find entities."""
        return {k: v for k, v in self.regexes.items() if not _of_intents(k)}

    @property
    def concepts(self) -> Mapping[str, tuple[re.Pattern[str], ...]]:
        """Those regular expressions that help the classifier."""
        return {k: v for k, v in self.regexes.items() if _of_intents(k)}


def data_folder(data: Path | None) -> Traversable:
    """Return the folder of the training data: `data`, or the one that comes with the package."""
    return data if data is not None else files("nlu").joinpath("data")


def intent_names(data: Path | None = None) -> frozenset[str]:
    """Return the intents that a folder names, without checking its files, which would take a hundred times longer."""
    entries = (entry for entry in data_folder(data).iterdir() if entry.name.endswith(".yml"))
    return frozenset(name for entry in entries for name in _INTENT.findall(entry.read_text("utf-8")))


def load_training_data(data: Path | None = None) -> TrainingData:
    """Read and check the training data of a folder, or those that come with the package.

    Raises `Misconfigured` with file, line and what was expected.
    """
    sources = _sources(data_folder(data))
    reading = _Reading()
    for source in sources:
        reading.read(source)
    reading.check()
    return TrainingData(
        examples=tuple(reading.examples.values()),
        regexes=MappingProxyType({k: tuple(v) for k, v in reading.regexes.items()}),
        lookups=MappingProxyType({k: tuple(v) for k, v in reading.lookups.items()}),
        synonyms=MappingProxyType(dict(reading.synonyms)),
        digest=_digest(sources),
    )


def _sources(folder: Traversable) -> list[Traversable]:
    try:
        found = sorted((f for f in folder.iterdir() if f.name.endswith(".yml")), key=lambda f: f.name)
    except OSError as error:
        raise Misconfigured(
            f"{folder}: expected a readable folder with training data, but {error.strerror}."
        ) from error
    wanted = [file for file in found if file.name != ANSWERS_FILE]
    if not wanted:
        raise Misconfigured(f"{folder}: expected training data in files such as support.en.yml, but there are none.")
    return wanted


def _digest(sources: Iterable[Traversable]) -> str:
    total = sha256()
    for source in sources:
        content = source.read_bytes()
        total.update(f"{source.name}:{len(content)}:".encode() + content)
    return total.hexdigest()


@dataclass(slots=True)
class _Reading:
    """What has been read so far."""

    #: folded text → example
    examples: dict[str, Example] = field(default_factory=dict)
    regexes: dict[str, list[re.Pattern[str]]] = field(default_factory=dict)
    lookups: dict[str, list[str]] = field(default_factory=dict)
    synonyms: dict[str, str] = field(default_factory=dict)

    def read(self, source: Traversable) -> None:
        name = _FILE.fullmatch(source.name)
        if name is None:
            raise Misconfigured(f"{source.name}: expected a file name such as support.en.yml or entities.yml.")
        root = read_marked(source).record("`version` and `nlu`", frozenset({"version", "nlu"}))
        if root["version"].text('"3.1"') != "3.1":
            raise root["version"].wrong('"3.1", the version of the format')
        for section in root["nlu"].items("a list of sections"):
            self._section(section, name["language"] or "")

    def _section(self, section: Marked, language: str) -> None:
        keys = [key for key in section.fields(_SECTION) if key in _KINDS]
        if len(keys) != 1:
            raise section.wrong(_SECTION)
        kind = keys[0]
        parts = section.record(_SECTION, frozenset({kind, "examples"}))
        name = parts[kind].text(f"the name of the {kind}")
        if kind != "synonym" and not _NAME.fullmatch(name):
            raise parts[kind].wrong(f"a name of small letters, digits and _, not {name!r}")
        for where, line in parts["examples"].bullets(f"examples of {name}"):
            self._line(kind, name, language, where, line)

    def _line(self, kind: str, name: str, language: str, where: str, line: str) -> None:
        if kind == "intent":
            self._example(_parse_example(line, name, language, where))
        elif kind == "regex":
            self.regexes.setdefault(name, []).append(_compile(line, where, folded=_of_intents(name)))
        elif kind == "lookup":
            self.lookups.setdefault(name, []).append(fold(line))
        elif self.synonyms.setdefault(fold(line), name) != name:
            raise Misconfigured(f"{where}: expected one meaning, but {line!r} is also a synonym of another value.")

    def _example(self, example: Example) -> None:
        key = fold(clean(example.text))
        if not has_words(key):
            raise Misconfigured(f"{example.where}: expected words, but {example.text!r} has no letter or digit.")
        known = self.examples.setdefault(key, example)
        if known is not example:
            raise Misconfigured(
                f"{example.where}: expected every example once, but {example.text!r} is at {known.where} as well."
            )

    def check(self) -> None:
        """Check what only shows when all files are read."""
        if len({example.intent for example in self.examples.values()}) < 2:
            raise Misconfigured("The training data hold fewer than two intents: add sections with `intent:`.")
        for example in self.examples.values():
            for mark in example.annotations:
                if mark.entity not in self.regexes and mark.entity not in self.lookups:
                    raise Misconfigured(f"{example.where}: expected a `regex` or `lookup` named {mark.entity!r}.")


def _of_intents(regex: str) -> bool:
    """Return whether a regular expression of this name helps to tell intents; the others find entities."""
    return regex == ASK_PERSON or regex.startswith(CONCEPT)


def _compile(pattern: str, where: str, *, folded: bool) -> re.Pattern[str]:
    """Compile a pattern. Folded texts have no capitals, so that there is no need for the slower search without case."""
    literal = _ESCAPED.sub("", pattern)
    has_capitals = literal != literal.lower()
    try:
        return re.compile(pattern, 0 if folded and not has_capitals else re.IGNORECASE)
    except re.error as error:
        raise Misconfigured(f"{where}: expected a regular expression, but {error}.") from error


def _parse_example(line: str, intent: str, language: str, where: str) -> Example:
    text, marks, position = "", [], 0
    for match in _ANNOTATION.finditer(line):
        text += line[position : match.start()]
        entity, value = _meaning(match, where)
        marks.append(Annotation(entity, len(text), len(text) + len(match["text"]), value))
        text += match["text"]
        position = match.end()
    return Example(text + line[position:], intent, language, where, tuple(marks))


def _meaning(match: re.Match[str], where: str) -> tuple[str, str]:
    """Return entity and value of a mark in either notation."""
    if match["entity"]:
        return match["entity"], match["text"]
    try:
        mark = json.loads(match["json"])
    except ValueError:
        mark = {}
    entity, value = mark.get("entity"), mark.get("value", match["text"])
    if not (isinstance(entity, str) and isinstance(value, str)) or mark.keys() - {"entity", "value"}:
        raise Misconfigured(f'{where}: expected a mark such as [Visa]{{"entity": "payment_method", "value": "card"}}.')
    return entity, value
