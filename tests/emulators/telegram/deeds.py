"""What the control API lets people do, by name."""

from __future__ import annotations

import mimetypes
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from tests.emulators.telegram.asking import BUSINESS_RIGHTS
from tests.emulators.telegram.bots import Bot
from tests.emulators.telegram.files import image_size
from tests.emulators.telegram.model import Chat, Message, Topic
from tests.emulators.telegram.people import User
from tests.emulators.telegram.views import chat_by_key, chat_view, message_view
from tests.emulators.telegram.world import World

if TYPE_CHECKING:
    from tests.emulators.telegram.emulator import TelegramEmulator

#: A bot that takes longer to answer a pressed button or a query is not waited for.
PATIENCE = 10

Deed = Callable[[World, User, dict[str, Any]], Awaitable[Any]]


async def do(world: World, user: User, deed: str, body: dict[str, Any]) -> Any:
    """Let a person do something. Raises LookupError or ValueError with what was wrong."""
    if deed not in DEEDS:
        raise LookupError(f"Nobody can do {deed!r}; people can {', '.join(sorted(DEEDS))}.")
    try:
        return await DEEDS[deed](world, user, body)
    except KeyError as missing:
        raise ValueError(f"{deed} needs {missing.args[0]!r}") from None


def add_group(
    telegram: TelegramEmulator, *, title: str, owner: int, members: list[int] | None = None, kind: str = "group"
) -> Chat:
    """Make a group, supergroup, forum or channel; bots in it become administrators."""
    makers = {
        "group": telegram.add_group,
        "supergroup": telegram.add_supergroup,
        "forum": telegram.add_forum,
        "channel": telegram.add_channel,
    }
    if kind not in makers:
        raise ValueError(f"kind is one of {', '.join(makers)}")
    world = telegram.world
    people = [_anyone(world, number) for number in members or []]
    chat = makers[kind](title, world.users[owner], *people)
    for bot in (each for each in people if isinstance(each, Bot)):
        telegram.promote(chat, bot)
    return chat


def send_file(world: World, user: User, query: dict[str, str], data: bytes) -> Message:
    """Send a file; its kind follows from its name and bytes, unless the query says it."""
    name = query.get("name", "file")
    mime = mimetypes.guess_type(name)[0] or "application/octet-stream"
    chat = chat_by_key(world, query.get("chat", ""))
    kind = query.get("kind") or _kind(mime, data)
    place = _place(chat, {key: int(query[key]) for key in ("topic", "reply_to") if query.get(key)})
    return user.sends(chat, kind, data, name=name, mime=mime, caption=query.get("caption", ""), **place)


def _kind(mime: str, data: bytes) -> str:
    if mime in ("image/png", "image/jpeg") and image_size(data):
        return "photo"
    if mime in ("video/mp4", "audio/mpeg"):
        return mime.partition("/")[0]
    return "voice" if mime in ("audio/ogg", "audio/webm") else "document"


def _anyone(world: World, number: int) -> Bot | User:
    bots = {bot.id: bot for bot in world.bots.values()}
    if number not in world.users and number not in bots:
        raise LookupError(f"There is neither a user nor a bot with id {number}.")
    return world.users.get(number) or bots[number]


def _bot(world: World, body: dict[str, Any]) -> Bot:
    bot = _anyone(world, body["bot"])
    if not isinstance(bot, Bot):
        raise ValueError(f"{bot.name} is not a bot")
    return bot


def _message(world: World, body: dict[str, Any]) -> Message:
    chat = chat_by_key(world, body["chat"])
    if body["message"] not in chat.by_id:
        raise LookupError(f"There is no message {body['message']} in chat {body['chat']}.")
    return chat.by_id[body["message"]]


def _place(chat: Chat, body: dict[str, Any]) -> dict[str, Any]:
    place: dict[str, Topic | Message] = {}
    if body.get("topic"):
        place["topic"] = chat.topics[body["topic"]]
    if body.get("reply_to"):
        place["reply_to"] = chat.by_id[body["reply_to"]]
    return place


async def _says(world: World, user: User, body: dict[str, Any]) -> Any:
    chat = chat_by_key(world, body["chat"])
    return message_view(user.says(chat, body["text"], entities=body.get("entities"), **_place(chat, body)))


