"""The rules as a rehearsal goes by them: they decide who gets whom, and nobody is spoken to."""

from __future__ import annotations

from dataclasses import replace

from router.lines import LineRules, Texts
from router.rulebook import Rulebook

#: an empty text says nothing
_SILENT = Texts.model_validate(dict.fromkeys(Texts.model_fields, ""))


def muted(book: Rulebook) -> Rulebook:
    """Return the rules without what they say to clients, and without the bot: who was handed over is who comes."""
    lines = {name: _muted(line) for name, line in book.rules.lines.items()}
    return replace(book, rules=book.rules.model_copy(update={"lines": lines}), _stretches={}, _calendars={})


def _muted(line: LineRules) -> LineRules:
    queue = line.queue.model_copy(update={"tell_position": False, "call_back_after": None})
    close = line.auto_close and line.auto_close.model_copy(update={"text": None, "form": ()})
    silent = {
        "auto_close": close,
        "triage": False,
        "promises": False,
        "rating": False,
        "texts": _SILENT,
        "queue": queue,
    }
    return line.model_copy(update=silent)
