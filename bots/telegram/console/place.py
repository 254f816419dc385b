"""One chat: what is to be drawn there, the urgent first, at the pace that Telegram takes.

Answers to what an operator asks for are sent at once, as far as the pace allows. Then comes what was said, several
messages in one when they came faster than they may be sent; and when nothing else waits, changes of heads, countdowns
of offers and names of topics, of which only the latest state is ever drawn.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import structlog

from bots.telegram.console.drawing import Artist
from bots.telegram.console.office import Office
from bots.telegram.console.painting import Painter
from bots.telegram.console.progress import Progress
from bots.telegram.console.rooms import Rooms
from bots.telegram.console.sender import LEFT_BY_WORDS, Sender, TopicGone
from router.errors import Rejected
from router.model import State
from router.store import Filter

_log = structlog.get_logger(__name__)
#: how often the time that is left of an offer is drawn anew
_COUNTDOWN = timedelta(seconds=15)
_OPEN = tuple(state.value for state in State if state is not State.CLOSED)
Job = Callable[[], Awaitable[None]]


class Place:
    """A chat with its conversations. `operator` is whose private chat it is; empty for the group."""

    def __init__(self, office: Office, chat: int, operator: str, progress: Progress) -> None:
        self.operator = operator
        self.chat = chat
        self._office = office
        self._progress = progress
        #: for answers; what is drawn leaves them room
        self.sender = Sender(office, chat)
        draws = Sender(office, chat, LEFT_BY_WORDS)
        self.rooms = Rooms(office, draws)
        self.artist = Artist(office, operator, office.language(operator), mixed=not office.topics)
        self.painter = Painter(office, draws, self.artist, self.rooms, progress)
        #: conversation → its messages that have changed
        self._dirty: dict[str, set[str]] = {}
        self._later: dict[str, None] = {}
        #: when offers say next how much time is left
        self._countdown: datetime | None = None
        self._woken = asyncio.Event()

    @property
    def is_open(self) -> bool:
        """Whether it is still for its reader's eyes: accounts are unlinked, and linked anew, at any time."""
        link = self._office.links.get(self.chat)
        return not self.operator or (link is not None and link.operator == self.operator)

    async def load(self) -> None:
        """Read what was drawn before."""
        await self.rooms.load()
        await self.painter.load()

    async def catch_up(self) -> None:
        """Draw whatever concerns the reader now, as when they have just come."""
        wanted = Filter(staff=self.operator or None, states=_OPEN)
        for it in await self._office.host.list_conversations(wanted, limit=100):
            self.touch(it.id, (), self._progress.seen)

    def touch(self, conversation: str, changed: tuple[str, ...], cursor: int) -> None:
        """Something of a conversation may look different now; `cursor` is that of the event that says so."""
        self._progress.owe(self.chat, conversation, cursor)
        self._dirty.setdefault(conversation, set()).update(changed)
        self._woken.set()

    def concerns(self, conversation: str, staff: tuple[str, ...]) -> bool:
        """Return whether an event of a conversation may change what is drawn here."""
        if not self.operator or self.operator in staff:
            return True
        known = self.painter.threads.get(conversation)
        return known is not None and (known.active or bool(known.offer) or bool(known.marks))

    async def run(self) -> None:
        """Draw until cancelled."""
        while True:
            self._woken.clear()
            if not self.is_open:
                self._give_up()
            self._count_down()
            if self._dirty:
                await self._paint()
            elif self._later and self.sender.free_at is None:
                conversation = next(iter(self._later))
                del self._later[conversation]
                await self._safely(lambda conversation=conversation: self.painter.refresh(conversation))  # type: ignore[misc]  # bound now
            else:
                await self._rest()

    async def _paint(self) -> None:
        conversation = next(iter(self._dirty))
        changed = self._dirty.pop(conversation)
        has_head = False

        async def draw() -> None:
            nonlocal has_head
            has_head = await self.painter.paint(conversation, changed)

        await self._safely(draw)
        if conversation not in self._dirty:
            self._progress.settle(self.chat, conversation)
        if has_head:
            self._later[conversation] = None

    async def _safely(self, job: Job) -> None:
        """Do something; what Telegram refuses for good, as when somebody blocked the bot, holds nothing else up."""
        try:
            await job()
        except (Rejected, TopicGone) as error:
            _log.warning("console.not_drawn", chat=self.chat, reason=str(error))

    def _give_up(self) -> None:
        """Draw nothing of what waits."""
        for conversation in self._dirty:
            self._progress.settle(self.chat, conversation)
        self._dirty.clear()
        self._later.clear()

    def _count_down(self) -> None:
        """Have offers say how much time is left, every so often."""
        now = self._office.host.clock.now()
        known = self.painter.threads.values() if self.is_open else ()
        offers = [it.conversation for it in known if it.offer and it.offer_until is not None]
        if self._countdown is not None and now >= self._countdown:
            self._later.update(dict.fromkeys(offers))
            self._countdown = None
        if self._countdown is None or not offers:
            self._countdown = now + _COUNTDOWN if offers else None

    async def _rest(self) -> None:
        """Wait for something to do, for the pace to allow it, or for the next countdown."""
        due = self.sender.free_at if self._later else self._countdown
        if due is None:
            if not self._later:
                await self._woken.wait()
            return
        alarm = asyncio.create_task(self._ring(due))
        try:
            await self._woken.wait()
        finally:
            alarm.cancel()

    async def _ring(self, at: datetime) -> None:
        await self._office.host.clock.sleep_until(at)
        self._woken.set()
