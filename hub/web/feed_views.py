"""What the feed tells: every shape of what may happen."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from hub.web.views import ClientView, ConversationView, DeliveryView, MessageView, OperatorView, View


class FeedItem(View):
    """One thing that happened; of the fields after `conversation`, the one that `type` names is set.

    `gone` says that a watched conversation went where the operator may not see it; `typing` is never replayed.
    """

    cursor: int
    at: datetime
    type: Literal["message", "conversation", "delivery", "operator", "client", "rules", "typing", "gone"]
    conversation: str = ""
    message: MessageView | None = None
    state: ConversationView | None = None
    delivery: DeliveryView | None = None
    operator: OperatorView | None = None
    client: ClientView | None = None
    problems: list[str] | None = None
    #: who is typing
    name: str = ""
    #: what they typed so far, where the channel tells
    text: str = ""


class Events(View):
    """A stretch of the feed. Ask for what follows after `cursor`."""

    events: list[FeedItem]
    cursor: int
