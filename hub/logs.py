"""The hub's own log: one line per event, for people on a terminal and as JSON elsewhere.

It never holds what people write, nor secrets. Tracebacks are told without local variables, and without the words of
errors that quote what they stumbled over, except at the level `debug`; the values of secrets are blotted out, wherever
they turn up.
"""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from functools import partial
from typing import Any, TextIO
from urllib.parse import urlsplit

import structlog
from pydantic import BaseModel, SecretStr

from hub.said import said
from hub.settings.model import LogSettings, Settings

_BLOT = "[secret]"
#: shorter values would blot out words
_SHORTEST_SECRET = 6
_Event = MutableMapping[str, Any]
_Words = Callable[[BaseException], str]


def configure(settings: LogSettings, secrets: Iterable[str] = (), to: TextIO | None = None) -> None:
    """Send the hub's log to standard error, and what libraries log from warnings on."""
    out = to or sys.stderr
    people = settings.format == "text" or (settings.format == "auto" and out.isatty())
    level = logging.getLevelNamesMapping()[settings.level.upper()]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            partial(_tell_exception, said if level > logging.DEBUG else _in_full),
            _renderer(people, out),
            partial(_blot_out, tuple(secret for secret in secrets if len(secret) >= _SHORTEST_SECRET)),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=out),
    )
    logging.basicConfig(handlers=[_FromLibraries()], level=max(level, logging.WARNING), force=True)


def secrets_in(value: object) -> Iterator[str]:
    """Yield every secret that settings hold: those declared as such, and passwords in addresses."""
    if isinstance(value, SecretStr):
        yield value.get_secret_value()
    elif isinstance(value, str) and "://" in value:
        yield from filter(None, [_password(value)])
    elif isinstance(value, Settings):
        parts = (value.hub, value.store, value.bus, value.channels, value.consoles, value.webhooks, value.partners)
        for part in (*parts, value.rules):
            yield from secrets_in(part)
    elif isinstance(value, BaseModel):
        yield from secrets_in(dict(value))
    elif isinstance(value, Mapping):
        yield from secrets_in(list(value.values()))
    elif isinstance(value, (list, tuple, set, frozenset)):
        for each in value:
            yield from secrets_in(each)


def _password(address: str) -> str | None:
    try:
        return urlsplit(address).password
    except ValueError:
        return None


def _in_full(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"


def _tell_exception(words: _Words, _logger: object, _method: str, event: _Event) -> _Event:
    """Put the traceback into the event: where it happened and why, without anybody's data."""
    error = event.pop("exc_info", None)
    if error is True:
        error = sys.exc_info()[1]
    if isinstance(error, tuple):
        error = error[1]
    if isinstance(error, BaseException):
        event["exception"] = "".join(_told(error, words)).rstrip()
    return event


def _told(error: BaseException, words: _Words) -> Iterator[str]:
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None:
        yield from _told(cause, words)
        yield "\nwhich led to\n\n"
    yield from traceback.format_tb(error.__traceback__)
    yield f"{words(error)}\n"
    if isinstance(error, BaseExceptionGroup):
        for each in error.exceptions:
            yield from _told(each, words)


def _renderer(people: bool, out: TextIO) -> Callable[[Any, str, _Event], str | bytes]:
    if not people:
        return structlog.processors.JSONRenderer(ensure_ascii=False)
    return structlog.dev.ConsoleRenderer(
        colors=out.isatty(), exception_formatter=structlog.dev.plain_traceback, sort_keys=False
    )


def _blot_out(secrets: tuple[str, ...], _logger: object, _method: str, line: str) -> str:
    for secret in secrets:
        if secret in line:
            line = line.replace(secret, _BLOT)
    return line


class _FromLibraries(logging.Handler):
    """Hands libraries' log records to the hub's own log."""

    def emit(self, record: logging.LogRecord) -> None:
        """Log one record."""
        log = structlog.get_logger(record.name)
        log.log(record.levelno, record.getMessage(), library=record.name, exc_info=record.exc_info)
