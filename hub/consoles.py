"""The places where operators can work: one line for each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from bots.telegram import console as telegram_console
from bots.telegram.console.settings import TelegramConsoleSettings
from router.consoles import Console
from router.durations import Duration
from router.strict import Strict


class WebConsoleSettings(Strict):
    """The page at /console."""

    kind: Literal["web"] = "web"
    #: whose last connection was lost this long ago is away; null leaves it to them
    away_after: Annotated[Duration, Field(ge=timedelta(seconds=1))] | None = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class ConsoleKind:
    """One kind of console."""

    #: what its consoles may be told under `consoles`; has `kind`, a Literal of the kind's name
    settings: type[BaseModel]
    #: makes a console of its name and its settings, without connecting to anything; None for what the hub serves itself
    build: Callable[[str, Any], Console] | None = None


CONSOLES: Mapping[str, ConsoleKind] = MappingProxyType(
    {
        "web": ConsoleKind(WebConsoleSettings),
        "telegram": ConsoleKind(TelegramConsoleSettings, telegram_console.build),
    }
)
