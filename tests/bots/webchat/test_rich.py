"""What operators say besides plain words, as visitors see it: quotes, formatting, reactions, and what is played."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from playwright.async_api import Browser, expect

from router.media import Attachment, Entity
from tests.bots.webchat.sites import begin, visiting
from tests.bots.webchat.visitor import NAME, Shop
from tests.contract.store_files import stream


async def _voice(shop: Shop, chat: str) -> Attachment:
    """Return what an operator has spoken."""
    kept = await shop.host.files.put(stream(b"OggS" + b"\0" * 60), name="voice.ogg", channel=NAME, chat=chat, limit=99)
    return replace(kept, kind="voice", duration=3)


async def test_an_entry_says_what_it_answers_and_how_it_is_shown(shop: Shop) -> None:
    """A file says which player it is for, and is handed out as what it is so that it can be played."""
    async with shop.visit() as visit:
        await visit.tell("hello")
        asked = shop.host.messages(visit.chat)[0]
        entities = (Entity("bold", 0, 3), Entity("link", 4, 4, "https://shop.example/"))
        voice = await _voice(shop, visit.chat)
        await shop.host.reply(visit.chat, "See here", reply_to=asked.id, entities=entities, attachments=(voice,))
        answer = (await visit.until(2))[1]
        assert answer["reply_to"] == visit.entries[0]["id"]
        assert answer["entities"] == [
            {"kind": "bold", "start": 0, "length": 3},
            {"kind": "link", "start": 4, "length": 4, "url": "https://shop.example/"},
        ]
        (file,) = answer["files"]
        assert (file["kind"], file["plays"], file["picture"]) == ("voice", "audio", False)
        async with shop.http.get(shop.url(file["url"]), headers={"Range": "bytes=0-3"}) as response:
            assert (response.status, response.content_type, await response.read()) == (206, "audio/ogg", b"OggS")


async def test_reactions_are_shown_as_they_stand(shop: Shop) -> None:
    """In open windows at once, in histories, and to whoever resumes."""
    async with shop.visit() as visit:
        await visit.tell("thank you")
        message = shop.host.messages(visit.chat)[0]
        await shop.host.react(message, "👍")
        assert (await visit.hear("changed"))["entries"] == [
            {"id": message.id, "text": "thank you", "reactions": ["👍"]}
        ]
        await shop.host.react(message, "")
        assert (await visit.hear("changed"))["entries"] == [{"id": message.id, "text": "thank you"}]
        await shop.host.react(message, "🔥")
    async with shop.visit(visit.token) as afresh:
        assert (await afresh.until(1))[0]["reactions"] == ["🔥"]
    async with shop.visit(visit.token, after=visit.cursor) as resumed:
        assert (await resumed.hear("changed"))["entries"][0]["reactions"] == ["🔥"]


@pytest.mark.browser
async def test_the_widget_shows_quotes_formatting_players_and_reactions(browser: Browser, shop: Shop) -> None:
    """Where the text is only ever text, and a reaction that was taken back while offline is gone."""
    async with visiting(browser, shop) as (context, url):
        widget, chat = await begin(context, url, shop, "Which <b>pot</b>?")
        asked = shop.host.messages(chat)[0]
        entities = (Entity("bold", 2, 3), Entity("link", 6, 4, "https://shop.example/"), Entity("spoiler", 6, 8))
        voice = await _voice(shop, chat)
        await shop.host.reply(chat, "🙂 The blue one", reply_to=asked.id, entities=entities, attachments=(voice,))
        list_ = widget.page.locator(".list")
        await expect(list_.locator(".quote")).to_have_text("Which <b>pot</b>?")
        await expect(list_.locator("strong")).to_have_text("The")
        await expect(list_.locator(".spoiler a")).to_have_attribute("href", "https://shop.example/")
        await expect(list_.locator(".spoiler")).to_have_text(["blue", " one"])
        await expect(list_.locator("audio[controls]")).to_have_count(1)
        await shop.host.react(asked, "👍")
        await expect(list_.locator(".own .reactions")).to_have_text("👍")
        await context.set_offline(True)
        await expect(widget.banner).to_contain_text("You are offline")
        await shop.host.react(asked, "")
        await context.set_offline(False)
        await expect(list_.locator(".reactions")).to_have_count(0)
        await list_.locator(".quote").click()
        await expect(widget.bubbles).to_have_text(["Which <b>pot</b>?", "🙂 The blue one"])
