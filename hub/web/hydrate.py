"""Reads what a stretch of the feed speaks of: in bulk, and once for everybody who follows it."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from hub.engine.recent import Recent
from hub.engine.tasks import end
from router.delivery import Delivery
from router.model import Conversation, Message
from router.people import Client
from router.ports import FeedEvent
from router.store import Store

#: stretches kept for followers who read the same one a moment later
_REMEMBERED = 32


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
    """Knows facts from memory or the store, sharing each reading among all followers of the feed."""

    def __init__(self, store: Store, lately: Recent) -> None:
        self._store = store
        self._lately = lately
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
        for event in events:
            subjects[event.type].add(event.subject)
        messages = subjects["message"] | subjects["alert"]
        conversations = await self._conversations({event.conversation for event in events if event.conversation})
        shown = {it.client for id_, it in conversations.items() if id_ in subjects["conversation"]}
        return Facts(
            conversations=conversations,
            messages=await self._messages(messages),
            of_message=await self._deliveries_of(messages),
            deliveries=await self._deliveries(subjects["delivery"]),
            clients=await self._lately.clients_of(subjects["client"] | shown, self._store),
        )

    async def _conversations(self, ids: set[str]) -> dict[str, Conversation]:
        found, missing = self._lately.conversations.find(ids)
        return found | await self._store.conversations(missing) if missing else found

    async def _messages(self, ids: set[str]) -> dict[str, Message]:
        found, missing = self._lately.messages.find(ids)
        return found | await self._store.messages_by_id(missing) if missing else found

    async def _deliveries_of(self, messages: set[str]) -> dict[str, list[Delivery]]:
        found, missing = self._lately.deliveries.of_messages(messages)
        return found | await self._store.deliveries_of(missing) if missing else found

    async def _deliveries(self, ids: set[str]) -> dict[str, Delivery]:
        found, missing = self._lately.deliveries.find(ids)
        kept = await self._store.deliveries(missing) if missing else {}
        return found | {key: delivery for key, (delivery, _) in kept.items()}

    async def close(self) -> None:
        """Give up what is being read."""
        await end(self._recent.values())
