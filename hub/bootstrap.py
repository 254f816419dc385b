"""The composition root: puts the hub together from its settings, and runs it."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import structlog
from aiohttp import web

from crm_store import MongoStore, open_store
from hub.accounts import ensure
from hub.catalogs import read_catalog
from hub.channels import KINDS
from hub.engine.clock import SystemClock
from hub.engine.engine import Engine
from hub.hub import Hub
from hub.logs import configure, secrets_in
from hub.mongod import start_mongod
from hub.settings import Settings, load, watch
from hub.web.app import build_app
from hub.welcome import welcome
from nlu.answers import load_answers
from nlu.lazy import LazyTriage
from router.errors import Misconfigured, Retryable
from router.ports import Clock
from router.rulebook import Rulebook

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Running:
    """A hub that answers at `url`."""

    hub: Hub
    url: str
    #: operators whose accounts were made at this start → their passwords
    passwords: dict[str, str]


def run(path: Path) -> int:
    """Run the hub until Ctrl-C or SIGTERM; return the process's exit code. Raises `Misconfigured`."""
    settings = load(path, os.environ)
    configure(settings.hub.log, secrets_in(settings))
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        return runner.run(_run(path, settings))


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Return uvloop where it can be had: the same loop, at half the cost per request."""
    try:
        uvloop = import_module("uvloop")
    except ImportError:
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory


async def _run(path: Path, settings: Settings) -> int:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with serve(settings, data_folder(path, settings)) as running:
        _spare_collector()
        watching = asyncio.create_task(watch(path, running.hub.edited, since=settings.revision))
        print(welcome(running.url, settings, running.passwords), flush=True)  # noqa: T201 - this is what a person reads
        await stop.wait()
        print("Stopping: finishing what is under way …", file=sys.stderr, flush=True)  # noqa: T201 - likewise
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
    return 0


def _spare_collector() -> None:
    """Have Python look for garbage in cycles seldom, and never among what was loaded for good."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def data_folder(path: Path, settings: Settings) -> Path:
    """Return where the hub keeps its files, made when it is missing. Raises `Misconfigured` when it is read-only."""
    folder = (path.parent / settings.hub.data).resolve()
    try:
        # Whoever else has an account on the machine has no business in it.
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        probe = folder / ".writable"
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        raise Misconfigured(
            f"The data folder {folder} cannot be written to ({error.strerror}): "
            "make it writable for the user who runs the hub, or set hub.data to another folder."
        ) from error
    return folder


@asynccontextmanager
async def serve(settings: Settings, data: Path, clock: Clock | None = None) -> AsyncIterator[Running]:
    """Run a whole hub: store, engine, channels and web server. Raises `Misconfigured` with what to do."""
    async with AsyncExitStack() as stack:
        triage = LazyTriage(None, data / "nlu")
        stack.push_async_callback(triage.close)
        # Loading the triage engine takes a while; the database starts meanwhile.
        loading = asyncio.create_task(_load_triage(triage, settings))
        stack.push_async_callback(_end, loading)
        store = await _store(stack, settings, data)
        await loading
        prompts = load_answers(None)
        channels = {name: KINDS[it.kind].build(name, it) for name, it in settings.channels.items()}
        engine = Engine(
            store=store,
            ledger=store.ledger,
            clock=clock or SystemClock(),
            book=Rulebook(settings.rules, read_catalog("router"), prompts, settings.where),
            channels=channels,
            homes={name: it.line for name, it in settings.channels.items()},
            triage=triage,
        )
        hub = Hub(settings, engine, prompts, channels)
        passwords = await ensure(store, settings.rules, settings.partners)
        runner, url = await _listen(stack, hub, settings)
        hub.address = url
        await hub.start()
        hub.chronicle.went_by(settings)
        stack.push_async_callback(hub.stop)
        stack.push_async_callback(_close_doors, runner)
        yield Running(hub, url, passwords)


async def _load_triage(triage: LazyTriage, settings: Settings) -> None:
    """Load the engine when a line has a bot; otherwise it loads when rules that give one a bot bring a question."""
    if any(line.triage for line in settings.rules.lines.values()):
        await triage.load()


async def _end(loading: asyncio.Task[None]) -> None:
    loading.cancel()
    await asyncio.gather(loading, return_exceptions=True)


async def _store(stack: AsyncExitStack, settings: Settings, data: Path) -> MongoStore:
    url = settings.store.url
    if url is None:
        local = await start_mongod(data)
        stack.push_async_callback(local.stop)
        url = local.url
    try:
        store = await open_store(url, settings.store.database, settings.store.driver)
    except Retryable as error:
        raise Misconfigured(
            f"{str(error).removesuffix('.')}, or leave store.url out to have the hub start a MongoDB of its own."
        ) from error
    stack.push_async_callback(store.close)
    return store


async def _listen(stack: AsyncExitStack, hub: Hub, settings: Settings) -> tuple[web.AppRunner, str]:
    host, port = settings.hub.host, settings.hub.port
    runner = web.AppRunner(build_app(hub), access_log=None, shutdown_timeout=2)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise Misconfigured(
            f"The hub cannot listen on {host}:{port} ({reason}): "
            "stop what is using that port, or set hub.port to another one."
        ) from error
    port = runner.addresses[0][1]
    shown = "127.0.0.1" if host in {"0.0.0.0", "::"} else host  # noqa: S104 - compared with, not bound to
    return runner, settings.hub.public_url or f"http://{shown}:{port}"


async def _close_doors(runner: web.AppRunner) -> None:
    """Take no new connections while the hub finishes what is under way."""
    for site in list(runner.sites):
        await site.stop()
