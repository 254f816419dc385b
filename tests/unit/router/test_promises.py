"""The promises of the design, kept by the core whatever clients, operators, clocks and crashes do."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import timedelta
from enum import Enum
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from msgspec.structs import replace

from router.client_events import ClientMessage
from router.conversation import CLOSE, FILES, LEFT, OFFER, QUEUE, RETRY, TRIAGE
from router.delivery import Action
from router.desk import Desk
from router.distribution import Search, choose
from router.effects import AddDelivery, Move, SaveConversation, WakeLines
from router.events import Amendment, Arrived, Command, React, Reply, Seen, TimerFired, TriageAnswered, Wake
from router.model import AuthorKind, Conversation, FloorHolder, State, Understanding
from router.people import OperatorState, Presence
from router.pledges import PROMISE, Target
from router.pool import Pool
from tests.unit.router.engine import Decision
from tests.unit.router.lives import ANSWERS, MOVED, OPERATORS, Deed, deeds, rule_sets
from tests.unit.router.retold import told_of
from tests.unit.router.shops import scripted
from tests.unit.router.world import World

_HELD = {State.OPEN, State.WAITING}
_TIMERS = {
    State.TRIAGE: ({TRIAGE}, {CLOSE}, set()),
    State.QUEUED: ({RETRY}, {QUEUE}, {QUEUE, RETRY}, set()),
    State.OFFERED: ({OFFER}, set()),
    State.OPEN: (set(),),
    State.WAITING: ({CLOSE}, {LEFT}, {CLOSE, LEFT}, set()),
    State.CLOSED: (set(),),
}


class Watched(World):
    """A world that checks, at every single decision, what must hold at every single decision."""

    def start(self) -> None:
        """Begin with what was committed, and know who holds or is offered what."""
        super().start()
        self._people_of = {key: _people(conversation) for key, conversation in self.kept.conversations.items()}

    def after_decision(self, desk: Desk, decision: Decision) -> None:
        self._new_holders_could_take_it(decision)
        self._nobody_is_asked_again_at_once(decision)
        self._nobody_idles_while_somebody_waits(desk, decision)
        self._the_pool_is_as_if_made_anew(desk)
        _only_the_floor_holder_speaks(decision)
        _old_news_change_nothing(decision)

    def _the_pool_is_as_if_made_anew(self, desk: Desk) -> None:
        """What is kept in step with the roster is what the roster says."""
        if desk.pool is not None:
            kept = desk.pool = desk.pool.brought_to(self.book, self.now)
            fresh = Pool.of(desk.line, self.book, self.roster, self.now)
            assert (kept.order, kept.free, kept.obstacles) == (fresh.order, fresh.free, fresh.obstacles)
            assert +kept.counts == +fresh.counts
            for needs in [each.needs for each in (Search.of(c, kept, self.now) for c in desk.queue)]:
                able, anew = kept.able(needs), fresh.able(needs)
                assert (able.lacks, able.free, +able.unable) == (anew.lacks, anew.free, +anew.unable)

    def _new_holders_could_take_it(self, decision: Decision) -> None:
        """Promise 4: whoever is newly asked or newly responsible is available and within their hours."""
        for effect in decision.effects:
            if isinstance(effect, SaveConversation):
                key, people = effect.conversation.id, _people(effect.conversation)
                for name in people - self._people_of.get(key, set()):
                    assert self.roster.get(name).presence is Presence.AVAILABLE
                    assert self.book.on_shift(self.roster.get(name), decision.now)
                self._people_of[key] = people

    def _nobody_is_asked_again_at_once(self, decision: Decision) -> None:
        """Promise 5: whoever let a conversation go is not offered it until the rules' time has passed."""
        for effect in decision.effects:
            if isinstance(effect, SaveConversation):
                let_go = {name for name, until in effect.conversation.passed.items() if until > decision.now}
                assert not let_go & set(effect.conversation.offered)

    def _nobody_idles_while_somebody_waits(self, desk: Desk, decision: Decision) -> None:
        """Whoever can be offered something waiting is offered it in this decision, or the line is being woken."""
        effects = [effect for _, effects in self._pending for effect in effects]
        awaited = {line for effect in effects if isinstance(effect, WakeLines) for line in effect.lines}
        awaited |= {effect.conversation.line for effect in effects if isinstance(effect, Move)}
        awaited |= {event.line for event in self._inbox if isinstance(event, Wake)}
        arriving = any(isinstance(event, Arrived) and desk.get(event.conversation) for event in self._inbox)
        late = any(at <= self.now for c in desk.queue for at in c.timers.values())
        if desk.line in awaited or arriving or late:
            return
        assert not self.idle(desk), f"somebody idles after {decision.event}"

    def idle(self, desk: Desk) -> list[str]:
        """Return which conversations wait although somebody could be asked."""
        if desk.paused or not self.book.is_open(desk.line, self.now):
            return []
        pool = Pool.of(desk.line, self.book, self.roster, self.now)
        return [c.id for c in desk.queue if choose(c, pool, self.now).chosen]


