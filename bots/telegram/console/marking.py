"""What changes about what is drawn already: how far deliveries are, edits, deletions, reactions, files that arrive."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from msgspec.structs import replace

from bots.telegram.console.buttons import button, keyboard
from bots.telegram.console.drawing import Artist
from bots.telegram.console.records import REMEMBERED, Mark, Shown, Thread, at_key, packed, shown_key, unpacked
from bots.telegram.console.sender import Sender
from bots.telegram.console.words import Rich
from router.consoles import ConsoleHost
from router.delivery import Delivery, DeliveryState
from router.model import Conversation, Message, MessageKind
from router.notebooks import Entry

#: how far a delivery is → the reaction on the operator's own message; a bot may have just one there
_SIGNS = {"sending": "👀", "sent": "👌", "failed": "😢", "unknown": "🤔"}
_WORDS = {
    DeliveryState.QUEUED: "sending",
    DeliveryState.SENDING: "sending",
    DeliveryState.RETRYING: "sending",
    DeliveryState.FAILED: "failed",
    DeliveryState.UNKNOWN: "unknown",
}
#: messages of a conversation whose deliveries are watched
_WATCHED = 50
#: what a bot may react with; see https://core.telegram.org/bots/api#reactiontypeemoji
_REACTIONS = frozenset(
    [
        "❤",
        "👍",
        "👎",
        "🔥",
        "🥰",
        "👏",
        "😁",
        "🤔",
        "🤯",
        "😱",
        "🤬",
        "😢",
        "🎉",
        "🤩",
        "🤮",
        "💩",
        "🙏",
        "👌",
        "🕊",
        "🤡",
        "🥱",
        "🥴",
        "😍",
        "🐳",
        "❤\u200d🔥",
        "🌚",
        "🌭",
        "💯",
        "🤣",
        "⚡",
        "🍌",
        "🏆",
        "💔",
        "🤨",
        "😐",
        "🍓",
        "🍾",
        "💋",
        "😈",
        "😴",
        "😭",
        "🤓",
        "👻",
        "👨\u200d💻",
        "👀",
        "🎃",
        "🙈",
        "😇",
        "😨",
        "🤝",
        "✍",
        "🤗",
        "🫡",
        "🎅",
        "🎄",
        "☃",
        "💅",
        "🤪",
        "🗿",
        "🆒",
        "💘",
        "🙉",
        "🦄",
        "😘",
        "💊",
        "🙊",
        "😎",
        "👾",
        "🤷\u200d♂",
        "🤷",
        "🤷\u200d♀",
        "😡",
    ]
)


class Marker:
    """Keeps what one chat shows in step with what it stands for."""

    def __init__(self, host: ConsoleHost, sender: Sender, artist: Artist) -> None:
        self._host = host
        self._sender = sender
        self._artist = artist
        self._chat = sender.chat
        #: message → the text that an operator has just given it in this chat
        self.echoes: dict[str, str] = {}

    async def deliveries(self, thread: Thread) -> Thread:
        """Show how far the deliveries of a conversation's messages are."""
        if not thread.marks:
            return thread
        found = await self._host.deliveries_of(thread.marks)
        marks = dict([*thread.marks.items()][-_WATCHED:])
        for message, mark in [*marks.items()]:
            latest = _telling(found.get(message, ()))
            if latest is None:
                continue
            state = _WORDS.get(latest.state, "sent")
            if state != mark.shown:
                await self._show(thread, mark, state, latest)
            marks[message] = replace(mark, shown=state)
            if state == "sent":
                del marks[message]
        return replace(thread, marks=marks)

    async def _show(self, thread: Thread, mark: Mark, state: str, latest: Delivery) -> None:
        if mark.own:
            await self._sender.react(mark.tg, _SIGNS[state])
        if state in {"failed", "unknown"}:
            again = button(self._artist.say("button.resend"), "resend", thread.conversation, latest.id)
            rich = Rich(self._artist.say(state, reason=latest.reason or "?"))
            tg = await self._sender.text(rich, thread.topic, buttons=keyboard([again]), answers=mark.tg)
            await self._host.notes.write({shown_key(self._chat, tg): self._kept(Shown(thread.conversation))})

    async def changed(self, it: Conversation, thread: Thread, ids: Collection[str]) -> None:
        """Show what messages say now that are drawn already."""
        for message in (await self._host.messages_by_id(ids)).values():
            at = await self._host.notes.get(at_key(self._chat, message.id))
            text = await self._host.notes.get(shown_key(self._chat, int(at))) if at is not None else None
            if at is None or text is None:
                continue
            shown = unpacked(text, Shown)
            if shown.own:
                await self._own_changed(thread, int(at), message)
            else:
                await self._redraw(it, thread, int(at), shown, message)

    async def _own_changed(self, thread: Thread, tg: int, message: Message) -> None:
        """An operator's own words cannot be changed in Telegram: what became of them is said below."""
        liked = message.reactions.get("client", "")
        if liked in _REACTIONS:
            await self._sender.react(tg, liked)
        if message.deleted_at is not None:
            if self.echoes.pop(message.id, None) != "":
                await self._sender.text(Rich(self._artist.say("said.taken_back")), thread.topic, answers=tg)
        elif message.edited_at is not None and self.echoes.get(message.id) != message.text:
            rich = Rich().add(f"{self._artist.say('said.now')}\n", "italic").quote(message.text, message.entities)
            self.echoes[message.id] = message.text
            await self._sender.text(rich, thread.topic, answers=tg)

    async def _redraw(self, it: Conversation, thread: Thread, tg: int, shown: Shown, message: Message) -> None:
        found = await self._host.messages_by_id(shown.messages)
        said = [found[id_] for id_ in shown.messages if id_ in found]
        rich = drawn(self._artist.within(thread.topic), said, it)
        await self._sender.edit(tg, rich, None, caption=shown.caption)
        if shown.lacks and all(file.is_here or file.trouble for file in message.attachments):
            if any(file.is_here for file in message.attachments):
                sent = await self._sender.files(message, Rich(), thread.topic, answers=tg)
                kept = {
                    shown_key(self._chat, each): self._kept(Shown(it.id, (message.id,), caption=True)) for each in sent
                }
                await self._host.notes.write(kept)
            await self._host.notes.write({shown_key(self._chat, tg): self._kept(replace(shown, lacks=False))})

    def _kept(self, shown: Shown) -> Entry:
        return packed(shown, self._host.clock.now() + REMEMBERED)


def drawn(artist: Artist, said: Sequence[Message], it: Conversation) -> Rich:
    """Return several messages as one text."""
    rich = Rich()
    for message in said:
        rich.join(artist.message(message, it), "\n")
    return rich


def _telling(deliveries: Sequence[Delivery]) -> Delivery | None:
    """Return the delivery that says how a message stands: one that did not arrive, else the latest."""
    bad = [it for it in deliveries if it.state in {DeliveryState.FAILED, DeliveryState.UNKNOWN}]
    return next(reversed(bad or [*deliveries]), None)


def is_watched(message: Message) -> bool:
    """Return whether staff are shown when a message does not arrive."""
    return message.kind is MessageKind.TEXT and message.author.kind == "operator"
