"""Those who read what the hub shows: the channel's system its deliveries, a supervisor everything that happens."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

import aiohttp

from tests.integration.siege_caller import API, Caller, of_channel
from tests.integration.siege_clients import Client

#: of the pages fetched: those that the reader dies with before it has stored them, and before it has stored its cursor
_LOST, _FORGOTTEN = 0.1, 0.1
#: of the deliveries: those that the system reports as delivered
_REPORTED = 0.3
#: states which say that the reader has a delivery
ARRIVED = {"sent", "delivered", "read"}
_PAUSE = 0.1


@dataclass(slots=True)
class Reader:
    """Fetches deliveries, at least once each, and tells the clients. Stores its cursor, and now and then fails to."""

    caller: Caller
    clients: Mapping[str, Client]
    rng: Random
    #: delivery → what it was, in the order first stored
    seen: dict[str, dict[str, Any]] = field(default_factory=dict)
    #: deliveries that the hub knows to be reported as delivered
    reported: set[str] = field(default_factory=set)
    #: deliveries given again
    again: int = 0
    cursor: int = 0
    _to_report: asyncio.Queue[str] = field(default_factory=asyncio.Queue)

    async def read(self) -> None:
        """Fetch until cancelled."""
        while True:
            limit = self.rng.choice((1, 10, 100, 500))
            query = f"deliveries?after={self.cursor}&wait=20&limit={limit}"
            page = await self.caller.get(of_channel(query))
            if self.rng.random() >= _LOST:
                self._store(page["deliveries"])
                self.cursor = self.cursor if self.rng.random() < _FORGOTTEN else page["cursor"]

    def _store(self, deliveries: list[dict[str, Any]]) -> None:
        for delivery in deliveries:
            if delivery["id"] in self.seen:
                self.again += 1
                continue
            self.seen[delivery["id"]] = delivery
            self.clients[delivery["chat"]].hear(delivery["message"]["text"])
            if self.rng.random() < _REPORTED:
                self._to_report.put_nowait(delivery["id"])

    async def report(self) -> None:
        """Send receipts until cancelled."""
        while True:
            delivery = await self._to_report.get()
            answer = await self.caller.send("POST", of_channel(f"deliveries/{delivery}/receipt"), _DELIVERED)
            assert answer.status == 202, f"the receipt of {delivery} was answered with {answer}"
            self.reported.add(delivery)
            self._to_report.task_done()

    async def finish(self) -> None:
        """Return when every receipt was taken."""
        await self._to_report.join()


_DELIVERED = {"state": "delivered"}


@dataclass(slots=True)
class Follower:
    """Follows the feed over a WebSocket that breaks whenever the hub dies, and holds it against what is true."""

    caller: Caller
    reader: Reader
    cursor: int = 0
    #: conversation → numbers of its messages in the order first told
    told: defaultdict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    #: what was told although it is not so
    wrong: list[str] = field(default_factory=list)
    #: how each connection ended → how often
    ends: Counter[str] = field(default_factory=Counter)
    #: messages told again
    again: int = 0

    async def follow(self) -> None:
        """Follow until cancelled, beginning again where it broke off."""
        headers = {"Authorization": f"Bearer {self.caller.token}"}
        while True:
            address = f"{await self.caller.siege.address()}{API}/events/socket?after={self.cursor}"
            try:
                async with self.caller.session.ws_connect(address, headers=headers, max_msg_size=0) as socket:
                    async for frame in socket:
                        self._take(frame.json())
                    self.ends[f"closed with {socket.close_code}"] += 1
            except aiohttp.ClientError as error:
                self.ends[type(error).__name__] += 1
            await asyncio.sleep(_PAUSE)

    def _take(self, frame: dict[str, Any]) -> None:
        if frame["type"] == "reset":
            self.wrong.append(f"a reset at {self.cursor}, although everything after it is kept: {frame}")
        for item in frame.get("events", ()):
            self._hear(item)
        self.cursor = max(self.cursor, frame["cursor"])

    def _hear(self, item: dict[str, Any]) -> None:
        if item["type"] == "message":
            numbers, number = self.told[item["conversation"]], item["message"]["n"]
            if number in numbers:
                self.again += 1
            else:
                numbers.append(number)
        elif item["type"] == "delivery" and item["delivery"]["state"] in ARRIVED:
            delivery = item["delivery"]
            if delivery["id"] not in self.reader.seen:
                self.wrong.append(f"{delivery['id']} is called {delivery['state']}, and the reader never had it")
        elif item["type"] == "delivery" and item["delivery"]["state"] in {"unknown", "failed", "sending"}:
            self.wrong.append(f"a delivery that waits to be fetched is called {item['delivery']['state']}")
