"""Nothing goes faster to Telegram than it takes, and what it slows down waits alone."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bots.telegram.limits import Pace

_START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
_SECOND = timedelta(seconds=1)


class Now:
    """The time, moved on by hand."""

    def __init__(self) -> None:
        self.at = _START

    def __call__(self) -> datetime:
        return self.at


def _most_within(times: list[datetime], span: timedelta) -> int:
    return max(sum(start <= at < start + span for at in times) for start in times)


@given(st.lists(st.tuples(st.integers(-3, 40).filter(bool), st.integers(0, 400)), min_size=1, max_size=120))
def test_whatever_is_wanted_the_limits_hold(wanted: list[tuple[int, int]]) -> None:
    """At most 30 a second, 3 in 3 seconds to a person, 20 a minute to a group, and in order to each."""
    now, sent = Now(), defaultdict(list)
    pace = Pace(now)
    for chat, later in wanted:
        now.at += timedelta(milliseconds=later)
        at = pace.reserve(str(chat))
        assert at >= now.at
        sent[chat].append(at)
    assert _most_within([at for times in sent.values() for at in times], _SECOND) <= 30
    for chat, times in sent.items():
        assert times == sorted(times)
        span, most = (60 * _SECOND, 20) if chat < 0 else (3 * _SECOND, 3)
        assert _most_within(times, span) <= most


def test_a_chat_that_is_slowed_down_waits_alone() -> None:
    """A 429 stops one chat for exactly as long as Telegram says."""
    now = Now()
    pace = Pace(now)
    pace.slowed("7", 5 * _SECOND)
    assert pace.not_before("7") == _START + 5 * _SECOND
    assert pace.not_before("8") is None
    now.at += 5 * _SECOND
    assert pace.not_before("7") is None


def test_many_chats_slowed_down_at_once_are_the_whole_token() -> None:
    """When three chats are refused within two seconds, the others would be, too."""
    now = Now()
    pace = Pace(now)
    for chat in ("7", "8"):
        pace.slowed(chat, 5 * _SECOND)
    assert pace.not_before("9") is None
    pace.slowed("9", 5 * _SECOND)
    assert pace.not_before("10") == _START + 5 * _SECOND


def test_what_is_taken_counts() -> None:
    """A person may be sent three at once, and the fourth waits."""
    now = Now()
    pace = Pace(now)
    assert [pace.reserve("7") for _ in range(3)] == [_START] * 3
    waits = pace.not_before("7")
    assert waits is not None
    assert waits > _START + 3 * _SECOND
