"""A transaction that is repeated while it fails in passing ways, as the drivers' specification asks.

Both drivers have a `with_transaction` of their own. Motor's (3.7) commits outside of its own loop, so that a conflict
found by the commit, or an answer lost on the way, is never tried again; PyMongo's goes on for two minutes. See
https://github.com/mongodb/specifications/blob/master/source/transactions-convenient-api/transactions-convenient-api.md
"""

from __future__ import annotations

import asyncio
import inspect
import random
from collections.abc import Awaitable, Callable
from typing import Any

from pymongo.errors import PyMongoError

#: how long it is tried again before the caller hears of it, in seconds
TRANSACTION_TIME = 15
#: pauses between tries, in seconds: the first, and the longest
_FIRST_PAUSE, _LONGEST_PAUSE = 0.005, 0.5

Work = Callable[[Any], Awaitable[None]]


async def settled(value: Any) -> Any:
    """Return a value that one driver hands over at once and the other promises."""
    return await value if inspect.isawaitable(value) else value


async def run_transaction(session: Any, work: Work) -> None:
    """Run `work(session)` in a transaction and commit it. Raises the driver's errors."""
    pauses = _Pauses()
    while True:
        await settled(session.start_transaction())
        try:
            await work(session)
            return await _commit(session, pauses)
        except PyMongoError as error:
            await _abort(session)
            if not error.has_error_label("TransientTransactionError") or pauses.are_over():
                raise
        except BaseException:
            await _abort(session)
            raise
        await pauses.wait()


async def _commit(session: Any, pauses: _Pauses) -> None:
    while True:
        try:
            await settled(session.commit_transaction())
        except PyMongoError as error:
            if not error.has_error_label("UnknownTransactionCommitResult") or pauses.are_over():
                raise
        else:
            return
        await pauses.wait()


async def _abort(session: Any) -> None:
    if session.in_transaction:
        await session.abort_transaction()


class _Pauses:
    """Growing pauses with jitter, for at most `TRANSACTION_TIME` altogether."""

    def __init__(self) -> None:
        self._end = asyncio.get_running_loop().time() + TRANSACTION_TIME
        self._next = _FIRST_PAUSE

    def are_over(self) -> bool:
        return asyncio.get_running_loop().time() >= self._end

    async def wait(self) -> None:
        await asyncio.sleep(self._next * random.random())  # noqa: S311  # jitter is no secret
        self._next = min(self._next * 1.5, _LONGEST_PAUSE)
