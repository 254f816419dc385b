"""What all parts of one console share: the hub, the bot, and whose accounts are linked."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import structlog

from bots.telegram.console.records import unpacked
from bots.telegram.console.words import say
from bots.telegram.sending import Line
from router.consoles import LINK, ConsoleHost, Link
from router.errors import HubError
from router.model import Conversation
from router.rules import Language

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Office:
    """The hub and Telegram, as the parts of a console reach them."""

    host: ConsoleHost
    line: Line
    #: the group where all work together; None when everybody works in their private chat
    group: int | None
    #: whether chats have topics
    topics: bool
    #: the bot's name without @
    username: str = ""
    #: user → link, as last read
    links: dict[int, Link] = field(default_factory=dict)

    async def read_links(self) -> None:
        """Look again whose accounts are linked: the web console and the command line take links away, too."""
        found = await self.host.notes.read(LINK)
        self.links = {int(key.removeprefix(LINK)): unpacked(text, Link) for key, text in found.items()}

    async def operator(self, user: int) -> str:
        """Return whose account it is, as it stands in the store; empty for a stranger's."""
        text = await self.host.notes.get(f"{LINK}{user}")
        if text is None:
            self.links.pop(user, None)
            return ""
        link = self.links[user] = unpacked(text, Link)
        return link.operator if link.operator in self.host.book.rules.operators else ""

    def language(self, operator: str) -> Language:
        """Return in which language somebody is spoken to."""
        known = self.host.book.rules.operators.get(operator)
        return known.language if known else self.host.book.rules.language

    def zone(self, operator: str) -> ZoneInfo:
        """Return the time zone in which somebody is told times."""
        known = self.host.book.rules.operators.get(operator)
        return known.zone if known else ZoneInfo("UTC")

    def name(self, operator: str) -> str:
        """Return the name to show."""
        return self.host.book.name(operator)

    def line_name(self, line: str) -> str:
        """Return a line's name."""
        return self.host.book.line(line).name

    def client_name(self, it: Conversation, language: Language) -> str:
        """Return what a client is called."""
        return it.client_name or say(language, "client")

    async def best_effort(self, method: Any) -> None:
        """Call a method that is no loss when it fails."""
        try:
            await self.line.client(method, repeatable=True)
        except HubError as error:
            _log.debug("console.passed_over", method=type(method).__name__, reason=str(error))

    async def asleep(self, span: timedelta) -> None:
        """Return when some time has passed."""
        await self.host.clock.sleep_until(self.host.clock.now() + span)
