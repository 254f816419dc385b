"""Passwords: argon2 hashes, made and checked on a thread because they take tens of milliseconds on purpose."""

from __future__ import annotations

import asyncio
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

#: without letters and digits that look alike
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
_GROUPS, _GROUP = 4, 4


def generate() -> str:
    """Return a readable password of about 79 random bits, for example `k3fm-92qa-xt7d-hw5p`."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(_GROUP)) for _ in range(_GROUPS))


class Passwords:
    """Hashes and checks passwords, one at a time so that guessing cannot take all the memory."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._decoy = self._hasher.hash(secrets.token_urlsafe(16))
        self._turn = asyncio.Semaphore(1)

    async def hash(self, password: str) -> str:
        """Return the argon2 hash to keep."""
        async with self._turn:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def verify(self, kept: str | None, password: str) -> bool:
        """Return whether the password is right; for an unknown name (None) the same work is done in vain."""
        async with self._turn:
            right = await asyncio.to_thread(self._matches, kept or self._decoy, password)
        return right and kept is not None

    def outdated(self, kept: str) -> bool:
        """Return whether a hash was made with weaker parameters than today's."""
        return self._hasher.check_needs_rehash(kept)

    def _matches(self, kept: str, password: str) -> bool:
        try:
            return self._hasher.verify(kept, password)
        except (VerificationError, InvalidHashError):
            return False
