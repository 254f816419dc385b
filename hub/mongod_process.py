"""One run of a mongod: where the program is found, how it is started and ended, and what it said."""

from __future__ import annotations

import asyncio
import importlib.util
import shutil
from asyncio.subprocess import DEVNULL, STDOUT, Process
from dataclasses import dataclass
from pathlib import Path

from hub.mongod_failures import not_found

REPLICA_SET = "trunkline"
#: seconds for a clean shutdown
STOP_TIME = 30


@dataclass(frozen=True, slots=True)
class Mongod:
    """A mongod that has been started."""

    process: Process
    folder: Path
    #: size of the log, in bytes, when this run began
    log_began: int

    def said(self) -> str:
        """Return what it wrote since its start: in its log, and, when it never got as far, on its output."""
        log, output = self.folder / "mongod.log", self.folder / "mongod.out"
        written = log.read_bytes()[self.log_began :] if log.exists() else b""
        return (output.read_bytes() + written).decode(errors="replace")

    async def end(self) -> None:
        """Shut it down cleanly, or kill it when that takes longer than `STOP_TIME`."""
        if self.process.returncode is not None:
            return
        self.process.terminate()
        try:
            async with asyncio.timeout(STOP_TIME):
                await self.process.wait()
        except TimeoutError:
            self.process.kill()
            await self.process.wait()


def find_program() -> Path:
    """Return the mongod on PATH, or the one inside an installed wheel. Raises `Misconfigured`.

    The wheel is looked at and never imported: the package of that name may do a great deal when imported.
    """
    on_path = shutil.which("mongod")
    if on_path is not None:
        return Path(on_path)
    spec = importlib.util.find_spec("fiftyone")
    for place in (spec.submodule_search_locations or []) if spec is not None else []:
        program = Path(place) / "db" / "bin" / "mongod"
        if program.is_file():
            return program
    raise not_found()


async def launch(program: Path, folder: Path, port: int, cache_gb: float) -> Mongod:
    """Start mongod in a session of its own; it dies with the process that calls this, where the system can do that."""
    log = folder / "mongod.log"
    began = log.stat().st_size if log.exists() else 0
    with (folder / "mongod.out").open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *_dying_with_its_parent(),
            program,
            *("--dbpath", folder, "--port", str(port), "--bind_ip", "127.0.0.1", "--nounixsocket"),
            *("--replSet", REPLICA_SET, "--wiredTigerCacheSizeGB", str(cache_gb)),
            *("--logpath", log, "--logappend", "--logRotate", "reopen", "--quiet"),
            *("--setParameter", "diagnosticDataCollectionEnabled=false"),
            # Ours last milliseconds: one that a killed hub left open must not hold up the next hub for a minute.
            *("--setParameter", "transactionLifetimeLimitSeconds=3"),
            stdin=DEVNULL,
            stdout=output,
            stderr=STDOUT,
            start_new_session=True,
        )
    return Mongod(process, folder, began)


def _dying_with_its_parent() -> tuple[str, ...]:
    """Return the words before the command: util-linux's setpriv asks Linux for a signal when the parent dies."""
    setpriv = shutil.which("setpriv")
    return (setpriv, "--pdeathsig", "TERM", "--") if setpriv is not None else ()
