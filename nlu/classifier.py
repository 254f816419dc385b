"""Which intent a text has: TF-IDF and logistic regression, with a calibrated probability and learned bands.

What is learned, and how, stands in `nlu/training.py`. No part of this calls BLAS: all runs on the calling thread alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from nlu.cleaning import clean
from nlu.features import BLOCKS, Floats, Vocabulary, Whole, document
from nlu.training_data import TrainingData

Band = Literal["sure", "unsure", "unknown"]


@dataclass(frozen=True, slots=True)
class Bands:
    """What separates `sure` from `unsure` from `unknown`."""

    #: divides the scores before softmax
    temperature: float
    #: a lower confidence is `unknown`
    confidence_gate: float
    #: a lower likeness (cosine to the nearest training example) is `unknown`
    likeness_gate: float
    #: a confidence from here on is `sure`; infinite when no confidence is that precise
    sure: float

    def band(self, confidence: float, likeness: float) -> Band:
        """Return the band of a guess."""
        if confidence < self.confidence_gate or likeness < self.likeness_gate:
            return "unknown"
        return "sure" if confidence >= self.sure else "unsure"


@dataclass(frozen=True, slots=True)
class Examples:
    """The training examples by feature: those of feature n stand from `starts[n]` to `starts[n + 1]`."""

    starts: Whole
    #: which example has the feature
    numbers: Whole
    #: and how much of it
    values: Floats

    def nearest(self, columns: Whole, values: Floats) -> float:
        """Return the cosine between a row and the example nearest to it, 0 to 1."""
        firsts = self.starts[columns]
        counts = self.starts[columns + 1] - firsts
        # Only the examples that share a feature with the row are looked at.
        places = np.arange(counts.sum()) + np.repeat(firsts - np.cumsum(counts) + counts, counts)
        products = np.bincount(self.numbers[places], self.values[places] * np.repeat(values, counts), minlength=1)
        return float(products.max()) / BLOCKS


@dataclass(frozen=True, slots=True)
class Learned:
    """All that training found out."""

    #: the features' names, block by block
    terms: tuple[tuple[str, ...], ...]
    #: inverse document frequencies, one per feature
    idf: Floats
    #: features x intents
    weights: Floats
    #: one per intent
    offsets: Floats
    examples: Examples
    bands: Bands


@dataclass(frozen=True, slots=True)
class Guess:
    """What the classifier takes a text for."""

    intent: str
    #: calibrated probability, 0 to 1
    confidence: float
    #: cosine to the nearest training example, 0 to 1
    likeness: float
    band: Band


class Classifier:
    """Tells intents by what was learned from the training data."""

    def __init__(self, data: TrainingData, learned: Learned) -> None:
        self._concepts = data.concepts
        self._intents = data.intents
        self._learned = learned
        self._vocabulary = Vocabulary(learned.terms, learned.idf)

    def guess(self, texts: Sequence[str]) -> list[Guess]:
        """Return what each text is taken for."""
        if not texts:
            return []
        learned = self._learned
        rows = self._vocabulary.rows([document(clean(text), self._concepts) for text in texts])
        scores = np.array([self._scores(*rows[n]) for n in range(len(rows))])
        chances = probabilities(scores, learned.bands.temperature)
        return [
            self._guess(intent, confidence, learned.examples.nearest(*rows[n]))
            for n, (intent, confidence) in enumerate(
                zip(chances.argmax(axis=1).tolist(), chances.max(axis=1).tolist(), strict=True)
            )
        ]

    def _scores(self, columns: Whole, values: Floats) -> Floats:
        scores: Floats = (self._learned.weights[columns] * values[:, None]).sum(axis=0) + self._learned.offsets
        return scores

    def _guess(self, intent: int, confidence: float, likeness: float) -> Guess:
        return Guess(self._intents[intent], confidence, likeness, self._learned.bands.band(confidence, likeness))


def probabilities(scores: Floats, temperature: float) -> Floats:
    """Return the softmax of scores / temperature, row by row."""
    raised = np.exp((scores - scores.max(axis=1, keepdims=True)) / temperature)
    chances: Floats = raised / raised.sum(axis=1, keepdims=True)
    return chances
