"""A rehearsal as a chart: how long clients wait over the day, and who has how much, under old and new rules."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from router.errors import Misconfigured

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from hub.rehearsal import Rehearsal
    from router.lab.figures import Figures

_KINDS = (".svg", ".png")
_OLD, _NEW, _TRUTH, _INK = "#8a94a6", "#2563eb", "#c8a24a", "#1f2937"
#: operators that are drawn, those with the most; more could not be read
_MOST = 30
_STYLE: Any = {
    "font.size": 10,
    "font.family": "sans-serif",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#9ca3af",
    "axes.labelcolor": _INK,
    "text.color": _INK,
    "xtick.color": _INK,
    "ytick.color": _INK,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e5e7eb",
    # The same rehearsal makes the same file.
    "svg.hashsalt": "trunkline",
}


def check(file: Path) -> None:
    """Raise `Misconfigured` unless a chart can be drawn into this file."""
    if file.suffix.lower() not in _KINDS:
        raise Misconfigured(f"A chart cannot be drawn into {file}: name a file that ends in .svg or .png.")
    if not file.absolute().parent.is_dir():
        raise Misconfigured(f"A chart cannot be drawn into {file}: there is no such folder. Make it first.")
    if find_spec("matplotlib") is None:
        raise Misconfigured(
            "Charts need matplotlib, which is not installed: install it with pip install 'trunkline[charts]', "
            "or leave out --chart."
        )


def drawn(found: Rehearsal, file: Path) -> None:
    """Draw the chart. Raises `Misconfigured` when the file cannot be written."""
    # Imported only here: it takes a second, and is an extra.
    import matplotlib as mpl
    from matplotlib.figure import Figure

    names = _names(found)
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(9, 6.2 + 0.34 * len(names)), layout="constrained")
        waits, loads = figure.subplots(2, 1, height_ratios=[3.6, 1.2 + 0.34 * len(names)])
        _draw_head(figure, found)
        _draw_waits(waits, found)
        _draw_loads(loads, found, names)
        # Without the date, the same rehearsal makes the same file.
        metadata = {"Date": None} if file.suffix.lower() == ".svg" else {}
        try:
            figure.savefig(file, dpi=150, metadata=metadata)
        except OSError as error:
            raise Misconfigured(f"The chart cannot be written to {file}: {error.strerror}.") from error


def _draw_head(figure: Figure, found: Rehearsal) -> None:
    zone = ZoneInfo(found.zone)
    since, until = (f"{at.astimezone(zone):%d %b %Y}" for at in (found.since, found.until))
    what = f"the line {found.line}" if found.line else "all lines"
    title = f"{found.conversations:,} conversations, {what}, {since} to {until}"
    figure.suptitle(title, fontsize=13, fontweight="bold", x=0.01, ha="left")


def _draw_waits(axes: Axes, found: Rehearsal) -> None:
    """Draw, for each hour of the day, the median wait as a line and up to where nine of ten wait as a shade."""
    unit, name = _unit(found)
    for figures, color, label in ((found.old, _OLD, "old rules"), (found.new, _NEW, "new rules")):
        hours = [hour for hour, it in enumerate(figures.hours) if it.wait_median is not None]
        medians = [(figures.hours[hour].wait_median or 0) / unit for hour in hours]
        most = [(figures.hours[hour].wait_p90 or 0) / unit for hour in hours]
        axes.fill_between(hours, medians, most, color=color, alpha=0.16, linewidth=0)
        axes.plot(hours, medians, color=color, linewidth=2.2, marker="o", markersize=4, label=label)
    truth = [(hour, it.wait_median / unit) for hour, it in enumerate(found.truth.hours) if it.wait_median is not None]
    axes.plot(*zip(*truth, strict=True), color=_TRUTH, linewidth=1.4, linestyle=(0, (4, 3)), label="in truth")
    axes.set_xlim(-0.5, 23.5)
    axes.set_xticks(range(0, 24, 2), [f"{hour}:00" for hour in range(0, 24, 2)])
    axes.set_ylim(bottom=0)
    axes.set_ylabel(f"waiting, {name}")
    axes.set_title(
        f"Waiting over the day ({found.zone}): the median, and shaded up to where nine of ten wait",
        loc="left",
        fontsize=10,
    )
    axes.legend(frameon=False, loc="upper right", ncols=3)


def _unit(found: Rehearsal) -> tuple[float, str]:
    longest = max((it.wait_p90 or 0 for each in (found.old, found.new) for it in each.hours), default=0)
    return (1, "seconds") if longest < 180 else (60, "minutes") if longest < 3 * 3600 else (3600, "hours")


def _names(found: Rehearsal) -> list[str]:
    """Return the operators to draw, those with the most conversations last, which is on top."""
    counts = {
        name: max(_count(each, name) for each in (found.old, found.new))
        for name in {*found.old.operators, *found.new.operators}
    }
    return sorted(counts, key=lambda name: (counts[name], name))[-_MOST:]


def _count(figures: Figures, name: str) -> int:
    known = figures.operators.get(name)
    return known.conversations if known else 0


def _draw_loads(axes: Axes, found: Rehearsal, names: list[str]) -> None:
    """Draw two bars for each operator, with the share of their time that they are busy written beside them."""
    for offset, figures, color, label in ((0.2, found.old, _OLD, "old rules"), (-0.2, found.new, _NEW, "new rules")):
        places = [place + offset for place in range(len(names))]
        bars = axes.barh(places, [_count(figures, name) for name in names], 0.36, color=color, label=label)
        axes.bar_label(bars, [_busy(figures, name) for name in names], padding=3, fontsize=8, color="#6b7280")
    axes.set_yticks(range(len(names)), names)
    axes.grid(visible=False, axis="y")
    axes.margins(x=0.12)
    axes.set_xlabel("conversations")
    axes.set_title("Conversations of each operator, and how much of their time they are busy", loc="left", fontsize=10)


def _busy(figures: Figures, name: str) -> str:
    known = figures.operators.get(name)
    return f"{known.busy:.0%} busy" if known and known.busy is not None else ""
