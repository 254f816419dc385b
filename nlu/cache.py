"""Keeps what training learned, so that the next start takes no training.

Only numbers and the features' names are kept, in numpy's own format and read without pickle: a file somebody else put
there can make the bot answer nonsense but cannot run code.
"""

from __future__ import annotations

import os
import tempfile
import zipfile
import zlib
from collections.abc import Mapping
from contextlib import suppress
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

import numpy as np
import numpy.typing as npt
import structlog

from nlu.classifier import Bands, Examples, Learned
from nlu.training_data import TrainingData

_log = structlog.get_logger(__name__)

#: raised whenever the same data would be learned or kept differently, so that what was kept before is not used
ENGINE_VERSION = "2"
#: what training computes with
_LIBRARIES = ("scikit-learn", "scipy", "numpy")
_BANDS = ("temperature", "confidence_gate", "likeness_gate", "sure")
_EXAMPLES = ("starts", "numbers", "values")
_MODEL = ("idf", "weights", "offsets")
_BLOCKS = ("words", "parts", "concepts")
_DAMAGED = (OSError, ValueError, TypeError, KeyError, EOFError, MemoryError, zipfile.BadZipFile, zlib.error)


def cache_file(folder: Path, data: TrainingData) -> Path:
    """Return where the result of training on `data` with this version of everything is kept."""
    # Asked of the installed packages' records: importing scikit-learn is what the cache spares.
    versions = " ".join([data.digest, ENGINE_VERSION, *(version(library) for library in _LIBRARIES)])
    return folder / f"embedded-{sha256(versions.encode()).hexdigest()[:32]}.npz"


def read_learned(file: Path, intents: int) -> Learned | None:
    """Return what is kept for so many intents, or None when it is missing, damaged or something else."""
    try:
        # Opened here because numpy leaves a damaged file open.
        with file.open("rb") as stream, np.load(stream, allow_pickle=False) as kept:
            learned = _unpacked(kept)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except _DAMAGED as error:
        _log.warning("triage_cache_damaged", file=str(file), reason=str(error), consequence="trained again")
        return None
    if not _plausible(learned, intents):
        _log.warning("triage_cache_foreign", file=str(file), consequence="trained again")
        return None
    return learned


def _unpacked(kept: Mapping[str, npt.NDArray[np.generic]]) -> Learned:
    starts, numbers = (np.asarray(kept[name], np.intp) for name in ("starts", "numbers"))
    values, idf, weights, offsets = (np.asarray(kept[name], np.float64) for name in ("values", *_MODEL))
    return Learned(
        tuple(tuple(kept[block].tobytes().decode().split("\n")) for block in _BLOCKS),
        idf,
        weights,
        offsets,
        Examples(starts, numbers, values),
        Bands(**{name: float(kept[name]) for name in _BANDS}),
    )


def _plausible(learned: Learned, intents: int) -> bool:
    """Return whether nothing in it can make the classifier fail."""
    features = sum(len(block) for block in learned.terms)
    shapes = (learned.idf.shape, learned.weights.shape, learned.offsets.shape)
    if shapes != ((features,), (features, intents), (intents,)) or not _sound(learned.examples, features):
        return False
    finite = all(np.isfinite(kept).all() for kept in (learned.idf, learned.weights, learned.offsets))
    bands = learned.bands
    return finite and bands.temperature > 0 and not any(np.isnan([getattr(bands, name) for name in _BANDS]))


def _sound(examples: Examples, features: int) -> bool:
    starts, numbers, values = examples.starts, examples.numbers, examples.values
    if starts.shape != (features + 1,) or numbers.ndim != 1 or numbers.shape != values.shape:
        return False
    spans = starts[0] == 0 and starts[-1] == len(numbers) and bool((np.diff(starts) >= 0).all())
    # An example has several features, so that there are fewer examples than entries.
    named = bool(((numbers >= 0) & (numbers < len(numbers))).all())
    return spans and named and bool(np.isfinite(values).all())


def write_learned(file: Path, learned: Learned) -> None:
    """Keep what was learned, whole or not at all, and drop what earlier data or versions left. Raises `OSError`."""
    file.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix="embedded-", suffix=".tmp", dir=file.parent)
    fresh = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            np.savez(stream, allow_pickle=False, **_packed(learned))
        fresh.replace(file)
    finally:
        fresh.unlink(missing_ok=True)
    _drop_others(file)


def _packed(learned: Learned) -> dict[str, npt.NDArray[np.generic]]:
    return {
        # No term holds a line break: all are words, parts of words, or names.
        **{
            block: np.frombuffer("\n".join(terms).encode(), np.uint8)
            for block, terms in zip(_BLOCKS, learned.terms, strict=True)
        },
        **{name: np.array(getattr(learned.bands, name)) for name in _BANDS},
        **{name: getattr(learned.examples, name) for name in _EXAMPLES},
        **{name: getattr(learned, name) for name in _MODEL},
    }


def _drop_others(file: Path) -> None:
    for old in file.parent.glob("embedded-*.npz"):
        if old != file:
            # Another process may be cleaning up the same folder.
            with suppress(FileNotFoundError):
                old.unlink()
