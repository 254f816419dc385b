"""Ids derive from what caused them, and those with a moment sort by it."""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from router.ids import derive, derive_at

MOMENTS = st.integers(0, 2**34).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


@given(MOMENTS, MOMENTS, st.text(), st.text())
def test_ids_of_later_seconds_sort_behind_those_of_earlier_ones(one: datetime, other: datetime, a: str, b: str) -> None:
    earlier, later = sorted((one, other))
    if earlier < later:
        assert derive_at(earlier, a) < derive_at(later, b)


def test_the_same_cause_at_the_same_moment_makes_the_same_id() -> None:
    at = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
    assert derive_at(at, "a", "b") == derive_at(at.replace(microsecond=9), "a", "b")
    assert derive_at(at, "a", "b") != derive_at(at, "ab")
    assert derive_at(at, "a", "b").endswith(derive("a", "b"))
    assert derive_at(at, "a").isalnum()


@given(st.lists(st.text(), max_size=4))
def test_ids_are_base32_of_a_digest(parts: list[str]) -> None:
    """The same in every release: what is decided again after an upgrade makes the same things."""
    digest = hashlib.blake2b("\x1f".join(parts).encode("utf-8", "surrogatepass"), digest_size=10).digest()
    assert derive(*parts) == base64.b32encode(digest).decode().lower()
