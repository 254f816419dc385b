"""Has calendars understood by a process of its own, which is ended when it takes too long."""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE
from datetime import datetime

import msgspec
from msgspec import Struct

from router.absence import Reason
from router.errors import HubError

#: seconds
_PATIENCE = 60.0

Span = tuple[datetime, datetime, Reason]


class CalendarTrouble(HubError):
    """A calendar cannot be read; the words say why and never name its address."""


class Question(Struct, frozen=True):
    """What is to be read, and how."""

    text: str
    now: datetime
    #: where days begin, and what times without a zone, or with one that nobody knows, are in
    zone: str
    only: tuple[str, ...] = ()


class Answer(Struct, frozen=True):
    """What was found."""

    #: from, until (excluded), why
    spans: tuple[Span, ...] = ()
    #: events that would count and make no sense: without a beginning, with an end before it
    skipped: int = 0
    #: why nothing could be read, a sentence that quotes nothing
    error: str = ""


async def understood(question: Question, within: float = _PATIENCE) -> Answer:
    """Return what of a calendar is leave. Cancelling ends the process. Raises `CalendarTrouble`."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "hub.calendars.reading"),
        # It finds what this process finds, wherever either was started.
        env={**os.environ, "PYTHONPATH": os.pathsep.join(place for place in sys.path if place)},
        stdin=PIPE,
        stdout=PIPE,
        stderr=DEVNULL,
        # Ctrl-C is for the hub, which ends it.
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(within):
            said, _ = await process.communicate(msgspec.json.encode(question))
    except TimeoutError:
        raise CalendarTrouble(f"it takes longer than {within:g} s to understand: leave events out of it") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        raise CalendarTrouble("it takes more time or memory to understand than it may: leave events out of it")
    found = msgspec.json.decode(said, type=Answer)
    if found.error:
        raise CalendarTrouble(found.error)
    return found
