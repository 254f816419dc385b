"""Sees each update in the ledger through to its decision: understood, decided once, its caller answered."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import structlog

from hub.engine.backoff import persist
from hub.engine.meters import Meters
from hub.engine.tasks import end
from hub.engine.watermark import Watermark
from router.effects import Outcome
from router.errors import Unparsable
from router.events import Event
from router.store import Entry, Ledger

_log = structlog.get_logger(__name__)


class Dispatcher:
    """Knows which updates are on their way through a lane, and who waits for what becomes of them."""

    def __init__(
        self,
        ledger: Ledger,
        parse: Callable[[Entry], Event | None],
        hand_over: Callable[[Event | None, str], Awaitable[None]],
        meters: Meters,
        watermark: Watermark,
    ) -> None:
        self._ledger = ledger
        self._parse = parse
        self._hand_over = hand_over
        self._meters = meters
        self._watermark = watermark
        #: update → its number in the ledger
        self._under_way: dict[str, int] = {}
        self._waiting: dict[str, list[asyncio.Future[Outcome]]] = {}
        self._doubts: asyncio.Task[None] | None = None
        self._reconsidering = asyncio.Lock()

    async def route(self, entry: Entry) -> None:
        """Understand an update and give it to its lane; poison is set aside and never blocks what is behind it."""
        if entry.id in self._under_way:
            # Found undecided after its answer was lost, and handed over again in the same moment.
            return
        self._under_way[entry.id] = entry.seq
        self._watermark.begin(entry.seq)
        try:
            event = self._parse(entry)
        except Exception as error:
            await self.quarantine(entry.id, str(error) if isinstance(error, Unparsable) else repr(error))
            return
        try:
            await self._hand_over(event, entry.id)
        except Exception:
            # It stays undecided in the ledger; when it is repeated, or at the next start, it is routed again.
            _log.exception("update.not_routed", update=entry.id)
            self._under_way.pop(entry.id, None)

    async def route_undecided(self) -> None:
        """Route what a former run left undecided. Called once, before anything new comes in."""
        low = await self._ledger.decided_to()
        self._watermark.start(low)
        async for entry in self._ledger.undecided():
            await self.route(entry)
        self._watermark.end(low + 1)

    async def doubt(self, repeats: Sequence[str]) -> None:
        """Make sure that updates whose insertion was in doubt are decided: the answer may have been lost.

        `repeats` are updates that the ledger already had; none stands for an insertion that failed, of which
        nobody knows what came through.
        """
        for update in repeats:
            await self._reconsider(update)
        if not repeats and (self._doubts is None or self._doubts.done()):
            self._doubts = asyncio.create_task(self._reconsider_all(), name="doubts")

    async def _reconsider_all(self) -> None:
        doubtful = set(self._watermark.doubtful)

        async def undecided() -> dict[str, int]:
            return {entry.id: entry.seq async for entry in self._ledger.undecided()}

        found = await persist("look for undecided updates", undecided)
        for update in found:
            await self._reconsider(update)
        for seq in doubtful.difference(found.values()):
            self._watermark.end(seq)

    async def _reconsider(self, update: str) -> None:
        """Route an update that lies in the ledger undecided while nobody is at it."""
        async with self._reconsidering:
            if update in self._under_way:
                return
            entry = await persist("find an update", lambda: self._ledger.find(update))
            if entry is not None and entry.state == "new" and update not in self._under_way:
                await self.route(entry)

    async def undecided(self, update: str) -> bool:
        """Return whether an update still has to be decided: a former run's last commit may have come through late."""
        entry = await persist("find an update", lambda: self._ledger.find(update))
        if entry is not None and entry.state == "new":
            return True
        self.decided([update], [] if entry is None or entry.outcome is None else [entry.outcome])
        return False

    async def quarantine(self, update: str, reason: str) -> None:
        """Set an update aside as poison."""
        # The reason may quote the update, and what people write stays out of the log: the ledger has it.
        _log.error("update.poison", update=update, see=f"hub ledger show {update}")
        await persist("quarantine", lambda: self._ledger.poison(update, reason))
        self._meters.poison[update.partition(":")[0]] += 1
        self._settle(update)
        for waiting in self._waiting.pop(update, ()):
            if not waiting.done():
                waiting.set_exception(Unparsable(reason))

    def decided(self, updates: Sequence[str], effects: Sequence[object]) -> None:
        """Tell whoever waits what became of updates that are now committed."""
        outcomes = {effect.update: effect for effect in effects if isinstance(effect, Outcome)}
        for update in updates:
            self._settle(update)
            for waiting in self._waiting.pop(update, ()):
                if not waiting.done():
                    waiting.set_result(outcomes.get(update) or Outcome(update))

    def _settle(self, update: str) -> None:
        seq = self._under_way.pop(update, None)
        if seq is not None:
            self._watermark.end(seq)

    def expect(self, update: str) -> asyncio.Future[Outcome]:
        """Return a future, the caller's own, for what becomes of a command that is about to be handed over."""
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(update, []).append(future)
        return future

    def forget(self, update: str, future: asyncio.Future[Outcome]) -> None:
        """Let go of a future that nobody waits for any more; others who wait for the same command keep theirs."""
        waiting = self._waiting.get(update, [])
        if future in waiting:
            waiting.remove(future)
        if not waiting:
            self._waiting.pop(update, None)

    async def close(self) -> None:
        """Stop looking for what is in doubt; the next start finds it."""
        if self._doubts is not None:
            await end([self._doubts])
