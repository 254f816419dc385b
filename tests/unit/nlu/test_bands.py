"""Bands are learned, and training is the same every time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nlu.classifier import Bands, Learned, probabilities
from nlu.training import OutOfFold, learn, learn_bands
from nlu.training_data import load_training_data
from router.errors import Misconfigured


def test_gates_come_before_sureness() -> None:
    """A confident guess about a text unlike any example is still unknown."""
    bands = Bands(temperature=1.0, confidence_gate=0.4, likeness_gate=0.3, sure=0.9)
    assert bands.band(0.99, 0.29) == "unknown"
    assert bands.band(0.39, 0.99) == "unknown"
    assert bands.band(0.4, 0.3) == "unsure"
    assert bands.band(0.9, 0.3) == "sure"


def _answers(right: list[bool], scores: list[float]) -> OutOfFold:
    """Two intents; the first always wins with the given score."""
    rows = np.array([[score, 0.0] for score in scores])
    truth = np.array([0 if hit else 1 for hit in right])
    return OutOfFold(rows, np.ones(len(scores)), truth)


def test_sure_begins_where_98_of_100_are_right() -> None:
    """Hundred right answers above, a mixture below: the threshold lies at the hundred."""
    answers = _answers([True] * 100 + [True, False] * 50, [5.0] * 100 + [1.0] * 100)
    bands = learn_bands(answers, np.ones(200))
    confidences = answers.confidences(bands.temperature)
    assert bands.sure == pytest.approx(confidences[0])
    assert bands.band(float(confidences[150]), 1.0) == "unsure"


def test_an_engine_that_is_never_right_is_never_sure() -> None:
    """Where no confidence is precise enough nothing is called sure."""
    bands = learn_bands(_answers([False] * 50, [3.0] * 50), np.ones(50))
    assert bands.sure == float("inf")
    assert bands.band(1.0, 1.0) == "unsure"


def test_gates_are_the_fifth_percentiles() -> None:
    """One in twenty of the training examples lies below each gate."""
    scores = np.linspace(0.1, 4.0, 100)
    bands = learn_bands(_answers([True] * 100, scores.tolist()), np.linspace(0.0, 1.0, 100))
    assert bands.likeness_gate == pytest.approx(np.percentile(np.linspace(0.0, 1.0, 100), 5))
    confidences = probabilities(np.array([[s, 0.0] for s in scores]), bands.temperature).max(axis=1)
    assert bands.confidence_gate == pytest.approx(np.percentile(confidences, 5))


def test_training_is_deterministic(learned: Learned) -> None:
    """The same data give the same model to the last bit."""
    again = learn(load_training_data())
    assert (again.bands, again.terms) == (learned.bands, learned.terms)
    assert np.array_equal(again.weights, learned.weights)
    assert np.array_equal(again.offsets, learned.offsets)


def test_learned_bands_are_in_order(learned: Learned) -> None:
    """On the packaged data each band exists."""
    bands = learned.bands
    assert 0 < bands.confidence_gate < bands.sure < 1
    assert 0 < bands.likeness_gate < 1


def test_too_few_examples_are_named(tmp_path: Path) -> None:
    """An intent that cannot be cross-validated is an error that says which and how many."""
    (tmp_path / "few.en.yml").write_text(
        'version: "3.1"\nnlu:\n'
        "  - intent: yes\n    examples: |\n      - yes a\n      - yes b\n      - yes c\n      - yes d\n      - yes e\n"
        "  - intent: no\n    examples: |\n      - no a\n",
        "utf-8",
    )
    with pytest.raises(Misconfigured, match="at least 5 examples of no in en, but there are 1"):
        learn(load_training_data(tmp_path))
