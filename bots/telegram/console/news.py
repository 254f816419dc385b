"""What is new in a conversation: whose words they are, and up to where they concern somebody who has lost it."""

from __future__ import annotations

from collections.abc import Sequence

from bots.telegram.console.records import Said
from router.consoles import said_with
from router.model import AuthorKind, Message, MessageKind

#: what happened last when a conversation has left somebody
_LEAVINGS = ("transferred", "taken", "closed", "left", "skipped", "unanswered", "overflowed", "reassigned")


def own_of(message: Message, said: Sequence[tuple[str, Said]]) -> tuple[str, Said] | None:
    """Return what an operator wrote in this chat that became the message."""
    if message.author.kind is not AuthorKind.OPERATOR:
        return None
    return next((it for it in said if said_with(message, it[1].operator, it[1].key)), None)


def until_left(news: Sequence[Message]) -> Sequence[Message]:
    """Return what was said up to the moment the conversation left."""
    for at, message in enumerate(news):
        if message.kind is MessageKind.EVENT and message.text.startswith(_LEAVINGS):
            return news[: at + 1]
    return ()
