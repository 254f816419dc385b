"""What is wrong with a settings file, each problem at its place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from router.errors import Misconfigured

#: where a value stands in the file: `("lines", "sales", "operators", 0)`
Place = tuple[str | int, ...]


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing an admin must mend."""

    file: str
    #: 1 is the first; 0 when the file as a whole is meant
    line: int
    #: in characters, 1 is the first; 0 when the file as a whole is meant
    column: int
    #: dot path of the setting, for example `lines.sales.operators.0`; empty when no single one is meant
    path: str
    #: a sentence that says what was expected
    message: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        return f"{place}: {self.path}: {self.message}" if self.path else f"{place}: {self.message}"


class SettingsErrors(Misconfigured):
    """Everything that is wrong with a settings file, in the file's order."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = sorted(set(problems))
        count = len(self.problems)
        closing = (
            "This must be mended before the settings can be used."
            if count == 1
            else f"These {count} problems must be mended before the settings can be used."
        )
        super().__init__("\n".join([*map(str, self.problems), closing]))


def dotted(place: Place) -> str:
    """Return a place as the dot path that people read."""
    return ".".join(map(str, place))
