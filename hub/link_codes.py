"""How an account on a messenger becomes an operator's: a code that is shown once and good for a quarter of an hour."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

import msgspec
from msgspec import Struct

from hub.web.throttle import Failures
from router.consoles import LINK, Link
from router.notebooks import Entry, Notebook
from router.ports import Clock
from router.store import Store

#: easy to read aloud and to type: no 0 and O, no 1, I and L
ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
LENGTH = 8
LASTS = timedelta(minutes=15)
#: wrong codes that one account, and all of them together, may try in that time
_GUESSES, _GUESSES_OF_ALL = 5, 100
_ALL = "all"
#: the notebook that codes are kept in
NOTEBOOK = "link-codes"


class LinkOf(Struct, frozen=True):
    """An account on a console that is an operator's."""

    console: str
    #: the messenger's user id
    account: str
    link: Link


class _Waiting(Struct, frozen=True):
    operator: str
    until: datetime


class LinkCodes:
    """Makes codes and takes them; only their digests are kept."""

    def __init__(self, notes: Notebook, clock: Clock) -> None:
        self._notes = notes
        self._clock = clock
        self._wrong = Failures(_GUESSES, LASTS)
        self._all_wrong = Failures(_GUESSES_OF_ALL, LASTS)

    async def make(self, operator: str) -> tuple[str, datetime]:
        """Return a new code for an operator, and until when it is good."""
        code = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
        until = self._clock.now() + LASTS
        text = msgspec.json.encode(_Waiting(operator, until)).decode()
        await self._notes.write({_key(code): Entry(text, until)})
        return code, until

    async def redeem(self, code: str, by: str) -> str | None:
        """Return the operator whose code it is, once; None when it is wrong, over, or guessed at too often."""
        now = self._clock.now()
        if self._wrong.wait(by, now) or self._all_wrong.wait(_ALL, now):
            return None
        found = await self._notes.take(_key(code))
        waiting = msgspec.json.decode(found, type=_Waiting) if found is not None else None
        if waiting is None or waiting.until <= now:
            self._wrong.add(by, now)
            self._all_wrong.add(_ALL, now)
            return None
        self._wrong.forget(by)
        return waiting.operator


def _key(code: str) -> str:
    plain = "".join(character for character in code.upper() if character.isalnum())
    return hashlib.sha256(plain.encode()).hexdigest()


async def links_of(store: Store, console: str) -> list[LinkOf]:
    """Return whose accounts are linked on one console. Raises `Retryable`."""
    found = await store.notebook(f"console:{console}").read(LINK)
    return [
        LinkOf(console, key.removeprefix(LINK), msgspec.json.decode(text, type=Link)) for key, text in found.items()
    ]


async def unlink(store: Store, console: str, account: str) -> bool:
    """Take a link away; return whether there was one. Raises `Retryable`."""
    return await store.notebook(f"console:{console}").take(LINK + account) is not None
