"""Fetches clients' files from platforms that keep them, some at a time for each channel."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta

import structlog
from msgspec.structs import replace

from hub.engine.backoff import backoff, persist
from hub.engine.tasks import end
from router.effects import FetchFiles
from router.errors import Conflict, HubError, Rejected, Retryable
from router.events import FilesFetched
from router.fetching import missing
from router.media import Attachment
from router.model import Message
from router.ports import Channel, Clock, Fetching
from router.store import Store

_log = structlog.get_logger(__name__)
#: files fetched at the same time from one channel
_AT_ONCE = 8
#: bytes in one file
_MOST = 200_000_000
#: how long what may still come is tried
_PATIENCE = timedelta(minutes=10)


class FetchingDesk:
    """Each message that is asked about ends in exactly one answer, unless the hub stops: then it is asked again."""

    def __init__(
        self,
        store: Store,
        channels: Mapping[str, Channel],
        clock: Clock,
        answer: Callable[[FilesFetched], Awaitable[None]],
    ) -> None:
        self._store = store
        self._channels = channels
        self._clock = clock
        self._answer = answer
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self._places = {name: asyncio.Semaphore(_AT_ONCE) for name in channels}

    @property
    def idle(self) -> bool:
        """Whether nothing is being fetched."""
        return not self._under_way

    def ask(self, wanted: FetchFiles) -> None:
        """Fetch a message's files; the answer comes through the callback."""
        if wanted.message not in self._under_way:
            task = asyncio.create_task(self._run(wanted), name=f"files of {wanted.message}")
            self._under_way[wanted.message] = task
            task.add_done_callback(lambda _: self._under_way.pop(wanted.message, None))

    async def _run(self, wanted: FetchFiles) -> None:
        found = await persist("read a message", lambda: self._store.messages_by_id([wanted.message]))
        message = found.get(wanted.message)
        if message is None:
            return
        files = [(file, await self._fetched(message, file)) for file in missing(message)]
        await self._answer(FilesFetched(f"hub:files:{message.id}", wanted.conversation, message.id, tuple(files)))

    async def _fetched(self, message: Message, file: Attachment) -> Attachment:
        """Return the file as it is now: kept, or with the reason why it never will be."""
        until, failures = self._clock.now() + _PATIENCE, 0
        while True:
            try:
                return await self._kept(message, file)
            except Retryable as error:
                failures += 1
                now = self._clock.now()
                if now >= until:
                    return replace(file, source="", trouble=str(error))
                pause = max(backoff(failures, first=1.0, longest=60.0), error.after or timedelta())
                await self._clock.sleep_until(min(until, now + pause))
            except HubError as error:
                return replace(file, source="", trouble=str(error))
            except Exception as error:
                _log.exception("file.fault", channel=message.channel, message=message.id)
                return replace(file, source="", trouble=f"{type(error).__name__}: {error}")

    async def _kept(self, message: Message, file: Attachment) -> Attachment:
        channel: object = self._channels.get(message.channel)
        key = f"{message.channel}:{message.chat}:{file.source}"
        if not isinstance(channel, Fetching):
            raise Rejected("The channel that this file came through is no longer in the settings.")
        kept = await self._store.files.kept_under(key)
        if kept is None:
            kept = await self._put(channel, message, file, key)
        return replace(file, id=kept.id, media_type=kept.media_type, size=kept.size, source="")

    async def _put(self, channel: Fetching, message: Message, file: Attachment, key: str) -> Attachment:
        async with self._places[message.channel]:
            try:
                return await self._store.files.put(
                    channel.fetch(file),
                    name=file.name,
                    channel=message.channel,
                    chat=message.chat,
                    limit=_MOST,
                    key=key,
                )
            except Conflict:
                raise Retryable("The file is being fetched already.") from None

    async def close(self) -> None:
        """Give up what is being fetched; its timer asks for it again at the next start."""
        await end(list(self._under_way.values()))
