"""What admins write about a telegram console."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from bots.telegram.settings import API, Address, Token
from router.strict import Strict


class TelegramConsoleSettings(Strict):
    """A bot that operators work with."""

    kind: Literal["telegram"]
    #: of a bot of its own, from @BotFather; kept as ${NAME}
    token: Token
    #: the Bot API server
    api: Address = API
    #: a group with topics where linked operators work together; null for everybody's private chat with the bot
    group: Annotated[int, Field(lt=0)] | None = None
    #: whether conversations get topics of their own where Telegram has them
    topics: bool = True
