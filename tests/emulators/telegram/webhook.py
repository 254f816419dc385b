"""Posts a bot's updates to its webhook, in order, each until it is taken."""

from __future__ import annotations

import asyncio
import json

from aiohttp import ClientError, ClientSession, ClientTimeout

from tests.emulators.telegram.bots import Bot
from tests.emulators.telegram.updates import Waiting, Webhook


class Poster:
    """One task that serves one bot."""

    def __init__(self, bot: Bot, *, pause: float) -> None:
        self._bot = bot
        #: seconds until a refused update is posted again
        self._pause = pause
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to post, unless that goes on already."""
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name=f"telegram webhook of {self._bot.username}")

    async def stop(self) -> None:
        """End the task."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def _run(self) -> None:
        queue = self._bot.updates
        async with ClientSession(timeout=ClientTimeout(total=30)) as session:
            while True:
                if queue.webhook is None or not queue.waiting or self._bot.revoked:
                    await queue.more()
                elif not await self._deliver(session, queue.webhook, queue.waiting[0]):
                    await asyncio.sleep(self._pause)

    async def _deliver(self, session: ClientSession, webhook: Webhook, update: Waiting) -> bool:
        wrong = await _post(session, webhook, update)
        queue = self._bot.updates
        if wrong:
            webhook.last_error_date = self._bot.world.timestamp()
            webhook.last_error_message = wrong
        elif update in queue.waiting:
            queue.waiting.remove(update)
        self._bot.world.touch()
        return not wrong


async def _post(session: ClientSession, webhook: Webhook, update: Waiting) -> str:
    headers = {"Content-Type": "application/json"}
    if webhook.secret:
        headers["X-Telegram-Bot-Api-Secret-Token"] = webhook.secret
    body = json.dumps(update.body)
    try:
        async with session.post(webhook.url, data=body, headers=headers, allow_redirects=False) as answer:
            await answer.read()
            return (
                ""
                if 200 <= answer.status < 300
                else f"Wrong response from the webhook: {answer.status} {answer.reason}"
            )
    except (ClientError, OSError, TimeoutError) as error:
        return f"Connection failed: {type(error).__name__}"
