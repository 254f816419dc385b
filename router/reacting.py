"""Reactions: clients and operators put an emoji to what was said."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from router.client_events import ClientReacted
from router.console import Refusal, refuses_react
from router.delivery import Action
from router.events import React
from router.model import Conversation, Message
from router.turn import Turn

#: under which a client's reaction is kept
CLIENT = "client"
#: characters of one emoji: families and flags are made of several
_LONGEST = 32


def reacted(turn: Turn, event: ClientReacted) -> None:
    """Show staff what a client thinks of a message, theirs or ours; nobody is asked to act on it."""
    message = turn.desk.spoken(event.channel, event.chat, event.external_id)
    conversation = turn.desk.get(message.conversation) if message is not None else None
    if conversation is not None and message is not None:
        _put(turn, conversation, message, CLIENT, event.emoji[:_LONGEST])


def react(turn: Turn, conversation: Conversation, command: React) -> Refusal:
    """Put an operator's reaction to a message, here and at the client's, or take it away."""
    message = turn.desk.messages.get(command.message)
    if message is None or message.conversation != conversation.id:
        return "no_message", {}
    refusal = refuses_react(turn.book, conversation, message, command.operator)
    if refusal is None and (len(command.emoji) > _LONGEST or any(map(str.isspace, command.emoji))):
        refusal = ("bad_reaction", {})
    if refusal is None and _put(turn, conversation, message, command.operator, command.emoji):
        turn.deliver(conversation, turn.desk.messages[message.id], Action.REACT)
    return refusal


def _put(turn: Turn, conversation: Conversation, message: Message, who: str, emoji: str) -> bool:
    """Keep a reaction; return whether that changes anything."""
    others: Mapping[str, str] = {key: value for key, value in message.reactions.items() if key != who}
    reactions = {**others, who: emoji} if emoji else others
    if reactions == message.reactions:
        return False
    turn.save(turn.change(conversation, replace(message, reactions=reactions)))
    return True
