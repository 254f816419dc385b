"""What the store answered a moment ago, so that not every request has to ask it again."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Generic, TypeVar

T = TypeVar("T")
#: what another process changes takes effect here within this time
TRUSTED = timedelta(seconds=5)
_REMEMBERED = 10_000


class Lately(Generic[T]):
    """Answers of the store by key, trusted for `TRUSTED`. Only what exists is remembered, so strangers fill nothing."""

    def __init__(self) -> None:
        #: key → its answer, which may still be on its way, and when it was asked for
        self._answers: OrderedDict[str, tuple[asyncio.Future[T | None], datetime]] = OrderedDict()

    async def ask(self, key: str, now: datetime, read: Callable[[], Awaitable[T | None]]) -> T | None:
        """Return what was asked for within `TRUSTED`, else what `read` finds; who asks meanwhile waits for that too."""
        answer, asked_at = self._answers.get(key, (None, now))
        if answer is None or abs(now - asked_at) >= TRUSTED:
            answer = self._begin(key, now, read)
        # Somebody who goes away must not take the answer from the others who wait for it.
        return await asyncio.shield(answer)

    def forget(self, key: str) -> None:
        """Trust no answer for `key` that was given or asked for until now."""
        self._answers.pop(key, None)

    def _begin(self, key: str, now: datetime, read: Callable[[], Awaitable[T | None]]) -> asyncio.Future[T | None]:
        answer = asyncio.ensure_future(read())
        self._answers[key] = (answer, now)
        self._answers.move_to_end(key)
        while len(self._answers) > _REMEMBERED:
            self._answers.popitem(last=False)
        answer.add_done_callback(partial(self._ended, key))
        return answer

    def _ended(self, key: str, answer: asyncio.Future[T | None]) -> None:
        """Let go of an answer that says nothing; whoever waits has it all the same."""
        exists = not answer.cancelled() and answer.exception() is None and answer.result() is not None
        if not exists and self._answers.get(key, (None, None))[0] is answer:
            del self._answers[key]
