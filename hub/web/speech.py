"""Sentences for staff, in the language of whoever reads them."""

from __future__ import annotations

from collections.abc import Mapping

from hub.web.facade import Hub
from router.catalog import Catalog
from router.effects import Outcome


class Speech:
    """Says things in one language, with names in place of ids."""

    def __init__(self, hub: Hub, texts: Catalog, language: str) -> None:
        self._hub = hub
        self._texts = texts
        self.language = language

    def own(self, key: str, **values: str) -> str:
        """Return a text of the console's catalogue."""
        return self._texts.say(self.language, key, **values)

    def say(self, key: str, values: Mapping[str, str] | None = None) -> str:
        """Return a text of the core's catalogue."""
        return self._hub.catalog.say(self.language, key, **(values or {}))

    def name_of(self, operator: str) -> str:
        """Return an operator's name; for those no longer in the rules, their id."""
        known = self._hub.rules.operators.get(operator)
        return known.name if known else operator

    def line_name(self, line: str) -> str:
        """Return a line's name; for one no longer in the rules, its id."""
        known = self._hub.rules.lines.get(line)
        return known.name if known else line

    def refusal(self, outcome: Outcome) -> str:
        """Return why a command was refused."""
        return self.say(f"refused.{outcome.refused}", outcome.values)