def _people(conversation: Conversation) -> set[str]:
    return {conversation.operator, *conversation.offered} - {""} if conversation.state is not State.CLOSED else set()


def _only_the_floor_holder_speaks(decision: Decision) -> None:
    """Promise 6: an operator's new words leave only by their own reply, with the floor."""
    for effect in decision.effects:
        if isinstance(effect, AddDelivery) and effect.delivery.action is not Action.SEND:
            assert isinstance(decision.event, Amendment | React)
        elif isinstance(effect, AddDelivery) and effect.message.author.kind is AuthorKind.OPERATOR:
            assert isinstance(decision.event, Reply)
            assert effect.message.author.id == decision.event.operator
            assert decision.before is not None
            assert decision.before.floor.operator == decision.event.operator
            assert decision.before.state in _HELD


def _old_news_change_nothing(decision: Decision) -> None:
    """A timer the conversation no longer has does nothing, and what triage finds is not said over a person."""
    event, before = decision.event, decision.before
    if isinstance(event, TimerFired) and (before is None or before.timers.get(event.kind) != event.due_at):
        assert decision.effects == ()
    if isinstance(event, TriageAnswered):
        heard = before is not None and before.bot.pending == event.message
        spoken_over = before is None or before.state not in {State.TRIAGE, State.QUEUED}
        assert decision.effects == () or (heard and not spoken_over)


class Fate(Enum):
    """When the hub dies while it works on a batch."""

    LIVES = "not at all"
    BEFORE = "after the ledger had it, before anything was decided"
    MIDWAY = "after one event was decided"
    UNCOMMITTED = "after all was decided, before the commit"
    COMMITTED = "after the commit, before what comes after it"


_fates = st.sampled_from([Fate.LIVES] * 4 + [fate for fate in Fate if fate is not Fate.LIVES])


