"""Where a settings file keeps everything, also when the rest of it has faults, as when it was saved half-written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError

from hub.settings.document import read
from hub.settings.load import load, read_bytes, revision_of
from hub.settings.model import BusSettings, HubSettings, Settings, StoreSettings
from hub.settings.problems import SettingsErrors
from router.rules import Rules
from router.strict import Strict

#: a part that is certainly whole, because another one follows
_PART = re.compile(r"^(?:hub|store):.*\n(?:(?:[ \t#].*)?\n)*(?=[A-Za-z])", re.MULTILINE)


class _Place(Strict):
    hub: HubSettings = HubSettings()
    store: StoreSettings = StoreSettings()


def rescue(path: Path, env: Mapping[str, str]) -> tuple[Settings, bool]:
    """Return a file's settings and whether they are whole; when they are not, only `hub` and `store` can be used.

    Raises `SettingsErrors` with everything that is wrong when even these cannot be known.
    """
    try:
        return load(path, env), True
    except SettingsErrors:
        raw = read_bytes(path)
        place = _place(raw, path, env)
        home = path.absolute().parent
        if place is None or (place.store.url is None and not (home / place.hub.data / "mongo").is_dir()):
            raise
        hub = place.hub.model_copy(update={"data": home / place.hub.data})
        rules = Rules.model_construct(lines={}, operators={})
        found = Settings(
            hub, place.store, BusSettings(), {}, {}, rules, {}, revision=revision_of(raw), text="", file=path
        )
        return found, False


def _place(raw: bytes, path: Path, env: Mapping[str, str]) -> _Place | None:
    """Return what the parts `hub` and `store` say; None when they have faults themselves."""
    parts = "".join(_PART.findall(raw.decode("utf-8", "replace").replace("\r\n", "\n")))
    try:
        document = read((parts or "{}").encode(), str(path), env)
        return None if document.problems else _Place.model_validate(document.data)
    except (SettingsErrors, ValidationError):
        return None
