"""What is wrong with a bot is found before its clients find it, and looking changes nothing."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import pytest

from bots.telegram.console import TelegramConsoleSettings, build
from router.doctoring import Doctored
from router.errors import AuthFailed, Retryable
from tests.bots.telegram.desk import NAME, TOKEN, make_channel
from tests.emulators.telegram import TelegramEmulator
from tests.emulators.telegram.updates import Webhook

OURS = f"https://hub.example/channels/{NAME}/telegram"
WEBHOOK = {"mode": "webhook", "webhook": {"url": "https://hub.example"}}
GROUPS = {"username": "shop_bot", "groups": ["mention", "command"]}


async def _found(emulator: TelegramEmulator, chats: Collection[str] = (), **settings: Any) -> dict[str, bool]:
    channel = make_channel(api=emulator.url, **settings)
    assert isinstance(channel, Doctored)
    found = {each.sentence: each.well for each in await channel.examined(chats)}
    assert all(sentence.endswith(".") for sentence in found)
    return found


async def _wrong(emulator: TelegramEmulator, chats: Collection[str] = (), **settings: Any) -> str:
    """Return the one thing that is wrong; empty when nothing is."""
    found = await _found(emulator, chats, **settings)
    wrong = [sentence for sentence, well in found.items() if not well]
    assert len(wrong) <= 1
    return "".join(wrong)


async def test_a_bot_without_faults_is_well(emulator: TelegramEmulator) -> None:
    """With everything a channel can be set to."""
    emulator.world.bots[TOKEN].can_read_all_group_messages = True
    assert all((await _found(emulator, business=True, **GROUPS)).values())
    emulator.world.bots[TOKEN].updates.webhook = Webhook(OURS)
    found = await _found(emulator, business=True, **GROUPS, **WEBHOOK)
    assert all(found.values())
    assert f"The webhook of @shop_bot ({NAME}) is set." in found


async def test_looking_changes_nothing(emulator: TelegramEmulator) -> None:
    """What waits goes on waiting, and a hub that polls is not pushed aside."""
    emulator.add_user("Carl").says(emulator.world.bots[TOKEN], "Hello")
    await _found(emulator)
    assert len(emulator.world.bots[TOKEN].updates.waiting) == 1
    assert {record.method for record in emulator.calls} == {"getMe", "getWebhookInfo"}


async def test_a_token_that_is_not_accepted(emulator: TelegramEmulator) -> None:
    """A wrong one and a revoked one."""
    with pytest.raises(AuthFailed, match="BotFather"):
        await _found(emulator, token="4711:emulated-token-of-nobody-at-all")
    emulator.world.bots[TOKEN].revoke()
    with pytest.raises(AuthFailed, match="BotFather"):
        await _found(emulator)


async def test_nobody_there(unused_tcp_port: int) -> None:
    """Telegram, or what stands under `api`, cannot be reached."""
    with pytest.raises(Retryable, match="cannot be reached"):
        await make_channel(api=f"http://127.0.0.1:{unused_tcp_port}").examined(())


async def test_another_bots_name(emulator: TelegramEmulator) -> None:
    """The name in the settings is not that of the token's bot."""
    assert f"channels.{NAME}.username to shop_bot" in await _wrong(emulator, username="other_bot")


async def test_a_webhook_that_keeps_a_channel_from_polling(emulator: TelegramEmulator) -> None:
    """Whoever set it is named by the host alone: the rest of an address may be secret."""
    emulator.world.bots[TOKEN].updates.webhook = Webhook("https://other.example/secret/path")
    wrong = await _wrong(emulator)
    assert wrong.startswith(f"A webhook at other.example is set for @shop_bot ({NAME}), which polls")
    assert "secret" not in wrong


async def test_no_webhook_or_another_one(emulator: TelegramEmulator) -> None:
    """A channel that is posted to needs its own."""
    assert "start the hub, which sets it" in await _wrong(emulator, **WEBHOOK)
    emulator.world.bots[TOKEN].updates.webhook = Webhook("https://other.example/x")
    wrong = await _wrong(emulator, **WEBHOOK)
    assert wrong.startswith("Another webhook, at other.example,")
    assert OURS in wrong


async def test_posts_that_do_not_arrive(emulator: TelegramEmulator) -> None:
    """With Telegram's own reason, as long as something waits."""
    bot = emulator.world.bots[TOKEN]
    failed = {"last_error_date": 1_700_000_000, "last_error_message": "Connection timed out"}
    bot.updates.webhook = Webhook(OURS, **failed)  # type: ignore[arg-type]  # each has its own type
    assert await _wrong(emulator, **WEBHOOK) == ""
    emulator.add_user("Carl").says(bot, "Hello")
    assert "one update waits: Connection timed out (2023-11-14 22:13 UTC)" in await _wrong(emulator, **WEBHOOK)
    emulator.add_user("Dora").says(bot, "Hello")
    assert "2 updates wait" in await _wrong(emulator, **WEBHOOK)


