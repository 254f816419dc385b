"""The engine's part, played synchronously and purely: ledger, batches, timers, wake-ups, crashes, all around `decide`.

Nothing of the core is replaced. Whatever the world decides, it decides twice from the same state and compares.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec.structs import replace as replaced

from router.client_events import ClientDeleted, ClientEdited, ClientEvent, ClientMessage, ClientReacted, ClientStarted
from router.clients import is_over
from router.decide import decide
from router.desk import Desk
from router.effects import (
    AfterCommit,
    AskTriage,
    Effect,
    FetchFiles,
    HoursChanged,
    JoinCards,
    Move,
    Outcome,
    ShowSeen,
    UseInvitation,
    WakeLines,
)
from router.events import (
    Amendment,
    Arrived,
    Event,
    FilesFetched,
    React,
    Reopen,
    Reply,
    Resend,
    SetPaused,
    StaffEvent,
    TimerFired,
    TriageAnswered,
    Wake,
)
from router.invitations import CardsJoined, InvitationFollowed, digest_of
from router.media import Attachment
from router.model import Conversation, Message, Understanding
from router.pool import Pool
from router.roster import Roster
from router.rulebook import Rulebook
from router.rules import Rules
from tests.unit.router.kept import Entry, Kept
from tests.unit.router.texts import WEBCHATS, Prompts, catalog

#: a Monday
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
#: what a scripted triage engine returns when it never answers
SLOW = "slow"
TriageScript = Callable[[AskTriage], Understanding | str | None]
_TOO_MANY = 3000
#: moments at which something is due: several clients may be told their place every 30 s, all night
_TOO_LONG = 20_000


def never_asked(question: AskTriage) -> Understanding | None:
    """Stand for the triage engine where no line has one."""
    raise AssertionError(f"Nobody should have asked triage about {question.text!r}.")


def kept_file(file: Attachment) -> Attachment:
    """Stand for a platform that hands over what it is asked for."""
    return replaced(file, id=f"kept {file.source}", source="") if file.source else file


@dataclass(frozen=True)
class Decision:
    """One call of `decide`, for promises that speak of single steps."""

    event: Event
    now: datetime
    #: the conversation it speaks of, as it was
    before: Conversation | None
    effects: tuple[Effect, ...]


class Engine:
    """A hub without I/O. Its time stands still unless `advance` or `jump` moves it."""

    def __init__(self, rules: Mapping[str, Any], *, now: datetime = NOON, triage: TriageScript = never_asked) -> None:
        self.book = Rulebook(Rules.model_validate(rules), catalog(), Prompts(), amends=WEBCHATS)
        self.now = now
        self.triage = triage
        self.kept = Kept()
        #: what comes of a file that is asked for; itself while it does not come
        self.fetch: Callable[[Attachment], Attachment] = kept_file
        self.decisions: list[Decision] = []
        self.shown: dict[str, int] = {}
        self._numbers = 0
        self.start()

    # Starting, and dying

    def start(self) -> None:
        """Begin as after a crash: with what was committed, undecided updates first, then a look at every line."""
        self._pending: list[tuple[Event, tuple[Effect, ...]]] = []
        self.roster = Roster(dict(self.kept.operators))
        self.desks = {line: Desk(line, self.roster) for line in self.book.rules.lines}
        for line, desk in self.desks.items():
            desk.paused = line in self.kept.lines and self.kept.lines[line].paused
            for conversation in self.kept.waiting_of(line):
                desk.put(conversation)
        self._inbox: deque[Event] = deque([*self.kept.undecided(), *self._wakes(self.desks)])

    def _wakes(self, lines: Any) -> list[Event]:
        return [Wake(self.fresh_id("hub:wake"), line) for line in lines]

    def fresh_id(self, prefix: str = "u") -> str:
        """Return an id that was never used."""
        self._numbers += 1
        return f"{prefix}:{self._numbers}"

    # Deciding

    def receive(self, *updates: Entry) -> None:
        """Put updates into the ledger and the inbox; repeated ones are dropped."""
        for update in updates:
            if update.id not in self.kept.ledger:
                self.kept.ledger[update.id] = update
                self._inbox.append(update)

    def post(self, event: Event) -> None:
        """Put one of the hub's own events into the inbox; it is lost in a crash."""
        self._inbox.append(event)

    def decide_all(self, at_most: int = _TOO_MANY) -> None:
        """Decide what is in the inbox, and commit nothing yet."""
        while self._inbox and at_most > 0:
            self._decide(self._inbox.popleft())
            at_most -= 1

    def _decide(self, event: Event) -> None:
        assert event.id not in self.kept.done, "an update was decided twice"
        desk = self.desks[self._line_of(event)]
        self._fill(desk, event)
        before = desk.get(getattr(event, "conversation", ""))
        twin = copy_of(desk)
        effects = decide(desk, event, self.book, self.now)
        assert effects == decide(twin, event, self.book, self.now), "the same decision came out differently"
        self._pending.append((event, tuple(effects)))
        self.decisions.append(Decision(event, self.now, before, tuple(effects)))
        for move in (effect for effect in effects if isinstance(effect, Move)):
            self.desks[move.conversation.line].put(move.conversation)
        self.after_decision(desk, self.decisions[-1])

    def after_decision(self, desk: Desk, decision: Decision) -> None:
        """Look at the desk right after a decision; for promises that hold at every step."""

    def commit(self) -> list[AfterCommit | JoinCards | UseInvitation]:
        """Write what was decided as one transaction; return what is to be done after it."""
        after: list[AfterCommit | JoinCards | UseInvitation] = []
        for event, effects in self._pending:
            for effect in effects:
                if isinstance(effect, AfterCommit | JoinCards | UseInvitation):
                    after.append(effect)
                if not isinstance(effect, AfterCommit):
                    self.kept.write(effect)
            if event.id in self.kept.ledger:
                self.kept.done[event.id] = next((e for e in effects if isinstance(e, Outcome)), None)
        self._pending.clear()
        for desk in self.desks.values():
            desk.learn({}, {})
            desk.forget_messages()
        return after

    def act(self, after: list[AfterCommit | JoinCards | UseInvitation]) -> None:
        """Do what comes after a commit."""
        for effect in after:
            match effect:
                case AskTriage():
                    self._understand(effect)
                case FetchFiles():
                    self._fetch(effect)
                case Move(conversation):
                    self._inbox.append(Arrived(self.fresh_id("hub:arrived"), conversation.id))
                case WakeLines(lines):
                    self._inbox.extend(self._wakes(lines))
                case HoursChanged():
                    self._inbox.extend(self._wakes(self.desks))
                case ShowSeen(conversation, n):
                    self.shown[conversation.id] = n
                case JoinCards(gone, kept):
                    every = (CardsJoined(self.fresh_id("hub:joined"), line, gone, kept) for line in self.desks)
                    self._inbox.extend(every)
                case UseInvitation(made, _, name, channel):
                    key = self.fresh_id("hub:followed")
                    self._inbox.append(InvitationFollowed(key, made.conversation, name, channel))

    def _understand(self, question: AskTriage) -> None:
        answer = self.triage(question)
        if not isinstance(answer, str):
            self._inbox.append(
                TriageAnswered(self.fresh_id("hub:triage"), question.conversation, question.message, answer)
            )

    def _fetch(self, wanted: FetchFiles) -> None:
        message = self.kept.messages[wanted.message]
        files = tuple(self.fetch(file) for file in message.attachments)
        if files != message.attachments:
            self._inbox.append(FilesFetched(self.fresh_id("hub:files"), wanted.conversation, wanted.message, files))

    def settle(self) -> None:
        """Decide, commit and act until there is nothing left to do at this moment."""
        for _ in range(_TOO_MANY):
            self.decide_all()
            self.act(self.commit())
            if not self._inbox and not self._fire_due():
                return
        raise AssertionError("The world never comes to rest.")

    # Time

    def _timers(self) -> list[tuple[datetime, str, str]]:
        return sorted((at, c.id, kind) for c in self.kept.conversations.values() for kind, at in c.timers.items())

    def _fire_due(self) -> bool:
        """Put the earliest due timer into the inbox."""
        for at, conversation, kind in self._timers()[:1]:
            if at <= self.now:
                self._inbox.append(TimerFired(self.fresh_id("hub:timer"), conversation, kind, at))
        return bool(self._inbox)

    def advance(self, by: timedelta) -> None:
        """Let time pass: timers fire and lines wake in the order they are due."""
        until = self.now + by
        for _ in range(_TOO_LONG):
            shifts = {line: self.book.next_shift_change(line, self.roster.states, self.now) for line in self.desks}
            moments = [at for at, _, _ in self._timers()[:1]] + [at for at in shifts.values() if at]
            at = min(moments, default=until)
            self.now = min(at, until)
            self._inbox.extend(self._wakes([line for line, change in shifts.items() if change == self.now]))
            self.settle()
            if self.now == until:
                return
        raise AssertionError("The world has too much to do for its time.")

    def jump(self, by: timedelta) -> None:
        """Let time pass unnoticed, as for a machine that slept: everything late is due at once."""
        self.now += by
        self._inbox.extend(self._wakes(self.desks))
        self.settle()

    # What the engine looks up

    def _home(self, channel: str) -> str:
        """Return the line on which a channel's conversations begin: the one its name begins with, or the first."""
        return next((line for line in self.desks if channel.startswith(line)), next(iter(self.desks)))

    def _line_of(self, event: Event) -> str:
        first = self._home(getattr(event, "channel", ""))
        if isinstance(event, Wake | SetPaused | CardsJoined):
            return event.line if event.line in self.desks else first
        if (said := self._changes(event)) is not None:
            return self._place_of(said.conversation, first)
        if isinstance(event, ClientEvent):
            latest = self._latest(event.channel, event.chat)
            begins = isinstance(event, ClientMessage | ClientStarted)
            over = latest is None or (begins and is_over(self.book, latest, self.now))
            return first if over or latest is None else latest.line
        return first if isinstance(event, StaffEvent) else self._place_of(event.conversation, first)

    def _place_of(self, conversation: str, otherwise: str) -> str:
        kept = self.kept.conversations.get(conversation)
        lines = (line for line, desk in self.desks.items() if desk.get(conversation))
        return next(lines, kept.line if kept else otherwise)

    def _changes(self, event: Event) -> Message | None:
        """Return the message that a client's event changes, committed or not."""
        if not isinstance(event, ClientEdited | ClientDeleted | ClientReacted):
            return None
        key = (event.channel, event.chat, event.external_id)
        if isinstance(event, ClientReacted) and (told := self.kept.told(*key)) is not None:
            return told
        return next((m for desk in self.desks.values() if (m := desk.heard(*key))), self.kept.heard(*key))

    def _latest(self, channel: str, chat: str) -> Conversation | None:
        # Desks first: they know before the store does what has moved to another line.
        found = [*(desk.of_chat(channel, chat) for desk in self.desks.values()), self.kept.latest_of(channel, chat)]
        return max((c for c in found if c is not None), key=lambda c: c.created_at, default=None)

    def _fill(self, desk: Desk, event: Event) -> None:
        """Put on the desk what the event speaks of."""
        kept = self.kept
        self._load(desk, kept.conversations.get(getattr(event, "conversation", "")))
        self._fill_messages(desk, event)
        if isinstance(event, ClientEvent):
            self._load_latest(desk, event.channel, event.chat)
        if isinstance(event, ClientStarted):
            self._fill_invited(desk, digest_of(event.payload))
        if isinstance(event, Reopen) and (conversation := desk.get(event.conversation)):
            self._load_latest(desk, conversation.channel, conversation.chat)
        if isinstance(event, Wake):
            for conversation in kept.held_by(desk.line, self.roster.absent_with_load(self.book, self.now)):
                self._load(desk, conversation)
        if isinstance(event, Resend) and event.delivery in kept.deliveries:
            delivery = desk.deliveries[event.delivery] = kept.deliveries[event.delivery]
            desk.remember(kept.messages[delivery.message])
        desk.learn({**kept.clients, **desk.clients}, kept.last_operators())

    def _fill_invited(self, desk: Desk, digest: str) -> None:
        """Put on the desk the invitation that a client follows, unless this batch has used it up already."""
        made, effects = self.kept.invitations.get(digest), (it for _, effects in self._pending for it in effects)
        used = any(isinstance(it, UseInvitation) and it.invitation.digest == digest for it in effects)
        card = self.kept.card(made.client) if made is not None and not used else None
        desk.invited = {digest: (made, card)} if made is not None and card is not None else {}

    def _fill_messages(self, desk: Desk, event: Event) -> None:
        """Put on the desk the message that the event changes, unless the batch has changed it already."""
        asked = event.message if isinstance(event, Amendment | React | FilesFetched) else ""
        asked = event.reply_to if isinstance(event, Reply) else asked
        named = self.kept.messages.get(asked) if asked else self._changes(event)
        if isinstance(event, ClientReacted | ClientMessage):
            self._fill_spoken(desk, event)
        if named is not None:
            self._load(desk, self.kept.conversations.get(named.conversation))
            desk.remember(desk.messages.get(named.id, named))

    def _fill_spoken(self, desk: Desk, event: ClientReacted | ClientMessage) -> None:
        """Put on the desk what a client reacts to or answers."""
        external = event.external_id if isinstance(event, ClientReacted) else event.reply_to
        key = (event.channel, event.chat, external)
        for said in (self.kept.heard(*key), self.kept.told(*key)):
            if said is not None:
                desk.remember(desk.messages.get(said.id, said))
        told = self.kept.told(*key)
        desk.learn_told({key: told.id} if told is not None else {})

    def _load(self, desk: Desk, conversation: Conversation | None) -> None:
        somewhere = conversation and any(other.get(conversation.id) for other in self.desks.values())
        if conversation and conversation.line == desk.line and not somewhere:
            desk.put(conversation)

    def _load_latest(self, desk: Desk, channel: str, chat: str) -> None:
        latest = self._latest(channel, chat)
        self._load(desk, latest)
        if latest is not None:
            desk.chats[channel, chat] = latest.id

    def forget_idle(self) -> None:
        """Let everything leave memory that may."""
        for desk in self.desks.values():
            for conversation in list(desk.idle(0)):
                desk.drop(conversation)


def copy_of(desk: Desk) -> Desk:
    """Return a desk that can be decided on without changing this one."""
    roster = replace(desk.roster, states=dict(desk.roster.states), _changed=dict(desk.roster._changed))
    return replace(
        desk,
        roster=roster,
        conversations=dict(desk.conversations),
        chats=dict(desk.chats),
        clients=dict(desk.clients),
        messages=dict(desk.messages),
        invited=dict(desk.invited),
        _heard=dict(desk._heard),
        _told=dict(desk._told),
        pool=desk.pool and _copy_of_pool(desk.pool, roster),
        fresh=dict(desk.fresh),
        served=copy(desk.served),
        escalated=dict(desk.escalated),
        _queue=list(desk._queue),
        _offered=dict(desk._offered),
    )


def _copy_of_pool(pool: Pool, roster: Roster) -> Pool:
    return replace(
        pool,
        roster=roster,
        order=list(pool.order),
        free=list(pool.free),
        obstacles=dict(pool.obstacles),
        counts=Counter(pool.counts),
        _came=dict(pool._came),
        _able={},
        _entries=dict(pool._entries),
    )
