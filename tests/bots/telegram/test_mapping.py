"""What Telegram tells means the right thing, and whatever it tells, parsing does not fail in any other way."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bots.telegram.mapping import ALLOWED, event_of
from router.client_events import (
    ClientDeleted,
    ClientEdited,
    ClientEvent,
    ClientMessage,
    ClientMoved,
    ClientRated,
    ClientReach,
    ClientReacted,
    ClientStarted,
    ColleagueMessage,
)
from router.errors import Unparsable
from router.media import Entity
from tests.bots.telegram.desk import make_settings, raw

AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
CARL = {"id": 7, "is_bot": False, "first_name": "Carl", "last_name": "Bauer", "username": "carl", "language_code": "ru"}
PRIVATE = {"id": 7, "type": "private"}
GROUP = {"id": -5, "type": "supergroup", "title": "Buyers"}


def parsed(body: str, **changes: Any) -> ClientEvent | None:
    return event_of("shop", make_settings(**changes), "shop:1", body, AT)


def told(kind: str, **body: Any) -> ClientEvent | None:
    return parsed(json.dumps({"update_id": 1, kind: body}))


def said(**message: Any) -> ClientMessage:
    event = parsed(raw(**message))
    assert isinstance(event, ClientMessage)
    return event


def test_a_clients_picture_is_looked_at_again_each_month_and_nobodys_in_a_group() -> None:
    """Its source is the same for all messages of a month."""
    body = raw(text="hello")
    first, later, next_month = (
        event_of("shop", make_settings(), "shop:1", body, at)
        for at in (AT, AT + timedelta(days=29), AT + timedelta(days=31))
    )
    sources = [each.sender.photo.source for each in (first, later, next_month) if isinstance(each, ClientMessage)]  # type: ignore[union-attr]  # they have one
    assert sources == ["user:7:2026-03", "user:7:2026-03", "user:7:2026-04"]
    in_group = parsed(raw(chat=GROUP, text="/help"), username="shop_bot", groups=["command"])
    assert isinstance(in_group, ClientMessage)
    assert in_group.sender.photo is None


def test_a_text_comes_with_everything_known_of_it() -> None:
    """Who, what, when, and how it is shown."""
    entities = [{"type": "bold", "offset": 3, "length": 4}, {"type": "hashtag", "offset": 0, "length": 2}]
    event = said(
        **{"from": CARL}, text="🙂 bold", entities=entities, reply_to_message={"message_id": 9}, date=1_700_000_000
    )
    assert (event.chat, event.text, event.external_id, event.reply_to) == ("7", "🙂 bold", "11", "9")
    assert event.entities == (Entity("bold", 2, 4),)
    assert event.at == datetime.fromtimestamp(1_700_000_000, UTC)
    assert event.sender.identity.key == "telegram:4711:7"
    assert (event.sender.name, event.sender.language) == ("Carl Bauer", "ru")
    assert event.sender.facts == {"telegram": "@carl"}


@pytest.mark.parametrize(
    ("message", "kind", "name", "duration"),
    [
        (
            {"photo": [{"file_id": "s", "width": 1, "height": 1}, {"file_id": "f", "width": 9, "height": 9}]},
            "photo",
            "photo.jpg",
            0,
        ),
        ({"video": {"file_id": "f", "duration": 5, "file_name": "a/b.mp4"}}, "video", "a_b.mp4", 5),
        ({"video_note": {"file_id": "f", "duration": 3}}, "video_note", "video.mp4", 3),
        ({"voice": {"file_id": "f", "duration": 8}}, "voice", "voice.ogg", 8),
        ({"audio": {"file_id": "f", "duration": 200, "file_name": "song.mp3"}}, "audio", "song.mp3", 200),
        ({"animation": {"file_id": "f"}, "document": {"file_id": "g"}}, "animation", "animation.mp4", 0),
        ({"sticker": {"file_id": "f", "is_animated": True}}, "sticker", "sticker.tgs", 0),
        ({"document": {"file_id": "f", "file_name": "offer.pdf"}}, "file", "offer.pdf", 0),
    ],
)
def test_files_stay_with_telegram_until_fetched(message: Any, kind: str, name: str, duration: int) -> None:
    """Each kind is shown as what it is, and says where it can be had."""
    event = said(**message, caption="look", media_group_id="77")
    (file,) = event.attachments
    assert (file.kind, file.name, file.duration, file.source) == (kind, name, duration, "f")
    assert (event.text, event.album) == ("look", "77")


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ({"contact": {"phone_number": "+49", "first_name": "Eva", "user_id": 8}}, "Contact: Eva, +49"),
        ({"location": {"latitude": 1.5, "longitude": 2}}, "Location: 1.500000, 2.000000"),
        ({"venue": {"location": {}, "title": "Shop", "address": "Street 1"}, "location": {}}, "Place: Shop, Street 1"),
        (
            {"poll": {"question": "When?", "options": [{"text": "Now"}, {"text": "Later"}]}},
            "Poll: When?\n• Now\n• Later",
        ),
        ({"dice": {"emoji": "🎲", "value": 6}}, "🎲 shows 6"),
        ({"story": {}}, "(A story"),
        ({"something_of_2030": {}}, "(A message that only Telegram can show.)"),
    ],
)
def test_what_is_neither_words_nor_file_is_put_into_words(message: Any, text: str) -> None:
    """Nothing a client sends is silently nothing."""
    assert said(**message).text.startswith(text)


def test_a_phone_is_theirs_only_if_telegram_says_so() -> None:
    """Somebody else's contact is no phone number of the client's."""
    assert said(contact={"phone_number": "49 170", "first_name": "C", "user_id": 7}).sender.phone == "+49170"
    for contact in ({"user_id": 8}, {}, {"user_id": True}, {"user_id": "7"}):
        assert said(contact={"phone_number": "49170", "first_name": "C", **contact}).sender.phone == ""


@pytest.mark.parametrize(
    "message",
    [
        {"pinned_message": {}},
        {"new_chat_members": []},
        {"forum_topic_created": {}},
        {"migrate_from_chat_id": -8},
        {"text": "x", "from": {**CARL, "is_bot": True}},
        {"text": "x", "from": None},
    ],
)
def test_what_concerns_nobody_is_passed_over(message: Any) -> None:
    """Telegram's own messages and other bots say nothing to us."""
    assert parsed(raw(**message)) is None


