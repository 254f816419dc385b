"""A client of the site's chat is invited to Telegram, and is one client from then on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from bots.telegram import TelegramSettings, build
from crm_store import MongoStore
from router.people import Identity
from tests.clock import FastClock
from tests.emulators.telegram import Bot, TelegramEmulator, User
from tests.integration.telegram_desk import operators_bot, telegram_desk
from tests.integration.web_stage import Desk, WebStage, web_stage

pytestmark = pytest.mark.mongo
TOKEN = "4711:emulated-token-of-the-shops-bot"


@dataclass(slots=True)
class Shop:
    """A hub with a scripted channel and a Telegram bot, anna at the console, and Kim, who has Telegram."""

    web: WebStage
    anna: Desk
    bot: Bot
    kim: User

    async def held(self, chat: str = "carl") -> str:
        """Let a client of the scripted channel write, and anna take it; return the conversation."""
        conversation = await self.web.waiting(chat)
        await self.anna.do("/conversations/" + conversation + "/take")
        return conversation

    async def invitation(self, conversation: str) -> str:
        """Return what the address of a new invitation hands over."""
        status, made = await self.anna.post(f"/conversations/{conversation}/invitations", {"channel": "messenger"})
        assert status == 200
        assert made["url"].startswith("https://t.me/shop_bot?start=card-")
        return str(made["url"]).partition("start=")[2]

    async def card(self, conversation: str) -> dict[str, Any]:
        """Return the card of a conversation's client."""
        detail = await self.anna.get(f"/conversations/{conversation}")
        card: dict[str, Any] = await self.anna.get(f"/clients/{detail['conversation']['client']}")
        return card

    async def in_telegram(self) -> list[str]:
        """Return Kim's conversations in Telegram."""
        return [it.id for it in await self.web.stage.conversations() if it.channel == "messenger"]

    async def known(self) -> bool:
        """Return whether the hub knows who Kim is in Telegram."""
        key = Identity("telegram", "4711", str(self.kim.id)).key
        return bool(await self.web.stage.hub.store.clients_of([key]))

    async def follows(self, payload: str) -> None:
        """Let Kim open an address, and wait until the hub has decided what follows."""
        self.kim.starts(self.bot, payload)
        await self.web.stage.until(self.known)
        await self.web.stage.settled()


@asynccontextmanager
async def opened(store: MongoStore) -> AsyncIterator[Shop]:
    async with TelegramEmulator() as telegram:
        bot = telegram.add_bot(TOKEN, "shop_bot", "Shop")
        wanted = {"kind": "telegram", "line": "sales", "token": TOKEN, "api": telegram.url}
        channel = build("messenger", TelegramSettings.model_validate(wanted))
        async with web_stage(store, others=[channel]) as web:
            anna = await web.sign_in("anna")
            assert await web.stage.command("anna", "presence", presence="available") == ""
            await telegram.until(lambda: telegram.calls_of("getUpdates"))
            yield Shop(web, anna, bot, telegram.add_user("Kim Doe", username="kim"))


async def test_whoever_opens_the_address_is_the_client(store: MongoStore) -> None:
    """Both addresses are on one card, and what they say in Telegram is in its history."""
    async with opened(store) as shop:
        assert (await shop.anna.get("/me"))["inviting"] == ["messenger"]
        conversation = await shop.held()
        await shop.follows(await shop.invitation(conversation))
        shop.kim.says(shop.bot, "here I am")
        await shop.web.stage.until(lambda: _some(shop.in_telegram()))
        card = await shop.card(conversation)
        assert {it["kind"] for it in card["client"]["identities"]} == {"scripted", "telegram"}
        assert {it["channel"] for it in card["conversations"]} == {"shop", "messenger"}
        said = await shop.web.stage.hub.store.messages(conversation)
        assert "client_linked" in [message.text for message in said]


async def test_two_cards_become_one(store: MongoStore) -> None:
    """Also for conversations that the hub has in hand, for the other card's address, and only once."""
    async with opened(store) as shop:
        conversation = await shop.held()
        shop.kim.says(shop.bot, "hello")
        await shop.web.stage.until(lambda: _some(shop.in_telegram()))
        (other,) = await shop.in_telegram()
        before = await shop.card(other)
        payload = await shop.invitation(conversation)
        await shop.follows(payload)
        card = await shop.card(conversation)
        assert await shop.card(other) == card
        assert await shop.anna.get(f"/clients/{before['client']['id']}") == card
        assert {it["id"] for it in card["conversations"]} == {conversation, other}
        found = await shop.anna.get(f"/conversations/{other}")
        assert found["conversation"]["client"] == card["client"]["id"]
        assert await shop.web.stage.hub.store.invitations([payload]) == {}


async def test_who_may_invite(store: MongoStore) -> None:
    """Whoever holds the conversation, to a channel that can; the refusals say so."""
    async with opened(store) as shop:
        waiting = await shop.web.waiting("dora")
        refused = await shop.anna.post(f"/conversations/{waiting}/invitations", {"channel": "messenger"})
        assert (refused[0], "Only who holds" in refused[1]["detail"]) == (409, True)
        conversation = await shop.held()
        status, answer = await shop.anna.post(f"/conversations/{conversation}/invitations", {"channel": "shop"})
        assert (status, "only to messenger" in answer["detail"]) == (409, True)


async def _some(found: Any) -> bool:
    return bool(await found)


async def test_operators_in_telegram_invite_too(store: MongoStore) -> None:
    """The client of another channel is shown an address that leads to the shop's bot."""
    async with operators_bot(topics=True) as telegram:
        telegram.add_bot(TOKEN, "shop_bot", "Shop")
        wanted = {"kind": "telegram", "line": "sales", "token": TOKEN, "api": telegram.url}
        channel = build("messenger", TelegramSettings.model_validate(wanted))
        async with telegram_desk(store, telegram, others=[channel], clock=FastClock()) as desk:
            await telegram.until(
                lambda: [call for call in telegram.calls_of("getUpdates") if call.bot.username == "shop_bot"]
            )
            anna = await desk.worker("anna")
            await desk.channel.write("carl", "I have to leave soon")
            await anna.press("I have to leave soon", "Take")
            topic = (await anna.sees("🔴 carl")).topic
            anna.says("/invite", topic=topic)
            address = await anna.sees("https://t.me/shop_bot?start=card-")
            assert "carl on messenger too" in address.text
            anna.says("/invite nowhere", topic=topic)
            await anna.sees("There is: messenger")
