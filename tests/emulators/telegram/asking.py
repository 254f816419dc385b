"""What people ask of a bot and wait for: a pressed button, an inline query, a business connection."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.emulators.telegram.render import user_json

if TYPE_CHECKING:
    from tests.emulators.telegram.bots import Bot
    from tests.emulators.telegram.model import Message
    from tests.emulators.telegram.people import User

BUSINESS_RIGHTS = frozenset({"can_reply", "can_read_messages", "can_delete_sent_messages", "can_delete_all_messages"})


@dataclass(eq=False)
class Press:
    """A pressed inline button, and what the bot answered."""

    id: str
    user: User
    message: Message
    data: str
    #: the parameters of answerCallbackQuery, or None while it has not come
    answer: dict[str, Any] | None = None

    @property
    def text(self) -> str:
        """Return what was shown to the one who pressed, or ""."""
        return str((self.answer or {}).get("text", ""))

    async def answered(self, timeout: float = 20) -> Press:
        """Return when the bot has answered."""
        await self.message.chat.world.until(
            lambda: self.answer is not None, timeout, what=f"that {self.data!r} is answered"
        )
        return self


@dataclass(eq=False)
class Query:
    """An inline query, and the results that the bot offered."""

    id: str
    user: User
    bot: Bot
    text: str
    #: the parameters of answerInlineQuery, or None while it has not come
    answer: dict[str, Any] | None = None

    @property
    def titles(self) -> list[str]:
        """Return the titles of the results."""
        return [result["title"] for result in self.results]

    @property
    def results(self) -> list[dict[str, Any]]:
        """Return the results."""
        return list((self.answer or {}).get("results", []))

    async def answered(self, timeout: float = 20) -> Query:
        """Return when the bot has answered."""
        await self.bot.world.until(
            lambda: self.answer is not None, timeout, what=f"that query {self.text!r} is answered"
        )
        return self


@dataclass(eq=False)
class BusinessConnection:
    """A business account that lets a bot work in its name."""

    id: str
    bot: Bot
    user: User
    date: int
    rights: set[str] = field(default_factory=set)
    enabled: bool = True

    def as_json(self) -> dict[str, Any]:
        """Return a BusinessConnection."""
        shown: dict[str, Any] = {
            "id": self.id,
            "user": user_json(self.user),
            "user_chat_id": self.user.id,
            "date": self.date,
        }
        rights = dict.fromkeys(sorted(self.rights), True)
        return shown | {"is_enabled": self.enabled} | ({"rights": rights} if self.enabled else {})
