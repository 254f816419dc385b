from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from nlu.answers import load_answers
from nlu.classifier import Classifier, Learned
from nlu.embedded import EmbeddedModel, EmbeddedTriage
from nlu.entities import EntityFinder
from nlu.training import learn
from nlu.training_data import TrainingData, load_training_data


@pytest.fixture(scope="session")
def packaged() -> TrainingData:
    """The training data that come with the package."""
    return load_training_data()


@pytest.fixture(scope="session")
def learned(packaged: TrainingData) -> Learned:
    """What the packaged data teach, learned once."""
    return learn(packaged)


@pytest.fixture(scope="session")
def model(packaged: TrainingData, learned: Learned) -> EmbeddedModel:
    """The packaged data's model."""
    return EmbeddedModel(packaged, load_answers(), Classifier(packaged, learned), EntityFinder(packaged))


@pytest.fixture
async def triage(model: EmbeddedModel) -> AsyncIterator[EmbeddedTriage]:
    """A running engine with the packaged data."""
    engine = EmbeddedTriage(model, ThreadPoolExecutor(max_workers=1))
    yield engine
    await engine.close()


@pytest.fixture
def folder(tmp_path: Path) -> Callable[..., Path]:
    """Writes files of training data: `folder({"a.en.yml": "..."})`."""

    def write(files: dict[str, str]) -> Path:
        made = tmp_path / "data"
        made.mkdir(exist_ok=True)
        for name, text in files.items():
            (made / name).write_text(text, "utf-8")
        return made

    return write
