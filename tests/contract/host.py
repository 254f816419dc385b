"""The hub as one channel sees it, in memory: a ledger that knows repeats, chats with a history, files, receipts."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import quote

from msgspec.structs import replace

from router.client_events import ClientEnded, ClientEvent, ClientMessage, ClientRated
from router.delivery import RECEIPT_ORDER, Action, Delivery, DeliveryState, Receipt
from router.errors import Retryable, Unparsable
from router.ids import derive
from router.media import Attachment
from router.model import Author, AuthorKind, Message, MessageKind
from router.ports import Channel, Chat, Entry, Fetching, Outgoing, Sent, Update
from tests.contract.parts import MemoryFiles, TestClock

OPERATOR = Author(AuthorKind.OPERATOR, "olga", "Olga")


@dataclass
class _Talk:
    """One chat: its messages in order, and where its conversation stands."""

    messages: list[tuple[int, Message]] = field(default_factory=list)
    conversation: int = 0
    state: str = "none"
    operator: str = ""
    rated: int = 0
    #: number of the last client message staff have read
    seen: int = 0


class MemoryHost:
    """A strict `router.ports.Host`. Everything durable happens in `receive`; nothing is shown that is not in it."""

    def __init__(self, channel: Channel) -> None:
        self.files = MemoryFiles()
        self.clock = TestClock()
        self.secret = "a secret for tests, stable over restarts"
        #: external id → raw, in the order of arrival
        self.ledger: dict[str, str] = {}
        self.poison: dict[str, str] = {}
        self.events: list[ClientEvent] = []
        self.deliveries: dict[str, Delivery] = {}
        self.typed: list[str] = []
        #: set whenever the channel has told something
        self.heard = asyncio.Event()
        #: while set, the store cannot be reached
        self.unreachable = False
        #: while set, the hub dies between keeping what it is handed and saying so
        self.dies_after_keeping = False
        self._channel = channel
        self._talks: defaultdict[str, _Talk] = defaultdict(_Talk)
        self._cursor = 0
        #: of a `pulled` channel, in the order said
        self._outgoing: list[Outgoing] = []
        self._fetched = 0
        self._stirred = asyncio.Event()

    # What the channel calls

    def link(self, file: Attachment) -> str:
        return f"https://hub.example/files/{file.id}/{quote(file.name, safe='')}"

    async def receive(self, updates: Sequence[Update]) -> Sequence[bool]:
        self._reach()
        new = [self._append(update) for update in updates]
        if self.dies_after_keeping:
            raise Retryable("The hub is gone.")
        return new

    async def confirm(self, receipts: Sequence[Receipt]) -> None:
        self._reach()
        for receipt in receipts:
            delivery = self.deliveries.get(receipt.delivery)
            if delivery is None or delivery.channel != self._channel.name:
                continue
            if receipt.state is DeliveryState.FAILED:
                self.deliveries[delivery.id] = replace(delivery, state=receipt.state, reason=receipt.reason)
            elif _rank(receipt.state) > _rank(delivery.state):
                self.deliveries[delivery.id] = replace(delivery, state=receipt.state)

    def typing(self, chat: str, *, text: str = "") -> None:
        self.typed.append(chat)

    async def chat(self, chat: str, *, after: int = 0, limit: int = 100) -> Chat:
        self._reach()
        if chat not in self._talks:
            return Chat()
        talk = self._talks[chat]
        entries = [self._entry(talk, cursor, message) for cursor, message in talk.messages if cursor > after]
        return Chat(tuple(entries[-limit:]), talk.state, talk.operator, talk.rated)

    async def outgoing(self, *, after: int | None, limit: int = 100, wait: float = 0) -> Sequence[Outgoing]:
        self._reach()
        start = self._fetched if after is None else after
        loop = asyncio.get_running_loop()
        until = loop.time() + wait
        while not (found := [it for it in self._outgoing if it.cursor > start]) and loop.time() < until:
            self._stirred.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stirred.wait(), until - loop.time())
        return found[:limit]

    async def fetched(self, cursor: int) -> None:
        self._reach()
        self._fetched = max(self._fetched, cursor)
        for outgoing in self._outgoing:
            if outgoing.cursor <= cursor:
                await self.confirm([Receipt(outgoing.delivery.id, DeliveryState.SENT)])

    # What the rest of the hub would do

    async def reply(self, chat: str, text: str, **more: object) -> Sent:
        """Say something to the client, as an operator unless `author` says otherwise."""
        message = self._add(chat, Author(AuthorKind.BOT) if more.pop("bot", False) else OPERATOR, text, **more)
        delivery = Delivery(
            derive("delivery", message.id),
            message.id,
            message.conversation,
            "sales",
            self._channel.name,
            chat,
            reply_external=self._platforms_id(chat, message.reply_to),
        )
        if self._channel.capabilities.pulled:
            return self._lay_out(delivery, message)
        self.deliveries[delivery.id] = replace(delivery, state=DeliveryState.SENDING)
        return await self.deliver(message)

    def change(self, message: Message, text: str, action: Action = Action.EDIT) -> Sent:
        """Edit what was said on a `pulled` channel, or take it back."""
        delivery = self.deliveries[derive("delivery", message.id)]
        changed = replace(delivery, id=derive("delivery", message.id, action, text), action=action)
        return self._lay_out(changed, replace(message, text=text))

    async def amend(self, message: Message, text: str = "", action: Action = Action.EDIT) -> Sent:
        """Edit what was said, or take it back: first here, then at the client's."""
        now, sent = self.clock.now(), self.deliveries[derive("delivery", message.id)]
        edited = action is Action.EDIT
        mended = replace(message, text=text, edited_at=now) if edited else replace(message, deleted_at=now)
        talk = self._talks[message.chat]
        talk.messages = [(cursor, mended if it.id == message.id else it) for cursor, it in talk.messages]
        external = sent.external_id or message.id
        delivery = replace(sent, id=derive(sent.id, action, text), action=action, external_id=external)
        if self._channel.capabilities.pulled:
            return self._lay_out(delivery, mended)
        changed = await self._channel.send(delivery, mended)
        self.deliveries[sent.id] = replace(sent, external_id=changed.external_id or external)
        return changed

    async def react(self, message: Message, emoji: str) -> Sent:
        """Put an operator's reaction to what was said, or take it away."""
        external = message.external_id or self._platforms_id(message.chat, message.id)
        reacted = replace(message, reactions={OPERATOR.id: emoji} if emoji else {})
        talk = self._talks[message.chat]
        talk.messages = [(cursor, reacted if it.id == message.id else it) for cursor, it in talk.messages]
        id_ = derive("reaction", message.id, emoji)
        where = (message.id, message.conversation, "sales", self._channel.name, message.chat)
        delivery = Delivery(id_, *where, external_id=external, action=Action.REACT)
        if self._channel.capabilities.pulled:
            return self._lay_out(delivery, reacted)
        return await self._channel.send(delivery, reacted)

    def _platforms_id(self, chat: str, message: str) -> str:
        """Return the platform's first id of a message of ours or the client's."""
        said = next((it for it in self.messages(chat) if it.id == message), None)
        if said is None or said.external_id:
            return said.external_id if said else ""
        return self.deliveries[derive("delivery", message)].external_id.partition(" ")[0]

    def _lay_out(self, delivery: Delivery, message: Message) -> Sent:
        """Let a delivery wait for its reader."""
        self._cursor += 3
        self.deliveries[delivery.id] = delivery
        self._outgoing.append(Outgoing(self._cursor, delivery, message))
        self._stirred.set()
        return Sent(state=delivery.state)

    async def deliver(self, message: Message) -> Sent:
        """Send, or send again, what was said; a `pulled` channel's reader sees the same one again."""
        delivery = self.deliveries[derive("delivery", message.id)]
        if self._channel.capabilities.pulled:
            return Sent(state=delivery.state)
        sent = await self._channel.send(delivery, message)
        self.deliveries[delivery.id] = replace(self.deliveries[delivery.id], external_id=sent.external_id)
        if _rank(sent.state) > _rank(self.deliveries[delivery.id].state):
            self.deliveries[delivery.id] = replace(self.deliveries[delivery.id], state=sent.state)
        return sent

    async def see(self, chat: str) -> None:
        """Staff have read everything the client wrote."""
        talk = self._talks[chat]
        last = talk.messages[-1][1]
        talk.seen = last.n
        await self._channel.seen(chat, last.conversation, last.n)

    async def take(self, chat: str, name: str = OPERATOR.name) -> None:
        """An operator takes the conversation."""
        self._talks[chat].state, self._talks[chat].operator = "open", name

    async def end(self, chat: str) -> None:
        """Close the conversation and ask for a rating."""
        self._talks[chat].state = "closed"
        await self.reply(chat, "How did we do?", kind=MessageKind.RATING, choices=("1", "2", "3", "4", "5"))

    def messages(self, chat: str) -> list[Message]:
        """Return the chat's messages in order."""
        return [message for _, message in self._talks[chat].messages] if chat in self._talks else []

    def texts(self, chat: str) -> list[str]:
        """Return the chat's texts in order."""
        return [message.text for message in self.messages(chat)]

    def states(self) -> list[DeliveryState]:
        """Return how far each delivery has got, in the order made."""
        return [delivery.state for delivery in self.deliveries.values()]

    async def keep(self, chat: str, name: str, content: bytes) -> Attachment:
        """Keep a file that one of us sends."""

        async def chunks() -> AsyncIterator[bytes]:
            yield content

        return await self.files.put(chunks(), name=name, channel=self._channel.name, chat=chat, limit=10**9)

    async def content(self, file: Attachment) -> bytes:
        """Return what is in a client's file, fetched where the platform still has it."""
        source = self._channel.fetch(file) if isinstance(self._channel, Fetching) and file.source else None
        return b"".join([chunk async for chunk in source or self.files.read(file.id)])

    async def types(self, chat: str) -> None:
        """One of us is typing."""
        await self._channel.typing(chat, OPERATOR.name)

    def spoken(self, chat: str, external: str) -> Message:
        """Return the message that the platform knows by an id: a client's, or ours, also by our own id."""
        for message in self.messages(chat):
            sent = self.deliveries.get(derive("delivery", message.id))
            known = {message.external_id, message.id, *(sent.external_id.split() if sent else ())}
            if external and external in known:
                return message
        raise AssertionError(f"Nothing was said that the platform could know as {external!r}.")

    # How it does it

    def _reach(self) -> None:
        if self.unreachable:
            raise Retryable("The store cannot be reached.")

    def _append(self, update: Update) -> bool:
        if update.external_id in self.ledger:
            return False
        self.ledger[update.external_id] = update.raw
        id_ = f"{self._channel.name}:{update.external_id}"
        try:
            event = self._channel.parse(id_, update.raw, self.clock.now())
        except Unparsable as error:
            self.poison[id_] = str(error)
            return True
        if event is not None:
            self.events.append(event)
            self.heard.set()
            self._decide(event)
        return True

    def _decide(self, event: ClientEvent) -> None:
        talk = self._talks[event.chat]
        if isinstance(event, ClientMessage):
            if talk.state in {"none", "closed"}:
                talk.conversation, talk.state, talk.rated, talk.seen = talk.conversation + 1, "queued", 0, 0
            author = Author(AuthorKind.CLIENT, event.sender.identity.key, event.sender.name)
            more = {"attachments": event.attachments, "external_id": event.external_id, "entities": event.entities}
            self._add(event.chat, author, event.text, **more)
        elif isinstance(event, ClientRated):
            talk.rated = event.score
        elif isinstance(event, ClientEnded):
            talk.state = "closed"

    def _add(self, chat: str, author: Author, text: str, **more: object) -> Message:
        talk = self._talks[chat]
        conversation = derive(chat, str(talk.conversation))
        n = 1 + sum(message.conversation == conversation for _, message in talk.messages)
        kind = more.pop("kind", MessageKind.TEXT)
        self._cursor += 3  # cursors rise but are not consecutive: other chats and events have theirs in between
        id_ = derive("message", conversation, str(n))
        now = self.clock.now()
        message = Message(id_, conversation, n, author, kind, text, now, self._channel.name, chat, **more)
        talk.messages.append((self._cursor, message))
        return message

    def _entry(self, talk: _Talk, cursor: int, message: Message) -> Entry:
        if message.author.kind is AuthorKind.CLIENT:
            latest = message.conversation == talk.messages[-1][1].conversation
            read = not latest or message.n <= talk.seen
            return Entry(message, cursor, DeliveryState.READ if read else DeliveryState.SENT)
        delivery = self.deliveries[derive("delivery", message.id)]
        return Entry(message, cursor, delivery.state, delivery.id)


def _rank(state: DeliveryState) -> int:
    return RECEIPT_ORDER.index(state) if state in RECEIPT_ORDER else -1
