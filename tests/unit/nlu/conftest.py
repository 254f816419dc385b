from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from nlu.embedded import EmbeddedModel, EmbeddedTriage, build_model
from nlu.training_data import TrainingData, load_training_data


@pytest.fixture(scope="session")
def packaged() -> TrainingData:
    """The training data that come with the package."""
    return load_training_data()


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> EmbeddedModel:
    """The packaged data's model, trained once."""
    return build_model(None, tmp_path_factory.mktemp("nlu"))


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
