"""What a client expects at once, as soon as their update is kept: a greeting, and that a pressed button reacts."""

from __future__ import annotations

from typing import Any

import structlog
from aiogram.methods import AnswerCallbackQuery, EditMessageReplyMarkup, SendMessage
from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup, KeyboardButton, ReplyKeyboardMarkup

from bots.telegram.addresses import Address, address_of
from bots.telegram.buttons import RATING, pressed
from bots.telegram.catalogue import closest, say
from bots.telegram.reading import Json, maybe, words
from bots.telegram.sending import Line
from bots.telegram.settings import TelegramSettings
from router.errors import HubError

_log = structlog.get_logger(__name__)
#: what the data of a button begins with that says what was chosen, and does nothing
_DONE = "-"


class Courtesy:
    """Best effort: nothing of what it does is a promise, and it never fails."""

    def __init__(self, line: Line, settings: TelegramSettings) -> None:
        self._line = line
        self._settings = settings

    async def show(self, body: Json, *, is_new: bool) -> None:
        """Do what belongs to an update that is kept."""
        try:
            if body.get("callback_query") is not None:
                await self._answer(maybe(body, "callback_query"))
            elif is_new and body.get("message") is not None:
                await self._greet(maybe(body, "message"))
        except HubError as error:
            _log.info("telegram.courtesy", reason=str(error))

    async def _answer(self, query: Json) -> None:
        """Stop the button's waiting, and leave what was chosen in place of the buttons."""
        language = closest(words(maybe(query, "from"), "language_code"))
        data, message = words(query, "data"), maybe(query, "message")
        thanks = say("thanks", language) if data.startswith(RATING) else None
        answer = AnswerCallbackQuery(callback_query_id=words(query, "id"), text=thanks)
        await self._line.client(answer, repeatable=True)
        if not message or data.startswith(_DONE):
            return
        choice = pressed(data, message)
        label = f"{choice} ★" if data.startswith(RATING) else choice
        await self._mark(address_of(message), message, say("chosen", language, choice=label) if choice else "")

    async def _mark(self, where: Address, message: Json, label: str) -> None:
        chosen = [[InlineKeyboardButton(text=label, callback_data=_DONE)]] if label else []
        markup = InlineKeyboardMarkup(inline_keyboard=chosen)
        edit = EditMessageReplyMarkup(message_id=message.get("message_id"), reply_markup=markup, **where.within())
        await self._line.call(where, lambda _: edit, repeatable=True)

    async def _greet(self, message: Json) -> None:
        """Say the greeting to whoever starts the bot."""
        where = address_of(message)
        starts = words(message, "text").split(maxsplit=1)[:1] == ["/start"]
        if not where.is_private or not starts or not self._settings.greeting:
            return
        language = closest(words(maybe(message, "from"), "language_code"))
        greeting = self._settings.greeting
        text = greeting.get(language) or next(iter(greeting.values()))
        markup = _phone_button(say("share_phone", language)) if self._settings.ask_phone else None
        await self._line.call(
            where, lambda there: SendMessage(text=text, parse_mode=None, reply_markup=markup, **there.place())
        )


def _phone_button(label: str) -> Any:
    button = KeyboardButton(text=label, request_contact=True)
    return ReplyKeyboardMarkup(keyboard=[[button]], resize_keyboard=True, one_time_keyboard=True)
