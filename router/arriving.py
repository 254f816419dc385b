"""What befalls a chat besides words: it is opened, it cannot be reached, it goes on under another id."""

from __future__ import annotations

from msgspec.structs import replace

from router import joining
from router.client_events import ClientMoved, ClientReach, ClientStarted
from router.clients import card_of
from router.effects import MoveChat
from router.invitations import is_token
from router.people import Sender
from router.turn import Turn

#: where a card says which campaign a client came by first, and last
CAMPAIGN, LATEST_CAMPAIGN = "campaign", "latest_campaign"
_REACH = {"": "client_back", "blocked": "client_blocked", "gone": "client_gone"}


def started(turn: Turn, event: ClientStarted) -> None:
    """Make or update the card of whoever opened the chat; they have said nothing, so nobody is asked to answer."""
    if is_token(event.payload):
        card_of(turn, event.sender, event.channel, event.chat, joining.accept(turn, event))
    else:
        card_of(turn, _sender(turn, event), event.channel, event.chat)


def _sender(turn: Turn, event: ClientStarted) -> Sender:
    """Return who opened the chat, with the campaign that brought them: the first one is kept, and the latest."""
    if not event.payload:
        return event.sender
    known = turn.client_of(event.sender.identity.key)
    first = known.facts.get(CAMPAIGN, "") if known else ""
    news = {LATEST_CAMPAIGN: event.payload} if first else {CAMPAIGN: event.payload}
    return replace(event.sender, facts={**event.sender.facts, **news})


def reach(turn: Turn, event: ClientReach) -> None:
    """Let staff see that nothing reaches a client, or that it does again. What is sent is still tried."""
    conversation = turn.desk.of_chat(event.channel, event.chat)
    if conversation is None or conversation.unreachable == event.unreachable or event.unreachable not in _REACH:
        return
    step = replace(conversation, unreachable=event.unreachable)
    turn.save(turn.happened(step, _REACH[event.unreachable], name=conversation.client_name))


def moved(turn: Turn, event: ClientMoved) -> None:
    """Let a chat's latest conversation, and what waits to be sent there, go on under the chat's new id.

    When something was already said under the new id, that is another conversation, and both stay what they are.
    """
    conversation = turn.desk.of_chat(event.channel, event.chat)
    if conversation is None or event.to == event.chat or turn.desk.latest(event.channel, event.to):
        return
    step = replace(conversation, chat=event.to)
    turn.desk.chats.pop((event.channel, event.chat), None)
    turn.desk.chats[event.channel, event.to] = conversation.id
    turn.effects.append(MoveChat(event.channel, event.chat, event.to))
    turn.save(step)
