"""Looks over everything a hub needs, and says in sentences what is right and what to do about what is not."""

from __future__ import annotations

import asyncio
import os
import resource
import shutil
import socket
import statistics
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from importlib import import_module
from pathlib import Path
from time import perf_counter
from typing import Any

import aiohttp

from crm_store import MongoStore
from crm_store.driver import connect
from crm_store.failures import not_a_replica_set
from crm_store.indexes import missing_indexes
from hub.bootstrap import data_folder
from hub.calendars.fetching import fetch
from hub.calendars.process import CalendarTrouble, Question, understood
from hub.channels import KINDS
from hub.commands.store import address
from hub.consoles import CONSOLES
from hub.mongod_process import find_program
from hub.settings import Settings
from router.doctoring import Doctored, Finding
from router.errors import HubError, Misconfigured, Retryable
from router.timetable import CalendarRules

_GIGABYTE = 1_000_000_000
#: less than this is too little
_LEAST_DISK = 2 * _GIGABYTE
_LEAST_MEMORY = _GIGABYTE // 2
_LEAST_FILES = 4_096
#: the oldest MongoDB whose backups are of one moment
_OLDEST = (5, 0)
#: writes whose time is taken; their median may be this many seconds
_WRITES, _SLOWEST_WRITE = 11, 0.05
#: clocks may differ by this much
_MOST_SKEW = timedelta(seconds=2)
#: seconds that a hub has to answer
_PATIENCE = 5.0


def _right(sentence: str) -> Finding:
    return Finding(True, sentence)


def _wrong(sentence: str) -> Finding:
    return Finding(False, sentence)


async def examine(file: Path, settings: Settings) -> AsyncIterator[Finding]:
    """Yield one finding after the other, whether the hub runs or not."""
    yield await _finding(_data_folder, file, settings)
    yield await _finding(_disk, settings)
    yield await _finding(_memory)
    yield await _finding(_open_files)
    yield await _finding(_port, settings)
    yield await _finding(_channels, settings)
    yield await _finding(_triage, settings)
    for name, person in settings.rules.operators.items():
        if person.calendar is not None:
            yield await _finding(_calendar, name, person.calendar, person.zone.key, file.parent)
    chats: dict[str, Collection[str]] = {}
    async for finding in _database(file, settings, chats):
        yield finding
    async for finding in _platforms(settings, chats):
        yield finding


async def _finding(check: Callable[..., Awaitable[Finding]], *about: object) -> Finding:
    """Return what a check finds; what it stumbles over is a finding too."""
    try:
        return await check(*about)
    except HubError as error:
        return _wrong(str(error))


async def _data_folder(file: Path, settings: Settings) -> Finding:
    return _right(f"The data folder {data_folder(file, settings)} can be written to.")


async def _disk(settings: Settings) -> Finding:
    free = shutil.disk_usage(settings.hub.data).free
    said = f"{free / _GIGABYTE:.1f} GB are free where the data folder is"
    if free >= _LEAST_DISK:
        return _right(f"{said}.")
    return _wrong(f"{said}: make room, at least {_LEAST_DISK / _GIGABYTE:.0f} GB, or set hub.data to another disk.")


async def _memory() -> Finding:
    free = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    meminfo = await asyncio.to_thread(_available_memory)
    free = free if meminfo is None else meminfo
    said = f"{free / _GIGABYTE:.1f} GB of memory are available"
    if free >= _LEAST_MEMORY:
        return _right(f"{said}.")
    return _wrong(f"{said}: a hub with its own MongoDB needs {_LEAST_MEMORY / _GIGABYTE:.1f} GB; end other programs.")


def _available_memory() -> int | None:
    """Return how many bytes Linux would give us, with what it only keeps for speed; None elsewhere."""
    try:
        lines = Path("/proc/meminfo").read_text("ascii").splitlines()
    except OSError:
        return None
    found = [line.split()[1] for line in lines if line.startswith("MemAvailable:")]
    return int(found[0]) * 1024 if found else None


