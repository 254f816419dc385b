"""A bot's updates: numbered, kept until they are confirmed, and handed over in every way that goes wrong in life."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.emulators.telegram.errors import conflict
from tests.emulators.telegram.table import ON_REQUEST, UPDATE_TYPES

DEFAULT_TYPES = UPDATE_TYPES - ON_REQUEST


@dataclass
class Waiting:
    """One update in the queue."""

    number: int
    #: what the bot gets: an Update, or anything at all where a test put poison
    body: Any
    #: hand it over once more although it was confirmed
    again: bool = False


@dataclass
class Webhook:
    """Where updates are posted, and how that went."""

    url: str
    secret: str = ""
    max_connections: int = 40
    last_error_date: int = 0
    last_error_message: str = ""


@dataclass
class Queue:
    """The updates of one bot."""

    touch: Callable[[], None]
    #: called when a webhook is set
    on_webhook: Callable[[], None] = lambda: None
    first: int = 100_001
    allowed: frozenset[str] = DEFAULT_TYPES
    webhook: Webhook | None = None
    waiting: list[Waiting] = field(default_factory=list)
    #: every update that was ever made, for assertions
    made: list[Any] = field(default_factory=list)
    _next: int = 0
    _shuffle: random.Random | None = None
    _poll: asyncio.Event | None = None
    _more: asyncio.Event = field(default_factory=asyncio.Event)

    def push(self, kind: str, body: dict[str, Any]) -> None:
        """Queue an update, unless the bot does not want its kind."""
        if kind in self.allowed:
            self._append({"update_id": self._number(), kind: body})

    def poison(self, body: Any, *, numbered: bool = True) -> None:
        """Queue any JSON as an update; an object without `update_id` gets one unless `numbered` is False."""
        number = self._number()
        if numbered and isinstance(body, dict):
            body = {"update_id": number} | body
        self._append(body, number)

    def repeat(self, count: int = 1) -> None:
        """Hand the latest `count` updates over once more, confirmed or not, as after a failure on Telegram's side."""
        for body in self.made[-count:]:
            self.waiting.append(Waiting(body["update_id"], body, again=True))
        self._wake()

    def shuffle(self, seed: int = 0) -> None:
        """Hand the next batch (by webhook: what waits now) over out of order."""
        self._shuffle = random.Random(seed)
        if self.webhook:
            self._shuffle.shuffle(self.waiting)

    def _number(self) -> int:
        self._next = max(self._next + 1, self.first)
        return self._next

    def _append(self, body: Any, number: int | None = None) -> None:
        self.made.append(body)
        self.waiting.append(Waiting(body["update_id"] if number is None else number, body))
        self._wake()

    def _wake(self) -> None:
        self._more.set()
        self._more = asyncio.Event()
        self.touch()

    async def more(self) -> None:
        """Return when something joins the queue or the webhook changes."""
        await self._more.wait()

    def change_webhook(self, webhook: Webhook | None) -> None:
        """Post updates somewhere else, or nowhere; a long poll that waits is ended."""
        self.webhook = webhook
        if webhook:
            self.on_webhook()
        self.end_poll()
        self._wake()

    def end_poll(self) -> None:
        """End the long poll that waits, if any."""
        if self._poll is not None:
            self._poll.set()

    def drop(self) -> None:
        """Forget all that waits."""
        self.waiting.clear()
        self.touch()

    def confirm(self, offset: int) -> None:
        """Forget the updates below an offset; a negative one leaves that many from the end."""
        if offset < 0:
            self.waiting = self.waiting[offset:]
        else:
            self.waiting = [each for each in self.waiting if each.number >= offset or each.again]
        self.touch()

    async def poll(self, offset: int, limit: int, timeout: int) -> list[Any]:
        """Answer getUpdates. Raises ApiError when another one takes over or a webhook is set."""
        if self.webhook:
            raise conflict(
                "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
            )
        self.end_poll()
        self.confirm(offset)
        if not self.waiting and timeout:
            await self._wait(timeout)
        return self._batch(limit)

    async def _wait(self, timeout: int) -> None:
        ended = self._poll = asyncio.Event()
        tasks = [asyncio.ensure_future(ended.wait()), asyncio.ensure_future(self._more.wait())]
        try:
            await asyncio.wait(tasks, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            if self._poll is ended:
                self._poll = None
        if ended.is_set():
            raise conflict("terminated by other getUpdates request; make sure that only one bot instance is running")

    def _batch(self, limit: int) -> list[Any]:
        batch = self.waiting[:limit]
        if self._shuffle:
            self._shuffle.shuffle(batch)
            self._shuffle = None
        self.waiting = [each for each in self.waiting if not (each.again and each in batch)]
        return [each.body for each in batch]
