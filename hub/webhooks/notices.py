"""Notices: what a receiver is told of the feed, drawn as the API draws it."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec import Struct

from hub.settings.model import SubscriptionSettings
from hub.web.facade import Hub
from hub.web.feed_views import FeedItem
from hub.web.hydrate import Facts
from hub.web.moment import Moment
from hub.web.narrate import Narrator
from hub.web.present import Presenter, client_view
from router.catalog import Catalog
from router.delivery import CURSORS_PER_EVENT, Delivery
from router.ids import derive_at
from router.ports import FeedEvent
from router.webhooks import channel_of


class Notice(Struct, frozen=True):
    """What is posted."""

    type: str
    #: when it happened
    timestamp: Moment
    #: as the feed of the API tells it
    data: FeedItem


class _Everything(Narrator):
    """Tells a program that is nobody's colleague: it sees every line, and may do nothing."""

    def __init__(self, hub: Hub, texts: Catalog) -> None:
        super().__init__(hub, "", Presenter(hub, texts, "", "en"))

    def _sees(self, event: FeedEvent, facts: Facts) -> bool:  # noqa: ARG002 - as the narrator has it
        return True

    def _client(self, event: FeedEvent, facts: Facts) -> FeedItem | None:
        found = facts.clients.get(event.subject)
        if found is None:
            return None
        return FeedItem(cursor=event.cursor, at=event.at, type="client", client=client_view(found))


class Notices:
    """Makes the notices of one subscription."""

    def __init__(self, name: str, wanted: SubscriptionSettings, hub: Hub, texts: Catalog) -> None:
        self._name = name
        self._wanted = wanted
        self._narrator = _Everything(hub, texts)

    def concern(self, event: FeedEvent) -> bool:
        """Return whether the receiver is told of an event."""
        return event.type in self._wanted.events and (not self._wanted.lines or event.line in self._wanted.lines)

    def of(self, events: Sequence[FeedEvent], facts: Facts) -> list[Delivery]:
        """Return a notice for each event; states of one conversation in one stretch become its newest."""
        told = {event.cursor: event for event in events if self.concern(event)}
        items = self._narrator.tell(list(told.values()), facts, frozenset())
        return [self._notice(told[item.cursor], item) for item in items]

    def _notice(self, event: FeedEvent, item: FeedItem) -> Delivery:
        return Delivery(
            id=derive_at(event.at, "webhook", self._name, str(event.cursor)),
            message="",
            conversation=event.conversation,
            line=event.line,
            channel=channel_of(self._name),
            chat=event.conversation or event.subject,
            cursor=event.cursor * CURSORS_PER_EVENT,
            body=msgspec.json.encode(Notice(type=item.type, timestamp=item.at, data=item)).decode(),
        )
