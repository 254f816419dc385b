"""All calendars of a hub: each is read again and again, and what it says is told to the lines."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from hub.calendars.fetching import Version, fetch
from hub.calendars.process import Answer, CalendarTrouble, Question, understood
from hub.engine.backoff import backoff
from hub.engine.engine import Engine
from hub.engine.inbox import Work
from hub.engine.tasks import end
from router.absence import Absence
from router.ids import derive
from router.rules import OperatorRules
from router.staff_events import CalendarRead
from router.timetable import CalendarRules

_log = structlog.get_logger(__name__)
#: what repeats comes nearer while nothing changes in the calendar
_ANEW = timedelta(days=1)
#: seconds before a calendar that cannot be read is tried again: the first time, and at most
_FIRST, _LONGEST = 30.0, 900.0


@dataclass(slots=True)
class _Reader:
    """Reads one calendar."""

    operator: str
    rules: CalendarRules
    zone: str
    task: asyncio.Task[None] | None = None
    version: Version = field(default_factory=Version)
    #: when it was last read and understood
    understood_at: datetime | None = None
    #: when it was looked at last, whatever came of it
    looked_at: datetime | None = None
    skipped: int = 0
    #: why it cannot be read; empty when it can
    trouble: str = ""
    failures: int = 0


class Calendars:
    """Reads the calendars that the rules name. What cannot be read stays as it was read last."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self._engine = engine
        self._folder = folder
        self._readers: dict[str, _Reader] = {}
        #: one at a time, so that many calendars take no more memory than one
        self._turn = asyncio.Semaphore(1)

    async def use(self) -> None:
        """Read the calendars that the rules in force name; the lines forget all others."""
        wanted = {name: it for name, it in self._engine.book.rules.operators.items() if it.calendar is not None}
        unfit = [name for name, it in self._readers.items() if not _fits(it, wanted.get(name))]
        gone = [self._readers.pop(name) for name in unfit]
        await end([it.task for it in gone if it.task is not None])
        for name, rules in wanted.items():
            if name not in self._readers and rules.calendar is not None:
                reader = self._readers[name] = _Reader(name, rules.calendar, rules.zone.key)
                reader.task = asyncio.create_task(self._keep(reader), name=f"calendar {name}")

    async def stop(self) -> None:
        """Read no more."""
        await end([it.task for it in self._readers.values() if it.task is not None])

    async def _keep(self, reader: _Reader) -> None:
        clock = self._engine.clock
        while True:
            await self._look(reader)
            pause = reader.rules.every
            if reader.failures:
                pause = min(pause, backoff(reader.failures, first=_FIRST, longest=_LONGEST))
            reader.looked_at = clock.now()
            await clock.sleep_until(reader.looked_at + pause)

    async def _look(self, reader: _Reader) -> None:
        """Read a calendar once; what goes wrong is kept in the reader and touches nobody else."""
        try:
            await self._read(reader)
            trouble = ""
        except CalendarTrouble as error:
            trouble = str(error)
        except Exception as error:
            # The words of an error that nobody expected may quote the calendar, or name its address.
            trouble = f"a fault of the hub's own ({type(error).__name__}): please report it"
        reader.failures = reader.failures + 1 if trouble else 0
        if trouble != reader.trouble:
            log = _log.warning if trouble else _log.info
            log("calendar.unreadable" if trouble else "calendar.readable", operator=reader.operator, reason=trouble)
        reader.trouble = trouble

    async def _read(self, reader: _Reader) -> None:
        now = self._engine.clock.now()
        fresh = reader.understood_at is not None and timedelta() <= now - reader.understood_at < _ANEW
        found = await fetch(reader.rules, self._folder, reader.version if fresh else Version())
        if found is None:
            return
        async with self._turn:
            said = await understood(Question(found.text, now, reader.zone, reader.rules.only))
        reader.version, reader.understood_at, reader.skipped = found.version, now, said.skipped
        self._tell(reader.operator, reader.rules.source, _absences(reader.operator, said))

    def _tell(self, operator: str, source: str, absences: tuple[Absence, ...]) -> None:
        """Have a line decide about it; lost in a crash, it is read again at the next start."""
        event = CalendarRead(f"hub:calendar:{operator}", operator, source, absences)
        lines = (*self._engine.book.rules.lines_of(operator), *self._engine.lanes)
        self._engine.elsewhere(Work(event), lines[0])

    @property
    def well(self) -> bool:
        """Whether every calendar could be read when it was looked at last."""
        return not any(it.trouble for it in self._readers.values())

    @property
    def faults(self) -> dict[str, int]:
        """Operator → 1 while their calendar cannot be read, else 0."""
        return {name: int(bool(it.trouble)) for name, it in self._readers.items()}

    def health(self) -> dict[str, object]:
        """Return how each operator's calendar is; never its address."""
        return {name: _health(it) for name, it in self._readers.items()}


def _fits(reader: _Reader, rules: OperatorRules | None) -> bool:
    return rules is not None and (reader.rules, reader.zone) == (rules.calendar, rules.zone.key)


def _absences(operator: str, said: Answer) -> tuple[Absence, ...]:
    return tuple(
        Absence(derive("calendar", operator, since.isoformat(), until.isoformat(), reason), since, until, reason)
        for since, until, reason in said.spans
    )


def _health(it: _Reader) -> dict[str, object]:
    waiting = "ok" if it.looked_at else "waiting"
    return {
        "status": "failing" if it.trouble else waiting,
        "reason": it.trouble,
        "looked_at": it.looked_at.isoformat() if it.looked_at else None,
        "read_at": it.understood_at.isoformat() if it.understood_at else None,
        "skipped": it.skipped,
    }
