"""Asks the triage engine, and hands over at once when it fails or takes too long."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta

import structlog

from hub.engine.tasks import end
from router.effects import AskTriage
from router.events import TriageAnswered
from router.model import Understanding
from router.ports import Triage

_log = structlog.get_logger(__name__)
_AT_ONCE = 256


class TriageDesk:
    """Runs questions side by side; each ends in exactly one answer, None when there was none."""

    def __init__(
        self, engine: Triage, patience: Callable[[], timedelta], answer: Callable[[TriageAnswered], None]
    ) -> None:
        self._engine = engine
        self._patience = patience
        self._answer = answer
        self._asked: set[asyncio.Task[None]] = set()
        self._places = asyncio.Semaphore(_AT_ONCE)

    @property
    def idle(self) -> bool:
        """Whether nothing is being asked."""
        return not self._asked

    def ask(self, question: AskTriage) -> None:
        """Ask; the answer comes through the callback."""
        task = asyncio.create_task(self._run(question, self._patience()))
        self._asked.add(task)
        task.add_done_callback(self._asked.discard)

    async def _run(self, question: AskTriage, within: timedelta) -> None:
        result = await self._understand(question, within)
        self._answer(TriageAnswered(f"hub:triage:{question.message}", question.conversation, question.message, result))

    async def _understand(self, question: AskTriage, within: timedelta) -> Understanding | None:
        try:
            async with asyncio.timeout(within.total_seconds()), self._places:
                return await self._engine.understand(question.text, question.language)
        except TimeoutError:
            _log.warning("triage.timeout", conversation=question.conversation, seconds=within.total_seconds())
        except Exception:
            _log.exception("triage.fault", conversation=question.conversation)
        return None

    async def close(self) -> None:
        """Give up what is being asked; it is handed over by its timer at the next start."""
        await end(self._asked)
