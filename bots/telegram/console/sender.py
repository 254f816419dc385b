"""How something gets into a chat: at Telegram's pace, in its topic, and in a new one when that was deleted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from aiogram.methods import (
    CloseForumTopic,
    CreateForumTopic,
    EditForumTopic,
    EditMessageCaption,
    EditMessageText,
    ReopenForumTopic,
    SendMessage,
    SetMessageReaction,
)
from aiogram.types import InlineKeyboardMarkup, LinkPreviewOptions, ReactionTypeEmoji, ReplyParameters
from msgspec.structs import replace

from bots.telegram.addresses import Address
from bots.telegram.console.office import Office
from bots.telegram.console.words import Rich
from bots.telegram.pieces import planned
from bots.telegram.text import CAPTION, MESSAGE, split, to_telegram
from router.errors import Misconfigured, Rejected, Retryable, Uncertain
from router.media import Attachment
from router.model import Message

_log = structlog.get_logger(__name__)
#: characters in a topic's name
_NAME = 128
#: Telegram's words for a topic that somebody deleted
_TOPIC_GONE = ("message thread not found", "TOPIC_DELETED", "TOPIC_ID_INVALID")
_PAUSE = timedelta(seconds=1)
#: eighths of a chat's places that what is said leaves to answers, and what is less important to both
LEFT_BY_WORDS, _LEFT_BY_SIGNS = 1, 2
_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)


class TopicGone(Exception):
    """The topic was deleted: make another one."""

    def __init__(self, topic: int) -> None:
        super().__init__(f"The topic {topic} was deleted.")
        self.topic = topic


class Sender:
    """Puts things into one chat. Its methods wait until Telegram takes them; `Rejected` says that it never will.

    `leave` is how many eighths of the chat's places it leaves to others who are more urgent.
    """

    def __init__(self, office: Office, chat: int, leave: int = 0) -> None:
        self.office = office
        self.chat = chat
        self._leave = leave

    @property
    def is_group(self) -> bool:
        """Whether it is a group, whose topics can be closed."""
        return self.chat < 0

    @property
    def free_at(self) -> datetime | None:
        """When what is less important may be sent, so that places are left for the rest; None for now."""
        return self.office.line.pace.not_before(str(self.chat), leave=_LEFT_BY_SIGNS)

    async def text(
        self,
        rich: Rich,
        topic: int = 0,
        *,
        buttons: InlineKeyboardMarkup | None = None,
        answers: int = 0,
        quiet: bool = False,
    ) -> int:
        """Send a text and return the number of its message, the last one's of a long text. Raises `TopicGone`."""
        parts, sent = [part for part in split(rich.text, rich.entities, MESSAGE) if not part.is_blank], 0
        for n, part in enumerate(parts):
            more: dict[str, Any] = {"entities": to_telegram(part.text, part.entities) or None}
            if n == 0 and answers:
                more["reply_parameters"] = ReplyParameters(message_id=answers, allow_sending_without_reply=True)
            if n == len(parts) - 1 and buttons is not None:
                more["reply_markup"] = buttons
            if quiet:
                more["disable_notification"] = True
            sent = await self._send(topic, part.text, more)
        return sent

    async def _send(self, topic: int, text: str, more: dict[str, Any]) -> int:
        made = await self._patiently(
            lambda where: SendMessage(
                text=text, parse_mode=None, link_preview_options=_NO_PREVIEW, **more, **where.place()
            ),
            topic,
        )
        if topic and made.message_thread_id not in {None, topic}:
            raise TopicGone(topic)  # Telegram put it elsewhere without a word
        number: int = made.message_id
        return number

    async def files(self, message: Message, rich: Rich, topic: int, *, answers: int = 0) -> list[int]:
        """Send a message's files with its text and return the numbers, the text's last. Raises `TopicGone`."""
        here = tuple(file for file in message.attachments if file.is_here)
        shown = _with(message, rich, here)
        ids: list[int] = []
        plan = planned(shown, self.office.host.files, self.office.host.link, "en")
        for n, piece in enumerate(plan.pieces):
            more: dict[str, Any] = {}
            if n == 0 and answers:
                more["reply_parameters"] = ReplyParameters(message_id=answers, allow_sending_without_reply=True)
            made = await self._patiently(
                lambda where, piece=piece, more=more: piece.make({**where.place(), **more}),
                topic,
                count=piece.count,
                uploads=piece.uploads,
            )
            ids += [it.message_id for it in made] if isinstance(made, list) else [made.message_id]
        return ids

    async def edit(self, tg: int, rich: Rich, buttons: InlineKeyboardMarkup | None, *, caption: bool = False) -> None:
        """Put another text and other buttons in a message's place; what cannot be changed stays as it is."""
        limit = CAPTION if caption else MESSAGE
        part = split(rich.text, rich.entities, limit)[0]
        shown = to_telegram(part.text, part.entities) or None
        place: dict[str, Any] = {"chat_id": self.chat, "message_id": tg, "reply_markup": buttons, "parse_mode": None}
        method: Any = (
            EditMessageCaption(caption=part.text, caption_entities=shown, **place)
            if caption
            else EditMessageText(text=part.text, entities=shown, link_preview_options=_NO_PREVIEW, **place)
        )
        try:
            await self._patiently(lambda _: method, 0, repeatable=True)
        except Rejected as error:
            _log.debug("console.not_edited", reason=str(error))

    async def react(self, tg: int, emoji: str) -> None:
        """Put a reaction on a message in place of the former one."""
        reaction: list[Any] = [ReactionTypeEmoji(emoji=emoji)] if emoji else []
        await self._change(SetMessageReaction(chat_id=self.chat, message_id=tg, reaction=reaction))

    async def open_topic(self, name: str) -> int:
        """Make a topic and return its number. Raises `Rejected` where there can be none."""
        method = CreateForumTopic(chat_id=self.chat, name=name[:_NAME] or "…")
        number: int = (await self._patiently(lambda _: method, 0, count=0)).message_thread_id
        return number

    async def name_topic(self, topic: int, name: str) -> None:
        """Give a topic another name. Raises `TopicGone`."""
        named = EditForumTopic(chat_id=self.chat, message_thread_id=topic, name=name[:_NAME] or "…")
        await self._change(named, topic)

    async def close_topic(self, topic: int) -> None:
        """Let nobody but administrators write in a group's topic. Raises `TopicGone`."""
        await self._change(CloseForumTopic(chat_id=self.chat, message_thread_id=topic), topic)

    async def reopen_topic(self, topic: int) -> None:
        """Let everybody write in a group's topic again. Raises `TopicGone`."""
        await self._change(ReopenForumTopic(chat_id=self.chat, message_thread_id=topic), topic)

    async def _change(self, method: Any, topic: int = 0) -> None:
        """Change something that is no message; that it is so already, or may not be, is passed over."""
        try:
            await self._patiently(lambda _: method, topic, count=0, repeatable=True)
        except Rejected as error:
            _log.debug("console.not_changed", method=type(method).__name__, reason=str(error))

    async def _patiently(
        self, make: Any, topic: int, *, count: int = 1, uploads: bool = False, repeatable: bool = False
    ) -> Any:
        """Call a method as soon as Telegram takes it. What may have arrived is sent again."""
        where = Address(self.chat, thread=topic)
        while True:
            self._stays_here()
            try:
                due = self.office.line.pace.not_before(where.pace, leave=self._leave) if count else None
                if due is not None:
                    await self.office.host.clock.sleep_until(due)
                    continue
                return await self.office.line.call(where, make, count=count, uploads=uploads, repeatable=repeatable)
            except Retryable as error:
                await self.office.asleep(error.after or _PAUSE)
            except Uncertain as error:
                # Telegram has no key that would tell a repeat: twice is better than never.
                _log.warning("console.repeated", chat=self.chat, reason=str(error))
                await self.office.asleep(_PAUSE)
            except Rejected as error:
                if topic and any(words in str(error) for words in _TOPIC_GONE):
                    raise TopicGone(topic) from error
                raise

    def _stays_here(self) -> None:
        """Raise `Misconfigured` when the group goes on under another id, where none of its messages have followed."""
        moved = self.office.line.moved_to(self.chat)
        if moved:
            raise Misconfigured(f"The operators' group has become a supergroup with the id {moved}: set group to that.")


def _with(message: Message, rich: Rich, files: Sequence[Attachment]) -> Message:
    return replace(message, text=rich.text, entities=tuple(rich.entities), attachments=tuple(files), choices=())
