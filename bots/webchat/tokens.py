"""What the channel signs: who a visitor is, and links to their files."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

from itsdangerous import BadData, Signer, TimestampSigner

#: long enough for a page that is left open, short enough that a link passed on dies
LINK_LIFE = timedelta(days=7)
_ALGORITHM = {"key_derivation": "hmac", "digest_method": hashlib.sha256}


class _ClockedSigner(TimestampSigner):
    """Takes the time from the hub's clock, so that tests own it."""

    def __init__(self, secret: str, now: Callable[[], datetime]) -> None:
        super().__init__(secret, salt="webchat.file", key_derivation="hmac", digest_method=hashlib.sha256)
        self._now = now

    def get_timestamp(self) -> int:
        return int(self._now().timestamp())


class Tokens:
    """Makes and checks signatures with the channel's secret. A visitor's id is also the id of their chat."""

    def __init__(self, secret: str, now: Callable[[], datetime]) -> None:
        self._visitors = Signer(secret, salt="webchat.visitor", **_ALGORITHM)  # type: ignore[arg-type]  # a literal dict
        self._links = _ClockedSigner(secret, now)

    def new_visitor(self) -> str:
        """Return an id that nobody can guess."""
        return secrets.token_hex(16)

    def issue(self, visitor: str) -> str:
        """Return the token by which `visitor` is known again. It never expires."""
        return self._visitors.sign(visitor).decode()

    def visitor(self, token: str) -> str | None:
        """Return whose token it is, None when it is not one of ours."""
        try:
            return self._visitors.unsign(token.encode("utf-8", "replace")).decode()
        except BadData:
            return None

    def link(self, visitor: str, file: str) -> str:
        """Return a key that opens one file of one visitor for `LINK_LIFE`."""
        return self._links.sign(f"{visitor}~{file}").decode()

    def linked(self, key: str) -> tuple[str, str] | None:
        """Return the visitor and the file a key opens, None when it opens nothing."""
        try:
            signed = self._links.unsign(key.encode("utf-8", "replace"), max_age=int(LINK_LIFE.total_seconds()))
        except BadData:
            return None
        visitor, _, file = signed.decode().partition("~")
        return visitor, file
