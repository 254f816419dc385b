"""Reads the settings file."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from hub.channels import KINDS, Kind
from hub.settings.check import check
from hub.settings.document import MAX_BYTES, Document, read
from hub.settings.model import Settings, SettingsFile, file_model
from hub.settings.problems import Problem, SettingsErrors, dotted
from router.lines import LineRules


def load(path: Path, env: Mapping[str, str], kinds: Mapping[str, Kind] = KINDS) -> Settings:
    """Return the settings in a file, with `${NAME}` filled in from `env`.

    Raises `SettingsErrors` with everything that is wrong with it.
    """
    return parse(read_bytes(path), path, env, kinds)


def parse(
    raw: bytes, path: Path, env: Mapping[str, str], kinds: Mapping[str, Kind] = KINDS, *, called: str = ""
) -> Settings:
    """Return the settings in the bytes of the file `path`, or in those that are to take its place.

    Raises `SettingsErrors` with everything that is wrong with them, in a file of the name `called`.
    """
    document = read(raw, called or str(path), env)
    checked = check(document, file_model(kinds))
    if checked is None:
        raise SettingsErrors(document.problems)
    home = path.absolute().parent
    return Settings(
        hub=checked.hub.model_copy(update={"data": home / checked.hub.data}),
        store=checked.store,
        bus=checked.bus,
        channels=checked.channels,
        consoles=checked.consoles,
        rules=checked.rules(),
        where=_where(document, checked, path.name),
        revision=revision_of(raw),
        text=raw.decode(),
        file=path,
        webhooks=checked.webhooks,
        partners=checked.partners(),
    )


def read_bytes(path: Path) -> bytes:
    """Return the file's bytes, no more of them than settings may have and one. Raises `SettingsErrors`."""
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        message = f"the settings file cannot be read: {reason}; name the right one or create it"
        raise SettingsErrors([Problem(str(path), 0, 0, "", message)]) from error


def revision_of(raw: bytes) -> str:
    """Return a text that differs whenever the file's bytes differ."""
    return hashlib.sha256(raw).hexdigest()[:16]


def _where(document: Document, checked: SettingsFile, name: str) -> Mapping[str, str]:
    written = {dotted(place): f"{name}:{spot.line}" for place, spot in (document.values | document.keys).items()}
    defaults = {
        f"lines.{line}.{key}": f"{name}:{document.spot(('lines', line)).line}"
        for line in checked.lines
        for key in LineRules.model_fields
    }
    return defaults | written
