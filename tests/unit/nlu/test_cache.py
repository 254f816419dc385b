"""What training learned is kept, and nothing but that is ever taken for it."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from structlog.testing import capture_logs

from nlu.cache import cache_file, read_learned, write_learned
from nlu.classifier import Bands, Examples, Learned
from nlu.embedded import build_model
from nlu.training import learn
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
LEARNED = Learned(
    terms=(("a", "a b"), (" a",), ("no_concept",)),
    idf=np.ones(4),
    weights=np.ones((4, 2)),
    offsets=np.zeros(2),
    examples=Examples(np.array([0, 1, 1, 3, 4]), np.array([0, 0, 1, 1]), np.ones(4)),
    bands=Bands(1.0, 0.4, 0.3, float("inf")),
)


async def _events(folder: Path, cache: Path) -> list[str]:
    with capture_logs() as logs:
        await build_model(folder, cache)
    return [entry["event"] for entry in logs]


async def test_the_second_start_trains_nothing(folder: Callable[..., Path], tmp_path: Path) -> None:
    """The first start leaves what the data teach, and later ones take it."""
    data, cache = folder(DATA), tmp_path / "deep" / "cache"
    assert await _events(data, cache) == ["triage_training", "triage_trained"]
    [file] = cache.iterdir()
    kept, taught = read_learned(file, 2), learn(load_training_data(data))
    assert kept is not None
    assert (kept.terms, kept.bands) == (taught.terms, taught.bands)
    assert np.array_equal(kept.weights, taught.weights)
    assert np.array_equal(kept.examples.values, taught.examples.values)
    assert await _events(data, cache) == ["triage_loaded"]


async def test_a_damaged_file_is_trained_anew(folder: Callable[..., Path], tmp_path: Path) -> None:
    """It is replaced by a good one."""
    data, cache = folder(DATA), tmp_path / "cache"
    cache.mkdir()
    cache_file(cache, load_training_data(data)).write_bytes(b"noise")
    assert await _events(data, cache) == ["triage_cache_damaged", "triage_training", "triage_trained"]
    assert await _events(data, cache) == ["triage_loaded"]


class Payload:
    """Touches a file when somebody unpickles it."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[Callable[[Path], None], tuple[Path]]:
        return Path.touch, (self.target,)


@pytest.mark.parametrize("damage", ["empty", "cut", "noise", "pickle"])
def test_a_damaged_file_is_not_taken(tmp_path: Path, damage: str) -> None:
    """Whatever lies there instead of a file of ours is none, and is never run."""
    file, bait = tmp_path / "embedded-1.npz", tmp_path / "ran"
    write_learned(file, LEARNED)
    whole = file.read_bytes()
    spoilt = {"empty": b"", "cut": whole[: len(whole) // 2], "noise": b"\x00noise" * 99}
    file.write_bytes(pickle.dumps(Payload(bait)) if damage == "pickle" else spoilt[damage])
    assert _read(file) == (None, ["triage_cache_damaged"])
    assert not bait.exists()


@pytest.mark.parametrize(
    ("name", "array"),
    [
        ("weights", np.ones((2, 3))),
        ("weights", np.full((4, 2), np.nan)),
        ("weights", np.array(["a"])),
        ("words", np.frombuffer(b"a", np.uint8)),
        ("words", np.frombuffer(b"\xff", np.uint8)),
        ("idf", np.ones(3)),
        ("offsets", np.zeros(3)),
        ("temperature", np.float64(0.0)),
        ("sure", np.float64(np.nan)),
        ("sure", np.ones(2)),
        ("starts", np.array([0, 1, 1, 3])),
        ("starts", np.array([0, 3, 1, 3, 4])),
        ("starts", np.array([0, 1, 1, 3, 9])),
        ("numbers", np.array([0, 0, 1, 1_000_000_000_000])),
        ("numbers", np.array([0, 0, 1, -1])),
        ("values", np.ones(5)),
        ("values", np.array([1.0, 1.0, 1.0, np.inf])),
    ],
)
def test_a_foreign_file_is_not_taken(tmp_path: Path, name: str, array: npt.NDArray[Any]) -> None:
    """Arrays that do not belong together, or that would make the engine fail, are none of ours."""
    file = tmp_path / "embedded-1.npz"
    write_learned(file, LEARNED)
    _replace(file, name, array)
    learned, events = _read(file)
    assert learned is None
    assert events in (["triage_cache_foreign"], ["triage_cache_damaged"])


def test_a_file_that_would_run_code_is_not_taken(tmp_path: Path) -> None:
    """An array of objects is a pickle, and stays closed."""
    file, bait = tmp_path / "embedded-1.npz", tmp_path / "ran"
    write_learned(file, LEARNED)
    _replace(file, "weights", np.array([Payload(bait)], dtype=object))
    assert _read(file) == (None, ["triage_cache_damaged"])
    assert not bait.exists()


def _read(file: Path) -> tuple[Learned | None, list[str]]:
    with capture_logs() as logs:
        learned = read_learned(file, 2)
    return learned, [entry["event"] for entry in logs]


def _replace(file: Path, name: str, array: npt.NDArray[Any]) -> None:
    """Keep everything but one array in order."""
    with np.load(file) as kept:
        arrays = {**kept, name: array}
    np.savez(file, allow_pickle=True, **arrays)


def test_changed_data_or_libraries_have_another_file(
    folder: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its name follows from the data and from each library that training computes with."""
    data, cache = folder(DATA), tmp_path / "cache"
    names = [cache_file(cache, load_training_data(data))]
    text = (data / "tiny.en.yml").read_text("utf-8")
    (data / "tiny.en.yml").write_text(text.replace("pears red", "pears ripe"), "utf-8")
    names.append(cache_file(cache, load_training_data(data)))
    monkeypatch.syspath_prepend(tmp_path)
    for library in ("scikit_learn", "scipy", "numpy"):
        record = tmp_path / f"{library}-0.0.dist-info"
        record.mkdir()
        (record / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {library}\nVersion: 0.0\n", "utf-8")
        # Python remembers what a folder holds until the folder is newer.
        os.utime(tmp_path, (len(names), len(names)))
        names.append(cache_file(cache, load_training_data(data)))
    assert len(set(names)) == 5


def test_a_new_file_takes_the_place_of_old_ones(tmp_path: Path) -> None:
    """What earlier data or versions left goes, and nothing unfinished stays."""
    for name in ("embedded-1.npz", "embedded-2.npz"):
        write_learned(tmp_path / name, LEARNED)
    assert [file.name for file in tmp_path.iterdir()] == ["embedded-2.npz"]


async def test_a_folder_that_cannot_be_written_only_costs_time(folder: Callable[..., Path], tmp_path: Path) -> None:
    """The engine starts without a cache and says so."""
    data = folder(DATA)
    (tmp_path / "file").write_text("in the way", "utf-8")
    events = await _events(data, tmp_path / "file" / "cache")
    assert events == ["triage_training", "triage_cache_not_written", "triage_trained"]


def test_never_being_sure_survives_the_cache(tmp_path: Path) -> None:
    """An infinite threshold is a valid one, and all else is as it was."""
    file = tmp_path / "embedded-1.npz"
    write_learned(file, LEARNED)
    kept, events = _read(file)
    assert kept is not None
    assert (kept.bands, kept.terms, events) == (LEARNED.bands, LEARNED.terms, [])


def test_a_missing_file_is_no_warning(tmp_path: Path) -> None:
    """The first start is quiet about it."""
    assert _read(tmp_path / "none.npz") == (None, [])
