"""Passwords, session tokens, and slowing down whoever guesses."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from argon2 import PasswordHasher

from hub.accounts import ensure, reset
from hub.passwords import Passwords, generate
from hub.web.sessions import LONGEST, digest, ends_at, new_token
from hub.web.throttle import Failures
from router.errors import Misconfigured
from router.rules import Rules
from router.store import Account

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
CHEAP = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
RULES = Rules.model_validate({"lines": {}, "operators": {"anna": {"name": "Anna"}, "boris": {"name": "Boris"}}})


class Accounts:
    """Accounts in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, Account] = {}
        self.signed_out: list[str] = []

    async def accounts(self) -> dict[str, Account]:
        return dict(self.kept)

    async def save_account(self, account: Account) -> None:
        self.kept[account.operator] = account

    async def end_sessions_of(self, operator: str) -> None:
        self.signed_out.append(operator)


def test_generated_passwords_differ_and_can_be_read_aloud() -> None:
    """No two are alike, and none holds letters that look like digits."""
    made = {generate() for _ in range(100)}
    assert len(made) == 100
    assert all(len(password) == 19 and not set(password) & set("ilo01") for password in made)


async def test_a_password_is_right_only_for_its_own_hash() -> None:
    """Others, and names without an account, are refused."""
    passwords = Passwords(CHEAP)
    kept = await passwords.hash("secret")
    assert await passwords.verify(kept, "secret")
    assert not await passwords.verify(kept, "Secret")
    assert not await passwords.verify(None, "secret")
    assert not await passwords.verify("not a hash", "secret")


async def test_hashes_of_weaker_parameters_are_outdated() -> None:
    """They are made anew at the next sign-in."""
    kept = await Passwords(CHEAP).hash("secret")
    assert not Passwords(CHEAP).outdated(kept)
    assert Passwords().outdated(kept)


async def test_accounts_are_made_once_for_operators_without_one() -> None:
    """A second start makes none, and keeps the passwords."""
    store = Accounts()
    made = await ensure(store, RULES)
    assert set(made) == {"anna", "boris"}
    assert await Passwords().verify(store.kept["anna"].password_hash, made["anna"])
    assert await ensure(store, RULES) == {}


async def test_a_reset_password_ends_all_sessions() -> None:
    """Whoever was signed in as them is signed out."""
    store = Accounts()
    fresh = await reset(store, RULES, "anna")
    assert await Passwords().verify(store.kept["anna"].password_hash, fresh)
    assert store.signed_out == ["anna"]


async def test_a_stranger_gets_no_password() -> None:
    """The message names the operators there are."""
    with pytest.raises(Misconfigured, match="anna, boris"):
        await reset(Accounts(), RULES, "eve")


def test_a_token_is_random_and_ends_a_week_after_it_was_made() -> None:
    """Its digest says nothing about it."""
    token = new_token(NOW)
    assert token != new_token(NOW)
    assert ends_at(token) == NOW + LONGEST
    assert token not in digest(token)


@pytest.mark.parametrize("token", ["", "abc", "-5.x", "9" * 40 + ".x", "١٢٣.x"])
def test_what_is_no_token_has_ended_long_ago(token: str) -> None:
    """Nothing a browser sends in its place raises."""
    assert ends_at(token) < NOW


def test_failures_make_wait_until_the_window_ends() -> None:
    """Other keys are not held up, and a success forgets."""
    failures = Failures(3, timedelta(minutes=5))
    for _ in range(3):
        assert not failures.wait("anna", NOW)
        failures.add("anna", NOW)
    assert failures.wait("anna", NOW + timedelta(minutes=1)) == timedelta(minutes=4)
    assert not failures.wait("boris", NOW)
    assert not failures.wait("anna", NOW + timedelta(minutes=5))
    failures.forget("anna")
    assert not failures.wait("anna", NOW)
