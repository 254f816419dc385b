"""Finds entities (order numbers, phones, ways to pay) by the patterns, phrases and synonyms of the training data."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from nlu.cleaning import fold
from nlu.training_data import TrainingData


@dataclass(frozen=True, slots=True)
class Found:
    """One entity in a text: `text[start:end]` means `value`."""

    entity: str
    start: int
    end: int
    value: str


class EntityFinder:
    """Finds what the training data describe; where finds overlap the longest stays, then the earliest."""

    def __init__(self, data: TrainingData) -> None:
        self._patterns = [(name, p) for name, patterns in data.entity_regexes.items() for p in patterns]
        self._patterns += [(name, _whole_words(phrases)) for name, phrases in data.lookups.items()]
        self._synonyms = data.synonyms

    def find(self, text: str) -> tuple[Found, ...]:
        """Return the entities of a cleaned text, in the order in which they stand."""
        kept: list[Found] = []
        for found in sorted(self._all(text), key=lambda f: (f.start - f.end, f.start)):
            if all(found.end <= other.start or found.start >= other.end for other in kept):
                kept.append(found)
        return tuple(sorted(kept, key=lambda f: f.start))

    def slots(self, text: str) -> Mapping[str, str]:
        """Return entity → value; of several the one that was written first."""
        slots: dict[str, str] = {}
        for found in self.find(text):
            slots.setdefault(found.entity, found.value)
        return slots

    def _all(self, text: str) -> Iterator[Found]:
        for name, pattern in self._patterns:
            for match in pattern.finditer(text):
                if match[0]:
                    yield Found(name, match.start(), match.end(), self._value(match[0]))

    def _value(self, text: str) -> str:
        folded = fold(text)
        return self._synonyms.get(folded, text.strip())


def _whole_words(phrases: tuple[str, ...]) -> re.Pattern[str]:
    # Folding has made every ё an е, the text still has both.
    longest_first = sorted(set(phrases), key=lambda phrase: (-len(phrase), phrase))
    options = "|".join(re.escape(phrase).replace("е", "[её]") for phrase in longest_first)
    return re.compile(rf"(?<!\w)(?:{options})(?!\w)", re.IGNORECASE)
