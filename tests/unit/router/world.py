"""A world for tests: the synchronous engine, with words for what clients and operators do and what can be seen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from router.client_events import ClientMessage
from router.events import SetPresence
from router.model import AuthorKind, Conversation, Message, MessageKind, State
from router.people import Identity, Presence, Sender
from router.pool import Pool
from tests.unit.router.engine import Engine
from tests.unit.router.kept import Entry

CHANNEL = "shop-webchat"


class World(Engine):
    """Clients and operators around the core. Every method settles before it returns."""

    def client_message(self, text: str, chat: str = "c1", **more: Any) -> ClientMessage:
        """Return an update in which the client of `chat` writes."""
        sender = Sender(Identity("webchat", "site", chat), name=more.pop("name", f"Client {chat}"))
        sender = replace(sender, language=more.pop("language", ""))
        key = self.fresh_id()
        return ClientMessage(key, more.pop("channel", CHANNEL), chat, sender, text, self.now, external_id=key, **more)

    def says(self, text: str, chat: str = "c1", **more: Any) -> Conversation:
        """Let a client write, and return their conversation as it then stands."""
        self.receive(self.client_message(text, chat, **more))
        self.settle()
        return self.conversation(chat)

    def does(self, what: Callable[..., Entry], conversation: Conversation, operator: str, **more: Any) -> str:
        """Let an operator do something; return the refusal's key, empty when it was carried out."""
        return self.perform(what(self.fresh_id(), conversation.id, operator, **more))

    def perform(self, command: Entry) -> str:
        """Decide one command and return the refusal's key."""
        self.receive(command)
        self.settle()
        outcome = self.kept.done[command.id]
        assert outcome is not None, "a command has an outcome"
        return outcome.refused

    def presence(self, presence: Presence, *operators: str) -> None:
        """Let operators come, rest or go."""
        for operator in operators:
            assert self.perform(SetPresence(self.fresh_id(), operator, presence)) == ""

    def conversation(self, chat: str = "c1") -> Conversation:
        """Return the latest conversation of a chat."""
        latest = self.kept.latest_of(CHANNEL, chat)
        assert latest is not None, "nobody ever wrote in this chat"
        return latest

    def now_of(self, conversation: Conversation) -> Conversation:
        """Return the conversation as it stands now."""
        return self.kept.conversations[conversation.id]

    def heard(self, chat: str = "c1") -> list[str]:
        """Return everything the client of a chat was told, in order."""
        return [m.text for m in self.kept.messages.values() if m.chat == chat and _to_client(m)]

    def happened(self, conversation: Conversation) -> list[str]:
        """Return what staff can read of what happened, as catalogue keys."""
        return [m.text for m in self.kept.of(conversation.id) if m.kind is MessageKind.EVENT]

    def pool(self, line: str) -> Pool:
        """Return a line's operators as they are now."""
        return Pool.of(line, self.book, self.roster, self.now)

    def load(self, operator: str) -> int:
        """Return how many conversations an operator holds or is offered."""
        return self.roster.get(operator).load

    def states(self) -> dict[str, State]:
        """Return chat → the state of its latest conversation."""
        return {c.chat: self.conversation(c.chat).state for c in self.kept.conversations.values()}


def _to_client(message: Message) -> bool:
    return message.visible and message.author.kind is not AuthorKind.CLIENT