async def _open_files() -> Finding:
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    said = f"This user may open {limit:,} files and connections at once"
    if limit >= _LEAST_FILES or limit == resource.RLIM_INFINITY:
        return _right(f"{said}.")
    return _wrong(f"{said}: raise it to {_LEAST_FILES:,}, with ulimit -n, or LimitNOFILE= in a systemd unit.")


async def _port(settings: Settings) -> Finding:
    host, port = settings.hub.host, settings.hub.port
    if port == 0:
        return _right("The hub takes any free port.")
    url = f"http://{'127.0.0.1' if host in {'0.0.0.0', '::'} else host}:{port}"  # noqa: S104 - compared with
    answer = await _answer(f"{url}/readyz")
    if answer is not None:
        return _ready(url, answer)
    try:
        with socket.create_server((host, port)):
            return _right(f"No hub runs, and {host}:{port} is free for it.")
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        return _wrong(f"{host}:{port} cannot be had ({reason}): stop what uses it, or set hub.port to another one.")


def _ready(url: str, answer: dict[str, Any]) -> Finding:
    if answer["status"] == "ready":
        return _right(f"A hub runs at {url} and is ready.")
    return _wrong(f"A hub runs at {url} and is not ready: {' '.join(answer['problems'])}")


async def _answer(url: str) -> dict[str, Any] | None:
    """Return what a hub answers there; None when nobody does, or somebody else."""
    try:
        timeout = aiohttp.ClientTimeout(total=_PATIENCE)
        async with aiohttp.ClientSession(timeout=timeout) as session, session.get(url) as response:
            answer = await response.json()
    except (aiohttp.ClientError, TimeoutError, ValueError, UnicodeError):
        return None
    return answer if isinstance(answer, dict) and {"status", "problems"} <= set(answer) else None


async def _channels(settings: Settings) -> Finding:
    if not settings.channels:
        return _wrong("There are no channels, so nobody can write: add one under channels.")
    for name, it in settings.channels.items():
        KINDS[it.kind].build(name, it)
    named = ", ".join(f"{name} ({it.kind}, to {it.line})" for name, it in settings.channels.items())
    return _right(f"The channels are set up: {named}.")


async def _platforms(settings: Settings, chats: Mapping[str, Collection[str]]) -> AsyncIterator[Finding]:
    """Yield what channels and consoles find at their platforms; those that cannot ask there find nothing."""
    for name, it in settings.channels.items():
        for finding in await _asked(f"channel {name}", partial(KINDS[it.kind].build, name, it), chats.get(name, ())):
            yield finding
    for name, console in settings.consoles.items():
        build = CONSOLES[console.kind].build
        for finding in await _asked(f"console {name}", partial(build, name, console), ()) if build else ():
            yield finding


async def _asked(what: str, build: Callable[[], object], chats: Collection[str]) -> Sequence[Finding]:
    try:
        built = build()
        return await built.examined(chats) if isinstance(built, Doctored) else ()
    except HubError as error:
        return [_wrong(f"The {what} is not well: {error}")]


async def _triage(settings: Settings) -> Finding:
    began = perf_counter()
    try:
        module = await asyncio.to_thread(import_module, "nlu.embedded")
        engine = await module.load_embedded(None, settings.hub.data / "nlu")
        try:
            understood = await engine.understand("Where is my order?", "en")
        finally:
            await engine.close()
    except (ImportError, OSError, ValueError) as error:
        return _wrong(f"The triage engine cannot be loaded ({error}): install what requirements.lock names.")
    took = f"in {perf_counter() - began:.1f} s"
    return _right(f"The triage engine is loaded {took} and understands a question ({understood.intent or 'unknown'}).")


