"""Buttons of the console, and what a press of one means."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup
from msgspec import Struct

from bots.telegram.console.words import say
from router.ids import derive
from router.rules import Language

#: what our buttons' data begins with, so that those of former releases are told apart
_OURS = "1"
_PER_ROW = 3
Row = list[InlineKeyboardButton]


class Press(Struct, frozen=True):
    """What a button asks for."""

    verb: str
    conversation: str = ""
    #: what else: a delivery, a length of time, or somebody's short name
    what: str = ""


def button(text: str, verb: str, conversation: str = "", what: str = "") -> InlineKeyboardButton:
    """Return a button; its data stays within Telegram's 64 bytes."""
    return InlineKeyboardButton(text=text, callback_data=":".join((_OURS, verb, conversation, what)))


def pressed(data: str) -> Press | None:
    """Return what a button's data means; None for what is not ours."""
    parts = data.split(":")
    return Press(*parts[1:]) if len(parts) == 4 and parts[0] == _OURS else None


def nick(name: str) -> str:
    """Return a short name for an operator or a line, whose own may be too long for a button."""
    return derive("nick", name)[:10]


def named(wanted: str, names: Iterable[str]) -> str:
    """Return the one whose short name it is; empty when there is none any more."""
    return next((name for name in names if nick(name) == wanted), "")


def keyboard(buttons: Sequence[InlineKeyboardButton], per_row: int = _PER_ROW) -> InlineKeyboardMarkup | None:
    """Return buttons in rows; None for none."""
    rows: list[Row] = [list(buttons[at : at + per_row]) for at in range(0, len(buttons), per_row)]
    return InlineKeyboardMarkup(inline_keyboard=rows) if rows else None


def offer(language: Language, conversation: str) -> InlineKeyboardMarkup | None:
    """Return what can be done with an offer."""
    return keyboard(
        [
            button(say(language, "button.take"), "take", conversation),
            button(say(language, "button.skip"), "skip", conversation),
            button(say(language, "button.card"), "card", conversation),
        ]
    )


#: what may be done → the verb of its button, in the order shown
_HEAD = {
    "take": "take",
    "transfer": "transfer",
    "snooze": "snooze",
    "unsnooze": "unsnooze",
    "close": "close",
    "reopen": "reopen",
    "leave": "leave",
    "skip": "skip",
}


def head(language: Language, conversation: str, allowed: frozenset[str], *, promised: bool) -> InlineKeyboardMarkup:
    """Return what can be done with a conversation now, and where to look things up."""
    verbs = [verb for action, verb in _HEAD.items() if action in allowed]
    # A new promise takes the place of the former one: one button is enough.
    hidden = {"snooze"} if promised else {"unsnooze"}
    shown = [verb for verb in verbs if verb not in hidden] + ["card", "history", "why"]
    found = keyboard([button(say(language, f"button.{verb}"), verb, conversation) for verb in shown])
    return found or InlineKeyboardMarkup(inline_keyboard=[])
