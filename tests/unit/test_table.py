"""What commands print: columns that people can read, and nothing that a terminal obeys."""

from __future__ import annotations

import pytest

from hub.commands.table import plain, short, table


def test_columns_are_as_wide_as_their_widest_cell() -> None:
    """Words begin below each other, and no line ends in blanks."""
    assert table([("name", "reason"), ("crm", ""), ("a-long-name", "gone")]).splitlines() == [
        "name         reason",
        "crm",
        "a-long-name  gone",
    ]


def test_numbers_end_below_each_other() -> None:
    assert table([("day", "sent", "n"), ("monday", "7", "12")], numbers=2).splitlines() == [
        "day     sent   n",
        "monday     7  12",
    ]


@pytest.mark.parametrize(("length", "shown"), [(100, "x" * 100), (101, "x" * 100 + "…")])
def test_a_long_text_is_cut_where_it_shows(length: int, shown: str) -> None:
    """What fits is left whole."""
    assert short("x" * length) == shown


def test_a_text_in_a_list_stays_on_its_line() -> None:
    assert short("  expected:\n\ta text\r\n") == "expected: a text"


@pytest.mark.parametrize("obeyed", ["\x1b", "\x9b", "\r", "\n", "\x07", "\u202e", "\u2028"])
def test_what_a_terminal_would_obey_is_blanked(obeyed: str) -> None:
    """Colours, bells, and what makes a line look like another; letters of any language stay."""
    assert plain(f"{obeyed}[31mПривет, 世界{obeyed}") == " [31mПривет, 世界 "