class Life(RuleBasedStateMachine):
    """Random lines, operators, clients, clocks and crashes."""

    world: Watched

    @initialize(rules=rule_sets(), absent=st.sets(st.sampled_from(OPERATORS), max_size=3))
    def opens(self, rules: dict[str, Any], absent: set[str]) -> None:
        self.world = Watched(rules, triage=scripted(**ANSWERS))
        self.world.presence(Presence.AVAILABLE, *(name for name in OPERATORS if name not in absent))

    @rule(deeds=st.lists(deeds, min_size=1, max_size=4), fate=_fates)
    def people_do_things(self, deeds: list[Deed], fate: Fate) -> None:
        """One batch: all of it reaches the ledger, then the hub may die, and is started again."""
        world = self.world
        world.receive(*(update for deed in deeds for update in deed.updates(world)))
        if fate is Fate.MIDWAY:
            world.decide_all(at_most=1)
        elif fate in {Fate.UNCOMMITTED, Fate.COMMITTED}:
            world.decide_all()
        if fate is Fate.COMMITTED:
            world.commit()
        if fate is not Fate.LIVES:
            world.start()
        world.settle()
        world.advance(timedelta(seconds=1))

    @rule(by=st.sampled_from([5, 65, 130, 700, 3700, 8 * 3600, 15 * 3600]), dies=st.booleans(), jumps=st.booleans())
    def time_passes(self, by: int, dies: bool, jumps: bool) -> None:
        """The hub works on, is down meanwhile, or sleeps and finds everything late."""
        if dies:
            self.world.start()
        if jumps:
            self.world.jump(timedelta(seconds=by))
        else:
            self.world.advance(timedelta(seconds=by))

    @rule(pick=st.integers(0, 999), operator=st.sampled_from(OPERATORS), n=st.integers(0, 5), forgets=st.booleans())
    def an_operator_reads(self, pick: int, operator: str, n: int, forgets: bool) -> None:
        """Reading changes little, in memory or after it had to be read again."""
        conversations = list(self.world.kept.conversations)
        if forgets:
            self.world.forget_idle()
        if conversations:
            conversation = conversations[pick % len(conversations)]
            self.world.post(Seen(self.world.fresh_id("hub:seen"), conversation, operator, n))
            self.world.settle()

    @rule(pick=st.integers(0, 999), answer=st.sampled_from([*ANSWERS.values()]))
    def news_come_late(self, pick: int, answer: Understanding | str | None) -> None:
        """A timer that has fired fires again, and the engine answers when nobody expects it any more."""
        fired = [d.event for d in self.world.decisions if isinstance(d.event, TimerFired)]
        if fired:
            self.world.post(replace(fired[pick % len(fired)], id=self.world.fresh_id("hub:late")))
        every = list(self.world.kept.conversations.values())
        if every and not isinstance(answer, str):
            asked = every[pick % len(every)]
            self.world.post(TriageAnswered(self.world.fresh_id("hub:late"), asked.id, asked.bot.pending, answer))
        self.world.settle()

    # What must hold whenever the world is at rest

    @invariant()
    def every_client_message_is_decided_exactly_once_in_its_chats_order(self) -> None:
        """Promise 2. A chat that moved is one with that under its new id."""
        sent, kept = defaultdict(list), defaultdict(list)
        for update in self.world.kept.ledger.values():
            assert update.id in self.world.kept.done
            if isinstance(update, ClientMessage):
                sent[update.channel, update.chat.removesuffix(MOVED)].append(update.external_id)
        for message in self.world.kept.messages.values():
            if message.author.kind is AuthorKind.CLIENT:
                kept[message.channel, message.chat.removesuffix(MOVED)].append(message.external_id)
        assert sent == kept

    @invariant()
    def every_message_reads_as_it_was_last_left(self) -> None:
        """Edits and deletions that were carried out, in the order of the ledger, and nothing else, change messages."""
        told = told_of(self.world.kept)
        for message in self.world.kept.messages.values():
            if message.id in told:
                assert (message.text, message.deleted_at is not None) == told[message.id]
            else:
                assert (message.edited_at, message.deleted_at, message.versions) == (None, None, ())

    @invariant()
    def every_command_has_its_outcome(self) -> None:
        for update in self.world.kept.ledger.values():
            assert (self.world.kept.done[update.id] is not None) == isinstance(update, Command)

    @invariant()
    def loads_are_a_recount_and_within_capacity(self) -> None:
        """Promise 4."""
        world = self.world
        counts, every = Counter(), list(world.kept.conversations.values())
        for conversation in every:
            if conversation.state is not State.WAITING or world.book.counts_waiting(conversation.line):
                counts.update((name, conversation.line) for name in conversation.holders)
        for operator in world.book.rules.operators:
            held = [c for c in every if operator in c.holders]
            waiting = sum(c.state is State.WAITING for c in held)
            for state in (world.roster.get(operator), world.kept.operators.get(operator) or OperatorState(operator)):
                assert {line: state.loads.get(line, 0) for line in world.desks} == {
                    line: counts[operator, line] for line in world.desks
                }
                assert (state.load, state.open, state.waiting) == (
                    sum(state.loads.values()),
                    len(held) - waiting,
                    waiting,
                )
            if not world.book.uncounted:
                assert world.load(operator) <= world.book.capacity(operator)

    @invariant()
    def nothing_sticks_to_somebody_who_left(self) -> None:
        """Promise 5."""
        world = self.world
        for conversation in world.kept.conversations.values():
            for name in conversation.offered:
                assert world.roster.get(name).presence is Presence.AVAILABLE
                assert world.book.on_shift(world.roster.get(name), world.now)
            if conversation.state is State.OPEN:
                assert world.roster.at_work(conversation.operator, world.book, world.now)

    @invariant()
    def exactly_one_holds_the_floor(self) -> None:
        """Promise 6."""
        for conversation in self.world.kept.conversations.values():
            floor = conversation.floor
            if conversation.state in _HELD:
                assert conversation.operator
                assert floor.operator == conversation.operator
                assert floor.holder is not FloorHolder.BOT
            else:
                assert (floor.holder, floor.operator) == (FloorHolder.BOT, "")
                assert conversation.state is State.CLOSED or not conversation.operator

    @invariant()
    def nobody_idles_while_somebody_waits(self) -> None:
        for desk in self.world.desks.values():
            assert not self.world.idle(desk)

    @invariant()
    def messages_are_numbered_without_gaps(self) -> None:
        for conversation in self.world.kept.conversations.values():
            numbers = [message.n for message in self.world.kept.of(conversation.id)]
            assert numbers == list(range(1, conversation.n + 1))

    @invariant()
    def timers_fit_the_state(self) -> None:
        for conversation in self.world.kept.conversations.values():
            assert set(conversation.timers) - {*Target, PROMISE, FILES} in _TIMERS[conversation.state]
            assert (FILES in conversation.timers) == bool(conversation.coming)
            assert (PROMISE in conversation.timers) == (conversation.promise is not None)
            assert not (conversation.promise and CLOSE in conversation.timers)
            running = {target for target, clock in conversation.sla.items() if clock.since is not None}
            assert set(Target) & set(conversation.timers) <= running
            assert all(at > self.world.now for at in conversation.timers.values())
            assert bool(conversation.offered) == (conversation.state is State.OFFERED)

    @invariant()
    def whoever_followed_an_invitation_has_one_card(self) -> None:
        """Each address leads to one card, which is none that became a part of another; so does each conversation."""
        kept = self.world.kept
        for key, client in kept.clients.items():
            assert kept.card(client.id) == client
            assert key in client.identities
        for conversation in kept.conversations.values():
            assert kept.card(conversation.client) is not None
        for made in kept.used.values():
            assert "client_linked" in self.world.happened(kept.conversations[made.conversation])

    @invariant()
    def a_chat_has_one_conversation_at_a_time(self) -> None:
        every = self.world.kept.conversations.values()
        running = Counter((c.channel, c.chat) for c in every if c.state is not State.CLOSED)
        assert all(count == 1 for count in running.values())

    @invariant()
    def desks_hold_what_was_committed(self) -> None:
        """A crash would change nothing: memory and store say the same, and every waiting conversation is at hand."""
        for line, desk in self.world.desks.items():
            assert all(self.world.kept.conversations[key] == held for key, held in desk.conversations.items())
            waiting = [c for c in self.world.kept.waiting_of(line) if c.state is not State.TRIAGE or c.bot.pending]
            assert all(desk.get(c.id) == c for c in waiting)


TestLife = pytest.mark.timeout(600)(Life.TestCase)  # long only when it finds something and makes it smaller
