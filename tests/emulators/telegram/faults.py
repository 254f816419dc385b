"""What goes wrong on purpose: refusals, slow answers, connections that break before or after the effect."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.emulators.telegram.errors import ApiError, bad_request, too_many_requests

if TYPE_CHECKING:
    from tests.emulators.telegram.bots import Bot
    from tests.emulators.telegram.model import Chat


@dataclass(eq=False)
class Fault:
    """One thing that goes wrong for the calls it matches, so many times."""

    #: refuse, html, hang_up_before, hang_up_after, stall_before or stall_after
    kind: str
    method: str | None = None
    chat: int | None = None
    bot: Bot | None = None
    #: how often it strikes still; None is for ever
    times: int | None = 1
    error: ApiError | None = None
    #: how often it struck
    hits: int = 0
    _reached: asyncio.Event = field(default_factory=asyncio.Event)
    _released: asyncio.Event = field(default_factory=asyncio.Event)

    def matches(self, bot: Bot, method: str, p: dict[str, Any]) -> bool:
        """Return whether it strikes this call."""
        if self.times == 0 or (self.bot and self.bot is not bot):
            return False
        if (self.method != method) if self.method else (method in ("getUpdates", "download")):
            return False
        return self.chat is None or f"{self.chat}" == f"{p.get('chat_id')}"

    def strike(self) -> None:
        """Count one call that it struck."""
        self.hits += 1
        self.times = None if self.times is None else self.times - 1
        self._reached.set()

    def cancel(self) -> None:
        """End it: what comes later goes well."""
        self.times = 0

    async def reached(self, timeout: float = 20) -> None:
        """Return when it has struck."""
        async with asyncio.timeout(timeout):
            await self._reached.wait()

    def release(self) -> None:
        """Let stalled answers go on, and those to come as well."""
        self._released.set()

    async def wait_for_release(self) -> None:
        """Return when `release` is called."""
        await self._released.wait()


class Faults:
    """All faults in force.

    Each method takes `method` (default: any but getUpdates), `chat` (a Chat or id), `bot` and `times` (None: for ever).
    """

    def __init__(self) -> None:
        self._all: list[Fault] = []

    def too_many_requests(self, retry_after: int = 1, **which: Any) -> Fault:
        """Answer 429 with `retry_after` seconds, without effect."""
        return self.refuse(too_many_requests(retry_after), **which)

    def thread_not_found(self, **which: Any) -> Fault:
        """Answer as for a topic that is gone."""
        return self.refuse(bad_request("message thread not found"), **which)

    def server_error(self, code: int = 502, *, html: bool = False, **which: Any) -> Fault:
        """Answer 5xx, as JSON or as the page of a proxy, without effect."""
        reasons = {500: "Internal Server Error", 502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Timeout"}
        error = ApiError(code, reasons.get(code, "Server Error"))
        return self._add("html" if html else "refuse", error=error, **which)

    def refuse(self, error: ApiError, **which: Any) -> Fault:
        """Answer with any error, without effect."""
        return self._add("refuse", error=error, **which)

    def hang_up_before(self, **which: Any) -> Fault:
        """Break the connection before anything happened."""
        return self._add("hang_up_before", **which)

    def hang_up_after(self, **which: Any) -> Fault:
        """Do what was asked, then break the connection without an answer."""
        return self._add("hang_up_after", **which)

    def stall(self, *, after: bool = False, **which: Any) -> Fault:
        """Hold calls until `release`, before or after their effect."""
        return self._add("stall_after" if after else "stall_before", **which)

    def clear(self) -> None:
        """End all faults and release what is held."""
        for fault in self._all:
            fault.cancel()
            fault.release()
        self._all.clear()

    def _add(
        self,
        kind: str,
        *,
        method: str | None = None,
        chat: Chat | int | None = None,
        bot: Bot | None = None,
        times: int | None = 1,
        error: ApiError | None = None,
    ) -> Fault:
        number = chat if chat is None or isinstance(chat, int) else chat.id
        fault = Fault(kind, method, number, bot, times, error)
        self._all.append(fault)
        return fault

    def take(self, bot: Bot, method: str, p: dict[str, Any]) -> Fault | None:
        """Return the fault that strikes a call, the oldest first, or None."""
        fault = next((each for each in self._all if each.matches(bot, method, p)), None)
        if fault:
            fault.strike()
        return fault
