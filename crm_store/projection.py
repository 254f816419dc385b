"""Applies commits to the collections that are read: messages, conversations, deliveries and the like.

A commit is durable once its entry is in the commit log, and nobody waits for more. What it writes is applied behind
that: several commits in one transaction, which also takes the writes out of their entries. So a commit that still has
its writes has not been applied, whoever died when; and each is applied once, however many try.

Whoever reads what is not applied yet waits until it is (see `Database.read_after`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import structlog
from pymongo.errors import BulkWriteError

from crm_store.codec import Document, clean
from crm_store.driver import Database
from crm_store.failures import named_failures, said
from crm_store.writes import APPLIED, applied
from router.errors import Rejected, Retryable
from router.store import Batch

_log = structlog.get_logger(__name__)
#: seconds in which more commits may come, to be applied together, while nobody waits to read
_PATIENCE = 0.05
#: seconds before it is tried again after a failure, and the most it grows to
_PAUSE, _LONGEST_PAUSE = 0.1, 2.0
#: documents and changes applied in one transaction, unless one commit has more
_AT_ONCE = 2_000
#: … and those that may wait to be applied before commits wait for them
_MOST = 8_000
#: commits read at a time that somebody else left behind
_PAGE = 20
#: seconds after which readers are told that it takes too long
_READERS_WAIT = 5.0
#: seconds in which what waits is applied before the store is closed; the next one to open it does the rest
_CLOSING = 3.0


#: what can never be applied, however often it is tried
_UNFIT = (Rejected, BulkWriteError)


class _Overtaken(Exception):
    """Somebody else has applied some of these commits."""


@dataclass(frozen=True, slots=True)
class _Logged:
    """A commit whose writes wait to be applied."""

    key: int
    writes: dict[str, list[Document]]
    #: conversations, clients and chats that it is about
    about: frozenset[str]

    @property
    def size(self) -> int:
        return sum(map(len, self.writes.values()))


def chat_key(channel: str, chat: str) -> str:
    """Return what `Projection.ready` knows a chat by."""
    return f"{clean(channel)}\n{clean(chat)}"


class Projection:
    """Applies what was committed through this store, and what others left behind."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._pending: list[_Logged] = []
        #: documents and changes that are not applied yet
        self.waiting = 0
        self._task: asyncio.Task[None] | None = None
        self._hurry = asyncio.Event()
        #: done, with what went wrong, when the transaction under way or the next one has ended
        self._round: asyncio.Future[Retryable | None] | None = None
        self._one_at_a_time = asyncio.Lock()
        #: how often something may have been committed that nobody here follows, and how many of these are cleared up
        self._doubts = self._cleared = 0
        self._at_once = _AT_ONCE
        database.read_after(self.ready, APPLIED)

    def follow(self, key: int, writes: dict[str, list[Document]], batch: Batch) -> None:
        """Apply a commit soon."""
        if not writes:
            return
        standing = batch.conversations.values()
        about = {key for it in standing for key in (it.id, it.client, chat_key(it.channel, it.chat))}
        about |= {chat_key(it.channel, chat) for it in batch.chats for chat in (it.chat, it.to)}
        about |= batch.clients.keys() | batch.cards.keys() | batch.joined.keys()
        self._pending.append(_Logged(key, writes, frozenset(about)))
        self.waiting += self._pending[-1].size
        if self._task is None or self._task.done():
            self._round = asyncio.get_running_loop().create_future()
            self._task = asyncio.create_task(self._run(), name="apply commits")

    def doubt(self) -> None:
        """Have the next reader look for commits that nobody here follows."""
        self._doubts += 1

    async def room(self) -> None:
        """Wait while too much waits to be applied. Raises `Retryable`."""
        while self.waiting > _MOST:
            await self._next_round()

    async def ready(self, about: Iterable[str] | None = None) -> None:
        """Wait until all that is committed now is applied, or all about these things. Raises `Retryable`."""
        if self._doubts > self._cleared:
            await self.catch_up()
        things = None if about is None else frozenset(about)
        wanted = {it.key for it in self._pending if things is None or not it.about.isdisjoint(things)}
        while any(it.key in wanted for it in self._pending):
            await self._next_round()

    async def _next_round(self) -> None:
        self._hurry.set()
        if self._round is None:
            return
        try:
            async with asyncio.timeout(_READERS_WAIT):
                fault = await asyncio.shield(self._round)
        except TimeoutError as error:
            raise Retryable("What was committed lately cannot be read yet: the database is slow.") from error
        if fault is not None:
            raise fault

    async def catch_up(self) -> None:
        """Apply what was committed by others, or before a crash. Raises `Retryable`."""
        doubts = self._doubts
        unapplied: Document = {"writes": {"$exists": True}}
        log = self._database["commits"]
        while page := await log.find(unapplied, sort=[("last", 1)], limit=_PAGE, fields=["writes"]):
            await self._apply([_Logged(each["_id"], each["writes"], frozenset()) for each in page])
        self._cleared = max(self._cleared, doubts)

    async def close(self) -> None:
        """Apply what waits, if that can be done at once."""
        self._hurry.set()
        if self._task is not None and not self._task.done():
            await asyncio.wait({self._task}, timeout=_CLOSING)
            self._task.cancel()
            await asyncio.wait({self._task})

    async def _run(self) -> None:
        pause = _PAUSE
        while self._pending:
            await self._gathered()
            fault = await self._try(self._next())
            round_, self._round = self._round, asyncio.get_running_loop().create_future()
            if round_ is not None:
                round_.set_result(fault)
            if fault is not None:
                _log.warning("apply.failed", reason=str(fault), waiting=self.waiting)
                await asyncio.sleep(pause)
            pause = _PAUSE if fault is None else min(pause * 2, _LONGEST_PAUSE)
            # A server that is slow may take less than it can do in time.
            self._at_once = _AT_ONCE if fault is None else max(1, self._at_once // 2)

    async def _gathered(self) -> None:
        """Let more commits come, unless somebody waits."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE):
                await self._hurry.wait()
        self._hurry.clear()

    def _next(self) -> list[_Logged]:
        size, stretch = 0, list[_Logged]()
        for it in self._pending:
            size += it.size
            if stretch and size > self._at_once:
                break
            stretch.append(it)
        return stretch

    async def _try(self, stretch: list[_Logged]) -> Retryable | None:
        try:
            await self._apply(stretch)
        except Retryable as error:
            return error
        except Exception as error:
            _log.exception("apply.fault", commits=len(stretch))
            return Retryable(f"What was committed cannot be applied: {said(error)}")
        del self._pending[: len(stretch)]
        self.waiting -= sum(it.size for it in stretch)
        return None

    async def _apply(self, stretch: Sequence[_Logged]) -> None:
        """Apply commits once. Raises `Retryable`."""
        async with self._one_at_a_time:
            await self._apply_left(list(stretch))

    async def _apply_left(self, left: list[_Logged]) -> None:
        while left:
            try:
                return await self._database.transaction(self._applying(left))
            except _Overtaken:
                left = await self._left(left)
            except _UNFIT as error:
                return await self._part(left, error)
        return None

    def _applying(self, stretch: Sequence[_Logged]) -> Callable[[Any], Any]:
        keys = [it.key for it in stretch]
        writes = applied(it.writes for it in stretch)

        async def work(session: Any) -> None:
            unapplied = {"_id": {"$in": keys}, "writes": {"$exists": True}}
            taken = await self._database.raw["commits"].update_many(
                unapplied, {"$unset": {"writes": ""}}, session=session
            )
            if taken.matched_count < len(keys):
                raise _Overtaken
            for write in writes:
                await write.run(self._database.raw, session)

        return work

    async def _left(self, stretch: Sequence[_Logged]) -> list[_Logged]:
        keys = [it.key for it in stretch]
        found = await self._database["commits"].find(
            {"_id": {"$in": keys}, "writes": {"$exists": True}}, fields=["_id"]
        )
        left = {each["_id"] for each in found}
        return [it for it in stretch if it.key in left]

    async def _part(self, stretch: Sequence[_Logged], error: Exception) -> None:
        """Apply one by one what cannot be applied together; what cannot be applied alone is set aside, not lost."""
        if len(stretch) > 1:
            for it in stretch:
                await self._apply_left([it])
            return
        reason = said(error)
        _log.error("apply.refused", commit=stretch[0].key, reason=reason)
        with named_failures():
            await self._database.raw["commits"].update_one(
                {"_id": stretch[0].key}, {"$rename": {"writes": "refused"}, "$set": {"refusal": reason}}
            )
