"""Methods about the bot itself, chats, members, files, commands and business connections."""

from __future__ import annotations

import json
import re
from typing import Any

from tests.emulators.telegram.calls import Call, answers, check_length, check_range
from tests.emulators.telegram.errors import bad_request
from tests.emulators.telegram.files import DOWNLOAD_LIMIT
from tests.emulators.telegram.model import Chat, Member
from tests.emulators.telegram.render import chat_json, file_json, member_json, message_json, photo_sizes

_COMMAND = re.compile(r"[a-z0-9_]{1,32}")


@answers("getMe")
def get_me(call: Call) -> dict[str, Any]:
    """Return the bot."""
    return call.bot.info()


@answers("getFile")
def get_file(call: Call) -> dict[str, Any]:
    """Return where a file can be downloaded."""
    file = call.world.files.by_id(call.p["file_id"], call.bot.id)
    if file.size > DOWNLOAD_LIMIT:
        raise bad_request("file is too big")
    shown = file_json(file, call.bot)
    return {key: shown[key] for key in ("file_id", "file_unique_id", "file_size")} | {"file_path": file.path}


@answers("getUserProfilePhotos")
def get_photos(call: Call) -> dict[str, Any]:
    """Return a user's profile photos: the emulator keeps one at most."""
    user = call.world.users.get(call.p["user_id"])
    check_range("limit", call.p.get("limit"), 1, 100)
    if user is None:
        raise bad_request("user not found")
    photos = [photo_sizes(user.photo, call.bot)] if user.photo and not call.p.get("offset") else []
    return {"total_count": 1 if user.photo else 0, "photos": photos}


@answers("getChat")
def get_chat(call: Call) -> dict[str, Any]:
    """Return all about a chat."""
    chat = call.chat()
    gifts = ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels")
    shown = chat_json(chat) | {"accent_color_id": 0, "max_reaction_count": 11}
    shown["accepted_gift_types"] = dict.fromkeys(gifts, False)
    if chat.pinned:
        shown["pinned_message"] = message_json(chat.by_id[chat.pinned[-1]], call.bot)
    if chat.direct_of:
        shown["parent_chat"] = chat_json(chat.direct_of)
    if chat.user and chat.user.photo and chat.user.photo.thumbnail:
        shown["photo"] = _chat_photo(call, chat)
    return shown


def _chat_photo(call: Call, chat: Chat) -> dict[str, Any]:
    photo = chat.user.photo if chat.user else None
    small, big = (photo.thumbnail, photo) if photo and photo.thumbnail else (photo, photo)
    if small is None or big is None:
        return {}
    ids = {"small_file_id": small.id_for(call.bot.id), "small_file_unique_id": small.unique_id}
    return ids | {"big_file_id": big.id_for(call.bot.id), "big_file_unique_id": big.unique_id}


def _group(call: Call) -> Chat:
    chat = call.chat()
    if chat.kind == "private":
        raise bad_request("there are no administrators in the private chat")
    return chat


def _person(call: Call, number: int) -> Any:
    bots = {bot.id: bot for bot in call.world.bots.values()}
    person = call.world.users.get(number) or bots.get(number)
    if person is None:
        raise bad_request("PARTICIPANT_ID_INVALID")
    return person


@answers("getChatMember")
def get_member(call: Call) -> dict[str, Any]:
    """Return somebody's place in a chat."""
    chat, person = call.chat(), _person(call, call.p["user_id"])
    absent = Member("member") if chat.kind == "private" else Member("left")
    return member_json(person, chat.members.get(person.id, absent))


@answers("getChatAdministrators")
def get_administrators(call: Call) -> list[dict[str, Any]]:
    """Return the administrators; other bots only on request."""
    chat = _group(call)
    found = [(_person(call, key), member) for key, member in chat.members.items()]
    admins = [(who, member) for who, member in found if member.status in ("creator", "administrator")]
    bots = call.p.get("return_bots", False)
    return [member_json(who, member) for who, member in admins if bots or not who.is_bot or who is call.bot]


@answers("getChatMemberCount")
def count_members(call: Call) -> int:
    """Return how many are in a chat."""
    chat = call.chat()
    return 2 if chat.kind == "private" else sum(member.present for member in chat.members.values())


@answers("leaveChat")
def leave(call: Call) -> bool:
    """Leave a group."""
    chat = _group(call)
    call.world.set_member(chat, call.bot, Member("left"), by=call.bot)
    return True


def _commands_key(call: Call) -> tuple[str, str]:
    language = call.p.get("language_code", "")
    if language and not re.fullmatch("[a-z]{2}", language):
        raise bad_request("invalid language code specified")
    return json.dumps(call.p.get("scope", {"type": "default"}), sort_keys=True), language


@answers("setMyCommands")
def set_commands(call: Call) -> bool:
    """Set the list of commands that people are shown."""
    commands = call.p["commands"]
    if len(commands) > 100:
        raise bad_request("too many commands specified")
    for command in commands:
        if not _COMMAND.fullmatch(command["command"]):
            raise bad_request("BOT_COMMAND_INVALID")
        check_length("command description", command["description"], 1, 256)
    call.bot.commands[_commands_key(call)] = commands
    call.world.touch()
    return True


@answers("deleteMyCommands")
def delete_commands(call: Call) -> bool:
    """Take a list of commands away."""
    call.bot.commands.pop(_commands_key(call), None)
    call.world.touch()
    return True


@answers("getMyCommands")
def get_commands(call: Call) -> list[dict[str, Any]]:
    """Return a list of commands as it was set."""
    return call.bot.commands.get(_commands_key(call), [])


@answers("setChatMenuButton")
def set_menu_button(call: Call) -> bool:
    """Set the button beside the message field."""
    call.bot.menu_buttons[call.p.get("chat_id", 0)] = call.p.get("menu_button", {"type": "default"})
    call.world.touch()
    return True


@answers("getBusinessConnection")
def get_connection(call: Call) -> dict[str, Any]:
    """Return a business connection, ended ones too."""
    for user in call.world.users.values():
        known = user.connection
        if known and known.id == call.p["business_connection_id"] and known.bot is call.bot:
            return known.as_json()
    raise bad_request("BUSINESS_CONNECTION_INVALID")


def _check_right(call: Call, *rights: str) -> None:
    if not call.connection().rights & set(rights):
        raise bad_request("BOT_ACCESS_FORBIDDEN")


@answers("readBusinessMessage")
def read_message(call: Call) -> bool:
    """Mark a client's message as read in the account's name."""
    _check_right(call, "can_read_messages")
    call.message("message not found").read = True
    call.world.touch()
    return True


@answers("deleteBusinessMessages")
def delete_messages(call: Call) -> bool:
    """Take messages of one business chat away."""
    ids, owner = call.p["message_ids"], call.connection().user
    if not 1 <= len(ids) <= 100:
        raise bad_request("there must be 1-100 identifiers in message_ids")
    chats = [chat for chat in call.world.business.values() if chat.owner is owner and ids[0] in chat.by_id]
    if not chats or not all(each in chats[0].by_id for each in ids):
        raise bad_request("message to delete not found")
    found = [chats[0].by_id[each] for each in ids]
    own = all(message.business_bot is call.bot for message in found)
    _check_right(call, "can_delete_all_messages", *(["can_delete_sent_messages"] if own else []))
    call.world.delete(found, by=call.bot)
    return True
