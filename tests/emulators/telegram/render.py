"""Objects of the model as the JSON that one bot sees."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.emulators.telegram.files import StoredFile
from tests.emulators.telegram.model import ADMIN_RIGHTS, Chat, Member, Message

if TYPE_CHECKING:
    from tests.emulators.telegram.bots import Bot
    from tests.emulators.telegram.people import User


def user_json(user: Bot | User) -> dict[str, Any]:
    """Return a User."""
    shown = {"id": user.id, "is_bot": user.is_bot, "first_name": user.first_name}
    optional = {"last_name": user.last_name, "username": user.username, "language_code": user.language_code}
    return shown | {key: value for key, value in optional.items() if value}


def chat_json(chat: Chat) -> dict[str, Any]:
    """Return a Chat."""
    if chat.kind == "private":
        user = user_json(_other_side(chat))
        names = {key: user[key] for key in ("first_name", "last_name", "username") if key in user}
        return {"id": chat.id, "type": "private"} | names
    shown: dict[str, Any] = {"id": chat.id, "type": chat.kind, "title": chat.title}
    if chat.username:
        shown["username"] = chat.username
    if chat.is_forum:
        shown["is_forum"] = True
    if chat.direct_of:
        shown["is_direct_messages"] = True
    return shown


def _other_side(chat: Chat) -> User:
    if chat.user is None:
        raise LookupError(f"Chat {chat.id} is private, yet has no user.")
    return chat.user


def file_json(file: StoredFile, bot: Bot) -> dict[str, Any]:
    """Return a PhotoSize, Document, Voice … without what only messages add."""
    shown = {"file_id": file.id_for(bot.id), "file_unique_id": file.unique_id, "file_size": file.size} | file.facts
    if file.kind not in ("photo", "sticker", "video_note"):
        shown["mime_type"] = file.mime
    if file.kind in ("document", "audio", "video", "animation"):
        shown["file_name"] = file.name
    if file.kind == "sticker":
        shown |= {"type": "regular", "is_animated": False, "is_video": False}
    if file.thumbnail and file.kind != "photo":
        shown["thumbnail"] = file_json(file.thumbnail, bot)
    return shown


def photo_sizes(file: StoredFile, bot: Bot) -> list[dict[str, Any]]:
    """Return the sizes of a photo, smallest first."""
    return [file_json(each, bot) for each in (file.thumbnail, file) if each]


def message_json(message: Message, bot: Bot, *, nested: bool = False) -> dict[str, Any]:
    """Return a Message; `nested` is one that another message answers, which shows no further one."""
    shown: dict[str, Any] = {"message_id": message.id, "date": message.date, "chat": chat_json(message.chat)}
    if message.sender is not None and message.chat.kind != "channel":
        shown["from"] = user_json(message.sender)
    if message.chat.kind == "channel":
        shown["sender_chat"] = chat_json(message.chat)
    shown |= _place(message) | _content(message, bot)
    if not nested:
        shown |= _answered(message, bot)
    if message.markup and "inline_keyboard" in message.markup:
        shown["reply_markup"] = message.markup
    if message.edited_at:
        shown["edit_date"] = message.edited_at
    return shown


def _place(message: Message) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    if message.topic and message.chat.direct_of:
        topic = {"topic_id": message.topic.id}
        shown["direct_messages_topic"] = topic | ({"user": user_json(message.topic.user)} if message.topic.user else {})
    elif message.topic:
        shown |= {"message_thread_id": message.topic.id, "is_topic_message": True}
    if message.chat.owner:
        connection = message.chat.owner.connection
        shown["business_connection_id"] = connection.id if connection else ""
    if message.business_bot:
        shown["sender_business_bot"] = user_json(message.business_bot)
    if message.via_bot:
        shown["via_bot"] = user_json(message.via_bot)
    if message.media_group_id:
        shown["media_group_id"] = message.media_group_id
    if message.protected:
        shown["has_protected_content"] = True
    if message.forwarded_from:
        shown["forward_origin"] = _origin(message.forwarded_from)
    return shown


def _origin(source: Message) -> dict[str, Any]:
    if source.chat.kind == "channel":
        return {"type": "channel", "date": source.date, "chat": chat_json(source.chat), "message_id": source.id}
    if source.sender is None:
        return {"type": "hidden_user", "date": source.date, "sender_user_name": "Telegram"}
    return {"type": "user", "date": source.date, "sender_user": user_json(source.sender)}


def _answered(message: Message, bot: Bot) -> dict[str, Any]:
    answered = message.reply_to
    if answered is None and message.topic and message.chat.is_forum:
        answered = message.chat.by_id.get(message.topic.id)
    if answered is None or answered is message:
        return {}
    shown: dict[str, Any] = {"reply_to_message": message_json(answered, bot, nested=True)}
    if message.quote:
        shown["quote"] = {"text": message.quote, "position": 0, "is_manual": True}
    return shown


def _content(message: Message, bot: Bot) -> dict[str, Any]:
    content = message.content
    shown = dict(content.data)
    if content.file:
        shown[content.kind] = (
            photo_sizes(content.file, bot) if content.kind == "photo" else file_json(content.file, bot)
        )
        if content.kind == "animation":
            shown["document"] = file_json(content.file, bot)
        if content.text:
            shown["caption"] = content.text
        if content.entities:
            shown["caption_entities"] = content.entities
    elif content.kind == "text":
        shown["text"] = content.text
        if content.entities:
            shown["entities"] = content.entities
    return shown


def member_json(user: Bot | User, member: Member) -> dict[str, Any]:
    """Return a ChatMember."""
    shown: dict[str, Any] = {"status": member.status, "user": user_json(user)}
    if member.status == "kicked":
        shown["until_date"] = 0
    if member.status == "creator":
        shown["is_anonymous"] = False
    if member.status == "administrator":
        shown |= {right: right in member.rights for right in ADMIN_RIGHTS}
        shown |= {
            "can_be_edited": False,
            "is_anonymous": False,
            "can_manage_video_chats": False,
            "can_send_welcome_messages": False,
        }
        shown |= {"can_post_stories": False, "can_edit_stories": False, "can_delete_stories": False}
    return shown
