"""Accounts of operators: made at the first start, and given a new password on request."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Protocol

from hub.passwords import Passwords, generate
from router.access import Account
from router.errors import Misconfigured
from router.rules import Rules


class AccountStore(Protocol):
    """The part of the store that knows how operators sign in."""

    async def accounts(self) -> Mapping[str, Account]:
        """Return every operator's account."""

    async def save_account(self, account: Account) -> None:
        """Add or replace an account."""

    async def end_sessions_of(self, operator: str) -> None:
        """Forget all of an operator's sessions."""


async def ensure(store: AccountStore, rules: Rules, besides: Collection[str] = ()) -> dict[str, str]:
    """Make an account for every operator who has none; return operator → the password made for them.

    `besides` are operators as whom nobody signs in, because another hub does their work.
    """
    known = await store.accounts()
    made = {operator: generate() for operator in rules.operators if operator not in {*known, *besides}}
    if made:
        passwords = Passwords()
        for operator, password in made.items():
            await store.save_account(Account(operator, await passwords.hash(password)))
    return made


async def reset(store: AccountStore, rules: Rules, operator: str) -> str:
    """Give an operator a new password, end their sessions, and return it. Raises `Misconfigured` for strangers."""
    if operator not in rules.operators:
        names = ", ".join(rules.operators) or "none"
        raise Misconfigured(f"There is no operator named {operator!r} in the settings. The operators are: {names}.")
    password = generate()
    await store.save_account(Account(operator, await Passwords().hash(password)))
    await store.end_sessions_of(operator)
    return password
