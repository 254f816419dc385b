"""Ids that are functions of what caused them, so that deciding an update again makes the same things again."""

from __future__ import annotations

import hashlib
from datetime import datetime
from functools import lru_cache

#: digits whose order as characters is that of their values
_DIGITS = "0123456789abcdefghijklmnopqrstuv"
#: digits of the seconds since 1970: enough for a thousand years
_SECONDS = 7
#: ten bits → two digits of RFC 4648's base32, in lower case
_PAIRS = tuple(one + two for one in "abcdefghijklmnopqrstuvwxyz234567" for two in "abcdefghijklmnopqrstuvwxyz234567")
_BITS = range(70, -1, -10)


def derive_at(at: datetime, *parts: str) -> str:
    """Return an id that depends on `at` and `parts`: those of later seconds sort behind those of earlier ones.

    A database appends such ids at the end of its indexes; ids without any order change a page of the index each, of
    which a large one has more than fit into memory.
    """
    return _digits(int(at.timestamp())) + derive(*parts)


@lru_cache(maxsize=64)
def _digits(seconds: int) -> str:
    digits = ""
    for _ in range(_SECONDS):
        seconds, digit = divmod(seconds, len(_DIGITS))
        digits = _DIGITS[digit] + digits
    return digits


def derive(*parts: str) -> str:
    """Return 16 lower-case base32 characters (80 bits) that depend on nothing but `parts`."""
    digest = hashlib.blake2b("\x1f".join(parts).encode("utf-8", "surrogatepass"), digest_size=10).digest()
    number = int.from_bytes(digest, "big")
    return "".join([_PAIRS[number >> bits & 1023] for bits in _BITS])
