"""Keeps what training learned, so that the next start takes no training.

Only numbers are kept, in numpy's own format and read without pickle: a file somebody else put there can make the bot
answer nonsense but cannot run code. The vocabulary is not kept; it follows from the training data.
"""

from __future__ import annotations

import os
import tempfile
import zipfile
import zlib
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

import numpy as np
import sklearn
import structlog

from nlu.classifier import ENGINE_VERSION, Bands, Learned
from nlu.training_data import TrainingData

_log = structlog.get_logger(__name__)
_BANDS = ("temperature", "confidence_gate", "likeness_gate", "sure")
_DAMAGED = (OSError, ValueError, KeyError, EOFError, MemoryError, zipfile.BadZipFile, zlib.error)


def cache_file(folder: Path, data: TrainingData) -> Path:
    """Return where the result of training on `data` with this version of everything is kept."""
    versions = f"{data.digest} {ENGINE_VERSION} {sklearn.__version__} {np.__version__}"
    return folder / f"embedded-{sha256(versions.encode()).hexdigest()[:32]}.npz"


def read_learned(file: Path, shape: tuple[int, int]) -> Learned | None:
    """Return what is kept, or None when it is missing, damaged or something else."""
    try:
        # Opened here because numpy leaves a damaged file open.
        with file.open("rb") as stream, np.load(stream, allow_pickle=False) as kept:
            learned = Learned(
                weights=np.asarray(kept["weights"], dtype=np.float64),
                offsets=np.asarray(kept["offsets"], dtype=np.float64),
                bands=Bands(**{name: float(kept[name]) for name in _BANDS}),
            )
    except FileNotFoundError:
        return None
    except (*_DAMAGED, TypeError) as error:
        _log.warning("triage_cache_damaged", file=str(file), reason=str(error), consequence="trained again")
        return None
    return learned if _plausible(learned, shape, file) else None


def _plausible(learned: Learned, shape: tuple[int, int], file: Path) -> bool:
    fits = learned.weights.shape == shape and learned.offsets.shape == shape[:1]
    finite = fits and bool(np.isfinite(learned.weights).all() and np.isfinite(learned.offsets).all())
    bands = learned.bands
    usable = finite and bands.temperature > 0 and not any(np.isnan([getattr(bands, name) for name in _BANDS]))
    if not usable:
        _log.warning("triage_cache_foreign", file=str(file), consequence="trained again")
    return usable


def write_learned(file: Path, learned: Learned) -> None:
    """Keep what was learned, whole or not at all, and drop what earlier data or versions left.

    A folder that cannot be written costs a training at the next start and nothing else.
    """
    bands = {name: np.float64(getattr(learned.bands, name)) for name in _BANDS}
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix="embedded-", suffix=".tmp", dir=file.parent)
        fresh = Path(name)
        try:
            with os.fdopen(handle, "wb") as stream:
                np.savez(stream, allow_pickle=False, weights=learned.weights, offsets=learned.offsets, **bands)
            fresh.replace(file)
        finally:
            fresh.unlink(missing_ok=True)
        _drop_others(file)
    except OSError as error:
        _log.warning("triage_cache_not_written", folder=str(file.parent), reason=str(error))


def _drop_others(file: Path) -> None:
    for old in file.parent.glob("embedded-*.npz"):
        if old != file:
            # Another process may be cleaning up the same folder.
            with suppress(FileNotFoundError):
                old.unlink()
