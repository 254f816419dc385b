"""Open conversations in which clients write, one operator answers, and both ends are listened to."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import msgspec

from tests.bench.failure import BenchFailed
from tests.bench.shown import Delivered, Item, Outlet, Socket, following, opened
from tests.bench.stand import Stand
from tests.bench.tally import Tally
from tests.bench.texts import CLIENTS, OPERATORS, number_of, numbered
from tests.bench.wire import Connection, Request, connections, expect, request
from tests.bench.world import CHANNEL, chat_name, client_name

#: seconds without anything being shown after which what is missing counts as lost
PATIENCE = 30.0
#: requests under way at a time: many people write at once, and none of them waits for another
AT_ONCE = 256
_CLIENT, _OPERATOR = "c", "r"
_JSON = msgspec.json.Encoder()


@dataclass(slots=True)
class Exchange:
    """The two ways a message takes, each with its tally."""

    stand: Stand
    connections: list[Connection]
    writing: Request
    posting: Request
    #: one for each talk
    replying: list[Request]
    clients: Tally
    replies: Tally

    async def write(self, connection: Connection, talk: int) -> None:
        """Let a client write one message. Raises `BenchFailed` unless the hub takes it as new."""
        answer = await connection.ask(self.writing.bytes(self.message(talk)))
        expect(answer, 202, "A client's message")
        if b"false" not in answer.body:
            raise BenchFailed(f"A client's new message was taken for a duplicate: {answer.body.decode()}")

    def message(self, talk: int) -> bytes:
        """Return the body of a client's next message, which counts as sent now."""
        number = self.clients.send()
        text = numbered(_CLIENT, number, CLIENTS[number % len(CLIENTS)])
        person = {"id": chat_name(talk), "name": client_name(talk)}
        return _JSON.encode({"id": f"{_CLIENT}{number}", "from": person, "text": text})

    async def reply(self, connection: Connection, talk: int) -> None:
        """Let the operator answer once. Raises `BenchFailed` when that is refused."""
        number = self.replies.send()
        body = _JSON.encode({"text": numbered(_OPERATOR, number, OPERATORS[number % len(OPERATORS)])})
        key = b"Idempotency-Key: %s%d\r\n" % (_OPERATOR.encode(), number)
        expect(await connection.ask(self.replying[talk].bytes(body, key)), 200, "An operator's reply")

    def told(self, items: list[Item], at: float) -> None:
        """Count what the operator's socket shows."""
        for item in items:
            if item.message is not None and (number := number_of(_CLIENT, item.message.text)) is not None:
                self.clients.show(number, at)

    def fetched(self, deliveries: list[Delivered], at: float) -> None:
        """Count what the channel's feed shows."""
        for delivery in deliveries:
            if (number := number_of(_OPERATOR, delivery.message.text)) is not None:
                self.replies.show(number, at)

    async def settled(self) -> None:
        """Return when everything sent was shown, exactly once. Raises `BenchFailed`."""
        await self.clients.at_most(0, PATIENCE)
        await self.replies.at_most(0, PATIENCE)

    @property
    def last_shown(self) -> float:
        """When the last message of either way was shown."""
        return max(self.clients.last_shown, self.replies.last_shown)


@asynccontextmanager
async def exchange(stand: Stand) -> AsyncIterator[Exchange]:
    """Open the connections and follow both feeds."""
    headers = stand.as_operator(stand.operator)
    async with connections(stand.url, AT_ONCE) as opened_ones:
        it = Exchange(
            stand=stand,
            connections=opened_ones,
            writing=request("POST", f"/api/v1/channels/{CHANNEL}/messages", stand.as_channel),
            posting=request("POST", f"/api/v1/channels/{CHANNEL}/messages/batch", stand.as_channel),
            replying=[request("POST", f"/api/v1/conversations/{each}/replies", headers) for each in stand.talks],
            clients=Tally("A client's message"),
            replies=Tally("An operator's reply"),
        )
        socket = Socket(stand, stand.operator, it.told)
        async with following(socket.run(), Outlet(stand, CHANNEL, it.fetched).run()):
            await opened(socket)
            yield it