def test_a_group_that_becomes_a_supergroup_goes_on_under_its_new_id() -> None:
    """As Telegram says in the old one."""
    event = parsed(raw(chat={"id": -5, "type": "group"}, migrate_to_chat_id=-1005))
    assert isinstance(event, ClientMoved)
    assert (event.chat, event.to) == ("-5", "-1005")


def test_a_start_carries_what_the_link_did() -> None:
    """A client who comes by a link has said nothing yet."""
    for text, payload in (("/start spring-2026", "spring-2026"), ("/start", "")):
        event = parsed(raw(text=text))
        assert isinstance(event, ClientStarted)
        assert event.payload == payload
    assert isinstance(parsed(raw(text="/start two words")), ClientMessage)


def test_groups_are_heard_where_the_bot_is_addressed() -> None:
    """A mention, an answer to the bot and a command are for us, as far as the settings say so."""
    mine = {"message_id": 3, "from": {"id": 4711, "is_bot": True}}
    cases = {
        "mention": {"text": "hey @Shop_Bot!"},
        "reply": {"text": "x", "reply_to_message": mine},
        "command": {"text": "/help"},
    }
    for way, message in cases.items():
        assert parsed(raw(chat=GROUP, **message)) is None
        for allowed in cases:
            event = parsed(raw(chat=GROUP, **message), groups=[allowed], username="shop_bot")
            assert (event is not None) == (allowed == way)
    for text in ("hello", "@shop_bots hello", "/help@other_bot"):
        assert parsed(raw(chat=GROUP, text=text), groups=["mention", "command"], username="shop_bot") is None


def test_chats_say_everything_that_an_answer_needs() -> None:
    """Business chats, topics of forums and of a channel's direct messages are chats of their own."""
    topic = {"topic_id": 9, "user": CARL}
    assert said(chat={"id": -8, "type": "supergroup"}, direct_messages_topic=topic, text="x").chat == "d:-8:9"
    business = json.dumps(
        {"update_id": 1, "business_message": {**json.loads(raw(text="x"))["message"], "business_connection_id": "bc"}}
    )
    event = parsed(business)
    assert isinstance(event, ClientMessage)
    assert event.chat == "b:bc:7"
    assert parsed(business, business=False) is None
    group = parsed(
        raw(chat=GROUP, text="/help", message_thread_id=6, is_topic_message=True),
        groups=["command"],
        username="shop_bot",
    )
    assert isinstance(group, ClientMessage)
    assert group.chat == "t:-5:6"


