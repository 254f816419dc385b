"""What the store answered a moment ago, so that not every request has to ask it again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Generic, TypeVar

T = TypeVar("T")
#: what another process changes takes effect here within this time
TRUSTED = timedelta(seconds=5)
_REMEMBERED = 10_000


class Lately(Generic[T]):
    """Answers of the store by key, trusted for `TRUSTED`. Only what exists is remembered, so strangers fill nothing."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, tuple[T, datetime]] = OrderedDict()
        #: rises with every `forget`
        self._forgotten = 0

    async def ask(self, key: str, now: datetime, read: Callable[[], Awaitable[T | None]]) -> T | None:
        """Return what is remembered for `key`, else what `read` finds."""
        kept = self._kept.get(key)
        if kept is not None and abs(now - kept[1]) < TRUSTED:
            return kept[0]
        before = self._forgotten
        if kept is not None:
            # Whoever asks meanwhile need not ask the store as well.
            self._kept[key] = (kept[0], now)
        try:
            found = await read()
        except BaseException:
            self._kept.pop(key, None)
            raise
        if found is None:
            self._kept.pop(key, None)
        # What was asked before something was forgotten may be the very thing that ended.
        if found is not None and before == self._forgotten:
            self._keep(key, found, now)
        return found

    def forget(self, key: str) -> None:
        """Trust no answer for `key` that was given or asked for until now."""
        self._forgotten += 1
        self._kept.pop(key, None)

    def _keep(self, key: str, found: T, now: datetime) -> None:
        self._kept[key] = (found, now)
        self._kept.move_to_end(key)
        while len(self._kept) > _REMEMBERED:
            self._kept.popitem(last=False)
