"""How good the embedded engine is on data it has not seen: `python -m nlu.evaluation --help`.

The whole engine, bands included, is trained without a fifth of the examples and judged on that fifth, five times over.
Texts outside the training data come from a file with lists of texts by language.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Annotated

import numpy as np
import numpy.typing as npt
import typer
from sklearn.model_selection import StratifiedKFold

from nlu.classifier import Classifier, Guess
from nlu.features import Floats
from nlu.marked_yaml import read_marked
from nlu.training import learn
from nlu.training_data import Example, TrainingData, load_training_data

_BINS = 10
_SEED = 7


@dataclass(frozen=True, slots=True)
class Figures:
    """Shares from 0 to 1."""

    #: best guesses that are right, whatever their band
    accuracy: float
    #: the same in each language alone
    accuracy_en: float
    accuracy_ru: float
    #: answers called sure, and how many of these are right
    sure: float
    sure_precision: float
    #: answers called unknown although the text is one the engine knows about
    unknown: float
    #: mean distance between confidence and accuracy (expected calibration error, ten bins)
    calibration_error: float

    def __str__(self) -> str:
        return "\n".join(f"{field.name:>18}: {getattr(self, field.name):.3f}" for field in fields(self))


def cross_validate(data: TrainingData, folds: int = 5) -> Figures:
    """Return the figures of an engine trained without the examples it is asked about."""
    strata = [f"{example.intent} {example.language}" for example in data.examples]
    judged: list[tuple[Example, Guess]] = []
    for known, asked in StratifiedKFold(folds, shuffle=True, random_state=_SEED).split(strata, strata):
        classifier = _trained(replace(data, examples=tuple(data.examples[i] for i in known)))
        questions = [data.examples[i] for i in asked]
        guesses = classifier.guess([example.text for example in questions])
        judged += zip(questions, guesses, strict=True)
    return _figures(judged)


def _trained(data: TrainingData) -> Classifier:
    return Classifier(data, learn(data))


def _figures(judged: list[tuple[Example, Guess]]) -> Figures:
    right = np.array([example.intent == guess.intent for example, guess in judged])
    bands = np.array([guess.band for _, guess in judged])
    languages = np.array([example.language for example, _ in judged])
    confidences = np.array([guess.confidence for _, guess in judged])
    return Figures(
        accuracy=float(right.mean()),
        accuracy_en=float(right[languages == "en"].mean()),
        accuracy_ru=float(right[languages == "ru"].mean()),
        sure=float((bands == "sure").mean()),
        sure_precision=float(right[bands == "sure"].mean()),
        unknown=float((bands == "unknown").mean()),
        calibration_error=_calibration_error(confidences, right),
    )


def _calibration_error(confidences: Floats, right: npt.NDArray[np.bool_]) -> float:
    bins = np.minimum((confidences * _BINS).astype(int), _BINS - 1)
    gaps = [(bins == b).mean() * abs(confidences[bins == b].mean() - right[bins == b].mean()) for b in np.unique(bins)]
    return float(sum(gaps))


def read_texts(file: Path) -> list[str]:
    """Return the texts of a YAML file with lists by language. Raises `Misconfigured`."""
    lists = read_marked(file).fields("lists of texts by language")
    return [text.text("a text") for texts in lists.values() for text in texts.items("a list of texts")]


def main(
    data: Annotated[Path | None, typer.Option(help="Folder of training data; default: what comes with us.")] = None,
    out_of_scope: Annotated[Path | None, typer.Option(help="YAML file with lists of foreign texts.")] = None,
) -> None:
    """Print how good the embedded triage engine is on data it has not seen."""
    training = load_training_data(data)
    typer.echo(cross_validate(training))
    if out_of_scope is not None:
        guesses = _trained(training).guess(read_texts(out_of_scope))
        for band in ("unknown", "unsure", "sure"):
            share = sum(guess.band == band for guess in guesses) / len(guesses)
            typer.echo(f"{'foreign ' + band:>18}: {share:.3f}")


if __name__ == "__main__":
    typer.run(main)
