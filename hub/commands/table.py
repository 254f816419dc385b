"""How commands show in a terminal what the store keeps, strangers' words among it."""

from __future__ import annotations

from collections.abc import Sequence

#: characters of a text in a list
_SHORT = 100
Rows = Sequence[Sequence[str]]


def table(rows: Rows, numbers: int = 0) -> str:
    """Return rows of equally many cells as aligned columns, the last `numbers` of them to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(_line(row, widths, len(row) - numbers) for row in rows)


def _line(cells: Sequence[str], widths: Sequence[int], words: int) -> str:
    sized = list(zip(cells, widths, strict=True))
    left = [cell.ljust(width) for cell, width in sized[:words]]
    return "  ".join([*left, *(cell.rjust(width) for cell, width in sized[words:])]).rstrip()


def short(text: str) -> str:
    """Return the beginning of a text, on one line."""
    line = " ".join(plain(text).split())
    return line if len(line) <= _SHORT else f"{line[:_SHORT]}…"


def plain(text: str) -> str:
    """Return a text without what a terminal would obey, line breaks included."""
    return "".join(char if char.isprintable() else " " for char in text)