async def _starts(world: World, user: User, body: dict[str, Any]) -> Any:
    message = user.starts(_bot(world, body), body.get("payload", ""))
    return chat_view(message.chat)


async def _edits(world: World, user: User, body: dict[str, Any]) -> Any:
    return message_view(user.edits(_message(world, body), body["text"]))


async def _deletes(world: World, user: User, body: dict[str, Any]) -> Any:
    user.deletes(_message(world, body))
    return {}


async def _reacts(world: World, user: User, body: dict[str, Any]) -> Any:
    message = _message(world, body)
    user.reacts(message, *body.get("emoji", []))
    return message_view(message)


async def _presses(world: World, user: User, body: dict[str, Any]) -> Any:
    press = user.presses(_message(world, body), body["button"])
    try:
        await press.answered(PATIENCE)
    except TimeoutError:
        return {"answered": False}
    return {"answered": True, "text": press.text, "alert": bool((press.answer or {}).get("show_alert"))}


async def _taps(world: World, user: User, body: dict[str, Any]) -> Any:
    return message_view(user.taps(chat_by_key(world, body["chat"]), body["button"]))


async def _shares_contact(world: World, user: User, body: dict[str, Any]) -> Any:
    of = world.users[body["of"]] if body.get("of") else None
    return message_view(user.sends_contact(chat_by_key(world, body["chat"]), of))


async def _shares_location(world: World, user: User, body: dict[str, Any]) -> Any:
    chat = chat_by_key(world, body["chat"])
    return message_view(user.sends_location(chat, float(body["latitude"]), float(body["longitude"])))


async def _asks(world: World, user: User, body: dict[str, Any]) -> Any:
    query = user.queries_inline(_bot(world, body), body["text"])
    try:
        await query.answered(PATIENCE)
    except TimeoutError:
        return {"query": query.id, "results": []}
    fields = ("id", "title", "description")
    return {"query": query.id, "results": [{key: each.get(key, "") for key in fields} for each in query.results]}


async def _chooses(world: World, user: User, body: dict[str, Any]) -> Any:
    chat = chat_by_key(world, body["chat"])
    return message_view(user.chooses(world.queries[body["query"]], body["result"], chat, **_place(chat, body)))


async def _blocks(world: World, user: User, body: dict[str, Any]) -> Any:
    user.blocks(_bot(world, body))
    return {}


async def _unblocks(world: World, user: User, body: dict[str, Any]) -> Any:
    user.unblocks(_bot(world, body))
    return {}


async def _joins(world: World, user: User, body: dict[str, Any]) -> Any:
    user.joins(chat_by_key(world, body["chat"]))
    return {}


async def _opens_topic(world: World, user: User, body: dict[str, Any]) -> Any:
    topic = user.opens_topic(chat_by_key(world, body["chat"]), body["name"])
    return {"id": topic.id, "name": topic.name}


async def _deletes_topic(world: World, user: User, body: dict[str, Any]) -> Any:
    chat = chat_by_key(world, body["chat"])
    user.deletes_topic(chat, chat.topics[body["topic"]])
    return {}


async def _connects(world: World, user: User, body: dict[str, Any]) -> Any:
    return user.connects(_bot(world, body), rights=frozenset(body.get("rights", BUSINESS_RIGHTS))).as_json()


async def _writes_to(world: World, user: User, body: dict[str, Any]) -> Any:
    other = _anyone(world, body["user"])
    if isinstance(other, Bot):
        raise ValueError(f"{other.name} is a bot: let the person start it")
    return chat_view(user.says(other, body["text"]).chat)


DEEDS: dict[str, Deed] = {
    "says": _says,
    "starts": _starts,
    "edits": _edits,
    "deletes": _deletes,
    "reacts": _reacts,
    "presses": _presses,
    "taps": _taps,
    "shares-contact": _shares_contact,
    "shares-location": _shares_location,
    "asks": _asks,
    "chooses": _chooses,
    "blocks": _blocks,
    "unblocks": _unblocks,
    "joins": _joins,
    "opens-topic": _opens_topic,
    "deletes-topic": _deletes_topic,
    "connects": _connects,
    "writes-to": _writes_to,
}
