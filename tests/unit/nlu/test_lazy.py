"""The engine is loaded when it is needed, and never brings what only training needs."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from nlu.cache import cache_file, write_learned
from nlu.classifier import Learned
from nlu.lazy import LazyTriage
from nlu.training import learn
from nlu.training_data import TrainingData, load_training_data
from router.errors import Misconfigured
from tests.unit.nlu.test_cache import DATA

_FRESH = """
import asyncio, sys
from pathlib import Path
import hub.bootstrap, hub.cli, hub.doctor, hub.settings
from nlu.answers import load_answers
from nlu.lazy import LazyTriage

async def ask():
    triage = LazyTriage(None, Path(sys.argv[1]))
    load_answers()
    print(*sorted({"numpy", "scipy", "sklearn"} & set(sys.modules)))
    print((await triage.understand("where is my order 48213", "en")).intent)
    await triage.close()
    print(*sorted({"numpy", "scipy", "sklearn"} & set(sys.modules)))

asyncio.run(ask())
"""


@pytest.fixture
def cache(tmp_path: Path, packaged: TrainingData, learned: Learned) -> Path:
    """A folder that holds what the packaged data teach."""
    write_learned(cache_file(tmp_path, packaged), learned)
    return tmp_path


async def test_a_hub_never_imports_scikit_learn(cache: Path) -> None:
    """Nothing of the hub brings numpy before the first question, nor scikit-learn and SciPy after it."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", _FRESH, cache), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, err = await process.communicate()
    before, answer, after = [line for line in out.decode().split("\n") if "triage_loaded" not in line][:3]
    assert (before, answer, after) == ("", "order_status", "numpy"), err.decode()


async def test_a_crowd_loads_it_once(cache: Path) -> None:
    """Whoever asks while it loads waits for the same engine."""
    triage = LazyTriage(None, cache)
    with capture_logs() as logs:
        answers = await asyncio.gather(*(triage.understand("hello", "en") for _ in range(5)), triage.load())
    await triage.close()
    assert {answer.intent for answer in answers if answer} == {"greet"}
    assert [entry["event"] for entry in logs] == ["triage_loaded"]


async def test_whoever_stops_waiting_does_not_stop_it(cache: Path) -> None:
    """The next to ask finds it loaded."""
    triage = LazyTriage(None, cache)
    with capture_logs() as logs:
        impatient = asyncio.create_task(triage.understand("hello", "en"))
        await asyncio.sleep(0)
        impatient.cancel()
        await asyncio.gather(impatient, return_exceptions=True)
        assert (await triage.understand("hello", "en")).intent == "greet"
    await triage.close()
    assert len(logs) == 1


async def test_a_failure_is_told_and_passes(folder: Callable[..., Path], tmp_path: Path) -> None:
    """Each question tries again, so that mending what is wrong is enough."""
    data, cache = tmp_path / "data", tmp_path / "cache"
    triage = LazyTriage(data, cache)
    for _ in range(2):
        with pytest.raises(Misconfigured, match="expected a readable folder"):
            await triage.understand("apples red", "en")
    training = load_training_data(folder(DATA))
    write_learned(cache_file(cache, training), learn(training))
    assert (await triage.understand("apples red", "en")).engine == "embedded"
    await triage.close()


async def test_closing_gives_up_loading(tmp_path: Path) -> None:
    """Whoever waits is let go, training too, and nobody can ask any more."""
    triage = LazyTriage(None, tmp_path)
    waiting = asyncio.create_task(triage.understand("hello", "en"))
    await asyncio.sleep(0)
    await triage.close()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await triage.close()
    with pytest.raises(RuntimeError, match="has been closed"):
        await triage.understand("hello", "en")


async def test_what_was_never_asked_is_closed_at_once(tmp_path: Path) -> None:
    """There is nothing to let go of, and nothing was made."""
    triage = LazyTriage(None, tmp_path / "cache")
    await triage.close()
    assert not (tmp_path / "cache").exists()
