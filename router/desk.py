"""What a lane has in its hands: hot conversations and its queue."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from router.delivery import Delivery
from router.invitations import Invitation
from router.model import Conversation, Message, State
from router.people import Client
from router.pool import Pool
from router.roster import Roster

#: how many are remembered, to tell how long waiting takes
_SERVED = 20


@dataclass(slots=True)
class Desk:
    """One line's conversations in memory. The engine fills it before each batch with what the batch needs."""

    line: str
    roster: Roster
    conversations: dict[str, Conversation] = field(default_factory=dict)
    #: (channel, chat) → its latest conversation's id, wherever that is
    chats: dict[tuple[str, str], str] = field(default_factory=dict)
    #: identity key → client, for new conversations of this batch
    clients: dict[str, Client] = field(default_factory=dict)
    #: client → who spoke with them last
    last_operators: dict[str, str] = field(default_factory=dict)
    #: digest of an invitation that this batch speaks of → it, and its client's card
    invited: dict[str, tuple[Invitation, Client]] = field(default_factory=dict)
    #: deliveries that commands of this batch speak of
    deliveries: dict[str, Delivery] = field(default_factory=dict)
    #: messages that this batch speaks of, or has just made, by id
    messages: dict[str, Message] = field(default_factory=dict)
    #: clients' messages among them: (channel, chat, the platform's id) → id
    _heard: dict[tuple[str, str, str], str] = field(default_factory=dict)
    #: our messages among them, likewise: a text that went out as several messages is found by each
    _told: dict[tuple[str, str, str], str] = field(default_factory=dict)
    #: nothing is offered to anybody
    paused: bool = False
    #: who could be asked, as far as it has been looked
    pool: Pool | None = None
    #: when the latest of those who waited were offered to somebody, oldest first
    served: deque[datetime] = field(default_factory=lambda: deque(maxlen=_SERVED))
    #: what waits for a supervisor
    escalated: dict[str, None] = field(default_factory=dict)
    #: when the whole line was last looked at; None before the first time
    swept_at: datetime | None = None
    #: what has come to wait since all that waits was looked at
    fresh: dict[str, None] = field(default_factory=dict)
    #: `Pool.moves` when all that waits was looked at; -1 for never
    looked_at: int = -1
    _queue: list[tuple[datetime, str]] = field(default_factory=list)
    _offered: dict[str, None] = field(default_factory=dict)

    def get(self, conversation: str) -> Conversation | None:
        """Return a conversation that is in memory."""
        return self.conversations.get(conversation)

    def of_chat(self, channel: str, chat: str) -> Conversation | None:
        """Return the latest conversation of a chat, if it is in memory and on this line."""
        return self.conversations.get(self.chats.get((channel, chat), ""))

    def latest(self, channel: str, chat: str) -> str:
        """Return the id of a chat's latest conversation, which may be on another line; empty when unknown."""
        return self.chats.get((channel, chat), "")

    def put(self, conversation: Conversation) -> None:
        """Take a conversation in, or replace it, keeping the queue and the offers in step."""
        former = self.conversations.pop(conversation.id, None)
        self._unlist(former)
        self.conversations[conversation.id] = conversation
        if former is None:
            self._learn_latest(conversation)
        if conversation.state is State.QUEUED:
            insort(self._queue, (conversation.place, conversation.id))
            self.fresh[conversation.id] = None
            if conversation.escalated == "supervisors":
                self.escalated[conversation.id] = None
        elif conversation.state is State.OFFERED:
            self._offered[conversation.id] = None

    def _learn_latest(self, conversation: Conversation) -> None:
        """Note its chat's latest conversation; replacing an older one later says nothing about that."""
        chat = (conversation.channel, conversation.chat)
        latest = self.conversations.get(self.latest(*chat))
        if latest is None or latest.created_at <= conversation.created_at:
            self.chats[chat] = conversation.id

    def drop(self, conversation: str) -> None:
        """Forget a conversation; it can be read again from the store."""
        gone = self.conversations.pop(conversation, None)
        self._unlist(gone)
        if gone and self.chats.get((gone.channel, gone.chat)) == gone.id:
            del self.chats[gone.channel, gone.chat]

    def _unlist(self, conversation: Conversation | None) -> None:
        if conversation is None:
            return
        self._offered.pop(conversation.id, None)
        self.fresh.pop(conversation.id, None)
        self.escalated.pop(conversation.id, None)
        if conversation.state is State.QUEUED:
            del self._queue[self._place(conversation)]

    def _place(self, conversation: Conversation) -> int:
        return bisect_left(self._queue, (conversation.place, conversation.id))

    @property
    def waiting(self) -> int:
        """How many wait for an operator."""
        return len(self._queue)

    @property
    def has_queue(self) -> bool:
        """Whether anybody waits for an operator."""
        return bool(self._queue)

    @property
    def queue(self) -> tuple[Conversation, ...]:
        """Conversations that wait for an operator, longest waiting first."""
        return tuple(self.conversations[i] for _, i in self._queue)

    def in_queue(self, place: int) -> Conversation | None:
        """Return the conversation at a place of the queue, 0 for the first."""
        return self.conversations[self._queue[place][1]] if place < len(self._queue) else None

    def ahead_of(self, conversation: Conversation) -> int:
        """Return how many wait before a conversation that is in the queue."""
        return self._place(conversation)

    def newly_queued(self) -> list[Conversation]:
        """Return what has come to wait since all that waits was looked at, longest waiting first."""
        return sorted((self.conversations[i] for i in self.fresh), key=lambda it: (it.place, it.id))

    @property
    def offered(self) -> tuple[Conversation, ...]:
        """Conversations that somebody has been asked to take."""
        return tuple(self.conversations[i] for i in self._offered)

    def idle(self, at_most: int) -> Iterator[str]:
        """Yield the longest untouched conversations that may leave memory, as many as are over `at_most`.

        Those in the queue, offered, or looked at by the triage engine stay.
        """
        spare = len(self.conversations) - at_most
        for conversation in list(self.conversations.values()) if spare > 0 else ():
            if spare <= 0:
                return
            if conversation.state not in {State.QUEUED, State.OFFERED} and not conversation.bot.pending:
                spare -= 1
                yield conversation.id

    def remember(self, message: Message) -> None:
        """Take in a message as it stands now."""
        self.messages[message.id] = message
        if message.external_id:
            self._heard[message.channel, message.chat, message.external_id] = message.id

    def heard(self, channel: str, chat: str, external_id: str) -> Message | None:
        """Return a client's message by the platform's id, if this batch speaks of it."""
        return self.messages.get(self._heard.get((channel, chat, external_id), ""))

    def spoken(self, channel: str, chat: str, external_id: str) -> Message | None:
        """Return a message, a client's or ours, by the platform's id or by our own, if this batch speaks of it."""
        key = (channel, chat, external_id)
        own = self.messages.get(external_id)
        if own is not None and not (own.visible and (own.channel, own.chat) == (channel, chat)):
            own = None  # a note, or what was said to somebody else
        return self.heard(*key) or self.messages.get(self._told.get(key, "")) or own

    def learn_told(self, told: Mapping[tuple[str, str, str], str]) -> None:
        """Take in which of our messages the platform's ids stand for: (channel, chat, the platform's id) → id."""
        self._told.update(told)

    def forget_messages(self) -> None:
        """Let go of the messages of a batch that is in the store."""
        self.messages.clear()
        self._heard.clear()
        self._told.clear()

    def learn(self, clients: Mapping[str, Client], last_operators: Mapping[str, str]) -> None:
        """Take in what the store knows about the people of this batch, in place of the former batch's."""
        self.clients = dict(clients)
        self.last_operators = dict(last_operators)
