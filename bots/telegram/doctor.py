"""Asks Telegram whether a bot is set up as its channel needs it, and changes nothing there."""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import urlsplit

from aiogram.methods import GetBusinessConnection, GetChatMember, GetMe, GetWebhookInfo
from aiogram.types import BusinessConnection, User, WebhookInfo

from bots.telegram.addresses import address
from bots.telegram.client import Client
from bots.telegram.settings import BotSettings, TelegramSettings
from router.doctoring import Finding
from router.errors import Rejected

#: groups and business accounts that are looked at
_MOST = 20
#: what the channel does in the name of a business account, by the right that it takes
_RIGHTS = {
    "can_reply": "answer its clients",
    "can_read_messages": "mark what they write as read",
    "can_delete_sent_messages": "take back what was answered",
}


async def examined(
    client: Client, name: str, settings: TelegramSettings, path: str, chats: Collection[str]
) -> list[Finding]:
    """Return what is right and wrong with the channel `name`, whose webhook is at `path`.

    Raises an error of `router.errors` where Telegram does not answer as it should.
    """
    me = await client(GetMe(), repeatable=True)
    info = await client(GetWebhookInfo(), repeatable=True)
    found = [_name(me, name, settings), *received(me, info, name, settings, path)]
    found += [*await _groups(client, me, name, settings, chats), *_business(me, name, settings)]
    return found + [_rights(each, me, name) for each in await _connections(client, chats)]


def _name(me: User, name: str, settings: TelegramSettings) -> Finding:
    if settings.username and (me.username or "").lower() != settings.username.lower():
        said = f"The bot of {name} is called @{me.username}, and not @{settings.username}"
        return Finding(
            False, f"{said}: set channels.{name}.username to {me.username}, or give it the other bot's token."
        )
    return Finding(True, f"Telegram accepts the token of {name}: it is @{me.username}'s.")


def received(me: User, info: WebhookInfo, name: str, settings: BotSettings, path: str) -> list[Finding]:
    """Return whether what the bot is told gets to the hub, by polling or by the webhook at `path`."""
    return [_webhook(me, info, name, settings, path), *_posts(me, info)]


def _polled(me: User, info: WebhookInfo, name: str) -> Finding:
    where = f"@{me.username} ({name})"
    if not info.url:
        return Finding(True, f"No webhook is set for {where}, so it can be polled.")
    said = f"A webhook at {_host(info)} is set for {where}, which polls"
    return Finding(False, f"{said}: the hub takes it away when it starts, so stop the other program that set it.")


def _webhook(me: User, info: WebhookInfo, name: str, settings: BotSettings, path: str) -> Finding:
    if settings.webhook is None or settings.mode == "polling":
        return _polled(me, info, name)
    where = f"@{me.username} ({name})"
    ours = f"{settings.webhook.url}{path}"
    if info.url == ours:
        return Finding(True, f"The webhook of {where} is set.")
    if not info.url:
        return Finding(False, f"No webhook is set for {where}, so that nothing arrives: start the hub, which sets it.")
    said = f"Another webhook, at {_host(info)}, is set for {where}"
    return Finding(False, f"{said}: stop the program that set it, then restart the hub, which sets {ours}.")


def _host(info: WebhookInfo) -> str:
    """Return where a webhook is; the rest of its address may be secret."""
    return urlsplit(info.url).netloc or "an address that makes no sense"


def _posts(me: User, info: WebhookInfo) -> list[Finding]:
    """Return what is wrong with how Telegram's posts go; what went wrong and has passed is no finding."""
    if not info.url or not info.last_error_message or not info.pending_update_count:
        return []
    waiting = "one update waits" if info.pending_update_count == 1 else f"{info.pending_update_count} updates wait"
    at = f"{info.last_error_date:%Y-%m-%d %H:%M} UTC" if info.last_error_date else "last"
    said = f"Telegram could not hand over what @{me.username} was told, and {waiting}: {info.last_error_message} ({at})"
    return [Finding(False, f"{said}. See whether the hub runs and can be reached from outside, with https.")]


async def _groups(
    client: Client, me: User, name: str, settings: TelegramSettings, chats: Collection[str]
) -> list[Finding]:
    if not settings.groups:
        return []
    found = []
    if me.can_join_groups is False:
        said = f"@{me.username} may not join groups, though channels.{name}.groups expects it there"
        found.append(Finding(False, f"{said}: allow it with /setjoingroups in @BotFather."))
    private = me.can_read_all_group_messages is False and set(settings.groups) != {"reply"}
    if private and not await _administers(client, me, chats):
        said = f"@{me.username} is in privacy mode, so that in groups Telegram keeps some of what is meant for it back"
        undo = "turn that off with /setprivacy in @BotFather, then take the bot out of its groups and add it again"
        found.append(Finding(False, f"{said}: {undo}, or make it an administrator there."))
    return found or [Finding(True, f"@{me.username} sees in groups what is meant for it.")]


async def _administers(client: Client, me: User, chats: Collection[str]) -> bool:
    """Return whether the bot, as far as is known, is only in groups that it administers: there it sees everything."""
    places = [address(chat) for chat in chats]
    groups = sorted({it.chat for it in places if it.chat < 0 and not it.direct})[:_MOST]
    try:
        found = [await client(GetChatMember(chat_id=group, user_id=me.id), repeatable=True) for group in groups]
    except Rejected:
        return False
    return bool(found) and all(member.status == "administrator" for member in found)


def _business(me: User, name: str, settings: TelegramSettings) -> list[Finding]:
    """Only where business accounts are asked for in so many words: they are allowed without, too."""
    if not settings.business or "business" not in settings.model_fields_set:
        return []
    if me.can_connect_to_business:
        return [Finding(True, f"Business accounts can let @{me.username} answer for them.")]
    said = f"Business accounts cannot let @{me.username} answer for them, though channels.{name}.business expects it"
    return [Finding(False, f"{said}: turn on Business Mode in the bot's settings in @BotFather.")]


async def _connections(client: Client, chats: Collection[str]) -> list[BusinessConnection]:
    """Return the business connections that conversations go on over."""
    found = []
    for connection in sorted({address(chat).business for chat in chats} - {""})[:_MOST]:
        try:
            found.append(await client(GetBusinessConnection(business_connection_id=connection), repeatable=True))
        except Rejected:
            # Telegram has forgotten it, and what is sent there says so.
            continue
    return [each for each in found if each.is_enabled]


def _rights(connection: BusinessConnection, me: User, name: str) -> Finding:
    who = f"The business account of {connection.user.full_name} ({name})"
    missing = [words for right, words in _RIGHTS.items() if not getattr(connection.rights, right, None)]
    if not missing:
        return Finding(True, f"{who} lets @{me.username} do all that the hub does.")
    said = f"{who} does not let @{me.username} {', '.join(missing)}"
    return Finding(False, f"{said}: allow that in its Telegram, under Settings, Telegram Business, Chatbots.")
