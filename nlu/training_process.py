"""Has the training done by a process of its own, so that what it needs never enters the hub's memory."""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE
from pathlib import Path

import structlog

from router.errors import Misconfigured

#: the exit code when the training data are at fault, and the output says how
DATA_AT_FAULT = 3

_log = structlog.get_logger(__name__)


async def train(data: Path | None, file: Path) -> None:
    """Have what a folder of training data teaches kept in `file`; see `nlu/training.py`. Takes some seconds.

    Cancelling ends the process. Raises `Misconfigured` when it fails, with what it said.
    """
    about = [file] if data is None else [file, data]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "nlu.training"),
        *about,
        # It finds what this process finds, wherever either was started.
        env={**os.environ, "PYTHONPATH": os.pathsep.join(place for place in sys.path if place)},
        stdin=DEVNULL,
        stdout=DEVNULL,
        stderr=PIPE,
        # Ctrl-C is for the hub, which ends it.
        start_new_session=True,
    )
    try:
        said = (await process.communicate())[1].decode(errors="replace").strip()
    except asyncio.CancelledError:
        process.kill()
        await process.communicate()
        raise
    if process.returncode == DATA_AT_FAULT:
        raise Misconfigured(said)
    if process.returncode:
        _log.error("triage_training_failed", exit_code=process.returncode, said=said)
        raise Misconfigured(_failure(process.returncode, said))


def _failure(code: int, said: str) -> str:
    how = f"signal {-code} ended it" if code < 0 else (said.splitlines() or ["it did not say why"])[-1]
    return (
        f"The triage engine could not be trained ({how.removesuffix('.')}): "
        "see that 200 MB of memory and some disk are free and that what requirements.lock names is installed."
    )
