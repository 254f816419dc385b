"""Plays a recording under old and new rules; changes nothing anywhere."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from datetime import datetime, tzinfo
from multiprocessing import get_context
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from hub.catalogs import read_catalog
from hub.settings import Settings
from nlu.answers import load_answers
from router.lab.figures import Figures, agreement, figures
from router.lab.lives import Life
from router.lab.recording import Recording, Visit
from router.lab.records import Directory, rerouted
from router.lab.simulation import played
from router.rulebook import Rulebook

if TYPE_CHECKING:
    from collections.abc import Iterator

#: with fewer visits than this, starting another process takes longer than it saves
_WORTH_A_PROCESS = 3_000
Progress = Callable[[int], None]


class Rehearsal(Struct, frozen=True):
    """What came of it."""

    since: datetime
    until: datetime
    #: the one line that is shown; empty for all
    line: str
    #: of the hours of the day
    zone: str
    conversations: int
    #: of real time, for reading and playing
    seconds: float
    #: what really happened, as it is recorded
    truth: Figures
    #: under the rules that run now
    old: Figures
    new: Figures
    #: the share of conversations that went, under the old rules, to whoever took them in truth; None of none
    agreement: float | None

    @property
    def times_real_time(self) -> float:
        """How much faster than real time it was."""
        return (self.until - self.since).total_seconds() / max(self.seconds, 0.001)


def directory(settings: Settings) -> Directory:
    """Return where settings put clients."""
    return Directory.of(settings.rules, {name: channel.line for name, channel in settings.channels.items()})


def rehearsed(recording: Recording, old: Settings, new: Settings, progress: Progress) -> tuple[list[Life], list[Life]]:
    """Return what became of the visits under old rules, and under new ones; `progress` counts both."""
    books = book_of(old), book_of(new)
    line_of = rerouted(directory(old), directory(new))
    with _without_looking_for_garbage():
        if len(recording.visits) < _WORTH_A_PROCESS or os.cpu_count() == 1:
            before = played(recording, books[0], came=lambda: progress(1))
            return before, played(recording, books[1], line_of, lambda: progress(1))
        return _side_by_side(recording, books, line_of, progress)


def book_of(settings: Settings) -> Rulebook:
    """Return the rules as decisions use them."""
    return Rulebook(settings.rules, read_catalog("router"), load_answers(None), settings.where)


@contextmanager
def _without_looking_for_garbage() -> Iterator[None]:
    """Leave the recording, whose values never become garbage in a circle, out of what is looked through for that."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _side_by_side(
    recording: Recording, books: tuple[Rulebook, Rulebook], line_of: Callable[[Visit], str], progress: Progress
) -> tuple[list[Life], list[Life]]:
    """Play the old rules in a process of their own."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        other = pool.submit(_elsewhere, msgspec.msgpack.encode(recording), books[0])
        after = played(recording, books[1], line_of, lambda: progress(1))
        try:
            before = msgspec.msgpack.decode(other.result(), type=list[Life])
        except BrokenProcessPool:
            # Whatever ended it, for want of memory for example, here it goes on.
            before = played(recording, books[0])
    progress(len(recording.visits))
    return before, after


def _elsewhere(recording: bytes, book: Rulebook) -> bytes:
    with _without_looking_for_garbage():
        return msgspec.msgpack.encode(played(msgspec.msgpack.decode(recording, type=Recording), book))


def compared(
    recording: Recording,
    lives: tuple[list[Life], list[Life]],
    settings: tuple[Settings, Settings],
    *,
    line: str,
    zone: tzinfo,
    seconds: float,
) -> Rehearsal:
    """Return the figures of what was recorded and of both rehearsals; `seconds` is how long they took."""
    old, new = map(book_of, settings)
    return Rehearsal(
        since=recording.since,
        until=recording.until,
        line=line,
        zone=str(zone),
        conversations=sum(life.line == line for life in recording.lives) if line else len(recording.lives),
        seconds=seconds,
        truth=figures(recording.lives, recording, old, zone, line),
        old=figures(lives[0], recording, old, zone, line),
        new=figures(lives[1], recording, new, zone, line),
        agreement=agreement(recording.lives, lives[0]),
    )
