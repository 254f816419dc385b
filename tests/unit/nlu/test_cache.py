"""What training learned is kept, and nothing but that is ever taken for it."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from structlog.testing import capture_logs

from nlu.answers import Answers
from nlu.cache import cache_file, read_learned, write_learned
from nlu.classifier import Bands, Learned
from nlu.embedded import EmbeddedModel, build_model
from nlu.training_data import load_training_data

_WORDS = ["red", "green", "blue", "grey", "pink", "black"]
DATA = {
    "tiny.en.yml": 'version: "3.1"\nnlu:\n'
    + "".join(
        f"  - intent: {intent}\n    examples: |\n" + "".join(f"      - {intent} {word}\n" for word in _WORDS)
        for intent in ("apples", "pears")
    ),
    "answers.yml": "answers:\n  apples: {en: Apples., ru: Яблоки.}\nslots: {}\n",
}
LEARNED = Learned(np.ones((2, 3)), np.zeros(2), Bands(1.0, 0.4, 0.3, float("inf")))


def _events(folder: Path, cache: Path) -> list[str]:
    with capture_logs() as logs:
        build_model(folder, cache)
    return [entry["event"] for entry in logs]


def test_the_second_start_trains_nothing(folder: Callable[..., Path], tmp_path: Path) -> None:
    """A hit loads the same numbers."""
    data, cache = folder(DATA), tmp_path / "deep" / "cache"
    first = build_model(data, cache)
    with capture_logs() as logs:
        second = build_model(data, cache)
    assert [entry["event"] for entry in logs] == ["triage_loaded"]
    assert np.array_equal(first.learned.weights, second.learned.weights)
    assert first.learned.bands == second.learned.bands
    assert isinstance(second.answers, Answers)


class Payload:
    """Touches a file when somebody unpickles it."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[Callable[[Path], None], tuple[Path]]:
        return Path.touch, (self.target,)


@pytest.mark.parametrize("damage", ["empty", "cut", "noise", "pickle", "object array", "other shape", "nan", "text"])
def test_a_damaged_or_foreign_file_is_trained_anew(folder: Callable[..., Path], tmp_path: Path, damage: str) -> None:
    """Whatever lies there is replaced, and none of it is ever run."""
    data, cache, bait = folder(DATA), tmp_path / "cache", tmp_path / "ran"
    good = build_model(data, cache)
    file = cache_file(cache, good.data)
    _spoil(file, damage, bait)
    events = _events(data, cache)
    assert events[-2:] == ["triage_training", "triage_trained"]
    assert events[0] in {"triage_cache_damaged", "triage_cache_foreign"}
    assert not bait.exists()
    assert _events(data, cache) == ["triage_loaded"]


def _spoil(file: Path, damage: str, bait: Path) -> None:
    whole = file.read_bytes()
    if damage == "object array":
        _save(file, np.array([Payload(bait)], dtype=object))
    elif damage == "other shape":
        _save(file, np.ones((2, 3)))
    elif damage == "nan":
        with np.load(file) as kept:
            weights = kept["weights"] * np.nan
        _save(file, weights)
    elif damage == "text":
        _save(file, np.array(["a"]))
    else:
        file.write_bytes(
            {"empty": b"", "cut": whole[: len(whole) // 2], "noise": b"\x00noise" * 99, "pickle": _pickled(bait)}[
                damage
            ]
        )


def _save(file: Path, weights: npt.NDArray[Any]) -> None:
    """Write a file in which everything but the weights is in order."""
    bands = {"temperature": np.array(1.0), "confidence_gate": np.array(0.1), "likeness_gate": np.array(0.1)}
    arrays = {"weights": weights, "offsets": np.zeros(2), "sure": np.array(0.9), **bands}
    np.savez(file, allow_pickle=True, **arrays)


def _pickled(bait: Path) -> bytes:
    return pickle.dumps(Payload(bait))


def test_changed_data_or_versions_are_trained_anew(
    folder: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file's name follows from data and versions, and old files go."""
    data, cache = folder(DATA), tmp_path / "cache"
    first = cache_file(cache, build_model(data, cache).data)
    text = (data / "tiny.en.yml").read_text("utf-8")
    (data / "tiny.en.yml").write_text(text.replace("pears red", "pears ripe"), "utf-8")
    second = cache_file(cache, build_model(data, cache).data)
    assert first != second
    assert list(cache.iterdir()) == [second]
    monkeypatch.setattr("sklearn.__version__", "0.0")
    assert cache_file(cache, load_training_data(data)) != second


def test_a_folder_that_cannot_be_written_only_costs_time(tmp_path: Path) -> None:
    """Training goes on without a cache and says so."""
    (tmp_path / "file").write_text("in the way", "utf-8")
    with capture_logs() as logs:
        write_learned(tmp_path / "file" / "embedded-1.npz", LEARNED)
    assert [entry["event"] for entry in logs] == ["triage_cache_not_written"]


def test_never_being_sure_survives_the_cache(tmp_path: Path) -> None:
    """An infinite threshold is a valid one."""
    file = tmp_path / "embedded-1.npz"
    write_learned(file, LEARNED)
    kept = read_learned(file, (2, 3))
    assert kept is not None
    assert kept.bands == LEARNED.bands
    assert [f.name for f in tmp_path.iterdir()] == ["embedded-1.npz"]


def test_a_missing_file_is_no_warning(tmp_path: Path, model: EmbeddedModel) -> None:
    """The first start is quiet about it."""
    with capture_logs() as logs:
        assert read_learned(tmp_path / "none.npz", model.classifier.shape) is None
    assert logs == []
