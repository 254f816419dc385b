"""What may be asked of the load generator on its command line."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass

#: in the order in which they run
MEASURES = ("choice", "relay", "latency", "batch", "conversation", "memory", "growth")
#: seconds after which a run is given up, whatever it is doing
HARD_LIMIT = 1200.0


@dataclass(frozen=True, slots=True)
class Options:
    """What to measure."""

    measures: frozenset[str] = frozenset(MEASURES)
    quick: bool = False
    #: seconds
    hard_limit: float = HARD_LIMIT


def parse(arguments: Sequence[str]) -> Options:
    """Understand the command line; what makes no sense ends the process with exit code 2 and what was expected."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench", description="Measures the hub against the limits of this machine."
    )
    parser.add_argument("--quick", action="store_true", help="shorter and rougher, for development")
    parser.add_argument(
        "--only", type=_measures, default=frozenset(MEASURES), metavar="NAMES", help=f"some of: {','.join(MEASURES)}"
    )
    parser.add_argument(
        "--hard-limit", type=_seconds, default=HARD_LIMIT, metavar="SECONDS", help="give up after this (%(default)s)"
    )
    given = parser.parse_args(arguments)
    return Options(given.only, given.quick, given.hard_limit)


def _measures(text: str) -> frozenset[str]:
    names = frozenset(text.split(","))
    strangers = sorted(names - set(MEASURES))
    if strangers:
        raise argparse.ArgumentTypeError(f"there is no measure {strangers[0]!r}: expected some of {','.join(MEASURES)}")
    return names


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 < seconds < float("inf"):
        raise argparse.ArgumentTypeError("expected a number of seconds above 0")
    return seconds
