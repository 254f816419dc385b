"""What the page and other programs see of the world, as JSON."""

from __future__ import annotations

from typing import Any

from tests.emulators.telegram.bots import Bot
from tests.emulators.telegram.model import Chat, Message
from tests.emulators.telegram.people import User
from tests.emulators.telegram.world import World

#: The newest messages of each chat that are shown.
SHOWN = 200


def state(world: World) -> dict[str, Any]:
    """Return everything there is."""
    chats = [*world.private.values(), *world.business.values(), *world.chats.values()]
    return {
        "version": world.version,
        "bots": [bot_view(bot) for bot in world.bots.values()],
        "users": [user_view(user) for user in world.users.values()],
        "chats": [chat_view(chat) for chat in chats],
    }


def bot_view(bot: Bot) -> dict[str, Any]:
    """Return a bot; its token is shown, for it is worth nothing elsewhere."""
    flags = ("has_topics_enabled", "supports_inline_queries", "can_connect_to_business", "revoked")
    shown = {"id": bot.id, "token": bot.token, "name": bot.name, "username": bot.username}
    shown |= {flag: getattr(bot, flag) for flag in flags}
    return shown | {
        "waiting": len(bot.updates.waiting),
        "webhook": bot.updates.webhook.url if bot.updates.webhook else "",
    }


def user_view(user: User) -> dict[str, Any]:
    """Return a person."""
    names = {"id": user.id, "name": user.name, "username": user.username, "language": user.language_code}
    return names | {"deactivated": user.deactivated, "photo": user.photo.number if user.photo else 0}


def key_of(chat: Chat) -> str:
    """Return the name by which the page and other programs know a chat."""
    if chat.bot and chat.user:
        return f"p{chat.bot.id}-{chat.user.id}"
    if chat.owner and chat.user:
        return f"b{chat.owner.id}-{chat.user.id}"
    return f"{chat.id}"


def chat_by_key(world: World, key: str) -> Chat:
    """Return a chat. Raises LookupError for a name that none has."""
    for chat in [*world.private.values(), *world.business.values(), *world.chats.values()]:
        if key_of(chat) == key:
            return chat
    raise LookupError(f"There is no chat {key!r}: take the key of one from /control/state.")


def chat_view(chat: Chat) -> dict[str, Any]:
    """Return a chat with its topics and newest messages."""
    shown: dict[str, Any] = {"key": key_of(chat), "id": chat.id, "kind": chat.kind, "title": chat.title}
    shown |= {"bot": chat.bot.id if chat.bot else 0, "user": chat.user.id if chat.user else 0}
    shown |= {"owner": chat.owner.id if chat.owner else 0, "forum": chat.is_forum, "direct": chat.direct_of is not None}
    shown["members"] = [key for key, member in chat.members.items() if member.present]
    shown["blocked"] = chat.bot is not None and chat.bot.blocked_by(chat.user)
    shown["topics"] = [{"id": each.id, "name": each.name, "closed": each.closed} for each in chat.topics.values()]
    shown["pinned"] = chat.pinned
    shown["actions"] = {"count": len(chat.actions), "last": chat.actions[-1] if chat.actions else None}
    shown["drafts"] = [texts[-1] for texts in chat.drafts.values()]
    shown["messages"] = [message_view(each) for each in chat.messages[-SHOWN:]]
    return shown


def message_view(message: Message) -> dict[str, Any]:
    """Return a message."""
    content, markup = message.content, message.markup or {}
    shown: dict[str, Any] = {"id": message.id, "date": message.date, "kind": message.kind}
    shown |= {"sender": message.sender.id if message.sender else 0, "bot": message.from_bot}
    shown["name"] = message.sender.name if message.sender else "Telegram"
    shown |= {"text": message.text, "entities": message.entities, "data": content.data}
    shown |= {
        "topic": message.topic.id if message.topic else 0,
        "edited": message.edited,
        "album": message.media_group_id,
    }
    shown |= {"keyboard": message.keyboard, "inline": "inline_keyboard" in markup, "reactions": message.reactions}
    shown |= {"silent": message.silent, "read": message.read, "deleted": message.deleted}
    if message.reply_to:
        answered = message.reply_to
        text = message.quote or answered.text or answered.kind
        shown["reply"] = {"id": answered.id, "name": answered.sender.name if answered.sender else "", "text": text}
    if message.forwarded_from and message.forwarded_from.sender:
        shown["forwarded"] = message.forwarded_from.sender.name
    if message.via_bot:
        shown["via"] = message.via_bot.username
    if content.file:
        file = content.file
        shown["file"] = {"number": file.number, "name": file.name, "mime": file.mime, "size": file.size} | file.facts
    return shown
