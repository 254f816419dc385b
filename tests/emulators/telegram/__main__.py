"""`python -m tests.emulators.telegram`: a Telegram of one's own, with a page to look at it."""

from __future__ import annotations

import argparse
import asyncio
import signal

from tests.emulators.telegram.emulator import TelegramEmulator


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.emulators.telegram", description=__doc__)
    parser.add_argument("--port", type=int, default=8081, help="0 takes any free port (default: %(default)s)")
    parser.add_argument(
        "--bot",
        action="append",
        metavar="TOKEN[=USERNAME]",
        help="a bot to begin with, such as 123:any-text=shop_bot; may be repeated",
    )
    parser.add_argument("--person", action="append", metavar="NAME", help="a person to begin with; may be repeated")
    return parser.parse_args()


async def _serve(options: argparse.Namespace) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with await TelegramEmulator.started(port=options.port) as telegram:
        for given in options.bot or ["123:demo-token=shop_bot"]:
            token, _, username = given.partition("=")
            telegram.add_bot(token, username, has_topics_enabled=True, supports_inline_queries=True)
        for name in options.person or ["Anna Smirnova", "Boris Ivanov"]:
            telegram.add_user(name)
        print(f"Look at it:  {telegram.url}/", flush=True)  # noqa: T201 - a command line prints
        for bot in telegram.world.bots.values():
            print(f"@{bot.username}:  TelegramAPIServer.from_base('{telegram.url}') and token {bot.token}")  # noqa: T201 - so does this
        await stop.wait()


if __name__ == "__main__":
    asyncio.run(_serve(_options()))
