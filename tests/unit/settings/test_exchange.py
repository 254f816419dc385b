"""A file is exchanged whole or not at all, and stays what it was to everybody else."""

from __future__ import annotations

import asyncio
import stat
from pathlib import Path

import pytest

from hub.settings.exchange import alone, beside


def test_the_new_bytes_take_the_place_with_the_mode_of_the_old(path: Path) -> None:
    path.write_bytes(b"old")
    path.chmod(0o640)
    with beside(path, b"new\r\n") as swap:
        assert path.read_bytes() == b"old"
        swap()
    assert path.read_bytes() == b"new\r\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert list(path.parent.iterdir()) == [path]


def test_a_link_stays_a_link(path: Path, tmp_path: Path) -> None:
    """What it points to is replaced, where it is."""
    target = tmp_path / "elsewhere" / "real.yaml"
    target.parent.mkdir()
    target.write_bytes(b"old")
    path.symlink_to(target)
    with beside(path, b"new") as swap:
        swap()
    assert path.is_symlink()
    assert target.read_bytes() == b"new"


def test_nothing_is_left_when_it_is_given_up(path: Path) -> None:
    path.write_bytes(b"old")
    with pytest.raises(RuntimeError, match="given up"), beside(path, b"new"):
        raise RuntimeError("given up")
    assert list(path.parent.iterdir()) == [path]
    assert path.read_bytes() == b"old"


async def test_one_exchanges_at_a_time(path: Path) -> None:
    """Also through different names of one file."""
    link = path.with_name("link.yaml")
    link.symlink_to(path)
    inside = 0

    async def enter(name: Path) -> None:
        nonlocal inside
        async with alone(name):
            inside += 1
            await asyncio.to_thread(name.is_symlink)
            assert inside == 1
            inside -= 1

    await asyncio.gather(*(enter(name) for name in (path, link) * 5))
