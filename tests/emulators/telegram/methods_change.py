"""Methods that change, take away, mark or pin what was sent."""

from __future__ import annotations

from typing import Any

from tests.emulators.telegram.calls import DELETE_WITHIN, Call, answers
from tests.emulators.telegram.errors import bad_request
from tests.emulators.telegram.keyboards import check_markup
from tests.emulators.telegram.methods_send import media_content
from tests.emulators.telegram.model import Chat, Content, Message
from tests.emulators.telegram.render import message_json
from tests.emulators.telegram.table import REACTIONS

_SAME = (
    "message is not modified: specified new message content and reply markup are exactly the same as a current content"
    " and reply markup of the message"
)
_TEXTLESS = frozenset({"video_note", "sticker", "location", "contact", "poll", "service", "text"})


def _edited(call: Call) -> Message:
    if "inline_message_id" in call.p:
        raise bad_request("MESSAGE_ID_INVALID")
    for name in ("chat_id", "message_id"):
        if name not in call.p:
            raise bad_request("message identifier is not specified")
    message = call.message("message to edit not found")
    if call.bot not in (message.sender, message.business_bot) or message.forwarded_from:
        raise bad_request("message can't be edited")
    if message.markup and "inline_keyboard" not in message.markup:
        raise bad_request("message can't be edited")
    check_markup(call.p.get("reply_markup"))
    return message


def _apply(call: Call, message: Message, content: Content) -> dict[str, Any]:
    markup = call.p.get("reply_markup")
    if content == message.content and markup == message.markup:
        raise bad_request(_SAME)
    message.markup = markup
    if content == message.content:
        call.world.touch()
    else:
        call.world.edit(message, content, by=call.bot)
    return message_json(message, call.bot)


@answers("editMessageText")
def edit_text(call: Call) -> dict[str, Any]:
    """Change a text and its buttons; without `reply_markup` they go."""
    message = _edited(call)
    if message.kind != "text":
        raise bad_request("there is no text in the message to edit")
    return _apply(call, message, Content("text", *call.text()))


@answers("editMessageCaption")
def edit_caption(call: Call) -> dict[str, Any]:
    """Change a caption."""
    message = _edited(call)
    if message.kind in _TEXTLESS:
        raise bad_request("there is no caption in the message to edit")
    text, entities = call.caption()
    old = message.content
    return _apply(call, message, Content(old.kind, text, entities, old.file, old.data))


@answers("editMessageMedia")
def edit_media(call: Call) -> dict[str, Any]:
    """Put another file into a message."""
    message = _edited(call)
    kind = call.p["media"]["type"]
    if message.kind in _TEXTLESS - {"text"} or (message.media_group_id and kind != message.kind):
        raise bad_request("message can't be edited")
    return _apply(call, message, media_content(call, call.p["media"]))


@answers("editMessageReplyMarkup")
def edit_reply_markup(call: Call) -> dict[str, Any]:
    """Change the buttons alone."""
    message = _edited(call)
    return _apply(call, message, message.content)


def _check_deletable(call: Call, message: Message) -> None:
    chat = message.chat
    created = "forum_topic_created" in message.content.data
    old = call.world.timestamp() - message.date > DELETE_WITHIN
    own = message.sender is call.bot
    allowed = own or chat.kind == "private" or call.rights(chat).may("can_delete_messages")
    allowed = allowed or (chat.direct_of is not None and call.rights(chat).may("can_manage_direct_messages"))
    if created or not allowed:
        raise bad_request("message can't be deleted")
    if old:
        raise bad_request("message can't be deleted for everyone")


@answers("deleteMessage")
def delete_message(call: Call) -> bool:
    """Take a message away."""
    message = call.message("message to delete not found")
    _check_deletable(call, message)
    call.world.delete([message], by=call.bot)
    return True


@answers("deleteMessages")
def delete_messages(call: Call) -> bool:
    """Take messages away; those that cannot be found are skipped."""
    chat, ids = call.chat(), call.p["message_ids"]
    if not 1 <= len(ids) <= 100:
        raise bad_request("there must be 1-100 identifiers in message_ids")
    found = [chat.by_id[each] for each in ids if each in chat.by_id and not chat.by_id[each].deleted]
    for message in found:
        _check_deletable(call, message)
    call.world.delete(found, by=call.bot)
    return True


@answers("setMessageReaction")
def set_reaction(call: Call) -> bool:
    """React to a message; without `reaction` take the bot's own back."""
    message = call.message("message to react not found")
    reactions = call.p.get("reaction", [])
    if message.kind == "service":
        raise bad_request("MESSAGE_ID_INVALID")
    if len(reactions) > 1:
        raise bad_request("REACTIONS_TOO_MANY")
    for reaction in reactions:
        if reaction["type"] == "paid" or (reaction["type"] == "emoji" and _bare(reaction["emoji"]) not in REACTIONS):
            raise bad_request("REACTION_INVALID")
    call.world.react(_first_of_album(message), call.bot, reactions)
    return True


def _first_of_album(message: Message) -> Message:
    """Return the message itself, or the one of its album that shows the reactions."""
    group = message.media_group_id
    return next(each for each in message.chat.messages if each is message or (group and each.media_group_id == group))


def _bare(emoji: str) -> str:
    """Return an emoji without the mark that asks for its coloured form."""
    return emoji.replace("\ufe0f", "")


@answers("pinChatMessage")
def pin_message(call: Call) -> bool:
    """Pin a message."""
    message = call.message("message to pin not found")
    _check_may_pin(call, message.chat)
    if message.id not in message.chat.pinned:
        message.chat.pinned.append(message.id)
    call.world.touch()
    return True


@answers("unpinChatMessage")
def unpin_message(call: Call) -> bool:
    """Unpin a message, the latest where none is named."""
    chat = call.chat()
    _check_may_pin(call, chat)
    wanted = call.p.get("message_id", chat.pinned[-1] if chat.pinned else 0)
    if wanted not in chat.pinned:
        raise bad_request("message to unpin not found")
    chat.pinned.remove(wanted)
    call.world.touch()
    return True


def _check_may_pin(call: Call, chat: Chat) -> None:
    if chat.kind != "private" and not call.rights(chat).may("can_pin_messages"):
        raise bad_request("not enough rights to manage pinned messages in the chat")
