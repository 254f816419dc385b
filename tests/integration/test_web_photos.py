"""Clients' pictures over the API: who sees them, and where."""

from __future__ import annotations

import pytest

from crm_store import MongoStore
from hub.engine.committer import Decided
from router.effects import ChangeClient
from tests.contract.store_files import stream
from tests.emulators.telegram import png
from tests.integration.web_stage import web_stage

pytestmark = pytest.mark.mongo


async def test_a_picture_stands_wherever_its_client_does(store: MongoStore) -> None:
    """In lists, on the card and in the feed, for colleagues of the line and for nobody else."""
    async with web_stage(store) as web:
        anna, clara = await web.sign_in("anna"), await web.sign_in("clara")
        conversation = await web.waiting()
        before = (await anna.get(f"/conversations/{conversation}"))["conversation"]
        assert before["photo"] == ""
        kept = await store.files.put(stream(png(9, 9)), name="photo.png", channel="shop", chat="carl", limit=999)
        async with anna.feed(web.stage.hub.feed.cursor) as feed:
            await feed.until("current")
            change = ChangeClient(before["client"], photo=kept, conversation=conversation)
            await web.stage.hub.engine.committer.submit(Decided([change]))
            told = (await feed.until("client"))["client"]["photo"]
            await web.channel.write("carl", "still here")
            assert (await feed.until("conversation"))["state"]["photo"] == told
        card = await anna.get(f"/clients/{before['client']}")
        listed = (await anna.get("/conversations", view="queue"))["conversations"]
        assert {told} == {it["photo"] for it in [card["client"], *card["conversations"], *listed]}
        picture = await anna.raw("GET", told)
        assert (picture.status, picture.body, picture.headers["Content-Type"]) == (200, png(9, 9), "image/png")
        assert (await clara.raw("GET", told)).status == 404
        assert (await anna.raw("GET", f"{told}x")).status == 404
