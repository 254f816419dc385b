"""Asks Telegram whether a bot is set up as operators need it, and changes nothing there."""

from __future__ import annotations

from aiogram.methods import GetChat, GetChatMember, GetMe, GetWebhookInfo
from aiogram.types import ChatMemberAdministrator, User

from bots.telegram.client import Client
from bots.telegram.console.settings import TelegramConsoleSettings
from bots.telegram.doctor import received
from router.doctoring import Finding
from router.errors import Rejected


async def examined(client: Client, name: str, settings: TelegramConsoleSettings, path: str) -> list[Finding]:
    """Return what is right and wrong with the bot of the console `name`, whose webhook is at `path`.

    Raises an error of `router.errors` where Telegram does not answer as it should.
    """
    me = await client(GetMe(), repeatable=True)
    info = await client(GetWebhookInfo(), repeatable=True)
    accepted = Finding(True, f"Telegram accepts the token of {name}: it is @{me.username}'s.")
    found = [accepted, *received(me, info, name, settings, path)]
    if not me.supports_inline_queries:
        said = f"Operators cannot look for ready-made texts through @{me.username}"
        found.append(Finding(False, f"{said}: turn on inline mode with /setinline in @BotFather."))
    if settings.group is not None:
        return [*found, await _group(client, me, name, settings.group)]
    return [*found, *_topics(me, name)] if settings.topics else found


def _topics(me: User, name: str) -> list[Finding]:
    if me.has_topics_enabled:
        return [Finding(True, f"Conversations have topics of their own in the chats with @{me.username}.")]
    said = f"The chats with @{me.username} have no topics, so that conversations stand there one below the other"
    undo = f"turn topics on in the bot's settings in @BotFather, or set consoles.{name}.topics to false"
    return [Finding(False, f"{said}: {undo}.")]


async def _group(client: Client, me: User, name: str, group: int) -> Finding:
    try:
        chat = await client(GetChat(chat_id=group), repeatable=True)
        member = await client(GetChatMember(chat_id=group, user_id=me.id), repeatable=True)
    except Rejected:
        said = f"@{me.username} does not know the group {group} of consoles.{name}"
        return Finding(False, f"{said}: add it there as an administrator who manages topics, or correct the number.")
    where = f"The group {chat.title or group} of consoles.{name}"
    if not chat.is_forum:
        return Finding(False, f"{where} has no topics: turn them on in the group's settings in Telegram.")
    if not isinstance(member, ChatMemberAdministrator) or not member.can_manage_topics:
        said = f"{where} does not let @{me.username} open topics"
        return Finding(False, f"{said}: make it an administrator who manages topics.")
    return Finding(True, f"{where} has topics, and @{me.username} may open them.")
