"""What we say, on its way to Telegram: piece by piece, at its pace, ending in what is true."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, TypeVar

from aiogram.methods import TelegramMethod
from aiogram.types import ReplyParameters

from bots.telegram.addresses import Address, address
from bots.telegram.buttons import keyboard, reply_keyboard
from bots.telegram.client import PATIENCE, UPLOAD_PATIENCE, Client, Migrated, Slowed
from bots.telegram.limits import Pace
from bots.telegram.pieces import Piece, planned
from router.delivery import Delivery
from router.errors import HubError, Rejected, Retryable, Uncertain
from router.model import Message
from router.ports import Clock, Host, Sent
from router.rules import Language

#: how long a message may wait for its turn while it holds a place to send
_TURN = timedelta(seconds=20)
#: how often the rest of a message is tried whose beginning has arrived
_TRIES = 3
_PAUSE = timedelta(seconds=2)
T = TypeVar("T")


class Line:
    """Calls Telegram for one channel: in turn, and where a group has moved to."""

    def __init__(self, client: Client, pace: Pace, clock: Clock, *, reply_buttons: bool = False) -> None:
        self.client = client
        self.pace = pace
        self.clock = clock
        self._reply_buttons = reply_buttons
        self._moved: dict[int, int] = {}

    def place(self, chat: str) -> Address:
        """Return where a chat is now."""
        where = address(chat)
        return replace(where, chat=self._moved.get(where.chat, where.chat))

    def moved_to(self, chat: int) -> int:
        """Return the id under which a group goes on; 0 for one that has not moved, as far as we were told."""
        return self._moved.get(chat, 0)

    def bears_buttons(self, where: Address) -> bool:
        """Whether quick answers stand below messages there, and not in place of the client's keyboard."""
        return not (self._reply_buttons and where.is_private)

    async def call(
        self,
        where: Address,
        make: Callable[[Address], TelegramMethod[T]],
        *,
        count: int = 1,
        uploads: bool = False,
        repeatable: bool = False,
    ) -> T:
        """Call a method that counts as so many messages, 0 for none. A group that has moved is followed, once."""
        await self._turn(where, count)
        patience = UPLOAD_PATIENCE if uploads else PATIENCE
        try:
            return await self.client(make(where), patience=patience, repeatable=repeatable)
        except Migrated as moved:
            self._moved[where.chat] = moved.to
            there = replace(where, chat=moved.to)
            return await self.client(make(there), patience=patience, repeatable=repeatable)
        except Slowed as error:
            self.pace.slowed(where.pace, error.after or timedelta(seconds=1))
            raise

    async def _turn(self, where: Address, count: int) -> None:
        now = self.clock.now()
        due = (self.pace.not_before(where.pace) if count else self.pace.blocked_until(where.pace)) or now
        if due - now > _TURN:
            raise Retryable("This chat has its turn later: Telegram takes only so many messages.", due - now)
        at = max(due, self.pace.reserve(where.pace, count))
        if at > now:
            await self.clock.sleep_until(at)


async def send(line: Line, host: Host, delivery: Delivery, message: Message, language: Language) -> Sent:
    """Send a message. Raises what `Channel.send` does; a beginning that arrived is never sent again unsaid."""
    plan = planned(message, host.files, host.link, language)
    if not plan.pieces:
        raise Rejected("The message is empty, and Telegram takes no empty ones.")
    ids: list[int] = []
    for n, piece in enumerate(plan.pieces):
        more = _extras(line, delivery, message, first=n == 0, last=n == len(plan.pieces) - 1, piece=piece)
        try:
            ids += await _sent(line, delivery.chat, piece, more, stubborn=n > 0)
        except HubError as error:
            if n == 0:
                raise
            raise _partly(plan.pieces, n, error) from error
    return Sent(external_id=" ".join(map(str, ids)))


def _extras(
    line: Line, delivery: Delivery, message: Message, *, first: bool, last: bool, piece: Piece
) -> Mapping[str, Any]:
    """Return what a piece bears besides its content: what it answers, and buttons."""
    more: dict[str, Any] = {}
    answers = delivery.reply_external.partition(" ")[0]
    if first and answers.isdecimal():
        more["reply_parameters"] = ReplyParameters(message_id=int(answers), allow_sending_without_reply=True)
    buttons = keyboard if line.bears_buttons(line.place(delivery.chat)) else reply_keyboard
    if last and piece.may_have_buttons and (markup := buttons(message)):
        more["reply_markup"] = markup
    return more


async def _sent(line: Line, chat: str, piece: Piece, more: Mapping[str, Any], *, stubborn: bool) -> list[int]:
    """Send a piece; what follows an arrived one is tried several times here, for nothing may begin again."""
    tries = _TRIES if stubborn else 1
    while True:
        tries -= 1
        try:
            made = await line.call(
                line.place(chat),
                lambda where: piece.make({**where.place(), **more}),
                count=piece.count,
                uploads=piece.uploads,
            )
        except Retryable as error:
            pause = error.after or _PAUSE
            if not tries or pause > _TURN:
                raise
            await line.clock.sleep_until(line.clock.now() + pause)
        else:
            return [it.message_id for it in made] if isinstance(made, list) else [made.message_id]


def _partly(pieces: Sequence[Piece], arrived: int, error: HubError) -> HubError:
    """Return what is true of a message whose beginning arrived."""
    said = f"Only {arrived} of {len(pieces)} parts arrived, and not {pieces[arrived].called}. Sent again, all are."
    if isinstance(error, Uncertain):
        return Uncertain(f"{arrived} of {len(pieces)} parts arrived for sure, and perhaps one more. {error}")
    return Rejected(f"{said} {error}")
