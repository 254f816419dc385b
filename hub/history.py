"""How the settings file and the history of its versions are kept in step, whether a hub runs or not.

A version is recorded before its text takes the file's place and is marked as saved afterwards. Whatever dies in
between, the next one to look finds a version that has only begun: its text is in the file, or it never got there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from msgspec import Struct

from hub.settings import Settings, SettingsErrors, differences, parse
from hub.settings.exchange import alone, beside
from hub.settings.load import read_bytes, revision_of
from router.errors import Conflict, Misconfigured, Retryable
from router.history import History, How, Progress, Version


class Deed(Struct, frozen=True):
    """Who changes the settings, how, and what they say about it."""

    how: How
    by: str
    note: str = ""


async def recorded(history: History, current: Settings, env: Mapping[str, str], now: datetime) -> Version:
    """Return the version of the settings in the file; what nobody has recorded was edited by hand.

    Raises `Retryable`.
    """
    while True:
        newest, former = await history.latest(begun=True), await history.latest()
        if newest is not None and newest.revision == current.revision:
            # Who began it died, or is about to say that it is saved.
            await history.advance(newest.id, Progress.SAVED)
            return newest
        if former is not None and former.revision == current.revision:
            return former
        before = await _read_again(former, current.file, env)
        deed = Deed(How.EDITED if former else How.FIRST, "")
        version = _version(newest, deed, before, current, Progress.SAVED, now)
        with suppress(Conflict):
            await history.add(version)
            return version


async def exchange(
    history: History, shown: str, wanted: Settings, deed: Deed, *, env: Mapping[str, str], now: datetime
) -> Version:
    """Put settings in the place of their file while that is still of the revision `shown`; return the new version.

    Raises `Misconfigured` with one sentence when that cannot be, and `Retryable`; nothing has changed then.
    """
    file = wanted.file
    async with alone(file):
        raw = read_bytes(file)
        if revision_of(raw) != shown:
            raise Misconfigured(
                f"{file} has changed since you were shown what differs: nothing was done. Run the command again."
            )
        before = await _before(history, raw, file, env, now)
        version = _version(await history.latest(begun=True), deed, before, wanted, Progress.BEGUN, now)
        try:
            with beside(file, wanted.text.encode()) as swap:
                await history.add(version)
                try:
                    swap()
                except OSError:
                    await history.withdraw(version.id)
                    raise
        except OSError as error:
            raise Misconfigured(
                f"{file} cannot be replaced ({error.strerror}): nothing was done. "
                "Make its folder writable, and run the command as the user to whom the file belongs."
            ) from error
        except Conflict as error:
            raise Misconfigured(
                "Somebody else changes the settings at this moment: nothing was done. Look at hub history first."
            ) from error
        with suppress(Retryable):
            # Whoever looks next sees that it is in the file.
            await history.advance(version.id, Progress.SAVED)
    return version


async def _before(history: History, raw: bytes, file: Path, env: Mapping[str, str], now: datetime) -> Settings | None:
    """Return what a new version is compared with: the file, or the last that could be used when it has faults."""
    try:
        current = await asyncio.to_thread(parse, raw, file, env)
    except SettingsErrors:
        return await _read_again(await history.latest(), file, env)
    await recorded(history, current, env, now)
    return current


async def _read_again(version: Version | None, file: Path, env: Mapping[str, str]) -> Settings | None:
    """Return a version's settings; None when they are no longer possible, as without a variable they name."""
    if version is None:
        return None
    try:
        return await asyncio.to_thread(parse, version.text.encode(), file, env)
    except SettingsErrors:
        return None


def _version(
    newest: Version | None, deed: Deed, before: Settings | None, after: Settings, progress: Progress, now: datetime
) -> Version:
    return Version(
        id=newest.id + 1 if newest else 1,
        at=now,
        by=deed.by,
        how=deed.how,
        note=deed.note,
        progress=progress,
        revision=after.revision,
        changes=differences(before, after) if before else None,
        text=after.text,
    )
