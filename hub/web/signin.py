"""Signing in: checks a name and a password, slowly for whoever guesses."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus

import structlog

from hub.passwords import Passwords
from hub.web.facade import Hub
from hub.web.problems import Problem
from hub.web.throttle import Failures
from router.store import Account

log = structlog.get_logger(__name__)
_WINDOW = timedelta(minutes=5)


class SignInDesk:
    """Lets operators in. Failures are counted by name and address together, by address, and by name."""

    def __init__(self, hub: Hub, passwords: Passwords) -> None:
        self._hub = hub
        self._passwords = passwords
        #: somebody who mistypes; a guesser elsewhere does not lock them out
        self._pair = Failures(5, _WINDOW)
        #: one address that guesses names
        self._address = Failures(20, _WINDOW)
        #: many addresses that guess one name
        self._name = Failures(100, _WINDOW)

    async def check(self, operator: str, password: str, address: str) -> None:
        """Return when the password is right. Raises a 401 or 429 `Problem` otherwise."""
        now = self._hub.clock.now()
        counted = ((self._pair, f"{operator}\n{address}"), (self._address, address), (self._name, operator))
        self._refuse_guesser(max(failures.wait(key, now) for failures, key in counted))
        # Counted before the slow check, so that guesses made at the same time count as well.
        for failures, key in counted:
            failures.add(key, now)
        account = (await self._hub.store.accounts()).get(operator)
        right = await self._passwords.verify(account.password_hash if account else None, password)
        if account is None or not right or operator not in self._hub.rules.operators:
            log.warning("a sign-in failed", operator=operator, address=address)
            raise Problem(HTTPStatus.UNAUTHORIZED, "The name or the password is not right.", kind="/problems/sign-in")
        self._pair.forget(counted[0][1])
        await self._renew(account, password)

    async def _renew(self, account: Account, password: str) -> None:
        if self._passwords.outdated(account.password_hash):
            hashed = await self._passwords.hash(password)
            await self._hub.store.save_account(Account(account.operator, hashed))

    def _refuse_guesser(self, wait: timedelta) -> None:
        if wait > timedelta():
            minutes = max(1, round(wait.total_seconds() / 60))
            detail = f"Too many failed attempts to sign in. Please try again in {minutes} min."
            kind = "/problems/sign-in-throttled"
            raise Problem(HTTPStatus.TOO_MANY_REQUESTS, detail, kind=kind, retry_after=wait.total_seconds())
