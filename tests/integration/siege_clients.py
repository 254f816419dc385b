"""Clients who write in bursts and wait for their answers, and the system that speaks for them."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from random import Random

from tests.integration.siege_caller import Caller, of_channel

#: what one client writes and is answered
MESSAGES, ANSWERS, BURSTS = 60, 40, 20
#: seconds that a client waits for an answer; meanwhile the hub may be killed and started more than once
_PATIENCE = 100
#: what a message asks for: `c07 042 ?2` wants two answers to message 42
_ASKS = re.compile(r"(?P<chat>\S+) (?P<number>\d+) \?(?P<answers>\d+)")
#: an answer: `re 042.2 anna 17` is the second one to message 42, and Anna's 17th
_ANSWERS = re.compile(r"re (?P<number>\d+)\.(?P<part>\d+) (?P<operator>\S+) (?P<serial>\d+)")


def asked_in(text: str) -> tuple[int, int] | None:
    """Return which message wants how many answers; None when this one wants none."""
    found = _ASKS.fullmatch(text)
    return (int(found["number"]), int(found["answers"])) if found else None


def answer(number: int, part: int, operator: str, serial: int) -> str:
    """Return an operator's answer; no two are alike."""
    return f"re {number:03}.{part} {operator} {serial}"


def answered_in(text: str) -> tuple[int, int] | None:
    """Return which message an operator's reply answers, and which part of the answer it is."""
    found = _ANSWERS.fullmatch(text)
    return (int(found["number"]), int(found["part"])) if found else None


def _parts(rng: Random, total: int) -> list[int]:
    """Return how many each burst gets of something, at least one."""
    cuts = sorted(rng.sample(range(1, total), BURSTS - 1))
    return [after - before for before, after in zip([0, *cuts], [*cuts, total], strict=True)]


@dataclass(slots=True)
class Client:
    """Somebody who writes, and goes on once they were answered."""

    chat: str
    caller: Caller
    rng: Random
    #: hands a burst over at once instead of message by message
    in_batches: bool
    #: says goodbye when done
    ends: bool
    #: texts the hub said it has, in the order written
    said: list[str] = field(default_factory=list)
    _heard: set[tuple[int, int]] = field(default_factory=set)
    _stirred: asyncio.Event = field(default_factory=asyncio.Event)
    #: what it waits for, for failures
    wants: str = ""

    def hear(self, text: str) -> None:
        """Take in what was delivered."""
        part = answered_in(text)
        if part is not None:
            self._heard.add(part)
            self._stirred.set()

    async def talk(self) -> None:
        """Say everything, waiting for the answers to each burst."""
        for size, answers in zip(_parts(self.rng, MESSAGES), _parts(self.rng, ANSWERS), strict=True):
            first = len(self.said)
            texts = [f"{self.chat} {number:03}" for number in range(first, first + size)]
            texts[-1] += f" ?{answers}"
            await self._write(first, texts)
            await self._answered(first + size - 1, answers)
        self.wants = ""
        if self.ends:
            body = {"id": f"{self.chat}-end", "from": {"id": self.chat}}
            assert (await self.caller.send("POST", of_channel("ends"), body)).status == 202

    async def _write(self, first: int, texts: list[str]) -> None:
        self.wants = f"to say {texts}"
        bodies = [
            {"id": f"{self.chat}-{number}", "from": {"id": self.chat, "name": self.chat}, "text": text}
            for number, text in enumerate(texts, first)
        ]
        if self.in_batches:
            await self._post("messages/batch", {"messages": bodies}, texts)
            return
        for body, text in zip(bodies, texts, strict=True):
            await self._post("messages", body, [text])

    async def _post(self, operation: str, body: object, texts: list[str]) -> None:
        taken = await self.caller.send("POST", of_channel(operation), body)
        assert taken.status == 202, f"{texts} was answered with {taken}"
        assert all("problem" not in result for result in taken.body.get("results", ())), f"{texts}: {taken}"
        self.said += texts
        self.caller.siege.acknowledge(len(texts))

    async def _answered(self, number: int, answers: int) -> None:
        wanted = {(number, part) for part in range(1, answers + 1)}
        async with asyncio.timeout(_PATIENCE):
            while missing := wanted - self._heard:
                self.wants = f"answers {sorted(missing)}"
                self._stirred.clear()
                await self._stirred.wait()
