"""Signing in: accounts, sessions, and the hub's own secrets."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime

from crm_store.codec import clean
from crm_store.room import Room
from router.store import Account


class Accounts(Room):
    """Who may sign in, and who has."""

    async def accounts(self) -> dict[str, Account]:
        """Return every operator's account."""
        documents = await self._database["accounts"].find({}, sort=[("_id", 1)])
        return {each["_id"]: Account(operator=each["_id"], password_hash=each["password_hash"]) for each in documents}

    async def save_account(self, account: Account) -> None:
        """Add or replace an account."""
        change = {"$set": {"password_hash": account.password_hash}}
        await self._database["accounts"].update({"_id": account.operator}, change, upsert=True)

    async def open_session(self, token_hash: str, operator: str, expires_at: datetime) -> None:
        """Keep a session; it is forgotten when it expires."""
        change = {"$set": {"operator": clean(operator), "expires_at": expires_at}}
        await self._database["sessions"].update({"_id": token_hash}, change, upsert=True)

    async def session(self, token_hash: str) -> str | None:
        """Return the operator of a session that has not expired."""
        # The server deletes expired sessions only once a minute.
        query = {"_id": token_hash, "expires_at": {"$gt": datetime.now(UTC)}}
        found = await self._database["sessions"].find_one(query)
        return str(found["operator"]) if found is not None else None

    async def end_session(self, token_hash: str) -> None:
        """Forget a session."""
        await self._database["sessions"].delete({"_id": token_hash})

    async def end_sessions_of(self, operator: str) -> None:
        """Forget all of an operator's sessions, as when their password changes."""
        await self._database["sessions"].delete({"operator": operator})

    async def secret(self, name: str) -> str:
        """Return a random secret of 256 bits that is made once and then kept."""
        found = await self._database["meta"].find_or_insert(f"secret:{name}", {"value": secrets.token_urlsafe(32)})
        return str(found["value"])
