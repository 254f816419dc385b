"""Operators' programs: they follow the feed, take what they are offered, and answer what they are asked."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any

from tests.integration.siege_caller import Answer, Caller
from tests.integration.siege_clients import answer, answered_in, asked_in

#: conversations that one operator sees to at a time
_HANDS = 4
#: of answered questions: after so many of them a conversation is let go, or the operator takes a break
_LETS_GO, _RESTS = 0.08, 0.004
#: seconds until an operator who is full looks again whether there is room
_PAUSE = 0.2
#: seconds between two looks at the feed
_GLANCES = 0.05
_HELD = {"open", "waiting"}
_LINES = ("sales", "support")


@dataclass(slots=True)
class Operator:
    """One operator's program."""

    name: str
    colleagues: Sequence[str]
    caller: Caller
    rng: Random
    #: conversation → texts the hub said are kept, in the order said
    said: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    #: texts the hub refused
    refused: set[str] = field(default_factory=set)
    #: what was done → how often; refused commands by their reason
    done: Counter[str] = field(default_factory=Counter)
    _known: dict[str, dict[str, Any]] = field(default_factory=dict)
    #: conversation → the question asked last, and how many answers it wants
    _asked: dict[str, tuple[int, int]] = field(default_factory=dict)
    #: conversation → parts of answers given by anybody
    _given: defaultdict[str, set[tuple[int, int]]] = field(default_factory=lambda: defaultdict(set))
    _locks: defaultdict[str, asyncio.Lock] = field(default_factory=lambda: defaultdict(asyncio.Lock))
    _due: asyncio.Queue[str] = field(default_factory=asyncio.Queue)
    _serial: int = 0

    async def come(self) -> None:
        """Be at work."""
        await self._command("PUT", "/presence", {"presence": "available"})

    async def follow(self) -> None:
        """Read the feed until cancelled."""
        cursor = 0
        while True:
            stretch = await self.caller.get(f"/events?after={cursor}&wait=20")
            for item in stretch["events"]:
                self._hear(item)
            cursor = stretch["cursor"]
            # Whoever looks a little less often is told of more at once, as programs do that have much to follow.
            await asyncio.sleep(_GLANCES)

    def _hear(self, item: dict[str, Any]) -> None:
        conversation = item["conversation"]
        if item["type"] == "conversation":
            self._known[conversation] = item["state"]
        elif item["type"] == "message":
            self._read(conversation, item["message"])
        else:
            return
        self._due.put_nowait(conversation)

    def _read(self, conversation: str, message: dict[str, Any]) -> None:
        asked, given = asked_in(message["text"]), answered_in(message["text"])
        if message["author"]["kind"] == "client" and asked is not None:
            self._asked[conversation] = asked
        elif message["author"]["kind"] == "operator" and given is not None:
            self._given[conversation].add(given)

    async def work(self) -> None:
        """See to conversations until cancelled."""
        while True:
            conversation = await self._due.get()
            async with self._locks[conversation]:
                await self._see_to(conversation)
            self._due.task_done()

    async def finish(self) -> None:
        """Return when there is nothing more to do."""
        await self._due.join()

    async def _see_to(self, conversation: str) -> None:
        known = self._known.get(conversation)
        if known is None:
            return
        missing = self._missing(conversation)
        if self.name in known["offered"]:
            await self._command("POST", f"/conversations/{conversation}/take")
        elif known["operator"] == self.name and missing and known["state"] in _HELD:
            await self._answer(conversation, missing)
        elif known["operator"] == self.name and missing and known["state"] == "closed":
            await self._reopen(conversation)

    def _missing(self, conversation: str) -> list[tuple[int, int]]:
        """Return which parts of the answer to the last question nobody has given yet."""
        number, answers = self._asked.get(conversation, (0, 0))
        return sorted({(number, part) for part in range(1, answers + 1)} - self._given[conversation])

    async def _answer(self, conversation: str, missing: Sequence[tuple[int, int]]) -> None:
        for number, part in missing:
            if not await self._reply(conversation, answer(number, part, self.name, self._next())):
                return
            self._given[conversation].add((number, part))
        if self.rng.random() < _LETS_GO:
            await self._let_go(conversation)
        elif self.rng.random() < _RESTS:
            await self._command("PUT", "/presence", {"presence": "away"})
            await self.come()

    async def _reopen(self, conversation: str) -> None:
        """Go on with a conversation that was closed in the very moment in which its client asked."""
        told = await self._command("POST", f"/conversations/{conversation}/reopen")
        if told.status == 409 and self._known[conversation]["state"] == "closed":
            await asyncio.sleep(_PAUSE)
            self._due.put_nowait(conversation)

    async def _reply(self, conversation: str, text: str) -> bool:
        said = await self._command("POST", f"/conversations/{conversation}/replies", {"text": text})
        if said.status == 200:
            self.said[conversation].append(text)
            self.caller.siege.acknowledge()
            return True
        self.refused.add(text)
        return False

    async def _let_go(self, conversation: str) -> None:
        path = f"/conversations/{conversation}"
        match self.rng.randrange(4):
            case 0:
                await self._command("POST", f"{path}/skip")
            case 1:
                await self._command("POST", f"{path}/close")
            case 2:
                await self._command("POST", f"{path}/transfer", {"to_line": self.rng.choice(_LINES)})
            case _:
                await self._command("POST", f"{path}/transfer", {"to_operator": self.rng.choice(self.colleagues)})

    async def _command(self, method: str, path: str, body: object = None) -> Answer:
        """Carry out a command once, however often it has to be sent."""
        told = await self.caller.send(method, path, body, key=f"{self.name}-{self._next()}")
        assert told.status in {200, 409}, f"{method} {path} {body} was answered with {told}"
        what = path.rpartition("/")[2]
        self.done[what if told.status == 200 else f"{what}: {told.body['type'].rpartition('/')[2]}"] += 1
        return told

    def _next(self) -> int:
        self._serial += 1
        return self._serial


@asynccontextmanager
async def at_work(operators: Sequence[Operator]) -> AsyncIterator[None]:
    """Have operators work; afterwards they finish what they were asked so far."""
    async with asyncio.TaskGroup() as group:
        for operator in operators:
            await operator.come()
        followers = [group.create_task(operator.follow(), name=f"{operator.name} follows") for operator in operators]
        hands = [group.create_task(each.work(), name=f"{each.name} works") for each in operators for _ in range(_HANDS)]
        yield
        for follower in followers:
            follower.cancel()
        for operator in operators:
            await operator.finish()
        for hand in hands:
            hand.cancel()
