"""When a running hub loads its triage engine."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from nlu.answers import load_answers
from nlu.cache import cache_file, write_learned
from nlu.training import learn
from nlu.training_data import load_training_data
from tests.integration.test_lifecycle import _hub, _until, _where

pytestmark = pytest.mark.mongo

_TOKEN = "a-token-that-nobody-can-guess"
_SETTINGS = """
hub: {port: 0, data: data}
channels:
  shop: {kind: http, line: sales, tokens: ["${SHOP_TOKEN}"]}
operators:
  anna: {name: Anna}
lines:
  sales: {name: Sales, operators: [anna], triage: false}
"""


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Settings without a bot, beside what an earlier training has left."""
    monkeypatch.setenv("SHOP_TOKEN", _TOKEN)
    data = load_training_data()
    write_learned(cache_file(tmp_path / "data" / "nlu", data), learn(data))
    path = tmp_path / "config.yaml"
    path.write_text(_SETTINGS, "utf-8")
    return path


async def test_loads_when_edited_rules_bring_the_first_question(settings: Path) -> None:
    """A hub whose lines have no bot has no engine; when an edit gives a line one, the first client is answered."""
    log = settings.parent / "log"
    async with _hub(settings) as (_, said):
        url = _where(said)
        assert "triage_" not in log.read_text("utf-8")
        _give_a_bot(settings)
        await _until(url, lambda health: "support" in health["lines"])
        assert "triage_" not in log.read_text("utf-8")
        assert load_answers().answer("greet", "en") in await _answers(f"{url}/api/v1/channels/shop")
        assert "triage_loaded" in log.read_text("utf-8")


def _give_a_bot(settings: Path) -> None:
    """Give the line a bot, and add another by which to see that the edit is in force."""
    more = "  support: {name: Support, operators: [anna]}\n"
    settings.write_text(_SETTINGS.replace("triage: false", "triage: true") + more, "utf-8")


async def _answers(shop: str) -> list[str]:
    """Say hello; return what the client is told until the bot has answered."""
    told: list[str] = []
    async with (
        asyncio.timeout(30),
        aiohttp.ClientSession(headers={"Authorization": f"Bearer {_TOKEN}"}, raise_for_status=True) as client,
    ):
        await client.post(f"{shop}/messages", json={"id": "m1", "from": {"id": "carl", "name": "Carl"}, "text": "hi"})
        after = 0
        while load_answers().answer("greet", "en") not in told:
            async with client.get(f"{shop}/deliveries", params={"wait": 20, "after": after}) as answer:
                body: dict[str, Any] = await answer.json()
            told += [delivery["message"]["text"] for delivery in body["deliveries"]]
            after = body["cursor"]
    return told
