"""One decision in the making: it changes the desk and collects the effects that keep the store in step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from msgspec.structs import replace

from router.clocks import kept
from router.delivery import Action, Delivery
from router.desk import Desk
from router.effects import (
    AddDelivery,
    AddMessage,
    Alert,
    ChangeMessage,
    Effect,
    Outcome,
    SaveConversation,
    SaveOperator,
)
from router.ids import derive_at
from router.loads import load_changes
from router.media import Attachment, Entity
from router.model import Author, AuthorKind, Conversation, Message, MessageKind
from router.people import Client, OperatorState
from router.pledges import Target
from router.pool import Pool
from router.roster import Roster
from router.rulebook import Rulebook

_PREVIEW = 120


@dataclass(slots=True)
class Turn:
    """What handlers work with while they decide one event."""

    desk: Desk
    book: Rulebook
    now: datetime
    #: the event that is decided; ids of what it makes derive from it
    event: str
    effects: list[Effect] = field(default_factory=list)

    @property
    def roster(self) -> Roster:
        """The table of operators."""
        return self.desk.roster

    @property
    def pool(self) -> Pool:
        """The line's operators as they are now."""
        pool = self.desk.pool or Pool.of(self.desk.line, self.book, self.roster, self.now)
        self.desk.pool = pool.brought_to(self.book, self.now)
        return self.desk.pool

    def save(self, conversation: Conversation) -> Conversation:
        """Put a conversation on the desk; count what it changed about its operators' loads, and set its clocks."""
        before = self.desk.get(conversation.id)
        conversation, missed = kept(before, conversation, self.book, self.now)
        for target in missed:
            conversation = self.breached(conversation, target)
        for change in load_changes(before, conversation, self.book):
            self.roster.change(change)
            self.effects.append(change)
        self.desk.put(conversation)
        self.effects.append(SaveConversation(conversation, before))
        return conversation

    def save_operator(self, state: OperatorState) -> None:
        """Put an operator's state on the table."""
        self.roster.put(state)
        self.effects.append(SaveOperator(state))

    def add(
        self,
        conversation: Conversation,
        author: Author,
        kind: MessageKind,
        text: str,
        *,
        attachments: tuple[Attachment, ...] = (),
        choices: tuple[str, ...] = (),
        entities: tuple[Entity, ...] = (),
        external_id: str = "",
        reply_to: str = "",
        album: str = "",
        at: datetime | None = None,
        data: Mapping[str, str] | None = None,
    ) -> tuple[Conversation, Message]:
        """Add a message, and its delivery when the client is to see it and the platform does not have it already.

        The conversation is not saved yet.
        """
        number = conversation.n + 1
        message = Message(
            id=derive_at(self.now, "message", self.event, conversation.id, str(number)),
            conversation=conversation.id,
            n=number,
            author=author,
            kind=kind,
            text=text,
            at=at or self.now,
            channel=conversation.channel,
            chat=conversation.chat,
            attachments=attachments,
            external_id=external_id,
            choices=choices,
            data=data or {},
            entities=entities,
            reply_to=reply_to,
            album=album,
        )
        step = replace(conversation, n=number)
        if message.visible:
            step = replace(step, preview=_preview(message), preview_n=number)
        if message.visible and author.kind is not AuthorKind.CLIENT and not external_id:
            self.deliver(conversation, message)
        self.desk.remember(message)
        self.effects.append(AddMessage(message))
        return step, message

    def change(self, conversation: Conversation, message: Message) -> Conversation:
        """Put a message in the place of its former self. The conversation is not saved yet."""
        self.desk.remember(message)
        self.effects.append(ChangeMessage(message))
        return replace(conversation, preview=_preview(message)) if message.n == conversation.preview_n else conversation

    def deliver(self, conversation: Conversation, message: Message, action: Action = Action.SEND) -> None:
        """Have the channel send a message, or do to it at the client's what was done to it here."""
        cause = () if action is Action.SEND else (self.event,)
        delivery = Delivery(
            id=derive_at(self.now, "delivery", message.id, *cause),
            message=message.id,
            conversation=conversation.id,
            line=conversation.line,
            channel=conversation.channel,
            chat=conversation.chat,
            action=action,
        )
        self.effects.append(AddDelivery(delivery, message))

    def say(
        self,
        conversation: Conversation,
        text: str,
        *,
        kind: MessageKind = MessageKind.TEXT,
        choices: tuple[str, ...] = (),
    ) -> Conversation:
        """Let the line speak to the client, with quick answers where there are any; an empty text says nothing."""
        if not text:
            return conversation
        name = self.book.catalog.say(self.book.language(conversation.language), "client.assistant")
        author = Author(AuthorKind.BOT, name=name)
        return self.add(conversation, author, kind, text, choices=choices)[0]

    def happened(self, conversation: Conversation, what: str, **data: str) -> Conversation:
        """Write down for staff what happened."""
        return self.add(conversation, Author(AuthorKind.SYSTEM), MessageKind.EVENT, what, data=data)[0]

    def alert(self, conversation: Conversation, key: str, what: Mapping[str, str], **data: str) -> Conversation:
        """Write down for staff what happened, and have consoles and programs told that it needs somebody."""
        author = Author(AuthorKind.SYSTEM)
        step, message = self.add(conversation, author, MessageKind.EVENT, key, data=data)
        self.effects.append(Alert(conversation.id, message.id, what))
        return step

    def breached(self, conversation: Conversation, target: Target) -> Conversation:
        """Write down that a target was missed, and keep it for reports."""
        ever = tuple(each for each in Target if each is target or each in conversation.breached)
        what = {"what": "sla_breached", "target": target.value}
        return self.alert(replace(conversation, breached=ever), f"sla_breached_{target}", what)

    def refuse(self, why: str, **values: str) -> None:
        """Turn an operator's command down."""
        self.effects.append(Outcome(self.event, why, values))

    def accept(self, **made: str) -> None:
        """Say that an operator's command was carried out, and what it made."""
        self.effects.append(Outcome(self.event, values=made))

    def client_of(self, identity_key: str) -> Client | None:
        """Return the client that the store or this batch knows by an identity."""
        return self.desk.clients.get(identity_key)


def _preview(message: Message) -> str:
    if message.deleted_at is not None:
        return ""
    return (message.text or ", ".join(each.name for each in message.attachments))[:_PREVIEW]
