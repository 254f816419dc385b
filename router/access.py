"""Who may come in: operators' accounts and their sessions, and where those and tokens are kept."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from msgspec import Struct

from router.tokens import Token


class Account(Struct, frozen=True):
    """How an operator signs in."""

    operator: str
    #: argon2
    password_hash: str


class Accounts(Protocol):
    """Keeps what signing in needs. Raises `Retryable` when the database cannot be reached."""

    async def accounts(self) -> dict[str, Account]:
        """Return every operator's account."""

    async def save_account(self, account: Account) -> None:
        """Add or replace an account."""

    async def open_session(self, token_hash: str, operator: str, expires_at: datetime) -> None:
        """Keep a session; it is forgotten when it expires."""

    async def session(self, token_hash: str) -> str | None:
        """Return the operator of a session that has not expired."""

    async def extend_session(self, token_hash: str, expires_at: datetime) -> None:
        """Let a session that has not ended last longer."""

    async def end_session(self, token_hash: str) -> None:
        """Forget a session."""

    async def end_sessions_of(self, operator: str) -> None:
        """Forget all of an operator's sessions, as when their password changes."""

    async def add_token(self, token: Token) -> None:
        """Keep a token. Raises `Conflict` when there is one of that name."""

    async def tokens(self) -> list[Token]:
        """Return every token, by name, expired ones too."""

    async def token(self, digest: str) -> Token | None:
        """Return the token of a digest, also when it has expired."""

    async def use_token(self, digest: str, at: datetime) -> None:
        """Note when a token was used, unless a use of the last minute is noted already."""

    async def revoke_token(self, name: str) -> None:
        """Forget a token."""

    async def secret(self, name: str) -> str:
        """Return a random secret that is made once and then kept."""
