"""Ids that are functions of what caused them, so that deciding an update again makes the same things again."""

from __future__ import annotations

import base64
import hashlib


def derive(*parts: str) -> str:
    """Return 16 lower-case base32 characters (80 bits) that depend on nothing but `parts`."""
    digest = hashlib.blake2b("\x1f".join(parts).encode("utf-8", "surrogatepass"), digest_size=10).digest()
    return base64.b32encode(digest).decode().lower()
