"""Telegram's published limits: 30 messages a second for a token, one a second for a chat, 20 a minute for a group."""

from __future__ import annotations

import math
from collections import defaultdict, deque
from collections.abc import Callable
from datetime import datetime
from typing import Any

from tests.emulators.telegram.errors import too_many_requests

#: What counts: whatever is sent or edited.
_COUNTED = ("send", "edit", "copy", "forward")
_FREE = frozenset({"sendChatAction", "sendMessageDraft", "editForumTopic"})


class Limiter:
    """Counts in sliding windows, by the emulator's clock. Off until `on` is set."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.on = False
        #: (messages, seconds) for a token, a private chat, a group
        self.token, self.private, self.group = (30, 1.0), (1, 1.0), (20, 60.0)
        #: how many calls were refused
        self.refused = 0
        self._now = now
        self._seen: dict[Any, deque[float]] = defaultdict(deque)

    def check(self, bot_id: int, method: str, p: dict[str, Any]) -> None:
        """Count the messages of a call. Raises ApiError 429 with the seconds until it would be taken."""
        if not self.on or method in _FREE or not method.startswith(_COUNTED):
            return
        chat = p.get("chat_id")
        messages = len(p["media"]) if method == "sendMediaGroup" else 1
        in_group = isinstance(chat, int) and chat < 0
        windows = {bot_id: self.token, (bot_id, chat): self.group if in_group else self.private}
        now = self._now().timestamp()
        wait = max(self._wait(key, *window, now) for key, window in windows.items())
        if wait > 0:
            self.refused += 1
            raise too_many_requests(max(1, math.ceil(wait)))
        for key in windows:
            self._seen[key].extend([now] * messages)

    def _wait(self, key: Any, most: int, seconds: float, now: float) -> float:
        seen = self._seen[key]
        while seen and seen[0] <= now - seconds:
            seen.popleft()
        return seen[-most] + seconds - now if len(seen) >= most else 0.0
