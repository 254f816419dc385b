"""Passwords, session tokens, and slowing down whoever guesses."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal

import pytest
from argon2 import PasswordHasher, Type, extract_parameters

from hub.accounts import ensure, reset
from hub.passwords import Passwords, generate
from hub.web.problems import Problem
from hub.web.sessions import LONGEST, digest, ends_at, new_token
from hub.web.signin import SignInDesk
from hub.web.throttle import Failures
from router.access import Account
from router.errors import Misconfigured
from router.rules import Rules
from tests.contract.host import TestClock

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
CHEAP = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
RULES = Rules.model_validate({"lines": {}, "operators": {"anna": {"name": "Anna"}, "boris": {"name": "Boris"}}})


class Accounts:
    """Accounts in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, Account] = {}
        self.signed_out: list[str] = []
        #: accounts are read while it is set
        self.open = asyncio.Event()
        self.open.set()

    async def accounts(self) -> dict[str, Account]:
        await self.open.wait()
        return dict(self.kept)

    async def save_account(self, account: Account) -> None:
        self.kept[account.operator] = account

    async def end_sessions_of(self, operator: str) -> None:
        self.signed_out.append(operator)


@dataclass
class People:
    """What the settings say of whoever may sign in: nobody's work is done by another hub."""

    partners: dict[str, object] = field(default_factory=dict)


@dataclass
class Desk:
    """What a sign-in desk needs of a hub."""

    store: Accounts = field(default_factory=Accounts)
    clock: TestClock = field(default_factory=TestClock)
    rules: Rules = RULES
    settings: People = field(default_factory=People)


class CountingHasher(PasswordHasher):
    """Counts how often it does its slow work."""

    verified = 0

    def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:  # noqa: A002 - argon2's own name
        self.verified += 1
        return super().verify(hash, password)


async def _try(desk: SignInDesk, operator: str, address: str = "192.0.2.1") -> int:
    try:
        await desk.check(operator, "guess", address)
    except Problem as problem:
        return problem.status
    return 200


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


def test_a_try_that_succeeded_is_taken_back() -> None:
    """What failed before stays counted, and nothing falls below nothing."""
    failures = Failures(2, timedelta(minutes=5))
    failures.take_back("office")
    failures.add("office", NOW)
    for _ in range(5):
        failures.add("office", NOW)
        failures.take_back("office")
    assert not failures.wait("office", NOW)
    failures.add("office", NOW)
    assert failures.wait("office", NOW)


def test_failures_of_many_keys_take_bounded_memory() -> None:
    """Whoever makes names up pushes out the oldest of them."""
    failures = Failures(1, timedelta(minutes=5))
    for number in range(10_001):
        failures.add(str(number), NOW)
    assert not failures.wait("0", NOW)
    assert failures.wait("10000", NOW)


def test_passwords_are_hashed_as_strongly_as_rfc_9106_asks() -> None:
    """Argon2id; its second recommended option or more: 3 passes over 64 MiB in 4 lanes."""
    parameters = extract_parameters(PasswordHasher().hash("x"))
    assert parameters.type is Type.ID
    assert parameters.time_cost >= 3
    assert parameters.memory_cost >= 64 * 1024
    assert parameters.parallelism >= 4


async def test_an_unknown_name_takes_as_much_work_as_a_wrong_password() -> None:
    """So that the time of the answer does not tell which names there are."""
    hub, hasher = Desk(), CountingHasher(time_cost=1, memory_cost=64, parallelism=1)
    hub.store.kept["anna"] = Account("anna", hasher.hash("secret"))
    desk = SignInDesk(hub, Passwords(hasher))  # type: ignore[arg-type]  # it needs no more of a hub
    for tries, operator in enumerate(("anna", "nobody"), start=1):
        assert await _try(desk, operator) == 401
        assert hasher.verified == tries


async def test_guessing_cannot_keep_the_hub_busy() -> None:
    """Passwords wait for their check in a short queue, of which one address has a part."""
    hub = Desk()
    hub.store.open.clear()
    desk = SignInDesk(hub, Passwords(CHEAP))  # type: ignore[arg-type]  # it needs no more of a hub
    waiting = [asyncio.create_task(_try(desk, f"nobody-{n}")) for n in range(12)]
    waiting += [asyncio.create_task(_try(desk, f"nobody-{n}", f"192.0.2.{n}")) for n in range(20, 60)]
    refused = 0
    while refused < 12:
        (done, _) = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        refused += sum(task.result() == 503 for task in done)
        waiting = [task for task in waiting if task not in done]
    hub.store.open.set()
    assert await asyncio.gather(*waiting) == [401] * 40


async def test_who_was_turned_away_by_a_full_desk_is_not_blamed() -> None:
    """It was no guess."""
    hub = Desk()
    hub.store.open.clear()
    desk = SignInDesk(hub, Passwords(CHEAP))  # type: ignore[arg-type]  # it needs no more of a hub
    waiting = [asyncio.create_task(_try(desk, f"nobody-{n}")) for n in range(10)]
    await asyncio.sleep(0)
    assert [await _try(desk, "anna") for _ in range(50)] == [503] * 50
    hub.store.open.set()
    assert await asyncio.gather(*waiting) == [401] * 10
    assert await _try(desk, "anna") == 401
