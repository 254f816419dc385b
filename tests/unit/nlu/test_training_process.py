"""Training in a process of its own: what it leaves, and what becomes of its failures."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from nlu.cache import read_learned
from nlu.training_process import train
from router.errors import Misconfigured
from tests.unit.nlu.test_cache import DATA


async def test_leaves_what_the_data_teach(folder: Callable[..., Path], tmp_path: Path) -> None:
    """One whole file, in a folder made for it."""
    file = tmp_path / "made" / "embedded-1.npz"
    await train(folder(DATA), file)
    assert read_learned(file, 2) is not None
    assert list(file.parent.iterdir()) == [file]


async def test_data_at_fault_are_named(folder: Callable[..., Path], tmp_path: Path) -> None:
    """What is wrong with them is told as if they had been learned from right here."""
    few = 'version: "3.1"\nnlu:\n' + "".join(
        f"  - intent: {intent}\n    examples: |\n      - {intent} please\n" for intent in ("yes", "no")
    )
    with pytest.raises(Misconfigured, match=r"^Expected at least 5 examples of no in en, but there are 1: add more\.$"):
        await train(folder({"few.en.yml": few}), tmp_path / "embedded-1.npz")
    assert not (tmp_path / "embedded-1.npz").exists()


async def test_any_other_failure_is_a_sentence(folder: Callable[..., Path], tmp_path: Path) -> None:
    """It says what happened and what to look at."""
    (tmp_path / "file").write_text("in the way", "utf-8")
    with pytest.raises(Misconfigured, match=r"could not be trained \(.*Error.*\): see that 200 MB of memory"):
        await train(folder(DATA), tmp_path / "file" / "embedded-1.npz")


async def test_cancelling_ends_the_process(tmp_path: Path) -> None:
    """A hub that stops leaves no training behind: nobody reads the data any more."""
    data = tmp_path / "data"
    data.mkdir()
    os.mkfifo(data / "endless.en.yml")
    training = asyncio.create_task(train(data, tmp_path / "embedded-1.npz"))
    # Opens when the process has begun to read.
    with await asyncio.to_thread((data / "endless.en.yml").open, "wb", buffering=0) as pipe:
        training.cancel()
        with pytest.raises(asyncio.CancelledError):
            await training
        with pytest.raises(BrokenPipeError):
            pipe.write(b"version: '3.1'\n")
