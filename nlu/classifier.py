"""Which intent a text has: TF-IDF and logistic regression, with a calibrated probability and learned bands.

Nothing here is a constant somebody chose: five-fold cross validation answers every training example with a model that
has not seen it, and from these answers come the temperature that makes confidences honest, the two gates below which a
text is outside what the engine knows, and the confidence from which on 98 of 100 answers are right.

No part of it calls BLAS: liblinear and sparse products run on the calling thread alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

from nlu.cleaning import clean
from nlu.features import BLOCKS, Document, document, make_vectorizer
from nlu.training_data import TrainingData
from router.errors import Misconfigured

Floats = npt.NDArray[np.float64]
Band = Literal["sure", "unsure", "unknown"]

#: raised whenever the same data would be learned differently, so that what was cached before is not used
ENGINE_VERSION = "1"
FOLDS = 5
#: what share of the answers that are called sure must be right out of fold
SURE_PRECISION = 0.98
#: what share of the training examples, in per cent, each gate may turn away
GATE_PERCENTILE = 5.0
#: inverse strength of the regularisation; 3, 10 and 30 measured the same within half a per cent
_INVERSE_REGULARISATION = 10.0
_SEED = 42
_TEMPERATURES = np.geomspace(0.05, 20.0, 400)


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
class Learned:
    """All that training found out."""

    #: intents x features
    weights: Floats
    #: one per intent
    offsets: Floats
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


@dataclass(frozen=True, slots=True)
class OutOfFold:
    """How each training example is answered by a model that has not seen it; one row per example."""

    #: scores, examples x intents
    scores: Floats
    likeness: Floats
    #: index of the right intent
    truth: npt.NDArray[np.intp]

    def confidences(self, temperature: float) -> Floats:
        """Return the probability of each example's best guess."""
        best: Floats = probabilities(self.scores, temperature).max(axis=1)
        return best

    @property
    def right(self) -> npt.NDArray[np.bool_]:
        """Whether each best guess is right."""
        return np.asarray(self.scores.argmax(axis=1) == self.truth)


class Classifier:
    """Knows the training data, and with what was learned from them can tell intents."""

    def __init__(self, data: TrainingData) -> None:
        """Prepare the features. Takes a quarter of a second for the data that come with the package."""
        self._concepts = data.concepts
        self.intents = data.intents
        self.documents = [self._document(example.text) for example in data.examples]
        self.truth = np.searchsorted(self.intents, [example.intent for example in data.examples])
        self._strata = [f"{example.intent} in {example.language or 'any language'}" for example in data.examples]
        self._vectorizer = make_vectorizer()
        self._rows = self._vectorizer.fit_transform(self.documents)

    @property
    def shape(self) -> tuple[int, int]:
        """The shape of `Learned.weights`: intents x features."""
        return len(self.intents), int(self._rows.shape[1])

    def _document(self, text: str) -> Document:
        return document(clean(text), self._concepts)

    def learn(self) -> Learned:
        """Train. Takes some seconds. Raises `Misconfigured` when an intent has too few examples."""
        bands = learn_bands(self.out_of_fold(), self._nearest_others())
        return Learned(*_fit(self._rows, self.truth, len(self.intents)), bands)

    def out_of_fold(self) -> OutOfFold:
        """Answer every example by a model trained on the others' folds."""
        self._check_strata()
        scores = np.zeros((len(self.documents), len(self.intents)))
        likeness = np.zeros(len(self.documents))
        folds = StratifiedKFold(FOLDS, shuffle=True, random_state=_SEED)
        for known, asked in folds.split(self.documents, self._strata):
            vectorizer = make_vectorizer()
            rows = vectorizer.fit_transform([self.documents[i] for i in known])
            questions = vectorizer.transform([self.documents[i] for i in asked])
            weights, offsets = _fit(rows, self.truth[known], len(self.intents))
            scores[asked] = questions @ weights.T + offsets
            likeness[asked] = _nearest(questions, rows)
        return OutOfFold(scores, likeness, self.truth)

    def _check_strata(self) -> None:
        names, counts = np.unique(self._strata, return_counts=True)
        for name, count in zip(names, counts, strict=True):
            if count < FOLDS:
                raise Misconfigured(f"Expected at least {FOLDS} examples of {name}, but there are {count}: add more.")

    def _nearest_others(self) -> Floats:
        likeness = (self._rows @ self._rows.T).toarray() / BLOCKS
        np.fill_diagonal(likeness, 0.0)
        nearest: Floats = likeness.max(axis=1)
        return nearest

    def guess(self, texts: Sequence[str], learned: Learned) -> list[Guess]:
        """Return what each text is taken for."""
        rows = self._vectorizer.transform([self._document(text) for text in texts])
        chances = probabilities(rows @ learned.weights.T + learned.offsets, learned.bands.temperature)
        best = chances.argmax(axis=1)
        return [
            Guess(self.intents[intent], confidence, likeness, learned.bands.band(confidence, likeness))
            for intent, confidence, likeness in zip(
                best.tolist(), chances.max(axis=1).tolist(), _nearest(rows, self._rows).tolist(), strict=True
            )
        ]


def probabilities(scores: Floats, temperature: float) -> Floats:
    """Return the softmax of scores / temperature, row by row."""
    raised = np.exp((scores - scores.max(axis=1, keepdims=True)) / temperature)
    chances: Floats = raised / raised.sum(axis=1, keepdims=True)
    return chances


def learn_bands(answers: OutOfFold, nearest: Floats) -> Bands:
    """Return the bands that out-of-fold answers and leave-one-out likenesses call for."""
    temperature = _temperature(answers)
    confidences = answers.confidences(temperature)
    confidence_gate = float(np.percentile(confidences, GATE_PERCENTILE))
    likeness_gate = float(np.percentile(nearest, GATE_PERCENTILE))
    passed = (confidences >= confidence_gate) & (answers.likeness >= likeness_gate)
    sure = _precise_from(confidences[passed], answers.right[passed])
    return Bands(temperature, confidence_gate, likeness_gate, sure)


def _temperature(answers: OutOfFold) -> float:
    """Return the temperature under which the right intents are most likely."""
    rows = np.arange(len(answers.truth))
    losses = [-np.log(probabilities(answers.scores, t)[rows, answers.truth] + 1e-12).mean() for t in _TEMPERATURES]
    return float(_TEMPERATURES[int(np.argmin(losses))])


def _precise_from(confidences: Floats, right: npt.NDArray[np.bool_]) -> float:
    """Return the lowest confidence from which on `SURE_PRECISION` of the answers are right."""
    order = np.argsort(-confidences, kind="stable")
    ranked = confidences[order]
    precision = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    # Equal confidences stand or fall together: a threshold cannot part them.
    last_of_equals = np.append(ranked[:-1] > ranked[1:], True)
    precise = np.flatnonzero((precision >= SURE_PRECISION) & last_of_equals)
    return float(ranked[precise[-1]]) if len(precise) else float("inf")


def _fit(rows: Any, truth: npt.NDArray[np.intp], intents: int) -> tuple[Floats, Floats]:
    """Fit one logistic regression per intent against all others."""
    models = [
        LogisticRegression(
            C=_INVERSE_REGULARISATION, solver="liblinear", dual=True, tol=1e-3, max_iter=1000, random_state=_SEED
        ).fit(rows, truth == intent)
        for intent in range(intents)
    ]
    return np.vstack([model.coef_[0] for model in models]), np.array([model.intercept_[0] for model in models])


def _nearest(rows: Any, examples: Any) -> Floats:
    nearest: Floats = (rows @ examples.T).toarray().max(axis=1) / BLOCKS
    return nearest
