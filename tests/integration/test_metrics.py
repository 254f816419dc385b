"""What machines ask: `/healthz`, `/readyz` and `/metrics`."""

from __future__ import annotations

import os
import signal
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import TestServer
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr

from crm_store import MongoStore, open_store
from hub.mongod import start_mongod
from hub.settings.model import HubSettings, MetricsSettings
from hub.web.app import build_app
from router.errors import Rejected
from tests.integration.stage import ScriptedChannel, running, stage_of
from tests.integration.web_stage import WebStage, web_stage

pytestmark = pytest.mark.mongo
TOKEN = "a-token-of-more-than-20-characters"


@pytest.fixture
async def web(store: MongoStore) -> AsyncIterator[WebStage]:
    """A running hub with its web server."""
    async with web_stage(store) as it:
        yield it


async def _read(web: WebStage) -> dict[tuple[str, ...], float]:
    """Return (name, label values in the order of label names) → value."""
    answer = await web.desk().raw("GET", "/metrics")
    assert answer.status == 200
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.body.decode())
        for sample in family.samples
    }


async def test_what_happens_is_counted(web: WebStage) -> None:
    """From the client's message to the delivery of the answer."""
    anna = await web.sign_in("anna")
    await anna.send("PUT", "/presence", {"presence": "available"})
    conversation = await web.waiting()
    await web.channel.write("carl", "again", "7")
    await web.channel.write("carl", "again", "7")
    await anna.do(f"/conversations/{conversation}/take")
    web.channel.answers = [Rejected("blocked")]
    await anna.do(f"/conversations/{conversation}/replies", {"text": "yes?"})
    await anna.do(f"/conversations/{conversation}/replies", {"text": "hello?"})
    await web.stage.settled()
    found = await _read(web)
    assert found["trunkline_updates_received_total", "shop"] == 2
    assert found["trunkline_updates_duplicate_total", "shop"] == 1
    assert found["trunkline_delivery_attempts_total", "shop", "failed"] == 1
    assert found["trunkline_delivery_attempts_total", "shop", "sent"] >= 1
    assert found["trunkline_commands_total", "done", "reply"] == 2
    assert found["trunkline_committed_total", "messages"] >= 4
    assert found["trunkline_events_decided_total", "sales"] >= 4
    for stage in ("append", "decide", "commit", "command"):
        assert found["trunkline_stage_seconds_count", stage] > 0
        assert found["trunkline_stage_seconds_bucket", "+Inf", stage] == found["trunkline_stage_seconds_count", stage]
    replies = ("POST /api/v1/conversations/{id}/replies", "200")
    assert found["trunkline_http_request_seconds_count", *replies] == 2
    assert found["process_resident_memory_bytes",] > 0


async def test_what_waits_is_told_with_its_age(web: WebStage) -> None:
    """The queue of each line, and for how long its first has waited."""
    await web.waiting("carl")
    await web.waiting("dora")
    found = await _read(web)
    assert found["trunkline_conversations_queued", "sales"] == 2
    assert found["trunkline_oldest_conversation_seconds", "sales"] > 0
    assert found["trunkline_oldest_conversation_seconds", "support"] == 0
    assert found["trunkline_faults",] == 0


async def test_two_hubs_count_for_themselves(store: MongoStore) -> None:
    """No counter is shared by the process."""
    busy, quiet = ScriptedChannel(), ScriptedChannel("other")
    one, two = stage_of(store, [busy]), stage_of(store, [quiet])
    async with running(one):
        await busy.write("carl", "hello")
        await one.settled()
        assert b'trunkline_updates_received_total{channel="shop"} 1.0' in await one.hub.metrics()
        assert b"trunkline_updates_received_total{" not in await two.hub.metrics()


async def test_others_need_the_token(web: WebStage) -> None:
    """A proxy on this machine speaks for others; whoever shows the token may read, and a wrong one is refused."""
    desk = web.desk()
    forwarded = {"X-Forwarded-For": "203.0.113.9"}
    assert (await desk.raw("GET", "/metrics", headers=forwarded)).status == 403
    hub = web.stage.hub
    hub.settings = replace(hub.settings, hub=HubSettings(metrics=MetricsSettings(token=SecretStr(TOKEN))))
    shown = {"Authorization": f"Bearer {TOKEN}"}
    assert (await desk.raw("GET", "/metrics", headers=forwarded | shown)).status == 200
    assert (await desk.raw("GET", "/metrics", headers={"Authorization": "Bearer wrong"})).status == 403
    assert (await desk.raw("GET", "/metrics")).status == 200


async def test_ready_only_while_it_runs_whole(store: MongoStore) -> None:
    """Not before what was left is taken up, not with a dead part, not once it is asked to stop."""
    stage = stage_of(store, [ScriptedChannel()])
    async with TestServer(build_app(stage.hub)) as server, ClientSession() as session:

        async def ready() -> tuple[int, list[str]]:
            async with session.get(server.make_url("/readyz")) as answer:
                return answer.status, (await answer.json())["problems"]

        status, (starting,) = await ready()
        assert status == 503
        assert "is starting" in starting
        async with running(stage):
            assert await ready() == (200, [])
            stage.hub.engine.faults["lane sales"] = "KeyError"
            assert await ready() == (503, ["A part of the hub has died, lane sales (KeyError)."])
            stage.hub.engine.faults.clear()
        assert (await ready())[0] == 503
        async with session.get(server.make_url("/healthz")) as answer:
            assert answer.status == 200


async def test_not_ready_while_the_store_does_not_answer(tmp_path: Path) -> None:
    """Told within about a second, by a process that still says it lives and is measured."""
    mongo = await start_mongod(tmp_path)
    store = await open_store(mongo.url, "trunkline")
    try:
        async with web_stage(store) as web:
            os.kill(mongo.pid, signal.SIGSTOP)
            answer = await web.desk().raw("GET", "/readyz")
            assert answer.status == 503
            assert answer.json()["problems"] == ["The store has not answered within 1 s."]
            assert (await web.desk().raw("GET", "/healthz")).status == 200
            assert (await web.desk().raw("GET", "/metrics")).status == 200
            os.kill(mongo.pid, signal.SIGCONT)
    finally:
        os.kill(mongo.pid, signal.SIGCONT)
        await store.close()
        await mongo.stop()
