"""The measures, one function each: warm up, run several rounds, keep every round's figure."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.bench.batch import batch_round
from tests.bench.choosing import choosing_round
from tests.bench.exchange import Exchange, exchange
from tests.bench.latency import paced
from tests.bench.limits import Limits, echo, typical_body
from tests.bench.newcomers import Newcomers
from tests.bench.processes import memory
from tests.bench.relay import Direction, relay_round
from tests.bench.samples import Samples
from tests.bench.scale import Scale
from tests.bench.stand import Stand

#: messages per second of the steady pace
_PACE = 10.0
#: seconds in which a hub comes to rest before its memory is looked at
_REST = 2.0


async def measure_choice(samples: Samples, scale: Scale) -> None:
    """Choose operators in a hall of the core's own; the first round warms up."""
    choosing_round(Samples())
    for _ in range(scale.rounds):
        await asyncio.sleep(0)
        choosing_round(samples)


async def measure_relay(it: Exchange, limits: Limits, scale: Scale, folder: Path) -> None:
    """Relay in both directions and in each alone; every round follows one of inserts, so that both see one machine."""
    samples = limits.samples
    await limits.one_at_64(scale.warm_up / 2)
    await relay_round(it, scale.warm_up)
    # The warm-up's inserts count for nothing.
    samples.forget("insert_one_64_per_s")
    for _ in range(scale.rounds):
        await limits.one_at_64(scale.seconds / 2)
        done = await relay_round(it, scale.seconds)
        samples.add("relay_per_s", done.rate)
        samples.add("cpu_hub_us", done.hub_cpu / done.messages * 1e6)
        samples.add("cpu_mongod_us", done.mongod_cpu / done.messages * 1e6)
        samples.add("cpu_load_us", done.own_cpu / done.messages * 1e6)
    for direction in (Direction.CLIENTS, Direction.OPERATORS):
        for _ in range(max(2, scale.rounds // 2)):
            done = await relay_round(it, scale.seconds / 2, direction)
            samples.add(f"relay_{direction}_per_s", done.rate)
    await echo(typical_body(), scale.seconds / 2, max(2, scale.rounds // 2), samples, folder)


async def measure_latency(it: Exchange, limits: Limits, scale: Scale) -> None:
    """Send at 10 messages a second, each direction for itself, then both at half the top rate."""
    samples = limits.samples
    if not samples.has("relay_per_s"):
        await relay_round(it, scale.warm_up)
        samples.add("relay_per_s", (await relay_round(it, scale.seconds)).rate)
    half = samples.median("relay_per_s") / 2
    _forget(it)
    await limits.one_by_one(scale.single_inserts)
    await paced(it, _PACE, scale.latency_seconds, Direction.CLIENTS)
    await limits.one_by_one(scale.single_inserts)
    await paced(it, _PACE, scale.latency_seconds, Direction.OPERATORS)
    await limits.one_by_one(scale.single_inserts)
    _keep(it, samples, "latency")
    await paced(it, half, scale.latency_seconds / 2, Direction.BOTH)
    _keep(it, samples, "latency_half")
    samples.add("latency_half_rate_per_s", half)


def _forget(it: Exchange) -> None:
    it.clients.forget_delays()
    it.replies.forget_delays()


def _keep(it: Exchange, samples: Samples, name: str) -> None:
    samples.add_delays(f"{name}_clients", it.clients.forget_delays())
    samples.add_delays(f"{name}_replies", it.replies.forget_delays())


async def measure_batch(it: Exchange, limits: Limits, scale: Scale) -> None:
    """Post by 500, each round after one of inserts."""
    await batch_round(it, scale.warm_up / 2)
    for _ in range(scale.rounds):
        await limits.one_at_64(scale.seconds / 2)
        await limits.many(scale.seconds / 4)
        limits.samples.add("batch_per_s", await batch_round(it, scale.seconds / 2))


async def measure_conversations(it: Newcomers, limits: Limits, scale: Scale) -> None:
    """Bring new clients, each round after one of inserts."""
    await it.bring(scale.newcomers // 2)
    for _ in range(scale.rounds):
        await limits.one_at_64(scale.seconds / 2)
        limits.samples.add("conversation_per_s", await it.bring(scale.newcomers))


def measure_rest(stand: Stand, samples: Samples) -> None:
    """Look at a hub that has just started."""
    samples.add("rss_mb_rest", memory(stand.pid).rss)


async def measure_memory(it: Newcomers, samples: Samples, scale: Scale) -> None:
    """Bring clients until there are enough, have operators take them all, and look at the hub when it is done."""
    await it.bring(scale.open_conversations - it.offers.count)
    await it.take_all()
    await asyncio.sleep(_REST)
    held = memory(it.stand.pid)
    samples.add("rss_mb_10k", held.rss)
    samples.add("pss_mb_10k", held.pss)


async def measure_growth(name: str, stand: Stand, samples: Samples, scale: Scale) -> None:
    """Relay between the same few conversations, in a world that may be larger, and keep what a message costs."""
    async with exchange(stand) as it:
        await relay_round(it, scale.warm_up)
        for _ in range(scale.growth_rounds):
            done = await relay_round(it, scale.seconds)
            samples.add(f"growth_{name}_us", done.cost)
            samples.add(f"growth_{name}_per_s", done.rate)


def add_growth(samples: Samples, scale: Scale) -> None:
    """Add the largest ratio between a larger world's cost and the base's."""
    base = samples.median("growth_base_us")
    samples.add("growth", max(samples.median(f"growth_{name}_us") / base for name in scale.larger))
