"""The texts a world speaks with, and the channels it speaks over."""

from __future__ import annotations

import json
from importlib.resources import files

from router.catalog import Catalog

#: channels on which messages can be changed
WEBCHATS = frozenset({"shop-webchat", "sales-webchat", "support-webchat"})


def catalog() -> Catalog:
    """Return the catalogue the core ships with."""
    folder = files("router") / "locale"
    return Catalog({tongue: json.loads((folder / f"{tongue}.json").read_text("utf-8")) for tongue in ("en", "ru")})


class Prompts:
    """Slot questions that name their slot."""

    def ask(self, slot: str, language: str) -> str:
        """Return the question for a slot."""
        return f"{language}: your {slot}?"

    def again(self, slot: str, language: str) -> str:
        """Return the question for a slot after an answer that held none."""
        return f"{language}: I need your {slot}."
