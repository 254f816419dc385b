"""What a person reads when the hub has started."""

from __future__ import annotations

from collections.abc import Mapping

from hub.settings import Settings


def welcome(url: str, settings: Settings, passwords: Mapping[str, str]) -> str:
    """Return where everything is, and the passwords of accounts that were just made: they are shown this once."""
    lines = [
        "",
        "Trunkline is running.",
        "",
        *_places(url, settings),
        "",
        *(_logins(settings, passwords) if passwords else _where_passwords_are(settings)),
        "",
        "Press Ctrl-C to stop.",
    ]
    return "\n".join(lines)


def _places(url: str, settings: Settings) -> list[str]:
    with_chat = any(channel.kind == "webchat" for channel in settings.channels.values())
    demo = f"  Demo shop         {url}/demo          chat as a client"
    return [
        *([demo] if with_chat else []),
        f"  Operator console  {url}/console       answer as an operator",
        f"  API               {url}/api/v1/docs   for programs",
    ]


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
