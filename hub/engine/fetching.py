"""Fetches clients' files from their platforms, side by side; what does not come in time is said in plain words."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from datetime import timedelta

import structlog
from msgspec.structs import replace

from hub.engine.backoff import backoff, persist
from hub.engine.committer import Committer, Decided
from hub.engine.tasks import end
from router.effects import ChangeClient, FetchFiles, FetchPhoto
from router.errors import Conflict, HubError, Rejected, Retryable
from router.events import FilesFetched
from router.media import Attachment
from router.model import Message
from router.ports import Channel, Clock, Fetching
from router.store import Store

_log = structlog.get_logger(__name__)
#: files fetched at the same time per channel
_AT_ONCE = 8
#: bytes of one file
_LIMIT = 100 * 1024 * 1024
#: seconds without a file that is being fetched having come to its end
_PATIENCE = 300.0
#: for how long it is tried
_GIVE_UP_AFTER = timedelta(minutes=10)
#: seconds
_LONGEST_PAUSE = 120.0


class Fetcher:
    """Each message that is asked for comes to exactly one answer, unless the hub stops: then its timer asks again."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        channels: Mapping[str, Channel],
        committer: Committer,
        answer: Callable[[FilesFetched], Awaitable[None]],
    ) -> None:
        self._store = store
        self._clock = clock
        self._answer = answer
        self._committer = committer
        self._sources = {name: channel for name, channel in channels.items() if isinstance(channel, Fetching)}
        self._places = {name: asyncio.Semaphore(_AT_ONCE) for name in self._sources}
        #: message or photo → what fetches it
        self._under_way: dict[str, asyncio.Task[None]] = {}
        #: how many of those rest until they try again
        self._resting = 0

    @property
    def idle(self) -> bool:
        """Whether nothing is being fetched; what rests until it is tried again is taken up by its timer."""
        return len(self._under_way) <= self._resting

    def ask(self, wanted: FetchFiles) -> None:
        """Fetch a message's files, unless somebody is at it."""
        self._begin(wanted.message, self._files(wanted))

    def ask_photo(self, wanted: FetchPhoto) -> None:
        """Fetch a client's picture once; when that fails, their card has none."""
        self._begin(f"{wanted.client}:{wanted.photo.source}", self._photo(wanted))

    def _begin(self, key: str, work: Coroutine[object, object, None]) -> None:
        if key in self._under_way:
            work.close()
            return
        task = self._under_way[key] = asyncio.create_task(work)
        task.add_done_callback(lambda _: self._under_way.pop(key, None))

    async def _files(self, wanted: FetchFiles) -> None:
        found = await persist("read a message", lambda: self._store.messages_by_id([wanted.message]))
        message = found.get(wanted.message)
        if message is None:
            return
        fetched = await asyncio.gather(*(self._settled(message, file) for file in message.attachments))
        id_ = f"hub:files:{message.id}"
        await self._answer(FilesFetched(id_, message.conversation, message.id, tuple(fetched)))

    async def _photo(self, wanted: FetchPhoto) -> None:
        try:
            photo = await self._once(wanted.channel, wanted.chat, wanted.photo)
        except HubError as error:
            _log.debug("photo.not_fetched", client=wanted.client, reason=str(error))
        except Exception:
            _log.exception("photo.fault", client=wanted.client)
        else:
            change = ChangeClient(wanted.client, photo=photo, conversation=wanted.conversation)
            await self._committer.submit(Decided([change]))

    async def _settled(self, message: Message, file: Attachment) -> Attachment:
        """Return the file as it is here or, when time is up, with what is the trouble."""
        began, tries = self._clock.now(), 0
        while file.source:
            tries += 1
            try:
                return await self._once(message.channel, message.chat, file)
            except Rejected as error:
                return _lost(file, str(error))
            except Retryable as error:
                reason, after = str(error), error.after
            except Exception as error:
                _log.exception("file.fault", channel=message.channel, message=message.id)
                reason, after = f"{type(error).__name__}: {error}", None
            pause = max(backoff(tries, first=1.0, longest=_LONGEST_PAUSE), after or timedelta())
            if self._clock.now() + pause > began + _GIVE_UP_AFTER:
                return _lost(file, f"It could not be fetched within ten minutes. {reason}")
            await self._rest(pause)
        return file

    async def _rest(self, pause: timedelta) -> None:
        self._resting += 1
        try:
            await self._clock.sleep_until(self._clock.now() + pause)
        finally:
            self._resting -= 1

    async def _once(self, channel: str, chat: str, file: Attachment) -> Attachment:
        """Fetch a file and keep it. Fetched twice, it is kept once. Raises `Rejected` and `Retryable`."""
        source = self._sources.get(channel)
        files, key = self._store.files, f"{channel}:{chat}:{file.source}"
        if source is None:
            raise Rejected("The channel it came by cannot fetch files any more.")
        async with self._places[channel]:
            kept = await files.kept_under(key)
            if kept is None:
                try:
                    async with asyncio.timeout(_PATIENCE):
                        kept = await files.put(
                            source.fetch(file), name=file.name, channel=channel, chat=chat, limit=_LIMIT, key=key
                        )
                except TimeoutError as error:
                    raise Retryable("The platform did not hand it over in time.") from error
                except Conflict:
                    kept = await files.kept_under(key)
        if kept is None:
            raise Retryable("It was being kept by somebody else.")
        return replace(file, id=kept.id, media_type=kept.media_type, size=kept.size, source="")

    async def close(self) -> None:
        """Give up what is being fetched; its timer asks for it again at the next start."""
        await end(list(self._under_way.values()))


def _lost(file: Attachment, trouble: str) -> Attachment:
    return replace(file, source="", trouble=trouble)
