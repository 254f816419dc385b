"""Who is asked to take a conversation, and why not the others.

Every operator of the line is looked at, in the order the rule asks them, and leaves with a reason: a catalogue key
under `why.`. Only those without an obstacle can be chosen.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime

from msgspec import Struct

from router.lines import Distribution
from router.model import Conversation
from router.people import Presence
from router.pool import BEGINNING, NO_ROOM, Pool, obstacle
from router.roster import Roster
from router.rulebook import Rulebook
from router.skills import Needs, needs, relaxes_at

#: rules that ask everybody at the same time, first come first served
AT_ONCE = frozenset({Distribution.BROADCAST.value, "everyone", "supervisors"})
#: of a line with more operators, these are told apart in a decision's reasons, and the others counted
_TOLD = 20


class Choice(Struct, frozen=True):
    """The outcome of looking for an operator."""

    #: nobody, one, or everybody under `broadcast`
    chosen: tuple[str, ...]
    #: (operator, reason key) in the order considered
    considered: tuple[tuple[str, str], ...]
    #: `responsible`, `previous`, `sticky` while one of the two is awaited, or the line's own rule
    rule: str
    #: when to look again, if somebody can be chosen then who cannot now
    retry_at: datetime | None = None
    #: under `broadcast`, everybody who could have been chosen, in the order considered
    free: tuple[str, ...] = ()
    #: reason key → how many others, of a line with very many operators
    others: Mapping[str, int] = {}


class Search(Struct, frozen=True):
    """One conversation looking for an operator of its line's pool."""

    conversation: Conversation
    pool: Pool
    needs: Needs
    now: datetime

    @classmethod
    def of(cls, conversation: Conversation, pool: Pool, now: datetime) -> Search:
        """Return the search that a conversation needs now."""
        return cls(conversation, pool, needs(conversation, pool.book, now), now)

    def choice(self) -> Choice:
        """Return who is asked to take it."""
        return _choice(self)

    @property
    def is_ordinary(self) -> bool:
        """Whether anybody who has no chance with it has none with another one of the same needs either."""
        return not self.conversation.passed and not self.awaited()

    def unfit(self, operator: str) -> str:
        """Return why somebody who could take something cannot take this; empty when they can."""
        return "let_go" if self._let_go(operator) else self.pool.able(self.needs).lacks.get(operator, "")

    def _let_go(self, operator: str) -> bool:
        until = self.conversation.passed.get(operator)
        return until is not None and until > self.now

    def fitting(self) -> Iterator[str]:
        """Yield everybody who can take it, in the order asked."""
        return self._willing(self.needs)

    def speaking(self) -> Iterator[str]:
        """Yield those of them who speak the language that is only better to speak."""
        return self._willing(Needs(self.needs.skills, self.needs.preferred))

    def _willing(self, needs: Needs) -> Iterator[str]:
        return (name for _, name in self.pool.able(needs).free if not self._let_go(name))

    def unfit_besides(self, told: Collection[str]) -> Mapping[str, int]:
        """Return why those who could take something cannot take this, and how many; without those in `told`."""
        able, obstacles = self.pool.able(self.needs), self.pool.obstacles
        let_go = [
            name
            for name in self.conversation.passed
            if name not in told and obstacles.get(name) == "" and self._let_go(name)
        ]
        found = {**able.unable, "let_go": len(let_go)}
        for name in (*told, *let_go) if able.lacks else ():
            if name in able.lacks and not obstacles[name]:
                found[able.lacks[name]] -= 1
        return found

    def first_of_all(self) -> Iterator[tuple[str, str]]:
        """Yield (who comes before the line's rule, which rule says so)."""
        line = self.pool.book.line(self.conversation.line)
        if line.responsible_first and self.conversation.responsible:
            yield self.conversation.responsible, "responsible"
        if line.previous_operator_first and self.conversation.previous_operator:
            yield self.conversation.previous_operator, "previous"

    def awaited(self) -> str:
        """Return who comes first, is at work and has no room, while the conversation waits for them; or nobody."""
        if self.now >= self.awaits_until():
            return ""
        firsts = (name for name, _ in self.first_of_all() if not self._let_go(name))
        return next((name for name in firsts if self.pool.obstacles.get(name) in NO_ROOM), "")

    def awaits_until(self) -> datetime:
        """Return until when it waits for whoever comes first."""
        since = self.conversation.queued_at or self.conversation.created_at
        return since + self.pool.book.line(self.conversation.line).sticky


def choose(conversation: Conversation, pool: Pool, now: datetime) -> Choice:
    """Return who is asked to take `conversation` now."""
    return Search.of(conversation, pool, now).choice()


