"""Gets what the training data teach: from the cache, or from a training that fills it."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog

from nlu.cache import cache_file, read_learned
from nlu.classifier import Learned
from nlu.training_data import TrainingData
from nlu.training_process import train
from router.errors import Misconfigured

#: what the embedded engine is called in logs and answers
ENGINE = "embedded"

_log = structlog.get_logger(__name__)


async def learned_from(data: Path | None, training: TrainingData, cache: Path) -> Learned:
    """Return what `training`, the data of the folder `data`, teaches. Raises `Misconfigured` when training fails.

    What is learned is kept in the folder `cache`. One that cannot be written costs a training at the next start and
    nothing else.
    """
    file, intents = await asyncio.to_thread(cache_file, cache, training), len(training.intents)
    kept = await asyncio.to_thread(read_learned, file, intents)
    if kept is not None:
        _log.info("triage_loaded", engine=ENGINE, file=str(file))
        return kept
    _log.info("triage_training", engine=ENGINE, examples=len(training.examples), intents=intents)
    started = time.monotonic()
    with _writable(cache) as folder:
        file = folder / file.name
        await train(data, file)
        learned = await asyncio.to_thread(read_learned, file, intents)
    if learned is None:
        raise Misconfigured(f"What the triage engine learned could not be read from {file}: start the hub again.")
    _log.info("triage_trained", engine=ENGINE, seconds=round(time.monotonic() - started, 1))
    return learned


@contextmanager
def _writable(folder: Path) -> Iterator[Path]:
    """Yield the folder, made when missing, or a passing one in its place."""
    reason = _why_not(folder)
    if not reason:
        yield folder
        return
    _log.warning("triage_cache_not_written", folder=str(folder), reason=reason)
    with tempfile.TemporaryDirectory(prefix="trunkline-") as passing:
        yield Path(passing)


def _why_not(folder: Path) -> str:
    """Return why nothing can be written there; empty when it can."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return ""
    except OSError as error:
        return error.strerror or str(error)
