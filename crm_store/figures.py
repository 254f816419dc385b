"""The ledger's accounts: what came in and what went out, per channel and day, counted from what is kept.

Everything is counted in the documents themselves: each update is looked up in the commit log, whatever the hub believes
to have decided, so that a sum that does not close shows an update that was lost, or decided although it was set aside.
Only repeats leave no document behind; they are tallied (see `MongoLedger.repeated`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from crm_store.codec import Document
from crm_store.commits import CommitLog
from crm_store.driver import Database
from crm_store.fetched import Fetched, state_of
from router.delivery import DeliveryState

#: the state of a delivery → the column it counts in; what was delivered or read has been sent
_OUT: dict[str, str] = {
    DeliveryState.QUEUED: "waiting",
    DeliveryState.SENDING: "waiting",
    DeliveryState.RETRYING: "waiting",
    DeliveryState.UNKNOWN: "unknown",
    DeliveryState.FAILED: "failed",
    DeliveryState.SENT: "sent",
    DeliveryState.DELIVERED: "sent",
    DeliveryState.READ: "sent",
}
#: ids that are numbers, which fit into 64 bits
#: updates looked up at a time
_PAGE = 5_000
_NUMBERED = r"^[^:]*:[0-9]{1,18}$"
#: stretches of missing numbers that are told of one channel
_MOST_GAPS = 1000
#: (channel, day) → column → number
_Counts = defaultdict[tuple[str, date], defaultdict[str, int]]


@dataclass(frozen=True, slots=True)
class Day:
    """What one channel did on one day, in UTC: updates count when they arrived, deliveries when they were made."""

    channel: str
    day: date
    #: updates in the ledger
    received: int = 0
    #: repeats of updates, dropped
    duplicates: int = 0
    poison: int = 0
    undecided: int = 0
    decided: int = 0
    #: deliveries made
    committed: int = 0
    #: delivered and read ones too
    sent: int = 0
    waiting: int = 0
    unknown: int = 0
    failed: int = 0

    @property
    def unclosed(self) -> tuple[str, ...]:
        """What does not add up, a sentence each; empty when everything is accounted for."""
        came = self.decided + self.poison + self.undecided
        went = self.sent + self.waiting + self.unknown + self.failed
        wrong = []
        if self.received != came:
            wrong.append(f"{self.received} received, but {came} decided, poison or undecided")
        if self.committed != went:
            wrong.append(f"{self.committed} committed, but {went} sent, waiting, unknown or failed")
        return tuple(wrong)


@dataclass(frozen=True, slots=True)
class Gaps:
    """The numbers that are missing among a channel's update ids."""

    channel: str
    first: int
    last: int
    #: ids received between the two
    received: int
    #: from and to of each stretch, lowest first
    missing: tuple[tuple[int, int], ...] = ()

    @property
    def in_sequence(self) -> bool:
        """Whether the ids look counted: of ids that are numbers for another reason, most are missing."""
        return self.received > (self.last - self.first + 1) // 2


class Figures(Fetched):
    """Counts what is kept since a time; reads nothing older."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._log = CommitLog(database)

    async def days(self, since: datetime, channel: str | None = None) -> list[Day]:
        """Return the figures of each channel and day since a time, by channel, then day. Raises `Retryable`."""
        counts: _Counts = defaultdict(lambda: defaultdict(int))
        await self._count_updates(counts, since, channel)
        await self._count_deliveries(counts, since, channel)
        for tally in await self._database["tallies"].find(_since("day", since, channel)):
            counts[tally["channel"], tally["day"].date()]["duplicates"] += tally["duplicates"]
        return [Day(name, day, **counts[name, day]) for name, day in sorted(counts)]

    async def _count_updates(self, counts: _Counts, since: datetime, channel: str | None) -> None:
        query, fields = _since("received_at", since, channel), ("channel", "received_at", "state")
        async for page in self._database["updates"].pages(query, _PAGE, fields=fields):
            decided = await self._log.decided([update["_id"] for update in page])
            for update in page:
                row = counts[update["channel"], update["received_at"].date()]
                row["received"] += 1
                row["poison"] += update["state"] == "poison"
                row["decided"] += update["_id"] in decided
                row["undecided"] += update["state"] == "new" and update["_id"] not in decided

    async def _count_deliveries(self, counts: _Counts, since: datetime, channel: str | None) -> None:
        for each in await self._database["deliveries"].aggregate(_counted(since, channel, await self.fetched())):
            row = counts[each["_id"]["channel"], each["_id"]["day"].date()]
            row["committed"] += each["count"]
            column = _OUT.get(each["_id"].get("state", ""))
            if column is not None:
                row[column] += each["count"]

    async def gaps(self, since: datetime, channel: str | None = None) -> list[Gaps]:
        """Return what is missing on each channel whose update ids are all numbers. Raises `Retryable`."""
        found = await self._database["updates"].aggregate(_spans(since, channel))
        numbered = [
            Gaps(each["_id"], each["first"], each["last"], each["received"])
            for each in sorted(found, key=lambda each: str(each["_id"]))
            if each["first"] is not None and not each["others"]
        ]
        return [await self._filled(gaps, since) if gaps.in_sequence else gaps for gaps in numbered]

    async def _filled(self, gaps: Gaps, since: datetime) -> Gaps:
        found = await self._database["updates"].aggregate(_missing(since, gaps.channel))
        missing = tuple((each["before"] + 1, each["n"] - 1) for each in found)
        return Gaps(gaps.channel, gaps.first, gaps.last, gaps.received, missing)


def _since(field: str, since: datetime, channel: str | None) -> Document:
    query: Document = {field: {"$gte": since}}
    return query if channel is None else {**query, "channel": channel}


def _counted(since: datetime, channel: str | None, fetched: Mapping[str, int]) -> list[Document]:
    day = {"$dateTrunc": {"date": "$made_at", "unit": "day"}}
    return [
        {"$match": _since("made_at", since, channel)},
        {"$group": {"_id": {"channel": "$channel", "day": day, "state": state_of(fetched)}, "count": {"$sum": 1}}},
    ]


def _number() -> Document:
    """Return the expression of an update's id as a number; null when it is none."""
    digits = {"$arrayElemAt": [{"$split": ["$_id", ":"]}, 1]}
    numbered = {"$regexMatch": {"input": "$_id", "regex": _NUMBERED}}
    return {"$cond": [numbered, {"$toLong": digits}, None]}


def _spans(since: datetime, channel: str | None) -> list[Document]:
    counted = {"received": {"$sum": 1}, "others": {"$sum": {"$cond": [{"$eq": ["$n", None]}, 1, 0]}}}
    return [
        {"$match": _since("received_at", since, channel)},
        {"$project": {"channel": 1, "n": _number()}},
        {"$group": {"_id": "$channel", "first": {"$min": "$n"}, "last": {"$max": "$n"}, **counted}},
    ]


def _missing(since: datetime, channel: str) -> list[Document]:
    before = {"before": {"$shift": {"output": "$n", "by": -1}}}
    return [
        {"$match": _since("received_at", since, channel)},
        {"$project": {"n": _number()}},
        {"$setWindowFields": {"sortBy": {"n": 1}, "output": before}},
        {"$match": {"$expr": {"$gt": [{"$subtract": ["$n", "$before"]}, 1]}}},
        {"$limit": _MOST_GAPS},
    ]
