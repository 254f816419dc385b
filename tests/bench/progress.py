"""How far the run has got: a bar on a terminal, a line for each part elsewhere."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from time import perf_counter
from typing import TextIO

_WIDTH = 30
_PAUSE = 0.25
_CLEAR = "\r\x1b[K"


def bar(done: float, total: float, label: str) -> str:
    """Return one line: how much of the expected time has passed, and what goes on."""
    share = min(1.0, done / total) if total > 0 else 1.0
    full = int(share * _WIDTH)
    return f"[{'#' * full}{'.' * (_WIDTH - full)}] {share:4.0%}  {label}"


class Progress:
    """Tells a person how far it is. The times it expects are a guess."""

    def __init__(self, expected: Mapping[str, float], total: float, out: TextIO) -> None:
        self._expected = expected
        self._total = total
        self._out = out
        self._before = 0.0

    @asynccontextmanager
    async def part(self, name: str, label: str = "") -> AsyncIterator[None]:
        """Show one part of the run while it lasts."""
        expected, text = self._expected.get(name, 0.0), label or name
        drawing = asyncio.create_task(self._draw(text, expected)) if self._out.isatty() else None
        if drawing is None:
            self._out.write(f"{text} ...\n")
        try:
            yield
        finally:
            if drawing is not None:
                drawing.cancel()
                await asyncio.gather(drawing, return_exceptions=True)
                self._out.write(_CLEAR)
            self._out.flush()
            self._before += expected

    async def _draw(self, label: str, expected: float) -> None:
        began = perf_counter()
        while True:
            passed = min(perf_counter() - began, expected)
            self._out.write(_CLEAR + bar(self._before + passed, self._total, label))
            self._out.flush()
            await asyncio.sleep(_PAUSE)
