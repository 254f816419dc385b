"""The messengers the hub can speak to: one line for each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from pydantic import BaseModel

from bots import http, telegram, webchat
from bots.http.settings import HttpSettings
from bots.telegram.settings import TelegramSettings
from bots.webchat.settings import WebchatSettings
from router.ports import Channel


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of messenger."""

    #: what its channels may be told under `channels`; has `kind`, a Literal of the kind's name, and `line`
    settings: type[BaseModel]
    #: makes a channel of its name and its settings, without connecting to anything
    build: Callable[[str, Any], Channel]


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "http": Kind(HttpSettings, http.build),
        "telegram": Kind(TelegramSettings, telegram.build),
        "webchat": Kind(WebchatSettings, webchat.build),
    }
)
