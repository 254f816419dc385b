"""What the rooms of the store share: the database they read."""

from __future__ import annotations

from crm_store.driver import Database


class Room:
    """A part of the store."""

    def __init__(self, database: Database) -> None:
        self._database = database
