"""Puts another text in the place of the settings file, whole or not at all, and one at a time."""

from __future__ import annotations

import asyncio
import fcntl
import os
import stat
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path

#: seconds between two looks whether another command is done
_LOOK = 0.05


@asynccontextmanager
async def alone(path: Path) -> AsyncIterator[None]:
    """Wait until no other command of this machine exchanges a file in the same folder, and keep others waiting."""
    folder = await asyncio.to_thread(_folder_of, path)
    try:
        while not _locked(folder):  # noqa: ASYNC110 - another process tells nobody that it is done
            await asyncio.sleep(_LOOK)
        yield
    finally:
        os.close(folder)


def _folder_of(path: Path) -> int:
    return os.open(path.resolve().parent, os.O_RDONLY)


def _locked(folder: int) -> bool:
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def beside(path: Path, raw: bytes) -> Iterator[Callable[[], None]]:
    """Write bytes beside a file, durably, and yield what puts them in its place; a link stays a link.

    They have the file's mode and owner. Raises `OSError`.
    """
    target = path.resolve(strict=True)
    former = target.stat()
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(raw)
            file.flush()
            written = os.fstat(handle)
            if (written.st_uid, written.st_gid) != (former.st_uid, former.st_gid):
                os.fchown(handle, former.st_uid, former.st_gid)
            os.fchmod(handle, stat.S_IMODE(former.st_mode))
            os.fsync(handle)
        yield partial(_swap, Path(name), target)
    finally:
        Path(name).unlink(missing_ok=True)


def _swap(new: Path, target: Path) -> None:
    new.replace(target)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
