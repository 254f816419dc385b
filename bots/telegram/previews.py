"""The bot's longer answers, seen while they are written, where Telegram can show that."""

from __future__ import annotations

import zlib
from datetime import timedelta

import structlog
from aiogram.methods import SendMessageDraft

from bots.telegram.sending import Line
from bots.telegram.text import MESSAGE, units
from router.delivery import Delivery
from router.errors import HubError
from router.model import Message

_log = structlog.get_logger(__name__)
#: shorter answers come at once
_LONG = 200
_STEPS = 3
_PAUSE = timedelta(seconds=0.3)


async def show(line: Line, delivery: Delivery, message: Message) -> None:
    """Show how the text grows; whatever fails, the message itself follows."""
    where = line.place(delivery.chat)
    if not where.is_private or where.direct or message.attachments or not _LONG < units(message.text) <= MESSAGE:
        return
    draft = zlib.crc32(delivery.id.encode()) or 1
    try:
        for step in range(1, _STEPS + 1):
            so_far = message.text[: len(message.text) * step // (_STEPS + 1)]
            await line.client(SendMessageDraft(chat_id=where.chat, draft_id=draft, text=so_far, parse_mode=None))
            await line.clock.sleep_until(line.clock.now() + _PAUSE)
    except HubError as error:
        _log.debug("telegram.no_preview", reason=str(error))
