"""Which bots see a message: privacy mode, mentions, replies, business connections."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.emulators.telegram.model import Chat, Message
from tests.emulators.telegram.text import cut

if TYPE_CHECKING:
    from tests.emulators.telegram.bots import Bot
    from tests.emulators.telegram.world import World


def watchers(world: World, message: Message) -> list[Bot]:
    """Return the bots that get an update about a message. Bots never see what bots say."""
    chat = message.chat
    if chat.owner:
        connection = chat.owner.connection
        return [connection.bot] if connection and connection.enabled and not message.business_bot else []
    if message.from_bot:
        return []
    if chat.bot:
        return [] if chat.bot.blocked_by(chat.user) else [chat.bot]
    if chat.direct_of:
        return [bot for bot in _members(world, chat.direct_of) if _may_read_direct(bot, chat.direct_of)]
    return [bot for bot in _members(world, chat) if sees_in_group(bot, message)]


def _members(world: World, chat: Chat) -> list[Bot]:
    return [bot for bot in world.bots.values() if bot.id in chat.members and chat.members[bot.id].present]


def _may_read_direct(bot: Bot, channel: Chat) -> bool:
    return channel.members[bot.id].may("can_manage_direct_messages")


def sees_in_group(bot: Bot, message: Message) -> bool:
    """Return whether a bot in the group gets a message, privacy mode considered."""
    chat = message.chat
    if bot.can_read_all_group_messages or chat.kind == "channel" or message.kind == "service":
        return True
    if chat.members[bot.id].status in ("administrator", "creator"):
        return True
    if message.reply_to and message.reply_to.sender is bot:
        return True
    return message.via_bot is bot or _addressed(bot, message)


def _addressed(bot: Bot, message: Message) -> bool:
    for entity in message.entities:
        said = cut(message.text, entity["offset"], entity["length"]).lower()
        if entity["type"] == "mention" and said == f"@{bot.username.lower()}":
            return True
        if entity["type"] == "text_mention" and entity["user"]["id"] == bot.id:
            return True
        if entity["type"] == "bot_command":
            name = said.partition("@")[2]
            return name == bot.username.lower() or (not name and _spoke_last(bot, message))
    return False


def _spoke_last(bot: Bot, message: Message) -> bool:
    spoken = [each.sender for each in message.chat.messages if each.from_bot]
    return not spoken or spoken[-1] is bot
