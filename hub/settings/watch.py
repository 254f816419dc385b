"""Notices edits of the settings file while the hub runs."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from watchfiles import awatch

from hub.channels import KINDS, Kind
from hub.settings.load import load, read_bytes, revision_of
from hub.settings.model import Settings
from hub.settings.problems import SettingsErrors

#: an editor's writes within this time are one edit
_DEBOUNCE_MS = 100
#: seconds for which a file must have stayed as it is: whoever is in the middle of writing it is waited for
_STILL = 0.2
#: how often the file is looked at even when the system reports nothing, as on network and container mounts
_LOOK_MS = 1000


async def watch(
    path: Path,
    on_change: Callable[[Settings | SettingsErrors], Awaitable[None] | None],
    *,
    env: Mapping[str, str] | None = None,
    since: str | None = None,
    kinds: Mapping[str, Kind] = KINDS,
) -> None:
    """Call `on_change` with the new settings, or with what is wrong with them, after each edit, until cancelled.

    What `on_change` returns is awaited before the next edit is looked at, so that edits apply in their order.
    `since` is the `revision` of the settings in use, so that an edit made before the watching began counts; without it
    the file as it is now is the beginning. `env` is the process's environment unless given.
    """
    known = since if since is not None else _revision(path)
    # The folder is watched, not the file: editors replace the file by another one of the same name.
    async for _ in awatch(
        path.parent,
        watch_filter=None,
        debounce=_DEBOUNCE_MS,
        step=_DEBOUNCE_MS // 2,
        rust_timeout=_LOOK_MS,
        yield_on_timeout=True,
        recursive=False,
    ):
        if (current := await _at_rest(path, known)) != known:
            known = current
            applied = on_change(await asyncio.to_thread(_outcome, path, os.environ if env is None else env, kinds))
            if applied is not None:
                await applied


async def _at_rest(path: Path, known: str) -> str:
    """Return the revision of a file that nobody is writing."""
    current = _revision(path)
    while current != known:
        await asyncio.sleep(_STILL)
        before, current = current, _revision(path)
        if before == current:
            break
    return current


def _revision(path: Path) -> str:
    try:
        return revision_of(read_bytes(path))
    except SettingsErrors as error:
        return str(error)


def _outcome(path: Path, env: Mapping[str, str], kinds: Mapping[str, Kind]) -> Settings | SettingsErrors:
    try:
        return load(path, env, kinds)
    except SettingsErrors as error:
        return error
