"""Clients' own pictures: Telegram never sends them, it has to be asked, and is asked once in a while only."""

from __future__ import annotations

from datetime import datetime

from aiogram.methods import GetUserProfilePhotos

from bots.telegram.client import Client
from router.errors import Rejected
from router.ids import derive
from router.media import Attachment

#: no `file_id` holds a colon
_USER = "user:"
#: pixels; a picture beside a conversation needs no more, and the next larger size is taken
_WIDTH = 160


def photo_of(user: int, at: datetime) -> Attachment:
    """Return a user's picture to be fetched. Its source changes with the month, so that a new one is found then."""
    source = f"{_USER}{user}:{at:%Y-%m}"
    return Attachment(derive("telegram photo", source), "photo.jpg", "image/jpeg", 0, kind="photo", source=source)


async def file_of(client: Client, source: str) -> str:
    """Return the `file_id` of what a source stands for. Raises `Rejected` for a user who shows no picture."""
    if not source.startswith(_USER):
        return source
    user = int(source.split(":")[1])
    found = await client(GetUserProfilePhotos(user_id=user, limit=1), repeatable=True)
    if not found.photos or not found.photos[0]:
        raise Rejected("They show no picture of theirs to bots.")
    sizes = sorted(found.photos[0], key=lambda it: it.width)
    return next((it for it in sizes if it.width >= _WIDTH), sizes[-1]).file_id
