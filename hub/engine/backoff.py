"""How long to wait before trying again."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypeVar

import structlog

from router.errors import Retryable

T = TypeVar("T")
_log = structlog.get_logger(__name__)


def backoff(attempt: int, *, first: float = 0.2, longest: float = 300.0) -> timedelta:
    """Return the wait after the `attempt`-th failure (from 1): doubling, with jitter so that nobody marches in step."""
    seconds = min(longest, first * 2 ** min(attempt - 1, 20))
    return timedelta(seconds=seconds * random.uniform(0.8, 1.2))  # noqa: S311 - jitter is no secret


async def persist(what: str, act: Callable[[], Awaitable[T]]) -> T:
    """Call `act` until it no longer raises `Retryable`: the store will be back, and nothing may be lost meanwhile."""
    attempt = 0
    while True:
        try:
            return await act()
        except Retryable as error:
            attempt += 1
            _log.warning("store.unreachable", doing=what, attempt=attempt, reason=str(error))
            wait = error.after or backoff(attempt, longest=5.0)
            await asyncio.sleep(wait.total_seconds())
