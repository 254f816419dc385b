"""The table and the line of JSON."""

from __future__ import annotations

import json

import pytest

from tests.bench.report import Bound, json_line, results, table

FIGURES = {
    "relay_per_s": 3150.0,
    "relay_per_s_low": 3000.0,
    "relay_per_s_high": 3300.0,
    "batch_per_s": 2100.0,
    "conversation_per_s": 630.0,
    "insert_one_64_per_s": 2100.0,
    "latency_clients_p50_ms": 4.0,
    "insert_one_p50_ms": 2.0,
    "rss_mb_10k": 160.0,
    "growth": 1.25,
    "choice_us": 62.5,
}
KEYS = ["relay_ratio", "batch_ratio", "conversation_ratio", "latency_ratio", "rss_mb_10k", "growth", "choice_us"]


def test_the_line_begins_with_the_ratios_and_holds_the_figures_they_come_from() -> None:
    """Programs read the ratios by name; whoever doubts one finds what was divided by what."""
    line = json_line(FIGURES)
    found = json.loads(line)
    assert "\n" not in line
    assert list(found)[: len(KEYS)] == KEYS
    assert [found[key] for key in KEYS] == [1.5, 1.0, 0.3, 2.0, 160.0, 1.25, 62.5]
    assert FIGURES.items() <= found.items()


def test_what_was_not_measured_is_null() -> None:
    assert [results({"relay_per_s": 3.0})[key] for key in KEYS] == [None] * len(KEYS)


def test_the_table_shows_figure_rounds_limit_ratio_and_verdict() -> None:
    row = next(line for line in table(FIGURES).splitlines() if line.startswith("relayed messages/s, one"))
    assert row.split()[-7:] == ["3,150", "3,000-3,300", "2,100", "1.50", "0.7", "1.5", "goal"]


def test_the_table_leaves_out_what_was_not_measured() -> None:
    assert "echo" not in table(FIGURES)
    assert "growth" not in table({"relay_per_s": 3.0})


@pytest.mark.parametrize(
    ("bound", "value", "verdict"),
    [
        (Bound(0.7, 1.5), 1.5, "goal"),
        (Bound(0.7, 1.5), 1.49, "floor"),
        (Bound(0.7, 1.5), 0.69, "BELOW"),
        (Bound(6, 3, at_most=True), 3, "goal"),
        (Bound(6, 3, at_most=True), 3.1, "floor"),
        (Bound(6, 3, at_most=True), 6.1, "BELOW"),
    ],
)
def test_a_verdict_knows_whether_more_or_less_is_better(bound: Bound, value: float, verdict: str) -> None:
    assert bound.verdict(value) == verdict
