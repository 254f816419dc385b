"""What admins write about a webchat channel."""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from router.lines import Name
from router.rates import Rate
from router.rules import Language
from router.strict import Strict

_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:\d{1,5})?|https?://\[[0-9a-f:]+\](:\d{1,5})?")
MEGABYTE = 1_000_000


def _origin(value: str) -> str:
    if value != "*" and not _ORIGIN.fullmatch(value):
        raise ValueError('expected an origin in lower case without a path, such as https://shop.example, or "*"')
    return value


Origin = Annotated[str, AfterValidator(_origin)]
Color = Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")]


class Limits(Strict):
    """What one visitor, or one address with all its visitors, may use. An IPv6 address counts as its /64 network."""

    #: messages, ratings and uploads
    per_visitor: Rate = Rate(per_minute=30, burst=10)
    per_address: Rate = Rate(per_minute=300, burst=60)
    #: open connections: tabs
    sockets_per_visitor: Annotated[int, Field(ge=1)] = 10
    sockets_per_address: Annotated[int, Field(ge=1)] = 100


class WebchatSettings(Strict):
    """A chat for sites: the widget's look, who may embed it, and its limits."""

    kind: Literal["webchat"]
    #: the line that answers
    line: Name
    #: the head of the chat's window, by language
    title: Mapping[Language, str] = {}
    #: the first words in an empty chat, by language
    greeting: Mapping[Language, str] = {}
    color: Color = "#0b6e5f"
    #: sites that may embed the chat besides the hub's own pages; "*" is any
    allowed_origins: tuple[Origin, ...] = ()
    limits: Limits = Limits()
    #: bytes in one file
    max_file: Annotated[int, Field(ge=1, le=1000 * MEGABYTE)] = 20 * MEGABYTE
    #: reverse proxies whose X-Forwarded-For is believed
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = ()

    @property
    def ink(self) -> str:
        """Black or white, whichever is easier to read on `color`: at least 4.5:1, as WCAG AA asks."""
        red, green, blue = (_linear(int(self.color[at : at + 2], 16) / 255) for at in (1, 3, 5))
        luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue
        return "#000000" if (luminance + 0.05) / 0.05 > 1.05 / (luminance + 0.05) else "#ffffff"


def _linear(channel: float) -> float:
    """Return linear light of an sRGB channel, both 0 to 1 (WCAG 2.2, relative luminance)."""
    return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)