def test_the_owner_of_a_business_account_is_not_its_client() -> None:
    """What the owner writes from their phone is said by one of us, and what the bot writes is known already."""
    owner = {"id": 99, "is_bot": False, "first_name": "Olga"}
    body = {**json.loads(raw(text="x"))["message"], "from": owner, "business_connection_id": "bc"}
    event = told("business_message", **body)
    assert isinstance(event, ColleagueMessage)
    assert (event.chat, event.name, event.text, event.external_id) == ("b:bc:7", "Olga", "x", "11")
    assert told("business_message", **body, sender_business_bot={"id": 1}) is None
    assert parsed(json.dumps({"update_id": 1, "business_message": body}), business=False) is None


def test_changes_are_understood() -> None:
    """Edits, deletions, reactions, and whether anything reaches a client."""
    edited = told(
        "edited_message", message_id=11, chat=PRIVATE, date=1, edit_date=1_700_000_001, text="new", **{"from": CARL}
    )
    assert isinstance(edited, ClientEdited)
    assert (edited.external_id, edited.text) == ("11", "new")
    deleted = told("deleted_business_messages", business_connection_id="bc", chat=PRIVATE, message_ids=[4])
    assert isinstance(deleted, ClientDeleted)
    assert (deleted.chat, deleted.external_id) == ("b:bc:7", "4")
    for new, emoji in (([{"type": "emoji", "emoji": "👍"}], "👍"), ([{"type": "custom_emoji"}], "❔"), ([], "")):
        reacted = told(
            "message_reaction", chat=PRIVATE, message_id=5, user=CARL, date=1, old_reaction=[], new_reaction=new
        )
        assert isinstance(reacted, ClientReacted)
        assert (reacted.external_id, reacted.emoji) == ("5", emoji)
    for old, new, why in (("member", "kicked", "blocked"), ("kicked", "member", "")):
        reach = told(
            "my_chat_member",
            chat=PRIVATE,
            date=1,
            old_chat_member={"status": old},
            new_chat_member={"status": new},
            **{"from": CARL},
        )
        assert isinstance(reach, ClientReach)
        assert reach.unreachable == why


def test_buttons_say_what_stands_on_them() -> None:
    """A press is what the client would have written, and a star is a rating."""
    message = {"message_id": 3, "chat": PRIVATE, "date": 1}
    press = {"id": "1", "from": CARL, "message": message}
    chosen = told("callback_query", **press, data="c:Delivery")
    assert isinstance(chosen, ClientMessage)
    assert chosen.text == "Delivery"
    long = {"inline_keyboard": [[{"text": "A long choice", "callback_data": "c:c#0"}]]}
    chosen = told("callback_query", **{**press, "message": {**message, "reply_markup": long}}, data="c:c#0")
    assert isinstance(chosen, ClientMessage)
    assert chosen.text == "A long choice"
    rated = told("callback_query", **press, data="r:4")
    assert isinstance(rated, ClientRated)
    assert rated.score == 4
    assert told("callback_query", **press, data="-") is None
    with pytest.raises(Unparsable):
        told("callback_query", **press, data="r:9")


_KEYS = st.sampled_from(
    ["message_id", "from", "chat", "id", "date", "text", "entities", "photo", "document", "file_id", "contact", "poll",
     "options", "caption", "reply_to_message", "direct_messages_topic", "business_connection_id", "message", "data",
     "message_ids", "new_reaction", "new_chat_member", "status", "venue", "location", "reply_markup", "inline_keyboard"]
)  # fmt: skip
_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False)
    | st.text(max_size=6)
    | st.sampled_from(["/start", "c:c#1", "r:5", "kicked"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=8),
    max_leaves=25,
)


@settings(max_examples=200, deadline=None)
@given(kind=st.sampled_from(ALLOWED), body=_VALUES, more=st.dictionaries(_KEYS, _VALUES, max_size=6))
def test_whatever_telegram_says_is_an_event_nothing_or_poison(kind: str, body: Any, more: dict[str, Any]) -> None:
    """Garbled updates of every kind are quarantined, and never anything else."""
    for garbled in (body, {**json.loads(raw(text="x"))["message"], **more}):
        with suppress(Unparsable):
            event = parsed(
                json.dumps({"update_id": 1, kind: garbled}), groups=["mention", "reply", "command"], username="shop_bot"
            )
            assert event is None or (event.id, event.channel) == ("shop:1", "shop")
