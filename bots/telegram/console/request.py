"""One thing an operator asks for in Telegram, and how they are answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from aiogram.methods import AnswerCallbackQuery
from aiogram.types import InlineKeyboardMarkup

from bots.telegram.console.drawing import Artist
from bots.telegram.console.office import Office
from bots.telegram.console.place import Place
from bots.telegram.console.records import REMEMBERED, Shown, packed, shown_key, unpacked
from bots.telegram.console.sender import TopicGone
from bots.telegram.console.words import Rich, say
from bots.telegram.reading import Json, maybe, size
from router.effects import Outcome
from router.errors import Unparsable
from router.model import Conversation, Message
from router.rules import Language

#: characters that fit into the answer to a button
_ALERT = 190


@dataclass(frozen=True, slots=True)
class Request:
    """What an operator wrote or pressed."""

    office: Office
    #: the idempotency key of the command it becomes
    key: str
    operator: str
    user: int
    place: Place
    #: what they wrote; for a button, the message that bears it
    message: Json
    #: when it came
    at: datetime
    #: the press of a button; empty for what was written
    press: str = ""

    @property
    def language(self) -> Language:
        """The operator's language."""
        return self.office.language(self.operator)

    @property
    def tg(self) -> int:
        """The number of the message."""
        return size(self.message, "message_id")

    @property
    def topic(self) -> int:
        """The topic it was said in; 0 for none."""
        return size(self.message, "message_thread_id") if self.message.get("is_topic_message") is True else 0

    @property
    def answered(self) -> int:
        """The message that it answers; 0 for none, and in a topic for the one the topic began with."""
        number = size(maybe(self.message, "reply_to_message"), "message_id")
        return 0 if number == self.topic else number

    @property
    def is_aside(self) -> bool:
        """Whether colleagues talk among themselves: in the group, in no topic of ours, and not in answer to the bot."""
        answered = maybe(maybe(self.message, "reply_to_message"), "from").get("id")
        ours = self.answered and answered == self.office.line.client.id
        return not (self.place.operator or ours or self.place.rooms.conversation(self.topic))

    @property
    def artist(self) -> Artist:
        """Draws for whoever asks."""
        return Artist(self.office, self.operator, self.language, mixed=self.place.artist.mixed)

    def words(self, key: str, **values: object) -> str:
        """Return a text in the operator's language."""
        return say(self.language, key, **values)

    async def shown(self, tg: int) -> Shown | None:
        """Return what a message of the chat stands for."""
        found = await self.office.host.notes.get(shown_key(self.place.chat, tg)) if tg else None
        return unpacked(found, Shown) if found is not None else None

    async def conversation(self, id_: str = "") -> Conversation | None:
        """Return the conversation that is meant, if the operator may see it."""
        if not id_:
            shown = await self.shown(self.answered)
            id_ = shown.conversation if shown else self.place.rooms.conversation(self.topic) if self.topic else ""
        found = await self.office.host.conversation(id_) if id_ else None
        return found if found is not None and self.office.host.may_see(found, self.operator) else None

    async def meant(self) -> Message | None:
        """Return the hub's message that is answered; of several in one, the last."""
        shown = await self.shown(self.answered)
        if shown is None or not shown.messages:
            return None
        return (await self.office.host.messages_by_id(shown.messages[-1:])).get(shown.messages[-1])

    async def tell(self, rich: Rich | str, buttons: InlineKeyboardMarkup | None = None, about: str = "") -> int:
        """Answer in the chat; `about` is the conversation that the answer belongs to."""
        text = Rich(rich) if isinstance(rich, str) else rich
        try:
            tg = await self.place.sender.text(text, self.topic, buttons=buttons, answers=self.tg)
        except TopicGone:
            tg = await self.place.sender.text(text, buttons=buttons)
        if about and tg:
            until = self.office.host.clock.now() + REMEMBERED
            await self.office.host.notes.write({shown_key(self.place.chat, tg): packed(Shown(about), until)})
        return tg

    async def reply(self, text: str, *, alert: bool = False) -> None:
        """Answer shortly: above the chat for a button, as a message for what was written."""
        if self.press:
            short = text if len(text) <= _ALERT else f"{text[: _ALERT - 1]}…"
            await self.office.best_effort(
                AnswerCallbackQuery(callback_query_id=self.press, text=short or None, show_alert=alert or None)
            )
        elif text:
            await self.tell(text)

    async def carry_out(self, body: Mapping[str, object], done: str = "", **values: object) -> bool:
        """Carry out a command, and say how it went; return whether it was not refused."""
        try:
            outcome = await self.office.host.command(self.operator, self.key, body)
        except Unparsable:
            await self.reply(self.words("trouble"), alert=True)
            return False
        if outcome.refused:
            await self.reply(self.words("refused", why=self.refusal(outcome)), alert=True)
            return False
        await self._read(body)
        await self.reply(self.words(done, **values) if done else "")
        return True

    def refusal(self, outcome: Outcome) -> str:
        """Return in words why something was refused."""
        return self.office.host.catalog.say(self.language, f"refused.{outcome.refused}", **outcome.values)

    async def _read(self, body: Mapping[str, object]) -> None:
        """Whoever acts on a conversation has read what stands there."""
        id_ = str(body.get("conversation", ""))
        known = self.place.painter.threads.get(id_)
        if known is not None and known.told:
            await self.office.host.mark_seen(id_, self.operator, known.told)
