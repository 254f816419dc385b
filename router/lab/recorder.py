"""Puts a recording together from what the store keeps."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime

from router.lab.lives import Life
from router.lab.recording import PresenceChange, Recording, Visit
from router.lab.records import Directory, Record
from router.lab.retelling import retold
from router.people import Presence


class Recorder:
    """Takes conversations in, in any order."""

    def __init__(self, directory: Directory, since: datetime, until: datetime) -> None:
        self._directory, self._since, self._until = directory, since, until
        self._visits: list[tuple[Visit, Life]] = []

    def add(self, record: Record) -> None:
        """Take a conversation in."""
        self._visits += retold(record, self._directory, self._since, self._until)

    def add_all(self, records: Iterable[Record]) -> None:
        """Take several in."""
        for record in records:
            self.add(record)

    def recording(self, now: Mapping[str, Presence], changes: Iterable[PresenceChange]) -> Recording:
        """Return the recording. `now` is who is at work today, `changes` what is known of how they came and went."""
        visits = sorted(self._visits, key=lambda each: (each[0].at, each[0].id))
        within = [(visit, life) for visit, life in visits if visit.at >= self._since]
        known = sorted(changes, key=lambda each: each.at)
        return Recording(
            since=self._since,
            until=self._until,
            visits=tuple(visit for visit, _ in within),
            before=tuple(visit for visit, _ in visits if visit.at < self._since),
            present=presences_at(self._since, now, known),
            changes=tuple(each for each in known if self._since < each.at < self._until),
            lives=tuple(life for _, life in within),
        )


def presences_at(at: datetime, now: Mapping[str, Presence], changes: Iterable[PresenceChange]) -> dict[str, Presence]:
    """Return operator → presence at a time, from how they are today and from changes in order, before and after it.

    Whoever first comes after that time was away before it, and whoever first goes was there.
    """
    found, of = dict(now), defaultdict[str, list[PresenceChange]](list)
    for change in changes:
        of[change.operator].append(change)
    for name, each in of.items():
        before = [change.presence for change in each if change.at <= at]
        came = each[0].presence is Presence.AVAILABLE
        found[name] = before[-1] if before else (Presence.AWAY if came else Presence.AVAILABLE)
    return found
