from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.bots.webchat.visitor import Shop, open_shop
from tests.browser import browser

__all__ = ["browser"]


@pytest.fixture
async def shop() -> AsyncIterator[Shop]:
    """Yield a running webchat that any site may embed."""
    async with open_shop(allowed_origins=["*"]) as shop:
        yield shop
