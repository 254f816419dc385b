"""Tells one operator what happened: the part of the feed they may see, as the API shows it."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Sequence

from hub.web.access import sees_event
from hub.web.facade import Hub
from hub.web.feed_views import FeedItem, LineNews
from hub.web.hydrate import Facts
from hub.web.present import Presenter, client_view, delivery_view, operator_view, settings_problems
from router.ports import FeedEvent


class Narrator:
    """Draws stretches of the feed for one operator."""

    def __init__(self, hub: Hub, operator: str, present: Presenter) -> None:
        self._hub = hub
        self._operator = operator
        self._present = present
        self._draw: dict[str, Callable[[FeedEvent, Facts], FeedItem | None]] = {
            "message": self._message,
            "conversation": self._conversation,
            "delivery": self._delivery,
            "operator": self._colleague,
            "client": self._client,
            "line": self._line,
            "alert": self._alert,
            "rules": self._rules,
            "typing": self._typing,
        }

    def tell(self, events: Sequence[FeedEvent], facts: Facts, watched: Container[str]) -> list[FeedItem]:
        """Return what the operator is told of these events; watched conversations they lose are `gone`."""
        return [item for event in _newest_states(events) if (item := self._item(event, facts, watched)) is not None]

    def _item(self, event: FeedEvent, facts: Facts, watched: Container[str]) -> FeedItem | None:
        draw = self._draw.get(event.type)
        if draw is None:
            return None
        if self._sees(event, facts):
            return draw(event, facts)
        if event.type == "conversation" and event.conversation in watched:
            return FeedItem(cursor=event.cursor, at=event.at, type="gone", conversation=event.conversation)
        return None

    def _sees(self, event: FeedEvent, facts: Facts) -> bool:
        """Judge by where the conversation is now, not where it was when the event was written."""
        conversation = facts.conversations.get(event.conversation)
        if conversation is not None:
            return self._hub.may_see(conversation, self._operator)
        return sees_event(self._hub.rules, event, self._operator)

    def _message(self, event: FeedEvent, facts: Facts) -> FeedItem | None:
        message = facts.messages.get(event.subject)
        if message is None:
            return None
        view = self._present.message(message, facts.of_message.get(message.id, ()))
        return FeedItem(
            cursor=event.cursor, at=event.at, type="message", conversation=message.conversation, message=view
        )

    def _conversation(self, event: FeedEvent, facts: Facts) -> FeedItem | None:
        found = facts.conversations.get(event.conversation)
        if found is None:
            return None
        state = self._present.conversation(found, facts.clients.get(found.client))
        return FeedItem(cursor=event.cursor, at=event.at, type="conversation", conversation=found.id, state=state)

    def _delivery(self, event: FeedEvent, facts: Facts) -> FeedItem | None:
        found = facts.deliveries.get(event.subject)
        if found is None:
            return None
        view = delivery_view(found)
        return FeedItem(
            cursor=event.cursor, at=event.at, type="delivery", conversation=found.conversation, delivery=view
        )

    def _colleague(self, event: FeedEvent, _facts: Facts) -> FeedItem | None:
        if event.subject not in self._hub.rules.operators:
            return None
        view = operator_view(self._hub, event.subject)
        return FeedItem(cursor=event.cursor, at=event.at, type="operator", operator=view)

    def _client(self, event: FeedEvent, facts: Facts) -> FeedItem | None:
        found = facts.clients.get(event.subject)
        if found is None or not (event.line or event.conversation):
            return None
        view = client_view(found)
        return FeedItem(cursor=event.cursor, at=event.at, type="client", conversation=event.conversation, client=view)

    def _line(self, event: FeedEvent, _facts: Facts) -> FeedItem:
        news = LineNews(event.subject, self._hub.is_paused(event.subject))
        return FeedItem(cursor=event.cursor, at=event.at, type="line", line=news)

    def _alert(self, event: FeedEvent, facts: Facts) -> FeedItem | None:
        message = facts.messages.get(event.subject)
        if message is None:
            return None
        view = self._present.alert(event.data, message)
        return FeedItem(cursor=event.cursor, at=event.at, type="alert", conversation=event.conversation, alert=view)

    def _rules(self, event: FeedEvent, _facts: Facts) -> FeedItem:
        version, problems = int(event.subject) if event.subject else None, settings_problems(self._hub)
        return FeedItem(cursor=event.cursor, at=event.at, type="rules", problems=problems, version=version)

    def _typing(self, event: FeedEvent, _facts: Facts) -> FeedItem:
        return FeedItem(
            cursor=event.cursor,
            at=event.at,
            type="typing",
            conversation=event.conversation,
            name=str(event.data.get("name", "")),
            text=str(event.data.get("text", "")),
        )


def _newest_states(events: Sequence[FeedEvent]) -> Iterator[FeedEvent]:
    """Yield all events but those of conversations whose newer state is in the same stretch."""
    newest = {event.conversation: event for event in events if event.type == "conversation"}
    for event in events:
        if event.type != "conversation" or newest[event.conversation] is event:
            yield event
