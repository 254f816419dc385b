"""Bookkeeping of what was sent and what was shown: everything exactly once."""

from __future__ import annotations

import asyncio
from time import perf_counter

from tests.bench.failure import BenchFailed


class Tally:
    """Messages of one direction by number: when each was sent, and how long it took until it was shown."""

    def __init__(self, what: str) -> None:
        #: names a message in failures, for example `a client's message`
        self._what = what
        self._sent: dict[int, float] = {}
        self._next = 0
        self._problem = ""
        self._stirred = asyncio.Event()
        #: seconds between sent and shown, in the order shown, since `forget_delays`
        self.delays: list[float] = []
        #: when the last one was shown
        self.last_shown = 0.0

    @property
    def waiting(self) -> int:
        """How many were sent and not shown yet."""
        return len(self._sent)

    @property
    def count(self) -> int:
        """How many were sent so far."""
        return self._next

    def send(self) -> int:
        """Return the number of a message that is sent now."""
        number = self._next
        self._next += 1
        self._sent[number] = perf_counter()
        return number

    def began(self, number: int) -> float:
        """Return when a message was sent that waits to be shown."""
        return self._sent[number]

    def show(self, number: int, at: float) -> None:
        """Note that a message was shown at a time of `perf_counter`."""
        began = self._sent.pop(number, None)
        if began is None:
            how = "more than once" if number < self._next else "without having been sent"
            self._problem = self._problem or f"{self._what}, number {number}, was shown {how}."
        else:
            self.delays.append(at - began)
            self.last_shown = at
        self._stirred.set()

    def forget_delays(self) -> list[float]:
        """Return the delays since the last call, and begin anew."""
        delays, self.delays = self.delays, []
        return delays

    def check(self) -> None:
        """Raise `BenchFailed` when something was shown that should not have been."""
        if self._problem:
            raise BenchFailed(f"The hub broke its promise: {self._problem}")

    async def at_most(self, waiting: int, patience: float) -> None:
        """Return when at most that many wait to be shown.

        Raises `BenchFailed` when nothing at all is shown for `patience` seconds: what waits then has been lost.
        """
        while len(self._sent) > waiting and not self._problem:
            self._stirred.clear()
            try:
                async with asyncio.timeout(patience):
                    await self._stirred.wait()
            except TimeoutError as error:
                raise BenchFailed(f"The hub broke its promise: {self._missing()} within {patience:.0f} s.") from error
        self.check()

    def _missing(self) -> str:
        first, more = next(iter(self._sent)), len(self._sent) - 1
        return f"{self._what}, number {first}, and {more} more were not shown, and nothing else was"
