"""From what the store keeps of a conversation to visits that can be played, and to what became of them in truth."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from msgspec.structs import replace

from router.lab.lives import Life
from router.lab.recording import Response, Step, Visit
from router.lab.records import Asked, Directory, Record, Told

_HANDED_OVER, _CLOSED = "handoff_", "closed_by_"
_MOVES = frozenset({"overflowed", "handed_round", "escalated_line"})
_PARTINGS = frozenset({"let_go", "to_operator", "to_line"})
#: an offer is written down when it is committed, which may be a moment after what followed it
_MOMENT = timedelta(seconds=1)


def retold(record: Record, directory: Directory, since: datetime, until: datetime) -> Iterator[tuple[Visit, Life]]:
    """Yield the visits of a conversation that came before `until` and had not ended at `since`."""
    teller = _Teller(record, directory, since, until)
    for told in record.told:
        teller.hear(told)
    teller.end()
    for visit, life in teller.visits:
        if visit.at < until and (life.ended_at is None or life.ended_at > since):
            yield visit, life


@dataclass(slots=True)
class _Teller:
    """Goes through one conversation's history, from beginning to end."""

    record: Record
    directory: Directory
    since: datetime
    until: datetime
    visits: list[tuple[Visit, Life]] = field(default_factory=list)
    line: str = ""
    visit: Visit | None = None
    life: Life = field(init=False)
    responses: list[Response] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    #: when whatever came before the next step happened
    base: datetime = field(init=False)
    holder: str = ""
    answered: bool = False
    offers: int = 0

    def __post_init__(self) -> None:
        self.line = self._first_line()
        self.base = self.record.created_at
        begins_with_bot = any(told.what.startswith(_HANDED_OVER) for told in self.record.told)
        if not begins_with_bot:
            self._begin(self.record.created_at)

    def _first_line(self) -> str:
        """Return where its client came to: where it still is, unless it has gone from line to line."""
        it = self.record
        move = next((told for told in it.told if told.what in _MOVES or self._goes_to(told)), None)
        if move is None:
            return it.line
        if it.first is not None and it.first[0] <= move.at + _MOMENT and it.first[1] not in {"", self._goes_to(move)}:
            return it.first[1]
        return self.directory.begins_on(it.channel, it.intent) or it.line

    def _goes_to(self, told: Told) -> str:
        return self.directory.line_named(told.to) if told.what == "transferred" or told.what in _MOVES else ""

    def _begin(self, at: datetime) -> None:
        number = f"#{len(self.visits) + 1}" if self.visits else ""
        it = self.record
        self.visit = Visit(
            id=f"{it.id}{number}",
            line=self.line,
            channel=it.channel,
            client=it.client,
            at=at,
            language=it.language,
            priority=it.priority,
            responsible=it.responsible,
            previous=self.holder or ("" if self.visits else it.previous),
            intent=it.intent,
        )
        self.life = Life(self.line, at)
        self.holder, self.answered, self.base = "", False, at

    def hear(self, told: Told) -> None:
        """Go on with one thing more."""
        if told.what.startswith(_HANDED_OVER) or told.what == "reopened":
            if self.visit is None:
                self._begin(told.at)
        elif self.visit is None:
            self._without_visit(told)
        elif told.what.startswith(_CLOSED):
            self._closed(told)
        else:
            self._during(told)

    def _without_visit(self, told: Told) -> None:
        """Remember who spoke with the client while nobody waited."""
        if told.what == "reply":
            self.holder = told.operator

    def _during(self, told: Told) -> None:
        if told.at < self.until:
            self.life.happened(told.what)
        match told.what:
            case "client" | "reply":
                self._said(told)
            case "taken":
                self._taken(told)
            case "unanswered":
                self._unanswered(told.at)
            case "skipped":
                self._skipped(told)
            case "left" | "reassigned":
                self._left(told)
            case "transferred":
                self._transferred(told)
            case move if move in _MOVES:
                self.line = self._goes_to(told) or self.line

    def _offer(self, at: datetime) -> Asked | None:
        """Return the offer that came to its end at a time, if one was open, and count it."""
        if self.offers == len(self.record.asked) or self.record.asked[self.offers].at > at + _MOMENT:
            return None
        self.offers += 1
        offer = self.record.asked[self.offers - 1]
        if offer.at < self.until:
            self.life.asked(offer.at)
        return offer

    def _taken(self, told: Told) -> None:
        offer = None if self.holder else self._offer(told.at)
        operator = self._named(told, offer)
        if offer is not None and operator in offer.operators:
            self._respond(Response(operator, _seconds(offer.at, told.at), "took"), told.at)
        self.holder, self.base = operator, told.at
        self._hold(operator, told.at)

    def _named(self, told: Told, offer: Asked | None) -> str:
        """Return who is meant by the name of whoever took it."""
        known = self.directory.operators_named(told.name)
        asked = [name for name in known if offer is not None and name in offer.operators]
        spoke = (each.operator for each in self.record.told if each.what == "reply" and each.at >= told.at)
        return next(iter(asked), "") or (known[0] if len(known) == 1 else next(spoke, "") or told.name)

    def _respond(self, response: Response, at: datetime) -> None:
        if at >= self.since:
            self.responses.append(response)

    def _hold(self, operator: str, at: datetime) -> None:
        if at < self.until:
            self.life.held(operator, at)

    def _unanswered(self, at: datetime) -> None:
        """Note that an offer, if one was open, came to its end without an answer of those who were asked."""
        offer = self._offer(at)
        if offer is None:
            return
        for operator in offer.operators:
            self._respond(Response(operator, _seconds(offer.at, at), "nothing"), at)

    def _skipped(self, told: Told) -> None:
        if self.holder:
            self._step("let_go", told.at)
            self._let_go(told.at)
        elif offer := self._offer(told.at):
            who = next((name for name in offer.operators if self._is(name, told.name)), "")
            self._respond(Response(who, _seconds(offer.at, told.at), "let_go"), told.at)

    def _is(self, operator: str, name: str) -> bool:
        return operator in self.directory.operators_named(name)

    def _left(self, told: Told) -> None:
        if self.holder:
            self._let_go(told.at)
        else:
            self._unanswered(told.at)

    def _let_go(self, at: datetime) -> None:
        if self.visit is not None and not self.visits:
            # Whoever came before them was written over.
            self.visit = replace(self.visit, previous="")
        self.holder = ""
        self._hold("", at)

    def _transferred(self, told: Told) -> None:
        target = self._goes_to(told)
        following = self.record.asked[self.offers : self.offers + 1]
        if self.holder and following and following[0].transfer and not target:
            self._step("to_operator", told.at, following[0].operators[0])
        elif self.holder and target:
            self._step("to_line", told.at, target)
        self.line = target or self.line
        self._let_go(told.at)

    def _said(self, told: Told) -> None:
        if told.at < self.since:
            self.answered = told.what == "reply"
        if self.holder and told.what == "reply":
            self._step("reply", told.at)
        elif self.holder:
            self._step("client", told.at)

    def _step(self, kind: str, at: datetime, to: str = "") -> None:
        """Add a step; of many messages in a row, the first and the last are enough, of the client's the first."""
        if at < self.since:
            return
        last, after = [step.kind for step in self.steps[-2:]], _seconds(max(self.base, self.since), at)
        if kind == "client" and last[-1:] == ["client"]:
            return
        if kind == "reply" and last == ["reply", "reply"]:
            after += self.steps.pop().after
        by = self.holder if kind in _PARTINGS else ""
        self.steps.append(Step(kind, after, to, by))  # type: ignore[arg-type]  # callers name kinds of steps
        self.base = at

    def _closed(self, told: Told) -> None:
        visit, by = self.visit, told.what.removeprefix(_CLOSED)
        if visit is None:
            return
        if self.holder and by != "silence":
            self._step("close" if by == "operator" else "ends", told.at)
        elif not self.holder:
            self._unanswered(told.at)
            never = not self.life.holds and told.at < self.until
            self.visit = replace(visit, gave_up=_seconds(visit.at, told.at)) if never else visit
        last = self.holder
        if told.at < self.until:
            self.life.ended(told.at)
        self._keep()
        self.holder = last

    def end(self) -> None:
        """Keep the visit that goes on, if one does."""
        if self.visit is not None:
            self._unanswered(max(self.until, self.base))
            self._keep()

    def _keep(self) -> None:
        if self.visit is None:
            return
        there = [hold.operator for hold in self.life.holds if _covers(hold.since, hold.until, self.since)]
        done = replace(
            self.visit,
            responses=tuple(self.responses),
            steps=tuple(self.steps),
            held_by=there[0] if there and self.visit.at < self.since else "",
            answered=self.answered,
        )
        self.visits.append((done, self.life))
        self.visit, self.responses, self.steps = None, [], []


def _covers(since: datetime, until: datetime | None, at: datetime) -> bool:
    return since < at and (until is None or until > at)


def _seconds(since: datetime, until: datetime) -> float:
    return max(0.0, (until - since).total_seconds())
