"""Groups, forums, channels' direct messages and business accounts."""

from __future__ import annotations

import pytest
from aiogram import Bot as Client
from aiogram.exceptions import TelegramBadRequest, TelegramForbiddenError, TelegramMigrateToChat
from aiogram.types import ReactionTypeEmoji

from tests.emulators.telegram import Bot, Content, TelegramEmulator, User


@pytest.fixture
def boris(telegram: TelegramEmulator) -> User:
    return telegram.add_user("Boris", username="boris")


async def test_privacy_mode_hides_what_is_not_for_the_bot(
    client: Client, telegram: TelegramEmulator, shop: Bot, anna: User
) -> None:
    """A bot in privacy mode gets commands, mentions and replies; without it, or as administrator, everything."""
    group = telegram.add_supergroup("Friends", anna, shop)
    shop.updates.drop()
    sent = await client.send_message(group.id, "Hello all")
    anna.says(group, "Just talking")
    anna.says(group, "@shop_bot are you there?")
    anna.says(group, "/help@shop_bot")
    anna.says(group, "/help@other_bot")
    anna.says(group, "Yes", reply_to=group.by_id[sent.message_id])
    heard = [update.message.text for update in await client.get_updates() if update.message]
    assert heard == ["@shop_bot are you there?", "/help@shop_bot", "Yes"]
    telegram.promote(group, shop)
    anna.says(group, "Now you hear")
    assert [each.message.text for each in await client.get_updates(offset=-1) if each.message] == ["Now you hear"]


async def test_a_forum_keeps_topics_for_administrators_with_the_right(
    client: Client, telegram: TelegramEmulator, shop: Bot, anna: User
) -> None:
    """Topics need the right; messages go where they are told; closed and deleted topics refuse them."""
    forum = telegram.add_forum("Desk", anna, shop)
    with pytest.raises(TelegramBadRequest, match="not enough rights"):
        await client.create_forum_topic(forum.id, "Order 5")
    telegram.promote(forum, shop, "can_manage_topics", "can_delete_messages")
    topic = await client.create_forum_topic(forum.id, "Order 5", icon_color=7322096)
    sent = await client.send_message(forum.id, "New", message_thread_id=topic.message_thread_id)
    assert (sent.message_thread_id, sent.is_topic_message) == (topic.message_thread_id, True)
    assert sent.reply_to_message is not None
    assert sent.reply_to_message.forum_topic_created is not None
    await client.edit_forum_topic(forum.id, topic.message_thread_id, name="Order 5, paid")
    await client.close_forum_topic(forum.id, topic.message_thread_id)
    assert forum.topic("Order 5, paid").closed
    bob = telegram.add_user("Bob")
    telegram.add_member(forum, bob, by=anna)
    with pytest.raises(RuntimeError, match="is closed"):
        bob.says(forum, "Mine", topic=forum.topic("Order 5, paid"))
    with pytest.raises(TelegramBadRequest, match="TOPIC_NOT_MODIFIED"):
        await client.close_forum_topic(forum.id, topic.message_thread_id)
    await client.reopen_forum_topic(forum.id, topic.message_thread_id)
    anna.says(forum, "Mine", topic=forum.topic("Order 5, paid"))
    hers = (await client.get_updates(offset=-1))[0].message
    assert hers is not None
    assert hers.message_thread_id == topic.message_thread_id
    await client.delete_forum_topic(forum.id, topic.message_thread_id)
    assert not forum.topics
    with pytest.raises(TelegramBadRequest, match="message thread not found"):
        await client.send_message(forum.id, "Late", message_thread_id=topic.message_thread_id)


async def test_a_group_moves_to_a_supergroup(client: Client, telegram: TelegramEmulator, shop: Bot, anna: User) -> None:
    """The old chat answers with the new one's id, and both tell of the move."""
    group = telegram.add_group("Desk", anna, shop)
    new = telegram.migrate(group)
    with pytest.raises(TelegramMigrateToChat) as moved:
        await client.send_message(group.id, "Hello")
    assert moved.value.migrate_to_chat_id == new.id
    old, fresh = (update.message for update in (await client.get_updates())[-2:])
    assert old is not None
    assert fresh is not None
    assert (old.migrate_to_chat_id, fresh.migrate_from_chat_id) == (new.id, group.id)
    await client.send_message(new.id, "Hello")


async def test_who_is_thrown_out_cannot_speak(
    client: Client, telegram: TelegramEmulator, shop: Bot, anna: User
) -> None:
    """A kicked bot is told so; a stranger does not find the chat."""
    group = telegram.add_supergroup("Desk", anna, shop)
    telegram.remove_member(group, shop, by=anna)
    with pytest.raises(TelegramForbiddenError, match="bot was kicked from the supergroup chat"):
        await client.send_message(group.id, "Hello")
    other = telegram.add_supergroup("Elsewhere", anna)
    with pytest.raises(TelegramBadRequest, match="chat not found"):
        await client.send_message(other.id, "Hello")
    assert (await client.get_updates())[-1].my_chat_member is not None


