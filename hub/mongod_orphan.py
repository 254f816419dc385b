"""One hub per data folder, and no mongod left over from a hub that was killed.

The hub holds a lock on its folder for as long as it lives; the system lets go of it when the hub dies, however it
dies. Whoever has the lock may therefore end a mongod that still runs on the folder: nobody else uses it.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import signal
from pathlib import Path
from typing import IO

import structlog

from router.errors import Misconfigured

#: seconds a leftover mongod has for a clean shutdown
PATIENCE = 20
_log = structlog.get_logger(__name__)


def hold(folder: Path) -> IO[str]:
    """Make the folder if needed and lock it until the returned file is closed. Raises `Misconfigured`."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / "hub.lock").open("a")
    except OSError as error:
        raise Misconfigured(
            f"The data folder {folder} cannot be written ({error.strerror}): make it writable, or set another one."
        ) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.close()
        raise Misconfigured(
            f"Another hub already uses the data folder {folder}: stop it, or give this one another data folder."
        ) from error
    return lock


async def end_leftover(folder: Path) -> None:
    """End a mongod that still runs on the folder. Raises `Misconfigured` when it belongs to another user."""
    pid = _living(folder)
    if pid is None:
        return
    _log.warning("ending the mongod that a killed hub left behind", pid=pid)
    try:
        await _end(pid)
    except PermissionError as error:
        raise Misconfigured(
            f"The mongod with pid {pid} uses {folder} and belongs to another user: stop it and start again."
        ) from error
    except ProcessLookupError:
        return


def _living(folder: Path) -> int | None:
    """Return the pid that mongod wrote into its lock file, if that process is a mongod on this very folder."""
    try:
        pid = int((folder / "mongod.lock").read_text())
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except (OSError, ValueError):
        return None
    return pid if b"mongod" in words[0] and os.fsencode(folder) in words else None


async def _end(pid: int) -> None:
    process = os.pidfd_open(pid)
    try:
        for request in (signal.SIGTERM, signal.SIGKILL):
            os.kill(pid, request)
            if await _readable(process, PATIENCE):
                return
    finally:
        os.close(process)


async def _readable(descriptor: int, seconds: float) -> bool:
    """Return whether the process behind a pid's descriptor ended in time."""
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    loop.add_reader(descriptor, ended.set)
    try:
        async with asyncio.timeout(seconds):
            await ended.wait()
    except TimeoutError:
        return False
    finally:
        loop.remove_reader(descriptor)
    return True
