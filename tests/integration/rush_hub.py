"""A hub with one Telegram bot in a process of its own, to be killed: `python -m tests.integration.rush_hub …`."""

from __future__ import annotations

import asyncio
import sys
from datetime import datetime
from typing import Any

from bots.telegram import TelegramSettings, build
from bots.telegram.channel import TelegramChannel
from crm_store import open_store
from tests.clock import FastClock
from tests.integration.stage import RULES, running, stage_of

ANSWER = "We have your message."
TOKEN = "4711:emulated-token-of-the-shops-bot"
_SALES = {**RULES["lines"]["sales"], "texts": {"queued": ANSWER, "nobody": ANSWER}}
RUSH: dict[str, Any] = {**RULES, "lines": {"sales": _SALES}}


def telegram(api: str) -> TelegramChannel:
    """Return the shop's bot on a Bot API server."""
    settings = {"kind": "telegram", "line": "sales", "token": TOKEN, "api": api}
    return build("shop", TelegramSettings.model_validate(settings))


async def main(mongo: str, database: str, api: str, began: str) -> None:
    """Run until killed."""
    store = await open_store(mongo, database)
    clock = FastClock(datetime.fromisoformat(began))
    async with running(stage_of(store, [telegram(api)], RUSH, clock)):
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
