"""Medians, percentiles and ratios of the load generator."""

from __future__ import annotations

import pytest

from tests.bench.figures import Spread, percentile, ratio, spread
from tests.bench.samples import Samples


def test_a_spread_is_the_round_in_the_middle_with_the_lowest_and_the_highest() -> None:
    assert spread([3.0, 1.0, 8.0]) == Spread(3.0, 1.0, 8.0)


@pytest.mark.parametrize(("share", "expected"), [(0.5, 50), (0.99, 99), (1.0, 100), (0.0, 1)])
def test_a_percentile_is_a_value_that_was_measured(share: float, expected: float) -> None:
    """The nearest rank: of 1 to 100, the median is 50 and nothing between 50 and 51."""
    assert percentile(list(range(100, 0, -1)), share) == expected


def test_the_worst_of_a_few_values_is_not_left_out() -> None:
    """With fewer than a hundred values, the 99th percentile is the worst one."""
    assert percentile([1.0, 2.0, 9.0], 0.99) == 9.0


def test_there_is_no_percentile_of_nothing() -> None:
    with pytest.raises(ValueError, match="no values"):
        percentile([], 0.5)


@pytest.mark.parametrize(("figure", "limit"), [(None, 2.0), (2.0, None), (2.0, 0.0)])
def test_there_is_no_ratio_where_something_was_not_measured(figure: float | None, limit: float | None) -> None:
    assert ratio(figure, limit) is None


def test_a_ratio_is_the_figure_in_limits() -> None:
    assert ratio(3.0, 2.0) == 1.5


def test_one_round_has_no_spread() -> None:
    samples = Samples()
    samples.add("rss", 100.0)
    for rate in (10.0, 30.0, 20.0):
        samples.add("rate", rate)
    assert samples.figures() == {"rss": 100.0, "rate": 20.0, "rate_low": 10.0, "rate_high": 30.0}


def test_delays_are_kept_in_milliseconds() -> None:
    samples = Samples()
    samples.add_delays("relay", [0.001, 0.002, 0.009])
    assert samples.figures() == {"relay_p50_ms": 2.0, "relay_p99_ms": 9.0}


def test_what_was_measured_while_warming_up_can_be_forgotten() -> None:
    samples = Samples()
    samples.add("rate", 1.0)
    samples.forget("rate")
    assert not samples.has("rate")
