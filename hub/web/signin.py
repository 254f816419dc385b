"""Signing in: checks a name and a password, slowly for whoever guesses."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus

import structlog

from hub.passwords import Passwords
from hub.web.facade import Hub
from hub.web.problems import Problem
from hub.web.throttle import Failures
from router.access import Account
from router.rates import Seats

log = structlog.get_logger(__name__)
_WINDOW = timedelta(minutes=5)
#: passwords that may wait to be checked, of one address and of all; each takes some tens of milliseconds
_WAITING_OF_ADDRESS, _WAITING = 10, 40
#: seconds until a full desk is asked again
_LATER = 3.0


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
        self._queue, self._queue_of_address = Seats(_WAITING), Seats(_WAITING_OF_ADDRESS)

    async def check(self, operator: str, password: str, address: str) -> None:
        """Return when the password is right. Raises a 401, 429 or 503 `Problem` otherwise."""
        with self._queue_of_address.seat(address) as near, self._queue.seat("") as far:
            if not (near and far):
                detail = "Many people are signing in at this moment. Please try again in a few seconds."
                raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, detail, retry_after=_LATER)
            pair, *others = (self._pair, f"{operator}\n{address}"), (self._address, address), (self._name, operator)
            self._count(pair, *others)
            account = await self._account(operator, password)
        if account is None:
            # People type their password where their name belongs: a name that nobody has is not written down.
            known = operator if operator in self._hub.rules.operators else None
            log.warning("a sign-in failed", operator=known, address=address)
            raise Problem(HTTPStatus.UNAUTHORIZED, "The name or the password is not right.", kind="/problems/sign-in")
        self._pair.forget(pair[1])
        for failures, key in others:
            # An office behind one address signs in all at once; what was guessed before stays counted.
            failures.take_back(key)
        await self._renew(account, password)

    def _count(self, *counted: tuple[Failures, str]) -> None:
        """Count a try before the slow check, so that guesses made at the same time count as well."""
        now = self._hub.clock.now()
        self._refuse_guesser(max(failures.wait(key, now) for failures, key in counted))
        for failures, key in counted:
            failures.add(key, now)

    async def _account(self, operator: str, password: str) -> Account | None:
        """Return the account when the password is right.

        The same work is done for a name that does not exist, so that the time it takes tells nothing.
        """
        account = (await self._hub.store.accounts()).get(operator)
        right = await self._passwords.verify(account.password_hash if account else None, password)
        signs_in = operator in self._hub.rules.operators and operator not in self._hub.settings.partners
        return account if right and signs_in else None

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
