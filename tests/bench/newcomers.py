"""New clients: each writes once, is understood by triage, and is offered to an operator."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from time import perf_counter

import msgspec

from tests.bench.exchange import AT_ONCE, PATIENCE
from tests.bench.failure import BenchFailed
from tests.bench.shown import Delivered, Item, Outlet, Socket, Standing, following, opened
from tests.bench.stand import Stand
from tests.bench.tally import Tally
from tests.bench.texts import HANDED_OVER, WANTING_A_PERSON, number_of, numbered
from tests.bench.wire import Connection, connections, expect, request
from tests.bench.world import FRONT, client_name

#: clients who wait to be offered at a time: their number is bounded so that triage is never late
WAITING = 256
_KIND = "n"
_OFFERED = "offered"
_JSON = msgspec.json.Encoder()


@dataclass(slots=True)
class Newcomers:
    """Brings clients and follows what becomes of them."""

    stand: Stand
    connections: list[Connection]
    #: from the POST until the message was shown
    messages: Tally = field(default_factory=lambda: Tally("A new client's message"))
    #: … until the conversation was shown as offered
    offers: Tally = field(default_factory=lambda: Tally("A new client's conversation, as offered,"))
    #: conversation → whom it is offered to, in the order offered
    offered: dict[str, str] = field(default_factory=dict)
    _stirred: asyncio.Event = field(default_factory=asyncio.Event)

    async def bring(self, count: int) -> float:
        """Bring clients, one POST each; return conversations per second. Raises `BenchFailed` when one is lost."""
        began, target = perf_counter(), self.offers.count + count
        await asyncio.gather(*(self._bring(connection, target) for connection in self.connections))
        await self.messages.at_most(0, PATIENCE)
        await self.offers.at_most(0, PATIENCE)
        return count / (self.offers.last_shown - began)

    async def _bring(self, connection: Connection, target: int) -> None:
        writing = request("POST", f"/api/v1/channels/{FRONT}/messages", self.stand.as_channel)
        while self.offers.count < target:
            if self.offers.waiting >= WAITING:
                self._stirred.clear()
                await self._stirred.wait()
                continue
            number = self.messages.send()
            self.offers.send()
            expect(await connection.ask(writing.bytes(_body(number))), 202, "A new client's message")

    def told(self, items: list[Item], at: float) -> None:
        """Count what the operator's socket shows."""
        for item in items:
            if item.message is not None and (number := number_of(_KIND, item.message.text)) is not None:
                self.messages.show(number, at)
            elif item.state is not None and item.state.state == _OFFERED and item.state.id not in self.offered:
                self._offer(item.state, at)
        self._stirred.set()

    def _offer(self, conversation: Standing, at: float) -> None:
        if conversation.handoff is None or conversation.handoff.intent not in HANDED_OVER:
            raise BenchFailed(
                f"The conversation of {conversation.client_name} was handed over without triage having understood it: "
                "the hub is too slow for the load of this measure, or its triage has changed."
            )
        self.offered[conversation.id] = conversation.offered[0]
        self.offers.show(int(conversation.client_name.rpartition(" ")[2]), at)

    async def take_all(self) -> None:
        """Have everybody take what they are offered. Raises `BenchFailed` when that is refused."""
        waiting = list(self.offered.items())

        async def take(connection: Connection) -> None:
            while waiting:
                conversation, operator = waiting.pop()
                taking = request("POST", f"/api/v1/conversations/{conversation}/take", self.stand.as_operator(operator))
                expect(await connection.ask(taking.bytes(b"")), 200, "Taking a conversation")

        await asyncio.gather(*(take(connection) for connection in self.connections))


def _body(number: int) -> bytes:
    person = {"id": f"newcomer-{number:06}", "name": client_name(number)}
    text = numbered(_KIND, number, WANTING_A_PERSON[number % len(WANTING_A_PERSON)])
    return _JSON.encode({"id": f"{_KIND}{number}", "from": person, "text": text})


def _read_on(_: list[Delivered], __: float) -> None:
    """Take the bot's words to new clients, as any system would."""


@asynccontextmanager
async def newcomers(stand: Stand) -> AsyncIterator[Newcomers]:
    """Open the connections and follow both feeds of the line for new clients."""
    async with connections(stand.url, AT_ONCE) as opened_ones:
        it = Newcomers(stand, opened_ones)
        socket = Socket(stand, stand.world.operators_of(FRONT)[0], it.told)
        async with following(socket.run(), Outlet(stand, FRONT, _read_on).run()):
            await opened(socket)
            yield it
