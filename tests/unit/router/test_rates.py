"""Token buckets: bursts pass, and what was spent comes back with time."""

from __future__ import annotations

from datetime import timedelta

import pytest

from router.rates import Buckets, Rate
from tests.clock import ManualClock


@pytest.mark.parametrize(("count", "seconds"), [(1, 0.0), (2, 0.0), (3, 1.0), (4, 1.0)])
def test_several_tokens_wait_for_the_last_of_them(count: int, seconds: float) -> None:
    """Those that are in the bucket pass; for more than it holds a full one is enough."""
    buckets = Buckets(Rate(per_minute=60, burst=3), ManualClock().now)
    buckets.take("a")
    assert buckets.wait("a", count) == seconds


def test_what_was_taken_above_the_burst_is_paid_for_afterwards() -> None:
    """By whoever took it, and by nobody else."""
    clock = ManualClock()
    buckets = Buckets(Rate(per_minute=60, burst=3), clock.now)
    buckets.take("a", 5)
    assert (buckets.wait("a"), buckets.wait("b")) == (3.0, 0.0)
    clock.advance(timedelta(seconds=3))
    assert (buckets.wait("a"), buckets.wait("a", 2)) == (0.0, 1.0)
