"""Turns texts into numbers: words, parts of words, and the concepts the training data describe.

The numbers are those of scikit-learn's TfidfVectorizer, computed without it: it is large, and needed for training only.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from nlu.cleaning import fold

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.intp]

_DIGIT = re.compile(r"[0-9]")
#: words of one letter too: Russian prepositions tell from where to where
_WORD = re.compile(r"\w+")
_PART_LENGTHS = (2, 3, 4)


@dataclass(frozen=True, slots=True)
class Document:
    """A text as the features see it."""

    #: folded, every digit a 0: which order it is says nothing about what is wanted
    text: str
    #: names of the concepts found in it, each once
    concepts: tuple[str, ...]


def document(cleaned: str, concepts: Mapping[str, tuple[re.Pattern[str], ...]]) -> Document:
    """Prepare a cleaned text."""
    folded = fold(cleaned)
    found = [name for name, patterns in concepts.items() if any(pattern.search(folded) for pattern in patterns)]
    # A text without any concept resembles other such texts: that is a feature as well.
    return Document(_DIGIT.sub("0", folded), tuple(found) or ("no_concept",))


def words(document: Document) -> list[str]:
    """Return the words of a document, and each pair of neighbours."""
    single = _WORD.findall(document.text)
    return single + [f"{first} {second}" for first, second in pairwise(single)]


def parts(document: Document) -> list[str]:
    """Return the runs of two to four characters within words, a space standing for the word's edge."""
    edged = [f" {word} " for word in document.text.split()]
    return [word[at : at + long] for word in edged for long in _PART_LENGTHS for at in range(len(word) - long + 1)]


def concepts(document: Document) -> tuple[str, ...]:
    """Return the concepts of a document."""
    return document.concepts


#: what finds the terms of each block of features
ANALYSERS: tuple[Callable[[Document], Sequence[str]], ...] = (words, parts, concepts)
#: how many unit vectors the features of a document are made of, which bounds the dot product of two documents
BLOCKS = len(ANALYSERS)


@dataclass(frozen=True, slots=True)
class Rows:
    """Sparse rows: those from `starts[n]` to `starts[n + 1]` of `columns` and `values` are row n."""

    starts: Whole
    columns: Whole
    values: Floats

    def __len__(self) -> int:
        return len(self.starts) - 1

    def __getitem__(self, n: int) -> tuple[Whole, Floats]:
        row = slice(self.starts[n], self.starts[n + 1])
        return self.columns[row], self.values[row]


class Vocabulary:
    """The terms that training has seen, and how much each tells."""

    def __init__(self, terms: Sequence[Sequence[str]], idf: Floats) -> None:
        """Take the terms of each block, and one inverse document frequency per term, in the order of the columns."""
        self._idf = idf
        self._columns: list[dict[str, int]] = []
        first = 0
        for block in terms:
            self._columns.append({term: first + n for n, term in enumerate(block)})
            first += len(block)

    def rows(self, documents: Sequence[Document]) -> Rows:
        """Return the documents as rows of `BLOCKS` unit vectors each; a block without known terms stays empty."""
        columns: list[int] = []
        times: list[int] = []
        lengths: list[int] = []
        for document in documents:
            for analyse, known in zip(ANALYSERS, self._columns, strict=True):
                counts = Counter(map(known.get, analyse(document)))
                del counts[None]
                columns += counts.keys()  # type: ignore[arg-type]  # None has just gone
                times += counts.values()
                lengths.append(len(counts))
        return self._weighed(np.array(columns, np.intp), np.array(times, np.float64), np.array(lengths, np.intp))

    def _weighed(self, columns: Whole, times: Floats, lengths: Whole) -> Rows:
        raw = (1.0 + np.log(times)) * self._idf[columns]
        block = np.repeat(np.arange(len(lengths)), lengths)
        norms = np.sqrt(np.bincount(block, raw * raw, minlength=len(lengths)))
        starts = np.concatenate(([0], np.cumsum(lengths)[BLOCKS - 1 :: BLOCKS]))
        return Rows(starts, columns, raw / norms[block])