async def test_members_and_administrators_are_told(
    client: Client, telegram: TelegramEmulator, shop: Bot, anna: User, boris: User
) -> None:
    """Who is in a chat, and who may do what."""
    group = telegram.add_supergroup("Desk", anna, shop, boris)
    telegram.promote(group, shop, "can_pin_messages")
    admins = await client.get_chat_administrators(group.id)
    assert {admin.user.id for admin in admins} == {anna.id, shop.id}
    assert (await client.get_chat_member(group.id, boris.id)).status == "member"
    boris.leaves(group)
    assert (await client.get_chat_member(group.id, boris.id)).status == "left"
    sent = await client.send_message(group.id, "Rules")
    await client.pin_chat_message(group.id, sent.message_id)
    assert group.pinned == [sent.message_id]


async def test_a_business_account_works_through_the_bot(
    client: Client, telegram: TelegramEmulator, shop: Bot, anna: User, boris: User
) -> None:
    """Clients write to the person; the bot reads, answers, marks as read, and learns of edits and deletions."""
    shop.can_connect_to_business = True
    connection = boris.connects(shop)
    hers = anna.says(boris, "Is it in stock?")
    anna.edits(hers, "Are they in stock?")
    connected, asked, edited = await client.get_updates()
    assert connected.business_connection is not None
    assert asked.business_message is not None
    assert edited.edited_business_message is not None
    assert asked.business_message.business_connection_id == connection.id == connected.business_connection.id
    chat = anna.chat(boris)
    sent = await client.send_message(anna.id, "They are", business_connection_id=connection.id)
    assert sent.sender_business_bot is not None
    assert (chat.last.text, chat.last.sender) == ("They are", boris)
    await client.read_business_message(connection.id, anna.id, hers.id)
    assert hers.read
    anna.deletes(hers)
    gone = (await client.get_updates(offset=-1))[0].deleted_business_messages
    assert gone is not None
    assert gone.message_ids == [hers.id]
    await client.delete_business_messages(connection.id, [sent.message_id])
    assert not chat.messages
    assert len(await client.get_updates(offset=-1)) == 1
    boris.disconnects()
    with pytest.raises(TelegramBadRequest, match="BUSINESS_CONNECTION_INVALID"):
        await client.send_message(anna.id, "Late", business_connection_id=connection.id)


async def test_direct_messages_of_a_channel_have_a_topic_for_each_person(
    client: Client, telegram: TelegramEmulator, shop: Bot, anna: User, boris: User
) -> None:
    """The bot answers into the topic of the one who wrote, and nowhere else."""
    channel = telegram.add_channel("News", boris, shop)
    telegram.promote(channel, shop, "can_manage_direct_messages")
    direct = telegram.add_direct_messages(channel)
    anna.says(direct, "A question")
    asked = (await client.get_updates(offset=-1))[0].message
    assert asked is not None
    assert asked.direct_messages_topic is not None
    topic = asked.direct_messages_topic.topic_id
    with pytest.raises(TelegramBadRequest, match="direct messages topic must be specified"):
        await client.send_message(direct.id, "Where to?")
    await client.send_message(direct.id, "An answer", direct_messages_topic_id=topic)
    assert [message.text for message in direct.in_topic(topic)] == ["A question", "An answer"]


async def test_what_is_copied_or_forwarded_is_sent_again(
    client: Client, telegram: TelegramEmulator, shop: Bot, anna: User
) -> None:
    """A copy has no author, a forward has; protected messages do neither."""
    group = telegram.add_group("Desk", anna, shop)
    photo = anna.sends_photo(shop, caption="Broken")
    await client.copy_message(group.id, anna.id, photo.id)
    forwarded = await client.forward_message(group.id, anna.id, photo.id)
    assert [(each.text, each.file == photo.file) for each in group.messages[-2:]] == [("Broken", True)] * 2
    assert forwarded.forward_origin is not None
    secret = await client.send_message(anna.id, "Secret", protect_content=True)
    with pytest.raises(TelegramBadRequest, match="protected content"):
        await client.forward_message(group.id, anna.id, secret.message_id)


async def test_an_album_shows_reactions_at_its_first_message(client: Client, shop: Bot, anna: User) -> None:
    """Whichever message of an album is reacted to, the first that is left shows it."""
    first, second, third = anna.sends_album(shop, [b"a", b"b", b"c"])
    anna.deletes(first)
    await client.set_message_reaction(anna.id, third.id, [ReactionTypeEmoji(emoji="👌")])
    assert (second.reactions, third.reactions) == (["👌"], [])


async def test_kinds_nobody_thought_of_arrive_too(client: Client, shop: Bot, anna: User) -> None:
    """A message may hold any fields of the Bot API."""
    anna.put(shop, Content("dice", data={"dice": {"emoji": "🎲", "value": 6}}))
    rolled = (await client.get_updates())[0].message
    assert rolled is not None
    assert rolled.dice is not None
    assert rolled.dice.value == 6
