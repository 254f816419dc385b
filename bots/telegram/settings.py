"""What admins write about a telegram channel."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, model_validator

from router.lines import Name
from router.rules import Language
from router.strict import Strict

#: Telegram's own Bot API server
API = "https://api.telegram.org"
#: what a webhook may prove itself with
SECRET = re.compile(r"[A-Za-z0-9_-]{16,256}")
MEGABYTE = 1_000_000
_TOKEN = re.compile(r"[0-9]{3,15}:[A-Za-z0-9_-]{20,100}")


def _token(value: SecretStr) -> SecretStr:
    if not _TOKEN.fullmatch(value.get_secret_value()):
        raise ValueError("expected a bot's token as @BotFather gives it, such as 123456789:AAF…, best as ${NAME}")
    return value


def _secret(value: SecretStr) -> SecretStr:
    if not SECRET.fullmatch(value.get_secret_value()):
        raise ValueError("expected 16 to 256 Latin letters, digits, _ and -")
    return value


def _address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or not re.fullmatch(r"[!-~]+", value):
        raise ValueError("expected an address such as https://hub.example")
    return value.rstrip("/")


Token = Annotated[SecretStr, AfterValidator(_token)]
Address = Annotated[str, AfterValidator(_address)]


class TelegramWebhook(Strict):
    """How Telegram reaches the hub."""

    #: the hub's address as Telegram reaches it, with https
    url: Address
    #: what Telegram proves itself with; without it the hub makes one of its own
    secret: Annotated[SecretStr, AfterValidator(_secret)] | None = None


class BotSettings(Strict):
    """A bot, and how Telegram hands over what it is told."""

    #: from @BotFather; kept as ${NAME}
    token: Token
    #: the Bot API server
    api: Address = API
    #: `polling` asks Telegram; with `webhook` Telegram posts to the hub
    mode: Literal["polling", "webhook"] = "polling"
    #: needed with `mode: webhook`
    webhook: TelegramWebhook | None = None

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        if self.mode == "webhook" and self.webhook is None:
            raise ValueError("mode: webhook needs webhook.url, the hub's address as Telegram reaches it")
        return self

    @property
    def bot(self) -> int:
        """The bot's user id."""
        return int(self.token.get_secret_value().partition(":")[0])


class TelegramSettings(BotSettings):
    """A bot that clients write to."""

    kind: Literal["telegram"]
    #: the line that answers
    line: Name
    #: the bot's name without @; needed with `groups`
    username: Annotated[str, Field(pattern=r"^([A-Za-z0-9_]{3,40})?$")] = ""
    #: what in a group is for us; without it nothing is
    groups: tuple[Literal["mention", "reply", "command"], ...] = ()
    #: whether business accounts may let the bot answer for them
    business: bool = True
    #: what is said to whoever starts the bot, by language
    greeting: Mapping[Language, str] = {}
    #: whether the greeting comes with a button that shares the client's phone
    ask_phone: bool = False
    #: where quick answers stand: below the message, or in private chats in place of the client's keyboard
    buttons: Literal["inline", "reply"] = "inline"
    #: whether the bot's longer answers are seen while they are written
    previews: bool = True
    #: bytes in one file of a client; the public Bot API hands out 20 MB at most
    max_file: Annotated[int, Field(ge=1, le=2000 * MEGABYTE)] = 20 * MEGABYTE

    @model_validator(mode="after")
    def _named(self) -> Self:
        if self.groups and not self.username:
            raise ValueError("groups needs username, the bot's name, to know when it is mentioned")
        return self
