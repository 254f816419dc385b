"""One run: hubs are filled, started, measured and stopped one after the other."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from tests.bench.exchange import exchange
from tests.bench.limits import limits
from tests.bench.measures import (
    add_growth,
    measure_batch,
    measure_choice,
    measure_conversations,
    measure_growth,
    measure_latency,
    measure_memory,
    measure_relay,
    measure_rest,
)
from tests.bench.newcomers import newcomers
from tests.bench.options import Options
from tests.bench.progress import Progress
from tests.bench.samples import Samples
from tests.bench.scale import FULL, QUICK, Scale
from tests.bench.stand import Stand, standing
from tests.bench.world import World

_BASE = "base"
_AT_THE_DESK = frozenset({"relay", "latency", "batch"})
_AT_THE_FRONT = frozenset({"conversation", "memory"})


@dataclass(frozen=True, slots=True)
class Run:
    """What the parts of a run share."""

    measures: frozenset[str]
    scale: Scale
    progress: Progress
    samples: Samples
    folder: Path


async def run(options: Options, out: TextIO) -> dict[str, float]:
    """Measure and return the figures. Raises `BenchFailed` when the hub does not do what it promises."""
    scale = QUICK if options.quick else FULL
    progress = Progress(scale.expected, _expected(options, scale), out)
    with tempfile.TemporaryDirectory(prefix="trunkline-bench-") as folder:
        it = Run(options.measures, scale, progress, Samples(), Path(folder))
        for part, wanted in (
            (_hall, {"choice"}),
            (_desk, _AT_THE_DESK),
            (_front, _AT_THE_FRONT),
            (_growth, {"growth"}),
        ):
            if wanted & it.measures:
                await part(it)
    return it.samples.figures()


def _expected(options: Options, scale: Scale) -> float:
    parts = sorted(options.measures - {"growth"})
    parts += ["filling" for wanted in (_AT_THE_DESK, _AT_THE_FRONT) if wanted & options.measures]
    if "growth" in options.measures:
        parts += [f"growth_{name}" for name in (_BASE, *scale.larger, _BASE)]
    return sum(scale.expected[part] for part in parts)


@asynccontextmanager
async def _standing(it: Run, world: World, name: str) -> AsyncIterator[Stand]:
    async with AsyncExitStack() as stack:
        async with it.progress.part("filling", f"starting a hub ({name})"):
            stand = await stack.enter_async_context(standing(world, it.folder / name))
        yield stand


async def _hall(it: Run) -> None:
    """Measure the core alone, before there is a hub."""
    async with it.progress.part("choice"):
        await measure_choice(it.samples, it.scale)


async def _desk(it: Run) -> None:
    """Measure what goes on in open conversations."""
    async with (
        _standing(it, it.scale.desk, "desk") as stand,
        limits(stand, it.samples) as held_against,
        exchange(stand) as between,
    ):
        if "relay" in it.measures:
            async with it.progress.part("relay"):
                await measure_relay(between, held_against, it.scale, it.folder)
        if "latency" in it.measures:
            async with it.progress.part("latency"):
                await measure_latency(between, held_against, it.scale)
        if "batch" in it.measures:
            async with it.progress.part("batch"):
                await measure_batch(between, held_against, it.scale)


async def _front(it: Run) -> None:
    """Measure what new clients cost."""
    async with (
        _standing(it, it.scale.front, "front") as stand,
        limits(stand, it.samples) as held_against,
    ):
        measure_rest(stand, it.samples)
        async with newcomers(stand) as coming:
            if "conversation" in it.measures:
                async with it.progress.part("conversation"):
                    await measure_conversations(coming, held_against, it.scale)
            if "memory" in it.measures:
                async with it.progress.part("memory"):
                    await measure_memory(coming, it.samples, it.scale)


async def _growth(it: Run) -> None:
    """Measure what a message costs in larger worlds; the base comes first and last, so that a drift shows in both."""
    worlds = [(_BASE, it.scale.desk), *it.scale.larger.items(), (_BASE, it.scale.desk)]
    for place, (name, world) in enumerate(worlds):
        async with (
            it.progress.part(f"growth_{name}", f"growth: {name}"),
            standing(world, it.folder / f"growth-{place}") as stand,
        ):
            await measure_growth(name, stand, it.samples, it.scale)
    add_growth(it.samples, it.scale)