async def _calendar(operator: str, rules: CalendarRules, zone: str, folder: Path) -> Finding:
    try:
        found = await fetch(rules, folder)
        said = await understood(Question(found.text if found else "", datetime.now(UTC), zone, rules.only))
    except CalendarTrouble as trouble:
        return _wrong(f"The calendar of {operator} cannot be used: {trouble}.")
    left_out = f"; {said.skipped} events make no sense and are left out" if said.skipped else ""
    return _right(f"The calendar of {operator} can be read: {len(said.spans)} leaves within three months{left_out}.")


async def _database(file: Path, settings: Settings, chats: dict[str, Collection[str]]) -> AsyncIterator[Finding]:
    """Yield what is found about the store, and note each channel's chats with unclosed conversations."""
    if settings.store.url is None:
        yield await _finding(_program)
    try:
        async with address(settings, file) as url, _store(url, settings) as store:
            await store.database.command("ping")
            for check in (_server, _clocks, _writes, _indexes, _applied):
                yield await _finding(check, store)
            for name in settings.channels:
                # Every line is another one than the line without a name.
                chats[name] = await store.chats_away(name, "")
    except (Misconfigured, Retryable) as error:
        yield _wrong(str(error))


@asynccontextmanager
async def _store(url: str, settings: Settings) -> AsyncIterator[MongoStore]:
    """Yield the store as it is: opening it would make the indexes that are to be looked at."""
    store = MongoStore(connect(url, settings.store.database, settings.store.driver))
    try:
        yield store
    finally:
        await store.close()


async def _program() -> Finding:
    return _right(f"MongoDB is found for the hub's own use: {find_program()}.")


async def _server(store: MongoStore) -> Finding:
    hello, build = await store.database.command("hello"), await store.database.command("buildInfo")
    if "setName" not in hello and hello.get("msg") != "isdbgrid":
        return _wrong(str(not_a_replica_set()))
    kind = f"the replica set {hello['setName']}" if "setName" in hello else "a sharded cluster"
    said = f"The store is {kind} with MongoDB {build['version']}"
    if tuple(build["versionArray"][:2]) >= _OLDEST:
        return _right(f"{said}; the database is {store.database.raw.name}.")
    oldest = ".".join(map(str, _OLDEST))
    return _wrong(f"{said}: install {oldest} or newer, or backups are not of one moment.")


async def _clocks(store: MongoStore) -> Finding:
    before = datetime.now(UTC)
    there = (await store.database.command("hello"))["localTime"].replace(tzinfo=UTC)
    skew = abs(there - (before + (datetime.now(UTC) - before) / 2))
    if skew <= _MOST_SKEW:
        return _right("The clocks of this machine and of the store agree.")
    seconds = skew.total_seconds()
    return _wrong(f"The clocks of this machine and of the store differ by {seconds:.0f} s: run NTP on both.")


async def _writes(store: MongoStore) -> Finding:
    took = []
    for _ in range(_WRITES):
        began = perf_counter()
        await store.ping()
        took.append(perf_counter() - began)
    said = f"A durable write takes {statistics.median(took) * 1000:.1f} ms"
    if statistics.median(took) <= _SLOWEST_WRITE:
        return _right(f"{said}.")
    return _wrong(f"{said}: put the database on a faster disk, or nearer to this machine.")


async def _indexes(store: MongoStore) -> Finding:
    if not await store.database.raw.list_collection_names(filter={"name": "updates"}):
        return _right("The database is new: the hub fills it at its first start.")
    missing = await missing_indexes(store.database)
    if not missing:
        return _right("All indexes are there.")
    return _wrong(f"These indexes are missing: {', '.join(missing)}. Restart the hub, which makes them.")


async def _applied(store: MongoStore) -> Finding:
    refused = await store.log.refused()
    if not refused:
        return _right("Everything committed can be read.")
    cursor, reason = refused[0]
    return _wrong(
        f"{len(refused)} commits could not be applied, so that what they hold is not shown: the first, with the cursor "
        f"{cursor}, because of {reason}. They are kept. Please report this."
    )
