"""Which lane has what: hands events to it, and follows conversations from line to line."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any

from hub.engine.backoff import persist
from hub.engine.inbox import Work
from hub.engine.lane import Lane
from hub.engine.needs import chat_of, conversation_of, is_about, line_of
from router.effects import JoinCards, UseInvitation
from router.events import Arrived, Event, Wake
from router.invitations import CardsJoined, InvitationFollowed
from router.model import Conversation
from router.rules import Rules
from router.store import Store


class Switchboard:
    """Implements `aftermath.Lines`."""

    def __init__(
        self,
        store: Store,
        homes: Mapping[str, str],
        rules: Callable[[], Rules],
        open_: Callable[[str], Awaitable[None]],
        chore: Callable[[Coroutine[Any, Any, None]], None],
    ) -> None:
        self.lanes: dict[str, Lane] = {}
        #: how often a conversation has changed lines
        self.moves = 0
        #: channel → the line its new conversations go to
        self.homes = homes
        #: (channel, chat) → line, for conversations that are not on their channel's own line
        self._away: dict[tuple[str, str], str] = {}
        self._store = store
        self._rules = rules
        self._open = open_
        self._chore = chore

    async def prepare(self) -> set[str]:
        """Read which conversations are away from their channel's line; return the lines they are on."""
        for name, line in self.homes.items():
            away = await self._store.chats_away(name, line)
            self._away |= {(name, chat): at for chat, at in away.items()}
        return set(self._away.values())

    async def hand_over(self, event: Event, update: str) -> None:
        """Give an event to the lane of its line, when that has room."""
        while True:
            line = await persist("find a conversation's line", lambda: self._line_of(event))
            inbox = (await self._lane(line)).inbox
            if inbox.admit(Work(event, update)):
                return
            # Its conversation may have left for another line when there is room.
            await inbox.room()

    async def _line_of(self, event: Event) -> str:
        chat = chat_of(event)
        if chat is not None:
            return self._away.get(chat) or self.homes[chat[0]]
        key = conversation_of(event)
        for lane in self.lanes.values():
            if key is not None and lane.desk.get(key) is not None:
                return lane.line
        if key is not None:
            found = await self._store.conversations([key])
            if key in found:
                return found[key].line
        return line_of(event, self._rules()) or next(iter(self.lanes))

    async def _lane(self, line: str) -> Lane:
        """Return a line's lane; one whose line is no longer in the settings is opened when it is needed."""
        if line not in self.lanes:
            await self._open(line)
        return self.lanes[line]

    def elsewhere(self, work: Work, line: str) -> None:
        """Pass work on to the lane that has the conversation."""
        if line in self.lanes:
            self.lanes[line].inbox.push(work)
        else:
            self._chore(self._open_for(work, line))

    async def _open_for(self, work: Work, line: str) -> None:
        (await self._lane(line)).inbox.push(work)

    # After a commit

    def moved(self, conversation: Conversation) -> None:
        """Let its new line's lane take it over with what waits for it elsewhere, which nothing later may overtake."""
        self.moves += 1
        self._away[conversation.channel, conversation.chat] = conversation.line
        arrived = Arrived(f"hub:arrived:{conversation.id}:{conversation.n}", conversation.id)
        self.elsewhere(Work(arrived), conversation.line)
        for lane in self.lanes.values():
            if lane.line != conversation.line:
                for work in lane.inbox.withdraw(lambda work: is_about(conversation, work)):
                    self.elsewhere(work, conversation.line)

    def closed(self, conversation: Conversation) -> None:
        """Let its chat begin again on its channel's own line."""
        self._away.pop((conversation.channel, conversation.chat), None)

    def joined(self, effect: JoinCards) -> None:
        """Have every line let one card stand for both."""
        for lane in self.lanes.values():
            lane.inbox.push(Work(CardsJoined(f"hub:joined:{effect.gone}", lane.line, effect.gone, effect.kept)))

    async def followed(self, effect: UseInvitation) -> None:
        """Have it written down where an invitation was made that a client followed it."""
        made = effect.invitation
        news = InvitationFollowed(f"hub:followed:{made.digest}", made.conversation, effect.name, effect.channel)
        await self.hand_over(news, "")

    def wake(self, line: str) -> None:
        """Have a line look at its queue again."""
        if line in self.lanes:
            self.lanes[line].inbox.push(Work(Wake("hub:wake", line)))

    def hours_changed(self) -> None:
        """Have every line look at who works, and at when that next changes."""
        for lane in self.lanes.values():
            lane.alarm.hours_changed()
            self.wake(lane.line)
