"""What was measured, by name; several rounds of one measure are several samples."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from statistics import median

from tests.bench.figures import percentile, spread


class Samples:
    """Collects samples and sums them up."""

    def __init__(self) -> None:
        self._found: defaultdict[str, list[float]] = defaultdict(list)

    def add(self, name: str, value: float) -> None:
        """Keep one round's figure."""
        self._found[name].append(value)

    def add_delays(self, name: str, seconds: Sequence[float]) -> None:
        """Keep the median and the 99th percentile of delays, in milliseconds."""
        for share in (0.5, 0.99):
            self.add(f"{name}_p{share * 100:.0f}_ms", percentile(seconds, share) * 1000)

    def forget(self, name: str) -> None:
        """Drop what was measured while warming up."""
        self._found.pop(name, None)

    def has(self, name: str) -> bool:
        """Return whether there is a sample of that name."""
        return name in self._found

    def median(self, name: str) -> float:
        """Return the round in the middle."""
        return median(self._found[name])

    def figures(self) -> dict[str, float]:
        """Return the median of each measure and, where there were several rounds, its lowest and highest one."""
        found: dict[str, float] = {}
        for name, values in self._found.items():
            middle = spread(values)
            found[name] = middle.median
            if len(values) > 1:
                found |= {f"{name}_low": middle.low, f"{name}_high": middle.high}
        return found
