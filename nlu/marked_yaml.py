"""YAML with the place of everything in it, so that an error can name file and line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources.abc import Traversable

import yaml

from router.errors import Misconfigured

#: twenty times as fast, where PyYAML was built with its C library
_FAST: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Marked:
    """One node of a YAML file. Every method raises `Misconfigured` with `file:line` and what was expected."""

    file: str
    node: yaml.Node

    @property
    def where(self) -> str:
        """The place as `file:line`, lines counted from 1."""
        return f"{self.file}:{self.node.start_mark.line + 1}"

    def wrong(self, expected: str) -> Misconfigured:
        """Return the error to raise when this node is not what was expected."""
        return Misconfigured(f"{self.where}: expected {expected}.")

    def text(self, expected: str) -> str:
        """Return the node's text, which must not be empty."""
        if not isinstance(self.node, yaml.ScalarNode) or not self.node.value.strip():
            raise self.wrong(expected)
        return str(self.node.value)

    def items(self, expected: str) -> Iterator[Marked]:
        """Yield the members of a sequence."""
        if not isinstance(self.node, yaml.SequenceNode):
            raise self.wrong(expected)
        for member in self.node.value:
            yield Marked(self.file, member)

    def fields(self, expected: str) -> dict[str, Marked]:
        """Return the members of a mapping; a key that is given twice is an error."""
        if not isinstance(self.node, yaml.MappingNode):
            raise self.wrong(expected)
        found: dict[str, Marked] = {}
        for key_node, value in self.node.value:
            key = Marked(self.file, key_node).text("a name")
            if key in found:
                raise Marked(self.file, key_node).wrong(f"{key!r} only once")
            found[key] = Marked(self.file, value)
        return found

    def record(
        self, expected: str, required: frozenset[str], optional: frozenset[str] = frozenset()
    ) -> dict[str, Marked]:
        """Return the members of a mapping that has all of `required` and nothing but these and `optional`."""
        found = self.fields(expected)
        for key, value in found.items():
            if key not in required | optional:
                raise value.wrong(f"{expected}, not {key!r}")
        if missing := required - found.keys():
            raise self.wrong(f"{expected}; {', '.join(sorted(missing))} is missing")
        return found

    def bullets(self, expected: str) -> Iterator[tuple[str, str]]:
        """Yield (`file:line`, text) of a block of lines that begin with `- `, as Rasa writes examples."""
        block = self.text(expected)
        literal = isinstance(self.node, yaml.ScalarNode) and self.node.style == "|"
        if not literal:
            raise self.wrong(f"{expected}, after `examples: |`")
        first = self.node.start_mark.line + 2
        for offset, line in enumerate(block.split("\n")):
            if not line.strip():
                continue
            where = f"{self.file}:{first + offset}"
            match = re.fullmatch(r"- +(\S.*?)\s*", line)
            if match is None:
                raise Misconfigured(f"{where}: expected {expected}; each line begins with `- `.")
            yield where, match.group(1)


def read_marked(file: Traversable) -> Marked:
    """Read one YAML file. Raises `Misconfigured` when it cannot be read or is not YAML."""
    try:
        root = _compose(file.read_bytes().decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise Misconfigured(f"{file.name}:1: expected text in UTF-8; save the file in that encoding.") from error
    except OSError as error:
        raise Misconfigured(f"{file.name}: expected a readable file, but {error.strerror}.") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        problem = getattr(error, "problem", None) or error
        raise Misconfigured(f"{file.name}:{line}: expected YAML, but {problem}.") from error
    if root is None:
        raise Misconfigured(f"{file.name}:1: expected content, but the file is empty.")
    return Marked(file.name, root)


def _compose(text: str) -> yaml.Node | None:
    try:
        return yaml.compose(text, Loader=_FAST)
    except yaml.YAMLError:
        # The slow one tells better where the mistake is.
        return yaml.compose(text, Loader=yaml.SafeLoader)
