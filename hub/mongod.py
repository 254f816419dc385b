"""The hub's own MongoDB: a one-node replica set in `<data>/mongo`, on a port of the loopback interface.

mongod runs in a session of its own, so that Ctrl-C reaches the hub alone and the hub can drain first. When the hub is
killed, the system ends mongod. When mongod is killed, the hub starts it again on the same port.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from itertools import chain, repeat
from pathlib import Path
from typing import IO, Any

import structlog
from pymongo import AsyncMongoClient
from pymongo.errors import OperationFailure, PyMongoError

from hub.engine.tasks import end
from hub.mongod_failures import PORT_TAKEN, why_it_ended
from hub.mongod_orphan import end_leftover, hold
from hub.mongod_process import REPLICA_SET, Mongod, find_program, launch
from router.errors import Misconfigured

#: seconds until mongod must accept writes; after a crash it first reads up to a minute's journal again
START_TIME = 120
#: how often the log's size is looked at, in seconds, and how large it may grow, in bytes; one older log is kept
LOG_CHECK = 60
MAX_LOG = 16 * 1024 * 1024
#: seconds before mongod is started again: at once, then longer and longer while it keeps dying
_RESTART_DELAYS = (0, 1, 5, 15)
_LAST_DELAY = 30
_PORT_TRIES = 5
#: gigabytes of memory that WiredTiger keeps data in
_SMALLEST_CACHE, _LARGEST_CACHE = 0.25, 1.0
#: the server's code while it loads its configuration, and seconds between looks
_NOT_YET_INITIALIZED = 94
_LOADING_PAUSE = 0.1
_log = structlog.get_logger(__name__)


class LocalMongo:
    """A mongod of the hub's own. It is started again when it dies, on the same port, until `stop()`."""

    def __init__(self, program: Path, data: Path, cache_gb: float) -> None:
        self.port = 0
        self._program = program
        self._folder = data.resolve() / "mongo"
        self._cache_gb = cache_gb
        self._mongod: Mongod | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._lock: IO[str] | None = None

    @property
    def url(self) -> str:
        """The address to give to `open_store`."""
        return f"mongodb://127.0.0.1:{self.port}/?replicaSet={REPLICA_SET}"

    @property
    def pid(self) -> int:
        """The process that runs now, or ran last; 0 before the first."""
        return self._mongod.process.pid if self._mongod is not None else 0

    async def start(self) -> None:
        """Start it and return when it accepts writes. Raises `Misconfigured` with one sentence."""
        self._lock = hold(self._folder)
        try:
            await end_leftover(self._folder)
            mongod = await self._start_on_a_port()
        except BaseException:
            await self.stop()
            raise
        self._keeper = asyncio.create_task(self._keep(mongod), name="mongod")

    async def stop(self) -> None:
        """Shut it down cleanly and let go of the folder. May be called twice."""
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.wait([self._keeper])
        if self._mongod is not None:
            await self._mongod.end()
        if self._lock is not None:
            self._lock.close()

    async def _start_on_a_port(self) -> Mongod:
        """Use the port of last time or, when somebody else has it, another one."""
        kept = self._folder / "port"
        self.port = _port_of_last_time(kept)
        for _ in range(_PORT_TRIES):
            mongod = await self._launch()
            if await _writable(mongod, self.port):
                kept.write_text(str(self.port))
                return mongod
            self.port = _free_port()
        raise Misconfigured(f"mongod found no free port on 127.0.0.1 in {_PORT_TRIES} tries: start again.")

    async def _launch(self) -> Mongod:
        self._mongod = await launch(self._program, self._folder, self.port, self._cache_gb)
        return self._mongod

    async def _keep(self, mongod: Mongod) -> None:
        """Start mongod again whenever it dies, and keep its log small."""
        delays = chain(_RESTART_DELAYS, repeat(_LAST_DELAY))
        while True:
            try:
                async with asyncio.timeout(LOG_CHECK):
                    code = await mongod.process.wait()
            except TimeoutError:
                delays = chain(_RESTART_DELAYS, repeat(_LAST_DELAY))
                _rotate_log(mongod)
                continue
            _log.error("mongod ended and is started again", code=code, log=str(self._folder / "mongod.log"))
            await asyncio.sleep(next(delays))
            try:
                mongod = await self._launch()
            except OSError as error:
                _log.error("mongod cannot be started again", reason=str(error))


