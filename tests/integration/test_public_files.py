"""Signed links to files: one file for whoever has the link, for a week."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

from aiohttp.test_utils import TestClient, TestServer

from crm_store import MongoStore
from hub.web.app import build_app
from tests.clock import ManualClock
from tests.integration.rich import RichChannel
from tests.integration.stage import running, stage_of


async def _bytes() -> AsyncIterator[bytes]:
    yield b"\x89PNG\r\n\x1a\n0123456789"


async def test_a_link_opens_one_file_for_a_week(store: MongoStore) -> None:
    """It is saved and never shown; a changed or old link opens nothing."""
    clock, channel = ManualClock(), RichChannel()
    async with running(stage_of(store, [channel], clock=clock)) as stage:
        file = await store.files.put(_bytes(), name="отчёт.png", channel="shop", chat="c1", limit=100)
        async with TestClient(TestServer(build_app(stage.hub))) as client:
            stage.hub.address = str(client.make_url("/"))
            link = (await channel.host).link(file)
            assert link.startswith(stage.hub.address + "files/")
            async with client.session.get(link) as answer:
                assert (answer.status, (await answer.read())[:4]) == (200, b"\x89PNG")
                assert answer.headers["Content-Disposition"].startswith("attachment")
                assert answer.headers["X-Content-Type-Options"] == "nosniff"
            async with client.session.get(link, headers={"Range": "bytes=8-11"}) as answer:
                assert (answer.status, await answer.read()) == (206, b"0123")
            async with client.session.get(link.replace(file.id, "f" * 32)) as answer:
                assert answer.status == 404
            clock.advance(timedelta(days=8))
            async with client.session.get(link) as answer:
                assert answer.status == 404
