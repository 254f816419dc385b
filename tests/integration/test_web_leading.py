"""Over the API, supervisors change a queue's order, say what clients are to us, and pause lines."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from crm_store import MongoStore
from tests.integration.web_stage import WebStage, web_stage

pytestmark = pytest.mark.mongo


@pytest.fixture
async def web(store: MongoStore) -> AsyncIterator[WebStage]:
    async with web_stage(store) as it:
        yield it


async def test_a_paused_line_offers_nothing_and_everybody_is_told(web: WebStage) -> None:
    anna, sofia = await web.sign_in("anna"), await web.sign_in("sofia")
    await anna.send("PUT", "/presence", {"presence": "available"})
    cursor = (await anna.get("/me"))["cursor"]
    assert (await anna.post("/lines/sales/pause"))[0] == 403
    assert (await sofia.post("/lines/moon/pause"))[0] == 404
    async with anna.feed(cursor) as feed:
        await sofia.do("/lines/sales/pause")
        assert (await feed.until("line"))["line"] == {"id": "sales", "paused": True}
    conversation = await web.waiting()
    assert (await anna.get(f"/conversations/{conversation}"))["conversation"]["state"] == "queued"
    assert {it["id"]: it["paused"] for it in (await anna.get("/lines"))["lines"]}["sales"] is True
    await sofia.do("/lines/sales/resume")
    await web.stage.settled()
    assert (await anna.get(f"/conversations/{conversation}"))["conversation"]["state"] == "offered"


async def test_the_order_of_a_queue_is_the_supervisors(web: WebStage) -> None:
    """First, or before another one; nobody else may change it."""
    anna, sofia = await web.sign_in("anna"), await web.sign_in("sofia")
    ids = [await web.waiting(chat) for chat in ("carl", "dora", "emil")]
    assert (await anna.post(f"/conversations/{ids[2]}/rank", {}))[0] == 409
    await sofia.do(f"/conversations/{ids[2]}/rank", {"before": ids[1]})
    await sofia.do(f"/conversations/{ids[1]}/rank", {"before": None})
    waiting = web.stage.hub.engine.lanes["sales"].desk.queue
    assert [it.id for it in waiting] == [ids[1], ids[0], ids[2]]
    allowed = (await sofia.get(f"/conversations/{ids[0]}"))["conversation"]["actions"]
    assert {"rank", "client"} <= set(allowed)


async def test_what_a_client_is_to_us_is_on_their_card(web: WebStage) -> None:
    sofia = await web.sign_in("sofia")
    conversation = await web.waiting()
    assert (await sofia.post(f"/conversations/{conversation}/client", {"priority": "gold"}))[0] == 409
    await sofia.do(f"/conversations/{conversation}/client", {"responsible": "boris"})
    client = (await sofia.get(f"/conversations/{conversation}"))["client"]
    assert (client["responsible"], client["priority"]) == ("boris", "")
