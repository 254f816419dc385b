"""Methods that send something."""

from __future__ import annotations

from typing import Any

from tests.emulators.telegram.calls import Call, answers, check_length, check_range
from tests.emulators.telegram.checking import Upload
from tests.emulators.telegram.errors import bad_request, forbidden
from tests.emulators.telegram.files import UPLOAD_LIMIT, StoredFile, check_photo
from tests.emulators.telegram.keyboards import check_markup
from tests.emulators.telegram.model import Chat, Content, Message
from tests.emulators.telegram.render import message_json
from tests.emulators.telegram.table import CHAT_ACTIONS

_KINDS = {
    "sendPhoto": "photo",
    "sendVideo": "video",
    "sendAnimation": "animation",
    "sendVoice": "voice",
    "sendVideoNote": "video_note",
    "sendAudio": "audio",
    "sendSticker": "sticker",
    "sendDocument": "document",
}
_FACTS = ("duration", "width", "height", "length", "performer", "title", "emoji")
_ALBUM = frozenset({"photo", "video", "audio", "document"})


def put(call: Call, chat: Chat, content: Content, **more: Any) -> Message:
    """Send a message as the call says: place, reply, buttons."""
    _check_may_send(call, chat)
    markup = call.p.get("reply_markup")
    check_markup(markup)
    topic = call.place(chat)
    reply_to, quote = call.answered(chat)
    business = call.bot if chat.owner else None
    more |= {"markup": markup, "topic": topic, "reply_to": reply_to, "quote": quote, "business_bot": business}
    more |= {"silent": bool(call.p.get("disable_notification")), "protected": bool(call.p.get("protect_content"))}
    chat.drafts.clear()
    return call.world.post(chat, chat.owner or call.bot, content, **more)


def _check_may_send(call: Call, chat: Chat) -> None:
    if call.p.get("message_effect_id") and chat.kind != "private":
        raise bad_request("message effects are for private chats only")
    if chat.kind == "channel" and not call.rights(chat).may("can_post_messages"):
        raise bad_request("need administrator rights in the channel chat")
    if chat.direct_of and not call.rights(chat).may("can_manage_direct_messages"):
        raise forbidden("not enough rights to manage direct messages in the channel")


def stored(call: Call, kind: str, given: str | Upload, p: dict[str, Any]) -> StoredFile:
    """Return the file that a parameter names: one that came along, or one known by its id."""
    if isinstance(p.get("thumbnail"), str) and not p["thumbnail"].startswith("attach://"):
        raise bad_request("a thumbnail can only be uploaded as a new file")
    if isinstance(given, str) and given.startswith("attach://"):
        name = given.removeprefix("attach://")
        if name not in call.uploads:
            raise bad_request(f'file "{name}" was not attached')
        given = call.uploads[name]
    if isinstance(given, str):
        return _known(call, kind, given)
    if not given.data:
        raise bad_request("file must be non-empty")
    if len(given.data) > UPLOAD_LIMIT:
        raise bad_request("file is too big")
    if kind == "photo":
        check_photo(given.data)
    facts: dict[str, Any] = {name: p.get(name) for name in _FACTS if name in p}
    return call.world.files.keep(kind, given.data, given.name, **facts)


def _known(call: Call, kind: str, file_id: str) -> StoredFile:
    file = call.world.files.by_id(file_id, call.bot.id)
    if file.kind != kind:
        raise bad_request(f"can't use file of type {file.kind.capitalize()} as {kind.capitalize()}")
    return file


@answers("sendMessage")
def send_message(call: Call) -> dict[str, Any]:
    """Send a text."""
    chat = call.chat()
    return message_json(put(call, chat, Content("text", *call.text())), call.bot)


@answers(*_KINDS)
def send_file(call: Call) -> dict[str, Any]:
    """Send a photo, video, document …"""
    kind = _KINDS[call.method]
    chat = call.chat()
    text, entities = call.caption() if kind not in ("video_note", "sticker") else ("", [])
    file = stored(call, kind, call.p[kind], call.p)
    return message_json(put(call, chat, Content(kind, text, entities, file)), call.bot)