def _cache_gb() -> float:
    """Return an eighth of the machine's memory, but no more than a hub of millions of messages has use for."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1024**3
    return min(max(memory / 8, _SMALLEST_CACHE), _LARGEST_CACHE)


async def start_mongod(data: Path) -> LocalMongo:
    """Start the hub's own mongod in `<data>/mongo` and return when it accepts writes.

    Raises `Misconfigured` with one sentence that says what to do: no mongod to be found, a missing library, a folder
    that is read-only, full, in use or written by another version.
    """
    mongo = LocalMongo(find_program(), data, _cache_gb())
    await mongo.start()
    return mongo


async def _writable(mongod: Mongod, port: int) -> bool:
    """Return when mongod accepts writes: True; False when somebody else has its port. Raises `Misconfigured`."""
    ended = asyncio.create_task(mongod.process.wait())
    ready = asyncio.create_task(_become_primary(port, mongod.process.pid))
    try:
        await asyncio.wait({ended, ready}, return_when=asyncio.FIRST_COMPLETED)
        if not ended.done() and await ready:
            return True
        if await ended == PORT_TAKEN:
            return False
        raise why_it_ended(ended.result(), mongod.said(), mongod.folder)
    except (PyMongoError, TimeoutError) as error:
        log = mongod.folder / "mongod.log"
        reason = str(error) or f"it took longer than {START_TIME} s"
        raise Misconfigured(f"mongod runs but does not accept writes ({reason}): see {log}.") from error
    finally:
        await end([ended, ready])


async def _become_primary(port: int, pid: int) -> bool:
    """Make the server the only member of its replica set, at this port, and wait until it accepts writes.

    Returns False, and changes nothing, when the server at this port is not the process we started.
    """
    here = f"127.0.0.1:{port}"
    async with asyncio.timeout(START_TIME):
        async with _client(here, directConnection=True) as client:
            if (await client.admin.command("serverStatus"))["pid"] != pid:
                return False
            await _configure(client, here)
        async with _client(here, replicaSet=REPLICA_SET) as client:
            await client.admin.command("ping")
    return True


def _client(address: str, **options: Any) -> AsyncMongoClient[dict[str, Any]]:
    return AsyncMongoClient(f"mongodb://{address}/", serverSelectionTimeoutMS=START_TIME * 1000, **options)


async def _configure(client: AsyncMongoClient[dict[str, Any]], here: str) -> None:
    config = await client.local["system.replset"].find_one()
    if config is None:
        first = {"_id": REPLICA_SET, "members": [{"_id": 0, "host": here}]}
        await client.admin.command("replSetInitiate", first)
    elif [member["host"] for member in config["members"]] != [here]:
        # Forced: at another port the member does not find itself in the set, so there is no primary to ask.
        moved = {**config, "version": config["version"] + 1, "members": [{**config["members"][0], "host": here}]}
        await _move(client, moved)


async def _move(client: AsyncMongoClient[dict[str, Any]], config: dict[str, Any]) -> None:
    """Change the set's configuration as soon as mongod has loaded the one it has.

    Loading takes half a minute when whoever has the old port accepts connections and stays silent.
    """
    while True:
        try:
            await client.admin.command("replSetReconfig", config, force=True)
        except OperationFailure as error:
            if error.code != _NOT_YET_INITIALIZED:
                raise
        else:
            return
        await asyncio.sleep(_LOADING_PAUSE)


def _rotate_log(mongod: Mongod) -> None:
    log = mongod.folder / "mongod.log"
    if log.exists():
        if log.stat().st_size <= MAX_LOG:
            return
        log.replace(log.with_name("mongod.log.1"))
    # mongod then opens a new log under the old name; asked again if it did not do so last time.
    mongod.process.send_signal(signal.SIGUSR1)


def _port_of_last_time(kept: Path) -> int:
    """Return the port kept in a file if nobody has taken it meanwhile, else a free one."""
    try:
        port = int(kept.read_text())
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
    except (OSError, ValueError, OverflowError):
        return _free_port()
    return port


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
