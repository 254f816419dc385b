"""The progress bar."""

from __future__ import annotations

import io

from tests.bench.progress import Progress, bar


def test_a_bar_shows_how_much_of_the_time_has_passed() -> None:
    assert bar(30, 120, "relay") == "[#######.......................]  25%  relay"


def test_a_bar_never_overflows() -> None:
    assert bar(300, 120, "relay").startswith("[" + "#" * 30 + "] 100%")


async def test_without_a_terminal_each_part_is_one_line() -> None:
    out = io.StringIO()
    progress = Progress({"relay": 10.0}, 10.0, out)
    async with progress.part("relay"):
        pass
    assert out.getvalue() == "relay ...\n"
