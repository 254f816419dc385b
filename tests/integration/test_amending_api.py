"""Edits and deletions over the API."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from crm_store import MongoStore
from tests.integration.editing import EditingChannel
from tests.integration.web_stage import Desk, WebStage, web_stage

pytestmark = pytest.mark.mongo


@asynccontextmanager
async def answering(store: MongoStore) -> AsyncIterator[tuple[WebStage, Desk, str, dict[str, Any]]]:
    """Yield a hub, Anna's browser, and a conversation in which she has said `Helo`."""
    channel = EditingChannel()
    async with web_stage(store, others=[channel]) as web:
        anna = await web.sign_in("anna")
        await anna.send("PUT", "/presence", {"presence": "available"})
        await channel.hand_over({"chat": "carl", "text": "hello"})
        await web.stage.settled()
        path = f"/conversations/{(await web.stage.conversations())[0].id}"
        await anna.do(f"{path}/take")
        await anna.do(f"{path}/replies", {"text": "Helo"})
        yield web, anna, path, await last(anna, path)


async def last(desk: Desk, path: str) -> dict[str, Any]:
    """Return the last thing said in a conversation, as an operator sees it."""
    messages = (await desk.get(path))["messages"]
    return dict([m for m in messages if m["kind"] == "text"][-1])


async def test_the_api_edits_and_retracts(store: MongoStore) -> None:
    """The feed tells, and the message carries its former words for staff."""
    async with answering(store) as (web, anna, path, message):
        assert (message["actions"], message["edited_at"], message["versions"]) == (["edit", "retract"], None, [])
        async with anna.feed(web.stage.hub.feed.cursor) as feed:
            await anna.do(f"{path}/messages/{message['id']}/edit", {"text": "Hello"})
            edited = (await feed.until("message"))["message"]
            assert (edited["text"], edited["versions"][0]["text"]) == ("Hello", "Helo")
            assert edited["edited_at"] == edited["versions"][0]["at"]
            assert (await feed.delivery("sent"))["action"] == "edit"
            await anna.do(f"{path}/messages/{message['id']}/retract")
            gone = (await feed.until("message"))["message"]
        assert (gone["text"], gone["actions"]) == ("Hello", [])
        assert gone["deleted_at"]


async def test_the_api_says_why_a_message_cannot_be_changed(store: MongoStore) -> None:
    """To whoever may see it; to others it does not exist."""
    async with answering(store) as (web, anna, path, message):
        boris, clara, sofia = [await web.sign_in(name) for name in ("boris", "clara", "sofia")]
        edit, words = f"{path}/messages/{message['id']}/edit", {"text": "Hello"}
        status, problem = await boris.post(edit, words)
        assert (status, problem["type"]) == (409, "/problems/refused/not_your_message")
        assert "Anna" in problem["detail"]
        assert (await last(boris, path))["actions"] == []
        assert (await clara.post(edit, words))[0] == 404
        assert (await anna.post(f"{path}/messages/nothing/edit", words))[1]["type"] == "/problems/refused/no_message"
        assert (await anna.post(edit, {"text": " "}))[1]["type"] == "/problems/refused/empty"
        assert (await anna.post(edit, {}))[0] == 422
        await sofia.do(edit, words)
        assert (await anna.get(path))["messages"][-1]["text"] == "Sofia edited a message of Anna"


async def test_the_api_offers_nothing_where_the_channel_cannot(store: MongoStore) -> None:
    """And says so to whoever tries."""
    async with web_stage(store) as web:
        anna = await web.sign_in("anna")
        await anna.send("PUT", "/presence", {"presence": "available"})
        path = f"/conversations/{await web.waiting()}"
        await anna.do(f"{path}/take")
        await anna.do(f"{path}/replies", {"text": "Helo"})
        message = await last(anna, path)
        status, problem = await anna.post(f"{path}/messages/{message['id']}/retract")
        assert (message["actions"], status) == ([], 409)
        assert problem["detail"] == "Messages on the channel shop can be neither edited nor deleted once they are sent."
