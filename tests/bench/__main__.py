"""`python -m tests.bench`: measure, print a table, and last of all one line of JSON."""

from __future__ import annotations

import asyncio
import signal
import sys

import uvloop

from tests.bench.failure import BenchFailed
from tests.bench.options import Options, parse
from tests.bench.report import json_line, table
from tests.bench.run import run


def main() -> int:
    """Return the process's exit code: 1 when the hub failed, 130 when the run was interrupted or took too long."""
    options = parse(sys.argv[1:])
    try:
        figures = uvloop.run(_within_limit(options))
    except BaseExceptionGroup as group:
        return _fail(_first(group))
    except BenchFailed as error:
        return _fail(error)
    except asyncio.CancelledError:
        sys.stderr.write("The run was interrupted; everything it had started has been stopped.\n")
        return 130
    sys.stdout.write(f"{table(figures)}\n\n{json_line(figures)}\n")
    return 0


async def _within_limit(options: Options) -> dict[str, float]:
    task = asyncio.current_task()
    if task is not None:
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    try:
        async with asyncio.timeout(options.hard_limit):
            return await run(options, sys.stderr)
    except TimeoutError as error:
        raise BenchFailed(f"The run was given up after {options.hard_limit:.0f} s.") from error


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """Return what went wrong first: the rest follows from it."""
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def _fail(error: BaseException) -> int:
    if not isinstance(error, BenchFailed):
        raise error
    sys.stderr.write(f"{error}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
