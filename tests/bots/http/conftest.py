from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.bots.http.shop import Shop, open_shop


@pytest.fixture
async def shop() -> AsyncIterator[Shop]:
    """Yield a running channel whose system fetches its deliveries."""
    async with open_shop() as shop:
        yield shop
