"""Nothing that is still to be decided lies at or below the watermark."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hub.engine.watermark import Watermark


@given(steps=st.lists(st.integers(0, 30), max_size=60), begun=st.integers(0, 100))
def test_it_stays_below_whatever_is_open(steps: list[int], begun: int) -> None:
    """Numbers are given out rising and end in any order, as lanes decide side by side."""
    mark, open_, last = Watermark(), set[int](), begun
    mark.start(begun)
    mark.end(begun + 1)
    for step in steps:
        if step % 3 or not open_:
            last += 1 + step
            mark.begin(last)
            open_.add(last)
        else:
            ended = sorted(open_)[step % len(open_)]
            mark.end(ended)
            open_.remove(ended)
        assert mark.low < min(open_, default=last + 1)
        assert open_ or mark.low == max(last, begun + 1)


def test_it_rises_no_further_until_what_a_former_run_left_is_taken_up() -> None:
    mark = Watermark()
    mark.start(7)
    mark.begin(20)
    mark.end(20)
    assert mark.low == 7
    mark.end(8)
    assert mark.low == 20


def test_what_ends_is_no_longer_in_doubt() -> None:
    mark = Watermark()
    mark.begin(1)
    mark.doubtful.add(1)
    mark.end(1)
    assert mark.doubtful == set()
