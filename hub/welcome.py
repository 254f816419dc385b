"""What a person reads when the hub has started."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from hub.settings import Settings


class Place(NamedTuple):
    """Where a person goes to do something."""

    name: str
    address: str
    purpose: str


def welcome(url: str, settings: Settings, passwords: Mapping[str, str], more: Sequence[Place] = ()) -> str:
    """Return where everything is, and the passwords of accounts that were just made: they are shown this once.

    `more` are places beside the hub's own.
    """
    lines = [
        "",
        "Trunkline is running.",
        "",
        *_shown([*more, *_places(url, settings)]),
        "",
        *(_logins(settings, passwords) if passwords else _where_passwords_are(settings)),
        "",
        "Press Ctrl-C to stop.",
    ]
    return "\n".join(lines)


def _places(url: str, settings: Settings) -> list[Place]:
    with_chat = any(channel.kind == "webchat" for channel in settings.channels.values())
    return [
        *([Place("Demo shop", f"{url}/demo", "chat as a client")] if with_chat else []),
        Place("Operator console", f"{url}/console", "answer as an operator"),
        Place("API", f"{url}/api/v1/docs", "for programs"),
    ]


def _shown(places: Sequence[Place]) -> list[str]:
    width = max(len(place.address) for place in places)
    return [f"  {place.name:<18}{place.address:<{width}}   {place.purpose}" for place in places]


def _logins(settings: Settings, passwords: Mapping[str, str]) -> list[str]:
    width = max(map(len, passwords))
    rows = [
        f"    {name:<{width}}   {password}   ({settings.rules.operators[name].role})"
        for name, password in passwords.items()
    ]
    return ["  Sign in with one of these. They are shown only now; the hub keeps no copy:", "", *rows]


def _where_passwords_are(settings: Settings) -> list[str]:
    somebody = next(iter(settings.rules.operators), "NAME")
    return [
        "  Sign in with the passwords that were shown at the first start.",
        f"  Lost one? `.venv/bin/hub operator password {somebody}` makes a new one.",
    ]
