"""Makes invitations: addresses by which a client of one channel goes on in another."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from router.errors import Rejected
from router.invitations import LASTS, Invitation, Inviting, digest_of, new_token
from router.model import Conversation
from router.ports import Channel, Clock
from router.store import Store


def inviting(channels: Mapping[str, Channel]) -> list[str]:
    """Return the names of the channels that clients can be invited to."""
    return [name for name, channel in channels.items() if isinstance(channel, Inviting)]


async def invite(
    store: Store, clock: Clock, channels: Mapping[str, Channel], conversation: Conversation, by: str, channel: str
) -> tuple[str, datetime]:
    """Return an address for the client of a conversation, and until when it is good.

    Raises `Rejected` when nobody can be invited to the channel, and `Retryable`.
    """
    found: object = channels.get(channel)
    if not isinstance(found, Inviting):
        raise Rejected(
            f"Clients cannot be invited to {channel!r}, only to {', '.join(inviting(channels)) or 'nothing'}."
        )
    token, until = new_token(), clock.now() + LASTS
    url = found.invitation(token)
    await store.add_invitation(Invitation(digest_of(token), conversation.client, conversation.id, by, until))
    return url, until
