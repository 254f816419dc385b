"""Learns from the training data: `python -m nlu.training FILE [FOLDER]` keeps in FILE what FOLDER teaches.

Nothing here is a constant somebody chose: five-fold cross validation answers every training example with a model that
has not seen it, and from these answers come the temperature that makes confidences honest, the two gates below which a
text is outside what the engine knows, and the confidence from which on 98 of 100 answers are right.

This is the only part of the engine that needs scikit-learn, which takes a hundred megabytes and two seconds to import:
the hub has it run in a process of its own (`nlu/training_process.py`), and only when the data have changed.
"""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import FeatureUnion

from nlu.cache import write_learned
from nlu.classifier import Bands, Examples, Learned, probabilities
from nlu.cleaning import clean
from nlu.features import BLOCKS, Document, Floats, concepts, document, parts, words
from nlu.training_data import TrainingData, load_training_data
from nlu.training_process import DATA_AT_FAULT
from router.errors import Misconfigured

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


def learn(data: TrainingData) -> Learned:
    """Train. Takes some seconds. Raises `Misconfigured` when an intent has too few examples."""
    documents = [document(clean(example.text), data.concepts) for example in data.examples]
    truth = np.searchsorted(data.intents, [example.intent for example in data.examples])
    answers = _out_of_fold(documents, truth, strata(data))
    vectorizer = make_vectorizer()
    rows = vectorizer.fit_transform(documents)
    weights, offsets = _fit(rows, truth)
    blocks = [block for _, block in vectorizer.transformer_list]
    by_feature = rows.tocsc()
    return Learned(
        terms=tuple(tuple(block.get_feature_names_out().tolist()) for block in blocks),
        idf=np.concatenate([block.idf_ for block in blocks]),
        weights=np.ascontiguousarray(weights.T),
        offsets=offsets,
        examples=Examples(by_feature.indptr.astype(np.intp), by_feature.indices.astype(np.intp), by_feature.data),
        bands=learn_bands(answers, _nearest_others(rows)),
    )


def make_vectorizer() -> Any:
    """Return an unfitted scikit-learn transformer: documents → sparse rows of `BLOCKS` unit vectors each."""
    blocks = [
        ("words", TfidfVectorizer(analyzer=words, min_df=2, sublinear_tf=True)),
        ("parts", TfidfVectorizer(analyzer=parts, min_df=2, sublinear_tf=True)),
        ("concepts", TfidfVectorizer(analyzer=concepts)),
    ]
    return FeatureUnion(blocks)


def strata(data: TrainingData) -> list[str]:
    """Return what each example is one of many of. Raises `Misconfigured` when there are fewer than folds."""
    found = [f"{example.intent} in {example.language or 'any language'}" for example in data.examples]
    for name, count in sorted(Counter(found).items()):
        if count < FOLDS:
            raise Misconfigured(f"Expected at least {FOLDS} examples of {name}, but there are {count}: add more.")
    return found


def _out_of_fold(documents: list[Document], truth: npt.NDArray[np.intp], strata: list[str]) -> OutOfFold:
    """Answer every example by a model trained on the others' folds."""
    scores = np.zeros((len(documents), truth.max() + 1))
    likeness = np.zeros(len(documents))
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=_SEED)
    for known, asked in folds.split(documents, strata):
        vectorizer = make_vectorizer()
        rows = vectorizer.fit_transform([documents[i] for i in known])
        questions = vectorizer.transform([documents[i] for i in asked])
        weights, offsets = _fit(rows, truth[known])
        scores[asked] = questions @ weights.T + offsets
        likeness[asked] = (questions @ rows.T).toarray().max(axis=1) / BLOCKS
    return OutOfFold(scores, likeness, truth)


def _nearest_others(rows: Any) -> Floats:
    likeness = (rows @ rows.T).toarray() / BLOCKS
    np.fill_diagonal(likeness, 0.0)
    nearest: Floats = likeness.max(axis=1)
    return nearest


def _fit(rows: Any, truth: npt.NDArray[np.intp]) -> tuple[Floats, Floats]:
    """Fit one logistic regression per intent against all others."""
    models = [
        LogisticRegression(
            C=_INVERSE_REGULARISATION, solver="liblinear", dual=True, tol=1e-3, max_iter=1000, random_state=_SEED
        ).fit(rows, truth == intent)
        for intent in range(truth.max() + 1)
    ]
    return np.vstack([model.coef_[0] for model in models]), np.array([model.intercept_[0] for model in models])


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


def main(file: str, folder: str | None = None) -> int:
    """Train on a folder (default: the data that come with the package), keep the result, return the exit code."""
    try:
        learned = learn(load_training_data(Path(folder) if folder is not None else None))
    except Misconfigured as error:
        sys.stderr.write(f"{error}\n")
        return DATA_AT_FAULT
    write_learned(Path(file), learned)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
