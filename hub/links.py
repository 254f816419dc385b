"""Addresses under which clients read single files: signed, and dead after a week."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from urllib.parse import quote

from itsdangerous import BadData, TimestampSigner

from router.media import Attachment

#: long enough for a chat that is left for a while, short enough that a link passed on dies
LINK_LIFE = timedelta(days=7)


class FileLinks(TimestampSigner):
    """Makes and checks the addresses. `secret` is stable over restarts, so that links outlast them."""

    def __init__(self, secret: str, address: Callable[[], str], now: Callable[[], datetime]) -> None:
        super().__init__(secret, salt="hub.file", key_derivation="hmac", digest_method=hashlib.sha256)
        self._address = address
        self._now = now

    def get_timestamp(self) -> int:
        """Return the time of the hub's clock."""
        return int(self._now().timestamp())

    def issue(self, file: Attachment) -> str:
        """Return an address under which anybody reads a file for `LINK_LIFE`."""
        return f"{self._address().rstrip('/')}/files/{self.sign(file.id).decode()}/{quote(file.name, safe='')}"

    def opened(self, token: str) -> str | None:
        """Return the id of the file that a token opens, None when it opens nothing or no longer."""
        try:
            file = self.unsign(token.encode("utf-8", "replace"), max_age=int(LINK_LIFE.total_seconds()))
        except BadData:
            return None
        return file.decode()