def _choice(search: Search) -> Choice:
    rule = (
        "everyone"
        if search.conversation.escalated == "everyone"
        else search.pool.book.line(search.conversation.line).rule
    )
    everybody = tuple(search.fitting()) if rule in AT_ONCE else ()
    chosen, rule = _pick(search, everybody, rule)
    considered, others = _reasons(search, chosen, rule)
    return Choice(chosen, considered, rule, None if chosen else look_again(search), everybody, others)


def choose_supervisors(conversation: Conversation, pool: Pool, now: datetime) -> Choice:
    """Return all supervisors and admins who are at work and have room, for a conversation that nobody answered."""
    leads = [name for name in pool.book.rules.operators if pool.book.leads(name)]
    why = {name: obstacle(name, conversation.line, pool.book, pool.roster, now) for name in leads}
    why |= {name: "let_go" for name, until in conversation.passed.items() if until > now and why.get(name) == ""}
    chosen = tuple(name for name in leads if not why[name])
    return Choice(chosen, tuple((name, why[name] or "chosen_supervisors") for name in leads), "supervisors")


def _pick(search: Search, everybody: tuple[str, ...], rule: str) -> tuple[tuple[str, ...], str]:
    if rule == "everyone":
        return everybody, rule
    for name, why in search.first_of_all():
        if search.pool.obstacles.get(name) == "" and not search.unfit(name):
            return (name,), why
    if search.awaited():
        return (), "sticky"
    if rule == Distribution.BROADCAST:
        return everybody, rule
    first = next(search.speaking(), None) if search.needs.preferred else None
    first = first or next(search.fitting(), None)
    return ((first,) if first else ()), rule


def _reasons(
    search: Search, chosen: tuple[str, ...], rule: str
) -> tuple[tuple[tuple[str, str], ...], Mapping[str, int]]:
    told = [name for _, name in search.pool.order[:_TOLD]]
    told += [name for name in chosen if len(search.pool.order) > _TOLD and name not in told]
    considered = tuple((name, _reason(search, name, chosen, rule)) for name in told)
    if len(told) == len(search.pool.order):
        return considered, {}
    others = dict(search.pool.counts)
    for name in told:
        others[search.pool.obstacles[name]] -= 1
    unfit = search.unfit_besides(told)
    after = {f"after_{rule}": others.pop("", 0) - sum(unfit.values())}
    return considered, {reason: count for reason, count in (others | dict(unfit) | after).items() if count}


def _reason(search: Search, name: str, chosen: tuple[str, ...], rule: str) -> str:
    if name in chosen:
        return f"chosen_{rule}"
    obstacle = search.pool.obstacles[name]
    if rule == "sticky" and name == search.awaited():
        return "awaited"
    leave = search.pool.book.on_leave(search.pool.roster.get(name), search.now) if obstacle == "off_hours" else ""
    return f"leave_{leave}" if leave else obstacle or search.unfit(name) or f"after_{rule}"


def look_again(search: Search) -> datetime | None:
    """Return when somebody free may be asked who let it go, lacks something, or after whom somebody else comes."""
    free = search.pool.obstacles
    times = [at for name, at in search.conversation.passed.items() if at > search.now and free.get(name) == ""]
    if search.awaited():
        times.append(search.awaits_until())
    if search.needs.skills or search.needs.language:
        times += filter(None, [relaxes_at(search.conversation, search.pool.book)])
    return min(times, default=None)


def _there(operator: str, book: Rulebook, roster: Roster, now: datetime) -> bool:
    return roster.get(operator).presence is Presence.AVAILABLE and book.on_shift(roster.get(operator), now)


def _just_came(operator: str, line: str, book: Rulebook, roster: Roster, now: datetime) -> bool:
    """Return whether somebody who is there has been asked nothing since their shift began."""
    began = book.shift_began(roster.get(operator), now)
    return began is not None and roster.get(operator).given_at.get(line, BEGINNING) < began


def levelled(line: str, book: Rulebook, roster: Roster, now: datetime, *, joining: str = "") -> dict[str, int]:
    """Return the counts with which newcomers, and whoever is `joining`, enter a line's pool.

    They lie within the counts of those who are there already, each taken by their weight, so that whoever was away
    neither gets everything until they have caught up, nor nothing until the others have. When all have just come, all
    begin level.
    """
    there = [name for name in book.line(line).operators if name == joining or _there(name, book, roster, now)]
    count = {name: roster.get(name).given.get(line, 0) / book.weight(name) for name in there}
    fresh = [name for name in there if name == joining or _just_came(name, line, book, roster, now)]
    settled = [count[name] for name in there if name not in fresh]
    low = min(settled or [max(count.values(), default=0)])
    high = max(settled, default=low)
    return {name: round(min(max(count[name], low), high) * book.weight(name)) for name in fresh}
