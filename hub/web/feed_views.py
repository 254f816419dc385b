"""What the feed tells: every shape of what may happen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from msgspec import Struct

from hub.web.message_views import DeliveryView, MessageView
from hub.web.moment import Moment
from hub.web.pledge_views import AlertView
from hub.web.views import ClientView, ConversationView, OperatorView


class LineNews(Struct, frozen=True):
    """A line was paused or let go on."""

    id: str
    paused: bool


class FeedItem(Struct, frozen=True, kw_only=True):
    """One thing that happened; of the fields after `conversation`, the one that `type` names is set.

    `gone` says that a watched conversation went where the operator may not see it; `typing` is never replayed.
    """

    cursor: int
    at: Moment
    type: Literal[
        "message", "conversation", "delivery", "operator", "client", "line", "alert", "rules", "typing", "gone"
    ]
    conversation: str = ""
    message: MessageView | None = None
    state: ConversationView | None = None
    delivery: DeliveryView | None = None
    operator: OperatorView | None = None
    client: ClientView | None = None
    line: LineNews | None = None
    alert: AlertView | None = None
    problems: Sequence[str] | None = None
    #: the number of the settings that came into force, which `GET /settings/changes` lists
    version: int | None = None
    #: who is typing
    name: str = ""
    #: what they typed so far, where the channel tells
    text: str = ""


class Events(Struct, frozen=True):
    """A stretch of the feed. Ask for what follows after `cursor`."""

    events: Sequence[FeedItem]
    cursor: int


class Frame(Events, frozen=True, tag_field="type", tag="events"):
    """A stretch of the feed as a socket is told it."""
