"""A hub as one would play it with pencil and paper: after every event, everybody who waits is looked at again.

Written from the rules as the documentation tells them, without the core: one line, `strict` or `even`, capacities,
offers that time out. Times are whole microseconds from the beginning.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from router.lab.recording import Recording, Visit
from router.people import Presence

_MICRO = timedelta(microseconds=1)


@dataclass
class Client:
    """One visit on paper."""

    visit: Visit
    came: int
    #: `to come`, `queued`, `offered`, `open`, `waiting` or `closed`
    state: str = "to come"
    waits_since: int = 0
    who: str = ""
    offered_at: int = 0
    #: in which order offers were made
    offer_number: int = 0
    #: when whoever was asked takes it
    takes_at: int = 0
    passed: dict[str, int] = field(default_factory=dict)
    used: list[int] = field(default_factory=list)
    wrote_at: int = 0
    replied_at: int = -1
    next_step: int = 0
    step_at: int = 0
    holds: list[list[object]] = field(default_factory=list)
    offers: int = 0
    returns: int = 0
    ended: int | None = None


class Paper:
    """Plays a recording on paper."""

    def __init__(
        self, recording: Recording, rule: str, capacity: dict[str, int], *, offer_timeout: int, ask_again_after: int
    ) -> None:
        self.start = recording.since
        self.until = self.time(recording.until)
        self.rule, self.capacity = rule, capacity
        self.offer_timeout, self.ask_again_after = offer_timeout, ask_again_after
        self.clients = [Client(it, self.time(it.at)) for it in recording.visits]
        self.presence = {name: recording.present.get(name, Presence.AWAY) for name in capacity}
        self.changes = [(self.time(it.at), it.operator, it.presence) for it in recording.changes]
        self.given = dict.fromkeys(capacity, 0)
        self.given_at = dict.fromkeys(capacity, -1)
        self.numbers = 0
        self.now = 0

    def time(self, at: datetime) -> int:
        return (at - self.start) // _MICRO

    def play(self) -> list[Client]:
        """Go from event to event, always the earliest of all there are."""
        self.assign()
        while events := [event for event in self.events() if event[0] < self.until]:
            self.now, _, _, what, who = min(events, key=lambda event: event[:3])
            getattr(self, what)(who)
            self.assign()
        return self.clients

    def events(self) -> list[tuple[int, int, int, str, object]]:
        """Return everything that may happen next: (when, rank, number, what, of whom)."""
        found: list[tuple[int, int, int, str, object]] = []
        if self.changes:
            found.append((self.changes[0][0], 0, 0, "change", None))
        for n, it in enumerate(self.clients):
            found += [(until, 1, n, "nothing", it) for until in it.passed.values() if until > self.now]
            if it.state == "to come":
                found.append((it.came, 3, n, "comes", it))
            if it.state == "offered":
                found.append((it.offered_at + self.offer_timeout, 1, it.offer_number, "times_out", it))
                found.append((it.takes_at, 2, it.offer_number, "takes", it))
            if it.state in {"open", "waiting"} and it.next_step < len(it.visit.steps):
                found.append((it.step_at, 2, n, "does", it))
            if it.visit.gave_up is not None and it.state in {"queued", "offered"} and not it.holds:
                found.append((it.came + micros(it.visit.gave_up), 2, n, "gives_up", it))
        return found

    def nothing(self, _: Client) -> None:
        """Let those be asked again who had let something go."""

    def change(self, _: None) -> None:
        _, who, presence = self.changes.pop(0)
        others = [self.given[name] for name in self.presence if name != who and self.is_free_to_work(name)]
        if presence is Presence.AVAILABLE and self.presence[who] is not Presence.AVAILABLE and others:
            self.given[who] = min(max(self.given[who], min(others)), max(others))
        self.presence[who] = presence
        for it in self.clients:
            gone = it.who == who and (
                (it.state == "offered" and presence is not Presence.AVAILABLE)
                or (it.state == "open" and presence is Presence.AWAY)
            )
            if gone:
                self.returns(it)

    def is_free_to_work(self, name: str) -> bool:
        return self.presence[name] is Presence.AVAILABLE

    def returns(self, it: Client) -> None:
        if it.state == "open" and it.replied_at >= it.waits_since:
            it.waits_since = it.wrote_at
        if it.holds and it.holds[-1][2] is None:
            it.holds[-1][2] = self.now
        it.state, it.who, it.returns = "queued", "", it.returns + 1

    def comes(self, it: Client) -> None:
        it.state, it.waits_since, it.wrote_at = "queued", self.now, self.now

    def times_out(self, it: Client) -> None:
        it.passed[it.who] = self.now + self.ask_again_after
        self.returns(it)

    def gives_up(self, it: Client) -> None:
        it.state, it.ended = "closed", self.now

    def takes(self, it: Client) -> None:
        it.state, it.passed = "open", {}
        it.holds.append([it.who, self.now, None])
        self.expect_step(it)

    def expect_step(self, it: Client) -> None:
        if it.next_step < len(it.visit.steps):
            it.step_at = self.now + micros(it.visit.steps[it.next_step].after)

    def does(self, it: Client) -> None:
        step = it.visit.steps[it.next_step]
        it.next_step += 1
        if step.kind == "reply":
            it.state, it.replied_at = "waiting", self.now
        elif step.kind == "client":
            it.state, it.wrote_at = "open", self.now
            if self.presence[it.who] is Presence.AWAY:
                self.returns(it)
        else:
            it.state, it.ended, it.holds[-1][2] = "closed", self.now, self.now
        self.expect_step(it)

    def assign(self) -> None:
        """Offer whatever waits, longest waiting first, to the first who is there, has room and has not passed it."""
        waiting = [it for it in self.clients if it.state == "queued"]
        for it in sorted(waiting, key=lambda each: (each.waits_since, each.visit.id)):
            able = [
                name
                for name in self.capacity
                if self.is_free_to_work(name)
                and self.load(name) < self.capacity[name]
                and it.passed.get(name, 0) <= self.now
            ]
            if able:
                who = able[0] if self.rule == "strict" else min(able, key=lambda n: (self.given[n], self.given_at[n]))
                self.offer(it, who)

    def load(self, name: str) -> int:
        return sum(it.who == name and it.state in {"offered", "open", "waiting"} for it in self.clients)

    def offer(self, it: Client, who: str) -> None:
        self.numbers += 1
        it.state, it.who, it.offered_at, it.offer_number = "offered", who, self.now, self.numbers
        it.offers += 1
        self.given[who] += 1
        self.given_at[who] = self.now
        it.takes_at = self.now + self.taking(it, who)

    def taking(self, it: Client, who: str) -> int:
        responses = it.visit.responses
        took = [(each.operator, micros(each.after)) for each in responses if each.did == "took"]
        usual = next((after for name, after in reversed(took) if name == who), took[-1][1])
        for n, each in enumerate(responses):
            if each.operator == who and n not in it.used:
                it.used.append(n)
                return micros(each.after) + (usual if each.did == "nothing" else 0)
        return usual


def micros(seconds: float) -> int:
    """Return seconds as the clock counts them."""
    return timedelta(seconds=seconds) // _MICRO
