"""Quick answers as buttons, and what a press of one says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup, KeyboardButton, ReplyKeyboardMarkup

from bots.telegram.reading import Json, listed, maybe, words
from router.model import Message, MessageKind

T = TypeVar("T")

#: what the data of our buttons begins with
CHOICE, RATING = "c:", "r:"
#: stands for a choice that is too long to be carried
_NUMBERED = "c#"
#: bytes in a button's data, characters on it, and buttons below one message
_DATA, _LABEL, _MOST = 64, 64, 100
#: a row holds several short ones
_SHORT, _PER_ROW = 12, 3


def keyboard(message: Message) -> InlineKeyboardMarkup | None:
    """Return the buttons below a message; None when it has none."""
    if message.kind is MessageKind.RATING:
        row = [InlineKeyboardButton(text=f"{each} ★", callback_data=f"{RATING}{each}") for each in range(1, 6)]
        return InlineKeyboardMarkup(inline_keyboard=[row])
    if not message.choices:
        return None
    choices = _choices(message)
    return InlineKeyboardMarkup(inline_keyboard=_rows([_button(n, each) for n, each in enumerate(choices)], choices))


def reply_keyboard(message: Message) -> ReplyKeyboardMarkup | None:
    """Return the buttons that take the place of the client's keyboard until one is pressed; None for none.

    A pressed one is said by the client as it is written on it.
    """
    choices = _choices(message)
    if not choices:
        return None
    buttons = [KeyboardButton(text=choice) for choice in choices]
    rows = [buttons] if message.kind is MessageKind.RATING else _rows(buttons, choices)
    return ReplyKeyboardMarkup(keyboard=rows, resize_keyboard=True, one_time_keyboard=True)


def _choices(message: Message) -> list[str]:
    return [choice for choice in message.choices if choice.strip()][:_MOST]


def _rows(buttons: list[T], choices: Sequence[str]) -> list[list[T]]:
    wide = 1 if any(len(choice) > _SHORT for choice in choices) else _PER_ROW
    return [buttons[at : at + wide] for at in range(0, len(buttons), wide)]


def _button(n: int, choice: str) -> InlineKeyboardButton:
    data = f"{CHOICE}{choice}"
    if len(data.encode()) > _DATA:
        data = f"{CHOICE}{_NUMBERED}{n}"
    label = choice if len(choice) <= _LABEL else f"{choice[: _LABEL - 1]}…"
    return InlineKeyboardButton(text=label, callback_data=data)


def pressed(data: str, message: Json) -> str:
    """Return the choice that a button stands for; empty when nobody knows any more. Raises `Unparsable`."""
    said = data[2:]
    if not said.startswith(_NUMBERED):
        return said
    rows = maybe(message, "reply_markup").get("inline_keyboard")
    for row in rows if isinstance(rows, list) else []:
        for button in listed({"row": row}, "row"):
            if button.get("callback_data") == data:
                return words(button, "text")
    return ""
