"""Reading conversations, messages, clients, and why the rules decided as they did."""

from __future__ import annotations

from hub.web.access import visible, visible_client, wanted_by
from hub.web.bodies import Nothing, WantedConversations, WantedMessages
from hub.web.message_views import MessageView
from hub.web.operations import Call, operation
from hub.web.present import client_view
from hub.web.views import ClientCard, ConversationDetail, ConversationPage, MessagePage
from hub.web.why_views import Explanations


@operation("GET", "/conversations", "List conversations, latest activity first", query=WantedConversations)
async def conversations(call: Call[Nothing, WantedConversations]) -> ConversationPage:
    """Return a page of what the operator may see."""
    # Read first: what happens while the store is asked is then in the feed after it, not lost between the two.
    cursor = call.hub.feed.cursor
    wanted = wanted_by(call.hub.rules, call.operator, call.query.view, call.query.line)
    page, following = await call.hub.store.list_conversations(wanted, before=call.query.cursor, limit=call.query.limit)
    return ConversationPage(conversations=await call.drawn(page), next=following, cursor=cursor)


async def _messages(call: Call[Nothing, WantedMessages], conversation: str) -> tuple[list[MessageView], bool]:
    wanted = call.query
    page = await call.hub.store.messages(conversation, before=wanted.before, limit=wanted.limit + 1)
    shown = page[-wanted.limit :]
    deliveries = await call.hub.store.deliveries_of([message.id for message in shown])
    views = [call.present.message(message, deliveries.get(message.id, ())) for message in shown]
    return views, len(page) > len(shown)


@operation("GET", "/conversations/{id}", "One conversation with its last messages", query=WantedMessages)
async def conversation(call: Call[Nothing, WantedMessages]) -> ConversationDetail:
    """Return everything the conversation's page shows."""
    cursor = call.hub.feed.cursor
    found = await visible(call.hub, call.path("id"), call.operator)
    client = await call.hub.store.client(found.client)
    messages, more = await _messages(call, found.id)
    return ConversationDetail(
        conversation=call.present.conversation(found, client),
        client=client_view(client) if client else None,
        messages=messages,
        more=more,
        cursor=cursor,
    )


@operation("GET", "/conversations/{id}/messages", "Older messages", query=WantedMessages)
async def messages(call: Call[Nothing, WantedMessages]) -> MessagePage:
    """Return a page of messages."""
    found = await visible(call.hub, call.path("id"), call.operator)
    views, more = await _messages(call, found.id)
    return MessagePage(messages=views, more=more)


@operation("GET", "/conversations/{id}/why", "Why the conversation went where it went")
async def why(call: Call[Nothing, Nothing]) -> Explanations:
    """Return the reasons of every decision."""
    found = await visible(call.hub, call.path("id"), call.operator)
    kept = await call.hub.store.explanations(found.id)
    zone = str(call.hub.book.zone("", found.line))
    return Explanations(explanations=[call.present.explanation(at, it) for at, it in kept], zone=zone)


@operation("GET", "/clients/{id}", "A client's card with their conversations on every channel")
async def client(call: Call[Nothing, Nothing]) -> ClientCard:
    """Return the card; only to those who may see at least one of the client's conversations."""
    found, page = await visible_client(call.hub, call.path("id"), call.operator)
    views = sorted((call.present.conversation(it, found) for it in page), key=lambda it: it.created_at, reverse=True)
    return ClientCard(client=client_view(found), conversations=views)


OPERATIONS = (conversations, conversation, messages, why, client)
