"""Reads what a stretch of the feed speaks of: in bulk, and once for everybody who follows it."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from router.delivery import Delivery
from router.model import Conversation, Message
from router.people import Client
from router.ports import FeedEvent
from router.store import Store

#: stretches kept for followers who read the same one a moment later
_REMEMBERED = 32
#: messages read at once when looking for new ones
_PAGE = 50


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything the events of one stretch speak of, by id."""

    conversations: dict[str, Conversation] = field(default_factory=dict)
    messages: dict[str, Message] = field(default_factory=dict)
    #: message → its deliveries
    of_message: dict[str, list[Delivery]] = field(default_factory=dict)
    deliveries: dict[str, Delivery] = field(default_factory=dict)
    clients: dict[str, Client] = field(default_factory=dict)


class Hydrator:
    """Reads facts from the store, sharing each reading among all followers of the feed."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._recent: OrderedDict[tuple[int, int], asyncio.Task[Facts]] = OrderedDict()

    async def facts(self, events: Sequence[FeedEvent]) -> Facts:
        """Return what the kept ones among `events` speak of. Raises `Retryable`."""
        kept = [event for event in events if event.cursor]
        if not kept:
            return Facts()
        key = (kept[0].cursor, kept[-1].cursor)
        task = self._recent.get(key)
        if task is None:
            task = self._begin(key, kept)
        # One follower who leaves must not spoil the reading for the others.
        return await asyncio.shield(task)

    def _begin(self, key: tuple[int, int], events: list[FeedEvent]) -> asyncio.Task[Facts]:
        task = asyncio.create_task(self._read(events), name=f"facts of {key[0]}-{key[1]}")
        self._recent[key] = task
        task.add_done_callback(lambda done: self._forget_failure(key, done))
        while len(self._recent) > _REMEMBERED:
            self._recent.popitem(last=False)
        return task

    def _forget_failure(self, key: tuple[int, int], task: asyncio.Task[Facts]) -> None:
        if task.cancelled() or task.exception() is not None:
            self._recent.pop(key, None)

    async def _read(self, events: list[FeedEvent]) -> Facts:
        subjects: defaultdict[str, set[str]] = defaultdict(set)
        wanted: defaultdict[str, set[str]] = defaultdict(set)
        for event in events:
            subjects[event.type].add(event.subject)
            if event.type == "message":
                wanted[event.conversation].add(event.subject)
        conversations = {event.conversation for event in events if event.conversation}
        messages = await self._messages(wanted)
        found = await self._store.deliveries(subjects["delivery"]) if subjects["delivery"] else {}
        clients = [await self._store.client(client) for client in subjects["client"]]
        return Facts(
            conversations=await self._store.conversations(conversations) if conversations else {},
            messages=messages,
            of_message=await self._store.deliveries_of(messages.keys()) if messages else {},
            deliveries={key: delivery for key, (delivery, _) in found.items()},
            clients={client.id: client for client in clients if client is not None},
        )

    async def _messages(self, wanted: dict[str, set[str]]) -> dict[str, Message]:
        found: dict[str, Message] = {}
        for conversation, ids in wanted.items():
            found |= await self._of_conversation(conversation, ids)
        return found

    async def _of_conversation(self, conversation: str, ids: set[str]) -> dict[str, Message]:
        found: dict[str, Message] = {}
        before = 0
        while len(found) < len(ids):
            page = await self._store.messages(conversation, before=before, limit=_PAGE)
            found |= {message.id: message for message in page if message.id in ids}
            if len(page) < _PAGE:
                break
            before = page[0].n
        return found

    async def close(self) -> None:
        """Give up what is being read."""
        tasks = [task for task in self._recent.values() if not task.done()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
