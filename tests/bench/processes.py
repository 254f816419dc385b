"""Starting and stopping processes of our own by pid, and what they use of the machine, read from /proc."""

from __future__ import annotations

import asyncio
import os
import shutil
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.bench.failure import BenchFailed

ROOT = Path(__file__).parents[2]
_PROC = Path("/proc")
_TICKS = os.sysconf("SC_CLK_TCK")
#: seconds until a process that was asked to stop is killed
_PATIENCE = 20.0
#: of a log, for failures
_LAST_LINES = 15


@asynccontextmanager
async def running(*command: str | Path, log: Path, env: Mapping[str, str] | None = None) -> AsyncIterator[Process]:
    """Run a process with its errors in a log; afterwards it has ended, asked first and then killed.

    Where the system can do that, it also ends when the load generator is killed.
    """
    setpriv = shutil.which("setpriv")
    wrapped = (setpriv, "--pdeathsig", "TERM", "--", *command) if setpriv else command
    with log.open("ab") as errors:
        process = await asyncio.create_subprocess_exec(
            *wrapped, cwd=ROOT, env={**os.environ, **(env or {})}, stdout=PIPE, stderr=errors, start_new_session=True
        )
    reading: asyncio.Task[None] | None = None
    try:
        yield process
    finally:
        reading = asyncio.create_task(_drain(process))
        await asyncio.shield(_end(process))
        await reading


async def _drain(process: Process) -> None:
    """Read on, so that nobody who says goodbye waits for a full pipe."""
    if process.stdout is not None:
        while await process.stdout.read(65536):
            pass


async def _end(process: Process) -> None:
    if process.returncode is not None:
        return
    process.terminate()
    try:
        async with asyncio.timeout(_PATIENCE):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


async def said(process: Process, wanted: str, within: float, log: Path) -> str:
    """Return the first line of a process's output that contains `wanted`. Raises `BenchFailed` with its log's end."""
    try:
        async with asyncio.timeout(within):
            while line := (await process.stdout.readline()).decode() if process.stdout else "":
                if wanted in line:
                    return line
    except TimeoutError:
        raise BenchFailed(f"A process did not say {wanted!r} within {within:.0f} s. {tail(log)}") from None
    raise BenchFailed(f"A process ended before it was ready. {tail(log)}")


def tail(log: Path) -> str:
    """Return the end of a log."""
    return "Its log ends with:\n" + "\n".join(log.read_text(errors="replace").splitlines()[-_LAST_LINES:])


def is_named(pid: int, name: str) -> bool:
    """Return whether a process lives and still is the program of that name."""
    try:
        return (_PROC / str(pid) / "comm").read_text().strip() == name
    except OSError:
        return False


def _fields(entry: Path) -> list[str]:
    """Return the fields of `stat` after the name, which may hold spaces: state, parent, …"""
    return (entry / "stat").read_text().rpartition(")")[2].split()


def cpu_seconds(pid: int) -> float:
    """Return the time a process has computed so far, in and outside the kernel."""
    fields = _fields(_PROC / str(pid))
    return (int(fields[11]) + int(fields[12])) / _TICKS


@dataclass(frozen=True, slots=True)
class Memory:
    """What a process holds, in MB of 1,000,000 bytes."""

    rss: float
    #: what it shares with others is counted in part
    pss: float


def memory(pid: int) -> Memory:
    """Return the memory of a process."""
    rolled = dict(
        line.split(":", 1) for line in (_PROC / str(pid) / "smaps_rollup").read_text().splitlines()[1:] if ":" in line
    )
    return Memory(*(int(rolled[name].split()[0]) * 1024 / 1e6 for name in ("Rss", "Pss")))
