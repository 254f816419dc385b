"""More than fits: 20,000 messages for a line where nobody works. All are kept, the hub stays small and answers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter

import pytest
import yaml

from tests.integration.siege import CHANNEL, TOKEN_NAME, Siege, besieged
from tests.integration.siege_audit import kept, same
from tests.integration.siege_caller import Caller, Callers, callers, of_channel

pytestmark = pytest.mark.mongo
#: those who write: each has one conversation, and all of them wait in the queue
CHATS = 500
#: messages posted one by one, and in batches
SINGLE, BATCHED = 8_000, 12_000
IN_FLIGHT, BATCH, BATCHES_IN_FLIGHT = 256, 500, 8
#: the channel's own limit, above which it answers 429
RATE = {"per_minute": 400_000, "burst": 1_000}
#: characters of one message: all of them together are many times what the hub may grow by
TEXT = 4_000
#: bytes by which the hub may grow while the messages pass through it: what it keeps of the latest few thousand
GROWTH = 150e6
#: messages that may wait for their decision in memory: a full queue, and a batch that was put back into it
QUEUE = 2_500
#: seconds in which a question about the hub's health must be answered, however busy it is
ANSWERED_WITHIN = 10.0
SETTINGS = yaml.safe_dump(
    {
        "channels": {CHANNEL: {"kind": "http", "line": "sales", "tokens": [f"${{{TOKEN_NAME}}}"], "rate": RATE}},
        "lines": {"sales": {"name": "Sales", "operators": ["anna"], "triage": False}},
        "operators": {"anna": {"name": "Anna"}, "sofia": {"name": "Sofia", "role": "supervisor"}},
    }
)


def resident(pid: int) -> tuple[float, float]:
    """Return the memory a process holds now, and the most it has held since `forget_peak`, in bytes."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    sizes = {name: value for name, _, value in (line.partition(":") for line in lines)}
    now, peak = (int(sizes[name].split()[0]) * 1024 for name in ("VmRSS", "VmHWM"))
    return now, peak


def forget_peak(pid: int) -> None:
    """Have Linux count the most a process has held from now on."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


@dataclass(slots=True)
class Flood:
    """Posts messages, each chat's in order, and remembers what the hub said it has."""

    caller: Caller
    #: chat → texts, in the order written
    said: dict[str, list[str]] = field(default_factory=dict)

    async def singly(self, count: int) -> None:
        """Post messages one by one, many requests at a time; a chat's next one follows the answer to the last one."""
        shares = [iter(range(place, count, IN_FLIGHT)) for place in range(IN_FLIGHT)]
        await asyncio.gather(*(self._share(f"s{place:03}", share) for place, share in enumerate(shares)))

    async def _share(self, chat: str, share: Iterator[int]) -> None:
        for number in share:
            taken = await self.caller.send("POST", of_channel("messages"), self._message(chat, number))
            assert taken.status == 202, taken

    async def in_batches(self, count: int) -> None:
        """Post messages 500 at a time, a few such requests at a time, each of other chats."""
        lanes = [range(place * BATCH, count, BATCHES_IN_FLIGHT * BATCH) for place in range(BATCHES_IN_FLIGHT)]
        await asyncio.gather(*(self._lane(place, starts) for place, starts in enumerate(lanes)))

    async def _lane(self, place: int, starts: range) -> None:
        chats = (CHATS - IN_FLIGHT) // BATCHES_IN_FLIGHT
        for start in starts:
            numbers = range(start, start + BATCH)
            bodies = [self._message(f"b{place}-{number % chats:03}", number) for number in numbers]
            taken = await self.caller.send("POST", of_channel("messages/batch"), {"messages": bodies})
            assert taken.status == 202, taken
            assert [each for each in taken.body["results"] if "problem" in each] == []

    def _message(self, chat: str, number: int) -> dict[str, object]:
        text = f"{chat} {number:05} ".ljust(TEXT, ".")
        self.said.setdefault(chat, []).append(text)
        return {"id": f"{chat}:{number}", "from": {"id": chat, "name": chat}, "text": text}


