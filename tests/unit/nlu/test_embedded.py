"""The embedded engine: its contract, its figures, and how it shares its thread."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from nlu.embedded import MAX_BATCH, EmbeddedModel, EmbeddedTriage, load_embedded
from nlu.evaluation import cross_validate
from nlu.training_data import TrainingData
from router.errors import Misconfigured
from router.model import Understanding
from router.ports import Triage
from tests.contract.triage import TriageContract


class TestEmbedded(TriageContract):
    #: measured: .99
    everyday_floor = 0.95
    #: measured: .85
    foreign_floor = 0.80
    #: measured: .04
    foreign_sure_ceiling = 0.06

    @pytest.fixture
    async def triage(self, triage: EmbeddedTriage) -> Triage:
        return triage

    async def test_says_who_it_is(self, triage: Triage) -> None:
        """Each result names its engine."""
        assert (await triage.understand("hi", "en")).engine == "embedded"

    async def test_leading_slashes_are_nothing(self, triage: Triage) -> None:
        """What looks like a command means what its words mean."""
        with_slash, without = [await triage.understand(text, "en") for text in ("/refund status", "refund status")]
        assert (with_slash.intent, with_slash.slots) == (without.intent, without.slots)


def test_figures_on_unseen_data_stay_above_their_floors(packaged: TrainingData) -> None:
    """Three-fold; measured .904 (English .912, Russian .896), sure .77, of these right .98, unknown .10, error .02."""
    figures = cross_validate(packaged, folds=3)
    assert figures.accuracy >= 0.87
    assert min(figures.accuracy_en, figures.accuracy_ru) >= 0.86
    assert figures.sure >= 0.70
    assert figures.sure_precision >= 0.96
    assert figures.unknown <= 0.14
    assert figures.calibration_error <= 0.04


class Gate:
    """A model whose thread stands still until the event loop lets it go on."""

    def __init__(self) -> None:
        self.entered = threading.Event()
        self.go = threading.Event()
        self.batches: list[int] = []
        self.threads: set[int] = set()

    def understand_all(self, requests: Sequence[tuple[str, str]]) -> list[Understanding]:
        self.entered.set()
        self.batches.append(len(requests))
        self.threads.add(threading.get_ident())
        if not self.go.wait(timeout=60):
            raise TimeoutError("The event loop never let the model go on: it was blocked.")
        return [Understanding(text, 1.0, band="sure", engine="gate") for text, _ in requests]


async def test_the_loop_runs_while_the_model_computes() -> None:
    """The model can only finish because the loop goes on; requests are understood together, on one other thread."""
    gate = Gate()
    engine = EmbeddedTriage(gate, ThreadPoolExecutor(max_workers=1))
    crowd = [asyncio.create_task(engine.understand(str(n), "en")) for n in range(150)]
    await asyncio.to_thread(gate.entered.wait, 60)
    gate.go.set()
    results = await asyncio.gather(*crowd)
    assert [result.intent for result in results] == [str(n) for n in range(150)]
    assert gate.batches == [MAX_BATCH, MAX_BATCH, 150 - 2 * MAX_BATCH]
    assert len(gate.threads) == 1
    assert threading.get_ident() not in gate.threads
    await engine.close()


async def test_whoever_gave_up_costs_nothing() -> None:
    """A cancelled request is not understood any more, and the others are."""
    gate = Gate()
    engine = EmbeddedTriage(gate, ThreadPoolExecutor(max_workers=1))
    first = asyncio.create_task(engine.understand("first", "en"))
    await asyncio.to_thread(gate.entered.wait, 60)
    impatient, patient = (asyncio.create_task(engine.understand(text, "en")) for text in ("impatient", "patient"))
    await asyncio.sleep(0)
    impatient.cancel()
    gate.go.set()
    assert (await first).intent == "first"
    assert (await patient).intent == "patient"
    assert impatient.cancelled()
    assert gate.batches == [1, 1]
    await engine.close()


class Broken:
    """A model that fails once."""

    def __init__(self) -> None:
        self.failed = False

    def understand_all(self, requests: Sequence[tuple[str, str]]) -> list[Understanding]:
        if not self.failed:
            self.failed = True
            raise ArithmeticError("The model is broken.")
        return [Understanding("", 0.0, engine="broken") for _ in requests]


async def test_a_failure_reaches_the_caller_and_passes() -> None:
    """Whoever asked learns of it, and the next request is answered."""
    engine = EmbeddedTriage(Broken(), ThreadPoolExecutor(max_workers=1))
    with pytest.raises(ArithmeticError, match="broken"):
        await engine.understand("a", "en")
    assert (await engine.understand("b", "en")).engine == "broken"
    await engine.close()


async def test_closing_answers_what_waits_and_then_refuses(model: EmbeddedModel) -> None:
    """Nobody is left hanging, and closing twice is harmless."""
    engine = EmbeddedTriage(model, ThreadPoolExecutor(max_workers=1))
    waiting = asyncio.create_task(engine.understand("hello", "en"))
    await asyncio.sleep(0)
    await engine.close()
    assert (await waiting).intent == "greet"
    await engine.close()
    with pytest.raises(RuntimeError, match="has been closed"):
        await engine.understand("hello", "en")


async def test_starts_on_the_packaged_data(tmp_path: Path) -> None:
    """With no folder given the engine knows what comes with it, and leaves its cache where it was told."""
    engine = await load_embedded(None, tmp_path / "data" / "nlu")
    assert (await engine.understand("где мой заказ 48213", "ru")).slots == {"order_number": "48213"}
    assert [file.suffix for file in (tmp_path / "data" / "nlu").iterdir()] == [".npz"]
    await engine.close()


async def test_a_folder_without_data_is_named(tmp_path: Path) -> None:
    """The error says where and what to put there, and no thread stays behind."""
    with pytest.raises(Misconfigured, match=r"expected training data in files such as support\.en\.yml"):
        await load_embedded(tmp_path, tmp_path / "cache")
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("triage")]
