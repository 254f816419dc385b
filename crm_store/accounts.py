"""Signing in: accounts, sessions, programs' tokens, and the hub's own secrets."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta

from crm_store.codec import Document, clean
from crm_store.room import Room
from router.access import Account
from router.errors import Conflict
from router.tokens import Token

_MINUTE = timedelta(minutes=1)


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

    async def extend_session(self, token_hash: str, expires_at: datetime) -> None:
        """Let a session that has not ended last longer."""
        await self._database["sessions"].update({"_id": token_hash}, {"$set": {"expires_at": expires_at}})

    async def end_session(self, token_hash: str) -> None:
        """Forget a session."""
        await self._database["sessions"].delete({"_id": token_hash})

    async def end_sessions_of(self, operator: str) -> None:
        """Forget all of an operator's sessions, as when their password changes."""
        await self._database["sessions"].delete({"operator": operator})

    async def add_token(self, token: Token) -> None:
        """Keep a token. Raises `Conflict` when there is one of that name."""
        fields = {
            "digest": token.digest,
            "operator": token.operator,
            "made_at": token.made_at,
            "expires_at": token.expires_at,
            "last_used_at": token.last_used_at,
        }
        kept = await self._database["tokens"].find_or_insert(token.name, fields)
        if kept["digest"] != token.digest:
            raise Conflict(f"There is a token named {token.name!r} already.")

    async def tokens(self) -> list[Token]:
        """Return every token, by name, expired ones too."""
        return [_token(each) for each in await self._database["tokens"].find({}, sort=[("_id", 1)])]

    async def token(self, digest: str) -> Token | None:
        """Return the token of a digest, also when it has expired."""
        found = await self._database["tokens"].find_one({"digest": digest})
        return _token(found) if found is not None else None

    async def use_token(self, digest: str, at: datetime) -> None:
        """Note when a token was used, unless a use of the last minute is noted already."""
        query = {"digest": digest, "last_used_at": {"$not": {"$gt": at - _MINUTE}}}
        await self._database["tokens"].update(query, {"$set": {"last_used_at": at}})

    async def revoke_token(self, name: str) -> None:
        """Forget a token."""
        await self._database["tokens"].delete({"_id": name})

    async def secret(self, name: str) -> str:
        """Return a random secret of 256 bits that is made once and then kept."""
        found = await self._database["meta"].find_or_insert(f"secret:{name}", {"value": secrets.token_urlsafe(32)})
        return str(found["value"])


def _token(document: Document) -> Token:
    return Token(
        name=document["_id"],
        digest=document["digest"],
        operator=document["operator"],
        made_at=document["made_at"],
        expires_at=document["expires_at"],
        last_used_at=document["last_used_at"],
    )
