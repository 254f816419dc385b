"""The pages people open, and what they are told of the hub."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from crm_store import MongoStore
from hub.settings.problems import Problem, SettingsErrors
from tests.integration.web_stage import WebStage, web_stage

pytestmark = pytest.mark.mongo


@pytest.fixture
async def web(store: MongoStore) -> AsyncIterator[WebStage]:
    async with web_stage(store) as it:
        yield it


async def test_a_broken_settings_file_is_shown(web: WebStage) -> None:
    """To those who are there, to those who come later, and in /healthz; the hub works on."""
    anna = await web.sign_in("anna")
    async with anna.feed(web.stage.hub.feed.cursor) as feed:
        await feed.until("current")
        await web.stage.hub.edited(SettingsErrors([Problem("config.yaml", 3, 5, "lines", "expected a line")]))
        told = await feed.until("rules")
    assert told["problems"] == (await anna.get("/me"))["settings_problems"]
    assert "expected a line" in told["problems"][0]
    health = (await anna.raw("GET", "/healthz")).json()
    assert health["status"] == "degraded"
    assert (await anna.raw("GET", "/readyz")).status == 200


async def test_the_pages_speak_the_language_that_was_chosen(web: WebStage) -> None:
    """By the address, then by the cookie it leaves, then by the browser."""
    desk = web.desk()
    russian = await desk.raw("GET", "/demo", headers={"Accept-Language": "fr, ru-RU;q=0.8, en;q=0.5"})
    assert '<html lang="ru">' in russian.body.decode()
    assert '<html lang="en">' in (await desk.raw("GET", "/demo?lang=en")).body.decode()
    again = await desk.raw("GET", "/console", headers={"Accept-Language": "ru"})
    assert '<html lang="en">' in again.body.decode()