@answers("sendMediaGroup")
def send_media_group(call: Call) -> list[dict[str, Any]]:
    """Send an album."""
    chat = call.chat()
    media = call.p["media"]
    if not 2 <= len(media) <= 10:
        raise bad_request("there must be 2-10 items in an album")
    kinds = {item["type"] for item in media}
    if not kinds <= _ALBUM or (len(kinds) > 1 and kinds != {"photo", "video"}):
        raise bad_request(f"{', '.join(sorted(kinds))} can't be sent together as an album")
    contents = [media_content(call, item) for item in media]
    group = f"{call.world.number()}"
    return [message_json(put(call, chat, content, media_group_id=group), call.bot) for content in contents]


def media_content(call: Call, item: dict[str, Any]) -> Content:
    """Return what an InputMedia stands for."""
    text, entities = call.caption(item)
    return Content(item["type"], text, entities, stored(call, item["type"], item["media"], item))


@answers("sendLocation")
def send_location(call: Call) -> dict[str, Any]:
    """Send a place on the map."""
    chat = call.chat()
    bounds = {"latitude": (-90, 90), "longitude": (-180, 180), "horizontal_accuracy": (0, 1500), "heading": (1, 360)}
    for name, (lowest, highest) in bounds.items():
        check_range(name, call.p.get(name), lowest, highest)
    given = {name: call.p[name] for name in (*bounds, "live_period", "proximity_alert_radius") if name in call.p}
    return message_json(put(call, chat, Content("location", data={"location": given})), call.bot)


@answers("sendContact")
def send_contact(call: Call) -> dict[str, Any]:
    """Send a phone contact."""
    chat = call.chat()
    if len(call.p.get("vcard", "").encode()) > 2048:
        raise bad_request("vcard is longer than 2048 bytes")
    names = ("phone_number", "first_name", "last_name", "vcard")
    contact = {name: call.p[name] for name in names if name in call.p}
    return message_json(put(call, chat, Content("contact", data={"contact": contact})), call.bot)


@answers("sendMessageDraft")
def send_message_draft(call: Call) -> bool:
    """Show a text that is still being written."""
    chat = call.chat()
    if chat.kind != "private" or chat.owner:
        raise bad_request("drafts can be sent to private chats only")
    if not call.p["draft_id"]:
        raise bad_request("draft_id must be non-zero")
    call.place(chat)
    call.p.setdefault("text", "")
    text, _ = call.text(empty="")
    chat.drafts.setdefault(call.p["draft_id"], []).append(text)
    call.world.touch()
    return True


@answers("sendChatAction")
def send_chat_action(call: Call) -> bool:
    """Show that the bot is typing, recording or sending."""
    chat = call.chat()
    if call.p["action"] not in CHAT_ACTIONS:
        raise bad_request("wrong parameter action in request")
    if chat.direct_of or chat.kind == "channel":
        raise bad_request("chat actions are not for channels")
    topic = call.place(chat)
    chat.actions.append((call.p["action"], topic.id if topic else None))
    call.world.touch()
    return True


@answers("copyMessage")
def copy_message(call: Call) -> dict[str, Any]:
    """Send what another message says, without its author."""
    chat, source = call.chat(), _source(call, "message to copy not found")
    text, entities = call.caption() if "caption" in call.p else (source.text, source.entities)
    if "caption" in call.p and not source.content.file:
        text, entities = source.text, source.entities
    old = source.content
    check_length("caption", text, 0, 4096)
    return {"message_id": put(call, chat, Content(old.kind, text, entities, old.file, old.data)).id}


@answers("forwardMessage")
def forward_message(call: Call) -> dict[str, Any]:
    """Send what another message says, with its author."""
    chat, source = call.chat(), _source(call, "message to forward not found")
    return message_json(put(call, chat, source.content, forwarded_from=source), call.bot)


def _source(call: Call, missing: str) -> Message:
    source = call.message(missing, call.chat("from_chat_id"))
    if source.kind == "service":
        raise bad_request(
            missing.replace(" not found", " can't be copied").replace("to copy ", "").replace("to forward ", "")
        )
    if source.protected:
        raise bad_request("message has protected content and can't be forwarded")
    return source
