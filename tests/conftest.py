"""Fixtures for every test."""

from __future__ import annotations

import pytest

from tests.mongo import database, mongo_url, spare_databases, store

__all__ = ["database", "mongo_url", "spare_databases", "store"]

#: PyMongo's asyncio client (4.20), closed in the moment when one of its monitors connects, leaves that socket to the
#: garbage collector. Sockets made by anything but getaddrinfo have protocol 0 and are still errors.
LEFT_BY_PYMONGO = r"ignore:unclosed <socket\.socket fd=\d+, family=\d+, type=1, proto=6, :ResourceWarning"


def pytest_configure(config: pytest.Config) -> None:
    """Let one warning of a library pass, which no code of ours can prevent."""
    config.addinivalue_line("filterwarnings", LEFT_BY_PYMONGO)
