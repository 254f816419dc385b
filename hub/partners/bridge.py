"""One partner at work: takes what is offered to it, tells the other hub of it, and says what that answers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import uuid4

import structlog

from hub.engine.backoff import backoff, persist
from hub.engine.engine import Engine
from hub.partners.hearing import Hearing
from hub.partners.receiver import PartnerReceiver
from hub.partners.telling import PAST, Teller, Told, packed
from hub.partners.wire import Wire
from hub.settings.model import PartnerSettings
from hub.web.facade import Hub
from hub.webhooks.follower import UNWRITTEN, Follower
from router.catalog import Catalog
from router.console import holds_floor
from router.delivery import CURSORS_PER_EVENT, Delivery
from router.errors import HubError, Rejected
from router.ids import derive_at
from router.model import Conversation, State
from router.people import OperatorState, Presence
from router.ports import FeedEvent
from router.webhooks import channel_of, stand_in

_log = structlog.get_logger(__name__)
#: seconds that a request for deliveries stays open when there are none
_WAIT = 30
#: what may change who has a conversation, or what has been said in it
_TELLING = frozenset({"message", "conversation"})


def part_of(operator: str) -> str:
    """Return the name under which a partner is kept beside the webhooks, none of which can have it."""
    return f"hub:{operator}"


class Bridge(Follower):
    """Does an operator's work with another hub's people."""

    def __init__(self, operator: str, settings: PartnerSettings, hub: Hub, engine: Engine, texts: Catalog) -> None:
        language = hub.rules.operators[operator].language
        self._wire = Wire(settings)
        self._teller = Teller(operator, language, texts, engine.book.catalog)
        name = part_of(operator)
        super().__init__(name, PartnerReceiver(name, operator, self._wire, hub, self._teller), engine)
        self._operator = operator
        self._settings = settings
        self._hub = hub
        self._hearing = Hearing(operator, language, hub, self._wire, self._teller)
        #: conversation → the number of the message up to which the other hub has been told of it
        self._links: dict[str, int] = {}
        #: whether the other hub could be reached last; None until it is known
        self._here: bool | None = None
        self._lost_at: datetime | None = None
        #: why nothing can be fetched at the moment; empty when it can
        self.trouble = ""

    async def _begin(self) -> None:
        self._links = await persist("read what a partner knows", lambda: self._store.links(self._name))

    async def _make(self, events: Sequence[FeedEvent]) -> None:
        """Bring the other hub up to date with every conversation that a stretch of the feed speaks of."""
        links, told = dict(self._links), list[tuple[Conversation, Told]]()
        touched = [
            it for it in events if it.type in _TELLING and (self._operator in it.staff or it.conversation in links)
        ]
        for id_ in dict.fromkeys(it.conversation for it in touched):
            told += await persist("read a conversation", lambda id_=id_: self._brought_up(id_, links))  # type: ignore[misc]  # bound now
        before, after, now = self._cursor, events[-1].cursor, self._engine.clock.now()
        self._links = links
        if not told and after - before < UNWRITTEN:
            return
        made = [self._delivery(it, each, after * CURSORS_PER_EVENT + n, now) for n, (it, each) in enumerate(told)]
        await persist(
            "write what a partner is told", lambda: self._store.add(self._name, before, after, made, now, links)
        )
        self._cursor = after
        self.outbox.offer((each, stand_in(each)) for each in made)

    def _delivery(self, it: Conversation, told: Told, cursor: int, now: datetime) -> Delivery:
        return Delivery(
            id=derive_at(now, self._name, str(cursor)),
            message="",
            conversation=it.id,
            line=it.line,
            channel=channel_of(self._name),
            chat=it.id,
            cursor=cursor,
            body=packed(told),
        )

    async def _brought_up(self, id_: str, links: dict[str, int]) -> list[tuple[Conversation, Told]]:
        """Return what the other hub is to be told of a conversation as it stands; take it where it is offered."""
        it = await self._hub.conversation(id_)
        if it is None:
            return []
        if it.state is State.OFFERED and self._operator in it.offered:
            await self._hub.command(self._operator, f"take {id_} {it.n}", {"type": "take", "conversation": id_})
            return []  # what comes of it is in the feed
        if holds_floor(it, self._operator):
            return [(it, told) for told in await self._news(it, links)]
        ended_there = it.state is State.CLOSED and it.closed_by == self._operator
        if links.pop(id_, None) is None or ended_there:
            return []
        client = await self._hub.store.client(it.client)
        over = self._teller.over(f"over-{id_}-{it.n}", it, client, closed=it.state is State.CLOSED)
        return [(it, told) for told in over]

    async def _news(self, it: Conversation, links: dict[str, int]) -> list[Told]:
        known = links.get(it.id)
        links[it.id] = it.n
        if known == it.n:
            return []
        store, limit = self._hub.store, PAST if known is None else it.n - known
        client = await store.client(it.client)
        latest = await store.messages(it.id, before=it.n + 1, limit=limit)
        if known is not None:
            return [told for message in latest if (told := self._teller.message(it, client, message)) is not None]
        line = self._hub.rules.lines.get(it.line)
        name = line.name if line is not None else it.line
        return [self._teller.handover(f"handover-{it.id}-{it.n}", it, client, name, latest)]

    async def _besides(self) -> None:
        """Fetch what the other hub says, confirming it by asking for what comes after it, once it is carried out."""
        after, failures, clock = 0, 0, self._engine.clock
        while True:
            try:
                after = await self._fetch(after)
                failures, self.trouble = 0, ""
            except HubError as error:
                failures, self.trouble = failures + 1, str(error)
                _log.warning("partner.trouble", operator=self._operator, failures=failures, reason=self.trouble)
                await clock.sleep_until(clock.now() + backoff(failures, first=0.5, longest=15.0))

    async def _fetch(self, after: int) -> int:
        try:
            # Whether it can be reached is asked first, and then it is waited for.
            deliveries, cursor = await self._wire.deliveries(
                after, _WAIT if self._lost_at is None and self._here else 0
            )
        except Rejected:
            if not after:
                raise
            return 0  # the other hub was restored from a backup, and has not come so far again
        except HubError:
            await self._lost()
            raise
        await self._reached()
        for each in deliveries:
            await self._hearing.hear(each)
        return cursor

    async def _reached(self) -> None:
        self._lost_at = None
        if self._here is not True:
            await self._set(Presence.AVAILABLE, only_from=(Presence.AWAY,))
            self._here = True

    async def _lost(self) -> None:
        """Leave once the other hub has been out of reach for long, so that others get what it has not answered."""
        now = self._engine.clock.now()
        self._lost_at = self._lost_at or now
        if self._here is not False and now - self._lost_at >= self._settings.away_after:
            await self._set(Presence.AWAY, only_from=(Presence.AVAILABLE, Presence.BREAK))
            self._here = False
            _log.error("partner.lost", operator=self._operator, since=self._lost_at.isoformat())

    async def _set(self, presence: Presence, only_from: Sequence[Presence]) -> None:
        state = self._hub.roster.get(self._operator, OperatorState(self._operator))
        if state.presence in only_from:
            body = {"type": "presence", "presence": presence.value}
            await self._hub.command(self._operator, f"presence {uuid4().hex}", body)
