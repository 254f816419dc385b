"""A triage engine that is loaded when it is needed: a hub whose lines have no bot never pays for one."""

from __future__ import annotations

import asyncio
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from router.model import Understanding

if TYPE_CHECKING:
    # Imported where it is loaded: it brings numpy.
    from nlu.embedded import EmbeddedTriage


class LazyTriage:
    """The triage port over the embedded engine. Loading takes a third of a second, or some when it has to train."""

    def __init__(self, data: Path | None, cache: Path) -> None:
        """Take what `load_embedded` will be given."""
        self._data = data
        self._cache = cache
        self._loading: asyncio.Task[EmbeddedTriage] | None = None
        self._closed = False

    async def load(self) -> None:
        """Load the engine now rather than at the first question. Raises like `load_embedded`; may be called again."""
        await self._engine()

    async def understand(self, text: str, language: str) -> Understanding:
        """Return what `text` means, answering in `language`.

        Loading goes on for the next to ask when this one has stopped waiting, and is tried again after it has failed.
        Raises like `load_embedded`, and `RuntimeError` after `close`.
        """
        return await (await self._engine()).understand(text, language)

    async def close(self) -> None:
        """Give up loading, or close what was loaded. May be called again."""
        self._closed = True
        if self._loading is None:
            return
        self._loading.cancel()
        # Whoever waited for it has been told of its failure.
        [engine] = await asyncio.gather(self._loading, return_exceptions=True)
        if not isinstance(engine, BaseException):
            await engine.close()

    async def _engine(self) -> EmbeddedTriage:
        if self._closed:
            raise RuntimeError("The triage engine has been closed: make another one.")
        if self._loading is None or _failed(self._loading):
            self._loading = asyncio.create_task(self._load())
        return await asyncio.shield(self._loading)

    async def _load(self) -> EmbeddedTriage:
        module = await asyncio.to_thread(import_module, "nlu.embedded")
        engine: EmbeddedTriage = await module.load_embedded(self._data, self._cache)
        return engine


def _failed(loading: asyncio.Task[EmbeddedTriage]) -> bool:
    return loading.done() and (loading.cancelled() or loading.exception() is not None)
