"""The table that people read, and the line that programs read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from tests.bench.figures import ratio
from tests.bench.hall import KINDS


@dataclass(frozen=True, slots=True)
class Bound:
    """What a figure is to reach."""

    floor: float
    goal: float
    #: less is better
    at_most: bool = False

    def verdict(self, value: float) -> str:
        """Say how a figure stands to its bound."""
        sign = -1 if self.at_most else 1
        if value * sign >= self.goal * sign:
            return "goal"
        return "floor" if value * sign >= self.floor * sign else "BELOW"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: a figure, the limit it is held against, and what their ratio is to be."""

    measure: str
    figure: str
    limit: str = ""
    bound: Bound | None = None
    #: the name of the ratio, or of the figure itself, among the results; empty for what is only shown
    key: str = ""


ROWS = (
    Row("relayed messages/s, one POST each", "relay_per_s", "insert_one_64_per_s", Bound(0.7, 1.5), "relay_ratio"),
    Row("  against the bare echo", "relay_per_s", "echo_per_s"),
    Row("  clients' messages alone", "relay_clients_per_s", "insert_one_64_per_s"),
    Row("  operators' replies alone", "relay_operators_per_s", "insert_one_64_per_s"),
    Row("relayed messages/s, posted by 500", "batch_per_s", "insert_one_64_per_s", Bound(1.5, 3), "batch_ratio"),
    Row("  against insert_many by 500", "batch_per_s", "insert_many_per_s"),
    Row(
        "new conversations/s, triaged and offered",
        "conversation_per_s",
        "insert_one_64_per_s",
        Bound(0.25, 0.7),
        "conversation_ratio",
    ),
    Row(
        "p50 end to end at 10/s, ms",
        "latency_clients_p50_ms",
        "insert_one_p50_ms",
        Bound(6, 3, at_most=True),
        "latency_ratio",
    ),
    Row("  p99, ms", "latency_clients_p99_ms", "insert_one_p99_ms"),
    Row("  replies, p50, ms", "latency_replies_p50_ms", "insert_one_p50_ms"),
    Row("  replies, p99, ms", "latency_replies_p99_ms", "insert_one_p99_ms"),
    Row("  at half the top rate, p50, ms", "latency_half_clients_p50_ms", "insert_one_p50_ms"),
    Row("  at half the top rate, p99, ms", "latency_half_clients_p99_ms", "insert_one_p99_ms"),
    Row("  replies at half the top rate, p50, ms", "latency_half_replies_p50_ms", "insert_one_p50_ms"),
    Row("  replies at half the top rate, p99, ms", "latency_half_replies_p99_ms", "insert_one_p99_ms"),
    Row("RSS with 10,000 open conversations, MB", "rss_mb_10k", bound=Bound(250, 150, at_most=True), key="rss_mb_10k"),
    Row("  PSS, MB", "pss_mb_10k"),
    Row("  RSS at rest, MB", "rss_mb_rest"),
    Row("CPU for one relayed message, hub, µs", "cpu_hub_us"),
    Row("  mongod, µs", "cpu_mongod_us"),
    Row("  load generator, µs", "cpu_load_us"),
    Row("growth of CPU for one message, at worst", "growth", bound=Bound(4 / 3, 4 / 3, at_most=True), key="growth"),
    Row("  with many more open conversations, µs", "growth_conversations_us", "growth_base_us"),
    Row("  with many more operators, µs", "growth_operators_us", "growth_base_us"),
    Row("  with many more stored messages, µs", "growth_messages_us", "growth_base_us"),
    Row(
        "one of 1,000 operators chosen, 10,000 wait, µs",
        "choice_us",
        bound=Bound(100, 50, at_most=True),
        key="choice_us",
    ),
    *(
        row
        for kind in KINDS
        for row in (
            Row(f"  {kind}, against sorting 1,000 in Python, µs", f"choice_{kind}_us", "sort_us"),
            Row(f"  {kind}, against looking at all anew, µs", f"choice_{kind}_us", f"anew_{kind}_us"),
            Row(f"  {kind}, closing one and offering the next, µs", f"decision_{kind}_us"),
        )
    ),
)
_HEADS = ("measure", "figure", "rounds", "limit", "ratio", "floor", "goal", "")
_KEYED = tuple(row for row in ROWS if row.key)


def results(figures: Mapping[str, float]) -> dict[str, float | None]:
    """Return the keyed ratios, None for what was not measured, followed by the absolute figures."""
    keyed = {row.key: _value(row, figures) for row in _KEYED}
    absolute = {name: figure for name, figure in sorted(figures.items()) if name not in keyed}
    return {name: _rounded(value) for name, value in {**keyed, **absolute}.items()}


def json_line(figures: Mapping[str, float]) -> str:
    """Return the results as one line of JSON."""
    return json.dumps(results(figures))


def _value(row: Row, figures: Mapping[str, float]) -> float | None:
    figure = figures.get(row.figure)
    return ratio(figure, figures.get(row.limit)) if row.limit else figure


def _rounded(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.4g}")


def table(figures: Mapping[str, float]) -> str:
    """Return the table of what was measured."""
    rows = [_cells(row, figures) for row in ROWS if row.figure in figures and (row.key or row.limit in {"", *figures})]
    widths = [max(map(len, column)) for column in zip(_HEADS, *rows, strict=True)]
    lines = [_HEADS, tuple("-" * width for width in widths), *rows]
    return "\n".join(_aligned(cells, widths).rstrip() for cells in lines)


def _aligned(cells: tuple[str, ...], widths: list[int]) -> str:
    first, *others = (
        cell.ljust(width) if place == 0 else cell.rjust(width)
        for place, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return "  ".join([first, *others])


def _cells(row: Row, figures: Mapping[str, float]) -> tuple[str, ...]:
    value, bound = _value(row, figures), row.bound
    low, high = figures.get(f"{row.figure}_low"), figures.get(f"{row.figure}_high")
    return (
        row.measure,
        _shown(figures[row.figure]),
        f"{_shown(low)}-{_shown(high)}" if low is not None and high is not None else "",
        _shown(figures[row.limit]) if row.limit in figures else "",
        f"{value:.2f}" if row.limit and value is not None else "",
        _bounded(bound.floor, bound) if bound else "",
        _bounded(bound.goal, bound) if bound else "",
        bound.verdict(value) if bound and value is not None else "",
    )


def _bounded(value: float, bound: Bound) -> str:
    return f"{'<= ' if bound.at_most else ''}{value:.3g}"


def _shown(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
