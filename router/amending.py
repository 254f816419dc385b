"""Changing what was said: clients and operators edit their messages and take them back."""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace

from router.client_events import ClientDeleted, ClientEdited
from router.console import Refusal, refuses_amend
from router.delivery import Action
from router.events import Edit, Retract
from router.media import Entity, sound
from router.model import Conversation, Message, Version
from router.turn import Turn

#: earlier texts kept of one message
MOST_VERSIONS = 20


def edited(turn: Turn, event: ClientEdited) -> None:
    """Let staff see a client's new words, and the former ones; nobody is asked to act on them again."""
    conversation, message = _spoken_of(turn, event)
    if conversation is not None and message is not None and (event.text.strip() or message.attachments):
        entities = event.entities if sound(event.text, event.entities) else ()
        _change(turn, conversation, rewritten(message, event.text, entities, min(event.at, turn.now)))


def deleted(turn: Turn, event: ClientDeleted) -> None:
    """Mark what a client took back; staff have read it, so its text stays with them."""
    conversation, message = _spoken_of(turn, event)
    if conversation is not None and message is not None:
        _change(turn, conversation, replace(message, deleted_at=min(event.at, turn.now)))


def _spoken_of(turn: Turn, event: ClientEdited | ClientDeleted) -> tuple[Conversation | None, Message | None]:
    """Return the message that a client changes, unless it is unknown or gone already."""
    message = turn.desk.heard(event.channel, event.chat, event.external_id)
    if message is None or message.deleted_at is not None:
        return None, None
    return turn.desk.get(message.conversation), message


def edit(turn: Turn, conversation: Conversation, command: Edit) -> Refusal:
    """Correct what an operator said, here and at the client's."""
    message = _of(turn, conversation, command)
    refusal = refuses_amend(turn.book, message, command.operator)
    if refusal is not None or message is None:
        return refusal
    if not (command.text.strip() or message.attachments):
        return "empty", {}
    if not sound(command.text, command.entities):
        return "bad_entities", {}
    if _change(turn, conversation, rewritten(message, command.text, command.entities, turn.now)):
        _pass_on(turn, command, Action.EDIT)
    return None


def retract(turn: Turn, conversation: Conversation, command: Retract) -> Refusal:
    """Take back what an operator said, here and at the client's."""
    message = _of(turn, conversation, command)
    refusal = refuses_amend(turn.book, message, command.operator)
    if refusal is None and message is not None:
        _change(turn, conversation, replace(message, deleted_at=turn.now))
        _pass_on(turn, command, Action.DELETE)
    return refusal


def _of(turn: Turn, conversation: Conversation, command: Edit | Retract) -> Message | None:
    message = turn.desk.messages.get(command.message)
    return message if message is not None and message.conversation == conversation.id else None


def rewritten(message: Message, text: str, entities: tuple[Entity, ...], at: datetime) -> Message:
    """Return a message with another text, shown in its own way; a former text is kept unless it is the same."""
    if (text, entities) == (message.text, message.entities):
        return message
    former = () if text == message.text else (Version(message.text, at),)
    versions = (*message.versions, *former)[-MOST_VERSIONS:]
    return replace(message, text=text, entities=entities, edited_at=at, versions=versions)


def _change(turn: Turn, conversation: Conversation, message: Message) -> bool:
    """Put a message in the place of its former self; return whether that changes anything."""
    if turn.desk.messages.get(message.id) == message:
        return False
    turn.save(turn.change(conversation, message))
    return True


def _pass_on(turn: Turn, command: Edit | Retract, action: Action) -> None:
    """Have the client's messenger do the same; write down who it was when they did it to a colleague's words."""
    conversation, message = turn.desk.conversations[command.conversation], turn.desk.messages[command.message]
    turn.deliver(conversation, message, action)
    if message.author.id != command.operator:
        name = turn.book.name(command.operator)
        turn.save(turn.happened(conversation, f"amended_{action}", name=name, author=message.author.name))
