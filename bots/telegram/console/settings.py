"""What admins write about a telegram console."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from bots.telegram.settings import BotSettings


class TelegramConsoleSettings(BotSettings):
    """A bot that operators work with, another one than clients write to."""

    kind: Literal["telegram"]
    #: a group with topics where linked operators work together; null for everybody's private chat with the bot
    group: Annotated[int, Field(lt=0)] | None = None
    #: whether conversations get topics of their own where Telegram has them
    topics: bool = True
