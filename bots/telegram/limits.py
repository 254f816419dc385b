"""How fast Telegram may be written to: windows per token, private chat and group, and what it asks for in a 429."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable
from datetime import datetime, timedelta

#: messages in so much time, a little longer than Telegram says because requests overtake each other on the way
TOKEN = (30, timedelta(seconds=1.05))
PRIVATE = (3, timedelta(seconds=3.1))
GROUP = (20, timedelta(seconds=61))
#: chats slowed down within this time mean that the whole token is
_TOGETHER, _MANY = timedelta(seconds=2), 3
#: chats remembered; the longest unused is forgotten first
_REMEMBERED = 20_000


class Window:
    """At most `count` in any `span`, booked ahead in order."""

    def __init__(self, count: int, span: timedelta) -> None:
        self._times: deque[datetime] = deque(maxlen=count)
        self._span = span

    def free_at(self, now: datetime, *, leave: int = 0) -> datetime:
        """Return when the next one may go so that `leave` eighths of the places stay free, for what is more urgent."""
        count = self._times.maxlen or 0
        full = len(self._times) - count + count * leave // 8
        return max(now, self._times[full] + self._span) if full >= 0 else now

    def book(self, at: datetime) -> None:
        """Take a place; never before one that is taken already."""
        self._times.append(max(at, self._times[-1]) if self._times else at)


class Pace:
    """When what may be sent with one token. Chats are what `chat_id` says; groups are negative."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._token = Window(*TOKEN)
        self._chats: OrderedDict[str, Window] = OrderedDict()
        self._blocked: dict[str, datetime] = {}
        self._slowed: deque[tuple[datetime, str]] = deque(maxlen=_MANY)
        self._token_blocked: datetime | None = None

    def not_before(self, chat: str, *, leave: int = 0) -> datetime | None:
        """Return when the next message to a chat may be sent, None for at once; see `Window.free_at`."""
        now = self._now()
        at = self._free_at(chat, now, leave=leave)
        return at if at > now else None

    def blocked_until(self, chat: str) -> datetime | None:
        """Return when Telegram takes anything for a chat again, messages or not; None for now."""
        now = self._now()
        at = self._open_at(chat, now)
        return at if at > now else None

    def reserve(self, chat: str, count: int = 1) -> datetime:
        """Take so many places in a row, and return when the last of them comes."""
        now = self._now()
        at = now
        for _ in range(count):
            at = max(self._free_at(chat, now), self._token.free_at(now))
            self._token.book(at)
            self._window(chat).book(at)
        return at

    def slowed(self, chat: str, after: timedelta) -> None:
        """Telegram answered a message to a chat with 429: it gets none for that time, and others go on."""
        now = self._now()
        self._blocked[chat] = max(self._blocked.get(chat, now), now + after)
        self._slowed.append((now, chat))
        recent = {each for at, each in self._slowed if now - at <= _TOGETHER}
        if len(recent) >= _MANY:
            self._token_blocked = now + after

    def _open_at(self, chat: str, now: datetime) -> datetime:
        until = self._blocked.get(chat, now)
        if until <= now:
            self._blocked.pop(chat, None)
        return max(now, until, self._token_blocked or now)

    def _free_at(self, chat: str, now: datetime, *, leave: int = 0) -> datetime:
        at, window = self._open_at(chat, now), self._chats.get(chat)
        return max(at, window.free_at(now, leave=leave)) if window else at

    def _window(self, chat: str) -> Window:
        if chat not in self._chats:
            self._chats[chat] = Window(*(GROUP if chat.startswith("-") else PRIVATE))
            if len(self._chats) > _REMEMBERED:
                self._chats.popitem(last=False)
        self._chats.move_to_end(chat)
        return self._chats[chat]
