"""Runs the demo until Ctrl-C: `python -m tests.demo_telegram`."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from hub.bootstrap import serve
from hub.logs import configure, secrets_in
from hub.settings import SettingsErrors, load
from hub.welcome import Place, welcome
from router.errors import Misconfigured
from tests.emulators.telegram import TelegramEmulator

SETTINGS = Path(__file__).with_name("config.yaml")
#: of the demo's Telegram, which knows no other
_TOKEN = "4711:a-token-that-only-this-demo-knows"
_STAFF_TOKEN = "4712:another-that-only-this-demo-knows"
_PORT = "DEMO_TELEGRAM_PORT"


async def main() -> None:
    """Run a Telegram, and a hub on it. Raises `Misconfigured` or `SettingsErrors` with what to do."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    # The Telegram forgets everything when it ends. So does the hub, or it would know chats that are there no more.
    with TemporaryDirectory(prefix="trunkline-demo-") as folder:
        async with await _telegram() as telegram:
            await _serve(telegram, Path(folder), stop)
    print("The demo has ended; nothing of it is left.", file=sys.stderr)  # noqa: T201 - a person reads this


async def _telegram() -> TelegramEmulator:
    """Start a Telegram with the shop's two bots, two clients, and an operator."""
    port = _port(os.environ.get(_PORT, "8081"))
    try:
        telegram = await TelegramEmulator.started(port=port)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise Misconfigured(
            f"The demo's Telegram cannot listen on 127.0.0.1:{port} ({reason}): "
            f"stop what uses that port, or set {_PORT} to another one."
        ) from error
    telegram.add_bot(
        _TOKEN, "demo_shop_bot", "Demo shop", can_read_all_group_messages=True, can_connect_to_business=True
    )
    telegram.add_bot(_STAFF_TOKEN, "demo_staff_bot", "Demo desk", has_topics_enabled=True, supports_inline_queries=True)
    telegram.add_user("Carl Bauer", language_code="en", username="carl", photo=True)
    telegram.add_user("Дарья Орлова", language_code="ru", username="darya")
    telegram.add_user("Anna", language_code="en", username="anna_of_the_shop")
    return telegram


def _port(value: str) -> int:
    if not value.isascii() or not value.isdecimal() or int(value) > 65_535:
        raise Misconfigured(f"{_PORT} is {value!r}: expected a port between 0, which takes any free one, and 65535.")
    return int(value)


async def _serve(telegram: TelegramEmulator, folder: Path, stop: asyncio.Event) -> None:
    known = {
        "DEMO_FOLDER": str(folder),
        "DEMO_TELEGRAM": telegram.url,
        "DEMO_TOKEN": _TOKEN,
        "DEMO_STAFF_TOKEN": _STAFF_TOKEN,
    }
    settings = load(SETTINGS, os.environ | known)
    configure(settings.hub.log, secrets_in(settings))
    async with serve(settings, folder) as running:
        shop, desk = telegram.world.bots.values()
        *clients, anna = telegram.world.users.values()
        for client in clients:
            client.starts(shop)
        anna.starts(desk)
        place = Place("Telegram", f"{telegram.url}/", "write as a client")
        print(welcome(running.url, settings, running.passwords, [place]), flush=True)  # noqa: T201 - a person reads this
        await stop.wait()
        print("Stopping: finishing what is under way …", file=sys.stderr, flush=True)  # noqa: T201 - likewise


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except (Misconfigured, SettingsErrors) as error:
        sys.exit(str(error))
