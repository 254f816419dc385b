"""Fixtures for every test."""

from __future__ import annotations

import pytest

from tests.mongo import database, mongo_url, spare_databases, store

__all__ = ["database", "mongo_url", "spare_databases", "store"]

#: modules whose tests take longest: begun last, one of them would run alone while nothing is left for the other worker
_LONGEST = ("test_crash", "test_api_fuzz", "test_telegram_rush", "test_overload", "test_telegram_day", "test_apply")

#: PyMongo's asyncio client (4.20), closed in the moment when one of its monitors connects, leaves that socket to the
#: garbage collector. Sockets made by anything but getaddrinfo have protocol 0 and are still errors.
LEFT_BY_PYMONGO = r"ignore:unclosed <socket\.socket fd=\d+, family=\d+, type=1, proto=6, :ResourceWarning"


def pytest_configure(config: pytest.Config) -> None:
    """Let one warning of a library pass, which no code of ours can prevent."""
    config.addinivalue_line("filterwarnings", LEFT_BY_PYMONGO)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest; the rest stays in its order."""
    items.sort(key=lambda item: not item.path.stem.startswith(_LONGEST))
