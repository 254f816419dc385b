"""What follows from a commit: deliveries go out, channels show what changed, triage is asked, other lines wake."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, Protocol

from hub.engine.backoff import persist
from hub.engine.fetching import Fetcher
from hub.engine.outbox import Outbox
from hub.engine.outlet import Outlet
from hub.engine.tasks import end
from hub.engine.triage import TriageDesk
from router.effects import (
    AddMessage,
    AskTriage,
    Effect,
    FetchFiles,
    FetchPhoto,
    HoursChanged,
    JoinCards,
    Move,
    MoveChat,
    Requeue,
    SaveConversation,
    ShowSeen,
    UseInvitation,
    WakeLines,
)
from router.model import Conversation, MessageKind, State
from router.ports import Channel
from router.store import Store


class Lines(Protocol):
    """What a commit may ask of the lines."""

    def wake(self, line: str) -> None:
        """Have a line look at its queue again."""

    def hours_changed(self) -> None:
        """Have every line look at who works, and at when that next changes."""

    def moved(self, conversation: Conversation) -> None:
        """Let the lane of the line it has now take a conversation over."""

    def joined(self, effect: JoinCards) -> None:
        """Have every line let one card stand for both."""

    def followed(self, effect: UseInvitation) -> Coroutine[Any, Any, None]:
        """Have it written down where an invitation was made that a client followed it."""

    def closed(self, conversation: Conversation) -> None:
        """Let its chat begin again on its channel's own line."""


class Aftermath:
    """Acts on effects once they are durable."""

    def __init__(
        self,
        store: Store,
        channels: Mapping[str, Channel],
        ways_out: Mapping[str, Outbox | Outlet],
        triage: TriageDesk,
        fetcher: Fetcher,
        lines: Lines,
        report: Callable[[asyncio.Task[None]], None],
    ) -> None:
        self._store = store
        self._channels = channels
        self._ways_out = ways_out
        self._triage = triage
        self._fetcher = fetcher
        self._lines = lines
        self._report = report
        self._chores: set[asyncio.Task[None]] = set()
        self._acts: Mapping[type, Callable[[Any], None]] = {
            AddMessage: self._said,
            SaveConversation: self._saved,
            Requeue: lambda effect: self.chore(self._resend(effect.delivery)),
            AskTriage: triage.ask,
            FetchFiles: fetcher.ask,
            FetchPhoto: fetcher.ask_photo,
            MoveChat: self._moved,
            JoinCards: lines.joined,
            UseInvitation: lambda effect: self.chore(lines.followed(effect)),
            ShowSeen: self._seen,
            Move: lambda effect: lines.moved(effect.conversation),
            WakeLines: self._wake,
            HoursChanged: lambda _: lines.hours_changed(),
        }

    @property
    def idle(self) -> bool:
        """Whether nothing is being done on the side."""
        return not self._chores and self._triage.idle and self._fetcher.idle

    def act(self, effects: Sequence[Effect]) -> None:
        """Do what committed effects ask for."""
        for effect in effects:
            act = self._acts.get(type(effect))
            if act is not None:
                act(effect)

    def _said(self, effect: AddMessage) -> None:
        message = effect.message
        if message.kind is MessageKind.EVENT and message.channel in self._channels:
            self.chore(self._channels[message.channel].changed(message.chat))

    def _saved(self, effect: SaveConversation) -> None:
        if effect.conversation.state is State.CLOSED:
            self._lines.closed(effect.conversation)

    def _seen(self, effect: ShowSeen) -> None:
        it = effect.conversation
        if it.channel in self._channels:
            self.chore(self._channels[it.channel].seen(it.chat, it.id, effect.n))

    def _moved(self, effect: MoveChat) -> None:
        if effect.channel in self._ways_out:
            self._ways_out[effect.channel].moved(effect.chat, effect.to)

    def _wake(self, effect: WakeLines) -> None:
        for line in effect.lines:
            self._lines.wake(line)

    async def _resend(self, delivery: str) -> None:
        found = await persist("read a delivery", lambda: self._store.deliveries([delivery]))
        for row, message in found.values():
            if row.channel in self._ways_out:
                self._ways_out[row.channel].again(row, message)

    def chore(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something on the side that nobody waits for."""
        task = asyncio.create_task(work)
        self._chores.add(task)
        task.add_done_callback(self._chores.discard)
        task.add_done_callback(self._report)

    async def close(self) -> None:
        """Give up what is being done; the next start takes it up where that matters."""
        await end(self._chores)
        await self._triage.close()
        await self._fetcher.close()