async def test_privacy_mode_where_groups_are_expected(emulator: TelegramEmulator) -> None:
    """Replies reach a bot in privacy mode; where there are no groups it does not matter."""
    assert "is in privacy mode" in await _wrong(emulator, **GROUPS)
    assert await _wrong(emulator, username="shop_bot", groups=["reply"]) == ""
    assert await _wrong(emulator) == ""
    bot = emulator.world.bots[TOKEN]
    bot.can_read_all_group_messages, bot.can_join_groups = True, False
    assert "/setjoingroups" in await _wrong(emulator, **GROUPS)


async def test_privacy_mode_of_an_administrator(emulator: TelegramEmulator) -> None:
    """Who administers all of their groups sees everything there."""
    bot, owner = emulator.world.bots[TOKEN], emulator.add_user("Olga")
    groups = [emulator.add_supergroup(title, owner, bot) for title in ("Buyers", "Sellers")]
    chats = [str(groups[0].id), f"t:{groups[1].id}:5", "7"]
    emulator.promote(groups[0], bot)
    assert "is in privacy mode" in await _wrong(emulator, chats, **GROUPS)
    emulator.promote(groups[1], bot)
    assert await _wrong(emulator, chats, **GROUPS) == ""
    emulator.remove_member(groups[0], bot, by=owner)
    assert "is in privacy mode" in await _wrong(emulator, chats, **GROUPS)


async def test_a_bot_that_no_business_account_can_connect(emulator: TelegramEmulator) -> None:
    """Told where the settings ask for it, and not where they only allow it."""
    emulator.world.bots[TOKEN].can_connect_to_business = False
    assert "turn on Business Mode" in await _wrong(emulator, business=True)
    assert await _wrong(emulator) == ""


async def test_rights_of_business_accounts(emulator: TelegramEmulator) -> None:
    """Those that conversations go on over are looked at, each once; ended and forgotten ones are passed over."""
    bot, boss = emulator.world.bots[TOKEN], emulator.add_user("Olga Bossova")
    chats = [f"b:{boss.connects(bot, rights=frozenset({'can_read_messages'})).id}:{n}" for n in (7, 8)]
    wrong = await _wrong(emulator, [*chats, "7", "b:forgotten:7"])
    assert wrong.startswith(
        f"The business account of Olga Bossova ({NAME}) does not let @shop_bot answer its clients, take back what was"
    )
    assert len(emulator.calls_of("getBusinessConnection")) == 2
    boss.connects(bot)
    assert any("lets @shop_bot do all" in sentence for sentence in await _found(emulator, chats))
    boss.disconnects()
    assert not any("Olga" in sentence for sentence in await _found(emulator, chats))


async def _wrong_for_operators(emulator: TelegramEmulator, **settings: Any) -> str:
    """Return the one thing that is wrong with a console; empty when nothing is."""
    made = {"kind": "telegram", "token": TOKEN, "api": emulator.url} | settings
    console = build("desk", TelegramConsoleSettings.model_validate(made))
    assert isinstance(console, Doctored)
    wrong = [each.sentence for each in await console.examined(()) if not each.well]
    assert len(wrong) <= 1
    return "".join(wrong)


async def test_an_operators_bot(emulator: TelegramEmulator) -> None:
    """Its chats have topics unless the settings want none, and it finds ready-made texts."""
    bot = emulator.world.bots[TOKEN]
    bot.supports_inline_queries = True
    assert "set consoles.desk.topics to false" in await _wrong_for_operators(emulator)
    assert await _wrong_for_operators(emulator, topics=False) == ""
    bot.has_topics_enabled = True
    assert await _wrong_for_operators(emulator) == ""
    bot.updates.webhook = Webhook(OURS)
    assert "which polls" in await _wrong_for_operators(emulator)
    assert "Another webhook" in await _wrong_for_operators(emulator, **WEBHOOK)
    bot.updates.webhook = Webhook("https://hub.example/consoles/desk/telegram")
    assert await _wrong_for_operators(emulator, **WEBHOOK) == ""
    bot.updates.webhook, bot.supports_inline_queries = None, False
    assert "/setinline" in await _wrong_for_operators(emulator)
    bot.revoke()
    with pytest.raises(AuthFailed):
        await _wrong_for_operators(emulator)


async def test_an_operators_group(emulator: TelegramEmulator) -> None:
    """The bot is there, the group has topics, and the bot may open them."""
    bot, owner = emulator.world.bots[TOKEN], emulator.add_user("Olga")
    bot.supports_inline_queries = True
    assert "does not know the group -5 of consoles.desk" in await _wrong_for_operators(emulator, group=-5)
    plain, forum = emulator.add_supergroup("Plain", owner, bot), emulator.add_forum("Desk", owner, bot)
    assert "The group Plain of consoles.desk has no topics" in await _wrong_for_operators(emulator, group=plain.id)
    assert "does not let @shop_bot open topics" in await _wrong_for_operators(emulator, group=forum.id)
    emulator.promote(forum, bot, "can_manage_topics")
    assert await _wrong_for_operators(emulator, group=forum.id) == ""
