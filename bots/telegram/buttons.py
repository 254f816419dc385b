"""Quick answers as buttons, and what a press of one says."""

from __future__ import annotations

from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup

from bots.telegram.reading import Json, listed, maybe, words
from router.model import Message, MessageKind

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
    choices = [choice for choice in message.choices if choice.strip()][:_MOST]
    buttons = [_button(n, choice) for n, choice in enumerate(choices)]
    wide = 1 if any(len(choice) > _SHORT for choice in choices) else _PER_ROW
    return InlineKeyboardMarkup(inline_keyboard=[buttons[at : at + wide] for at in range(0, len(buttons), wide)])


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