@dataclass(slots=True)
class Watch:
    """Asks how the hub is, over and over."""

    siege: Siege
    caller: Caller
    #: seconds until each answer
    delays: list[float] = field(default_factory=list)
    #: the most messages that waited for their decision in memory
    longest: int = 0

    async def ask(self) -> None:
        """Ask until cancelled."""
        while True:
            for path in ("/healthz", "/metrics", "/readyz"):
                began = perf_counter()
                async with (
                    asyncio.timeout(ANSWERED_WITHIN),
                    self.caller.session.get(await self.siege.address() + path) as answer,
                ):
                    body = await answer.read()
                assert answer.status == 200, f"{path} was answered with {answer.status}: {body!r}"
                self.delays.append(perf_counter() - began)
                if path == "/healthz":
                    self.longest = max(self.longest, json.loads(body)["lines"]["sales"]["events"])


@asynccontextmanager
async def watched(siege: Siege, through: Callers) -> AsyncIterator[Watch]:
    """Ask how the hub is while the block runs."""
    async with asyncio.TaskGroup() as group:
        watch = Watch(siege, through.channel)
        asking = group.create_task(watch.ask())
        yield watch
        asking.cancel()


async def decided(caller: Caller, messages: int) -> None:
    """Return when so many messages of clients are in conversations, looking whenever something happens."""
    cursor = (await caller.get("/me"))["cursor"]
    while await _in_conversations(caller) < messages:
        cursor = (await caller.get(f"/events?after={cursor}&wait=1"))["cursor"]


async def _in_conversations(caller: Caller) -> int:
    """Return how many messages there are, without those of the line itself, which speaks once in each conversation."""
    count, following = 0, ""
    while True:
        page = await caller.get(f"/conversations?view=all&limit=200&cursor={following}")
        count += sum(int(it["n"]) - 1 for it in page["conversations"])
        following = str(page["next"])
        if not following:
            return count


@pytest.mark.timeout(300)
async def test_what_does_not_fit_waits_outside_and_all_of_it_is_kept(tmp_path: Path) -> None:
    """Whoever posts too fast waits, or is told when to come back. Memory holds the latest, the store holds all."""
    async with besieged(tmp_path, SETTINGS, ["sofia"]) as siege, callers(siege) as through:
        flood, supervisor = Flood(through.channel), through.operator("sofia")
        before, _ = resident(siege.pid)
        forget_peak(siege.pid)
        began = perf_counter()
        async with watched(siege, through) as watch:
            await asyncio.gather(flood.singly(SINGLE), flood.in_batches(BATCHED))
            posted = perf_counter() - began
            await decided(supervisor, SINGLE + BATCHED)
        after, peak = resident(siege.pid)
        print(  # noqa: T201 - a failure shows it
            f"{SINGLE + BATCHED} posted in {posted:.1f} s, decided in {perf_counter() - began:.1f} s; "
            f"MB {before / 1e6:.0f}, at most {peak / 1e6:.0f}, then {after / 1e6:.0f}; "
            f"at most {watch.longest} waited; refused {dict(through.calls.repeated)}; "
            f"{len(watch.delays)} looks took at most {max(watch.delays):.2f} s"
        )
        assert through.calls.faults == []
        assert set(through.calls.repeated) <= {"429", "503"}
        assert through.calls.repeated["429"]
        assert watch.longest <= QUEUE
        assert peak - before < GROWTH
        found = await kept(supervisor)
        for chat, texts in flood.said.items():
            said = [it["text"] for it in found.of_client(chat) if it["author"]["kind"] == "client"]
            same(f"what {chat} said", said, texts)
        same("who wrote", sorted(it["client_name"] for it in found.conversations), sorted(flood.said))
