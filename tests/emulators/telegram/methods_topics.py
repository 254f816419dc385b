"""Methods for topics of forums and of private chats."""

from __future__ import annotations

from typing import Any

from tests.emulators.telegram.calls import Call, answers, check_length
from tests.emulators.telegram.errors import bad_request
from tests.emulators.telegram.model import Chat, Content, Topic
from tests.emulators.telegram.table import TOPIC_COLORS


def _forum(call: Call, *, private: bool, right: str = "can_manage_topics") -> Chat:
    chat = call.chat()
    if chat.kind == "private":
        if not private:
            raise bad_request("the chat is not a supergroup forum")
        if not call.bot.has_topics_enabled:
            raise bad_request("the chat is not a forum")
    elif not chat.is_forum:
        raise bad_request("the chat is not a forum")
    elif not call.rights(chat).may(right) and not (right == "can_manage_topics" and _owns(call, chat)):
        raise bad_request("not enough rights")
    return chat


def _owns(call: Call, chat: Chat) -> bool:
    topic = chat.topics.get(call.p.get("message_thread_id", 0))
    return topic is not None and topic.creator == call.bot.id


def _topic(call: Call, chat: Chat) -> Topic:
    if call.p["message_thread_id"] not in chat.topics:
        raise bad_request("message thread not found")
    return chat.topics[call.p["message_thread_id"]]


@answers("createForumTopic")
def create(call: Call) -> dict[str, Any]:
    """Open a topic."""
    chat = _forum(call, private=True)
    name, color = call.p["name"].strip(), call.p.get("icon_color", 7322096)
    check_length("topic name", name, 1, 128)
    if color not in TOPIC_COLORS:
        raise bad_request("wrong topic icon color")
    icon = call.p.get("icon_custom_emoji_id", "")
    topic = call.world.add_topic(chat, name, creator=call.bot, color=color, icon=icon)
    shown = {"message_thread_id": topic.id, "name": name, "icon_color": color}
    return shown | ({"icon_custom_emoji_id": icon} if icon else {})


@answers("editForumTopic")
def edit(call: Call) -> bool:
    """Rename a topic or change its icon."""
    chat = _forum(call, private=True)
    topic = _topic(call, chat)
    name, icon = call.p.get("name") or topic.name, call.p.get("icon_custom_emoji_id", topic.icon_custom_emoji_id)
    check_length("topic name", name, 1, 128)
    if (name, icon) == (topic.name, topic.icon_custom_emoji_id):
        raise bad_request("TOPIC_NOT_MODIFIED")
    topic.name, topic.icon_custom_emoji_id = name, icon
    _report(call, chat, topic, {"forum_topic_edited": {"name": name}})
    return True


@answers("closeForumTopic")
def close(call: Call) -> bool:
    """Close a topic of a supergroup."""
    return _set_closed(call, closed=True)


@answers("reopenForumTopic")
def reopen(call: Call) -> bool:
    """Open a closed topic of a supergroup again."""
    return _set_closed(call, closed=False)


def _set_closed(call: Call, *, closed: bool) -> bool:
    chat = _forum(call, private=False)
    topic = _topic(call, chat)
    if topic.closed == closed:
        raise bad_request("TOPIC_NOT_MODIFIED")
    topic.closed = closed
    _report(call, chat, topic, {"forum_topic_closed" if closed else "forum_topic_reopened": {}})
    return True


def _report(call: Call, chat: Chat, topic: Topic, data: dict[str, Any]) -> None:
    call.world.post(chat, call.bot, Content("service", data=data), topic=topic)


@answers("deleteForumTopic")
def delete(call: Call) -> bool:
    """Take a topic away with all its messages."""
    chat = _forum(call, private=True, right="can_delete_messages")
    call.world.delete_topic(chat, _topic(call, chat))
    return True


@answers("unpinAllForumTopicMessages")
def unpin_all(call: Call) -> bool:
    """Unpin all that is pinned in a topic."""
    chat = _forum(call, private=True, right="can_pin_messages")
    topic = _topic(call, chat)
    chat.pinned = [number for number in chat.pinned if chat.by_id[number].topic is not topic]
    call.world.touch()
    return True
