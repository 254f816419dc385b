"""What Telegram tells the console: kept before it is acknowledged, then carried out person by person, in order."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

import structlog
from aiogram.methods import AnswerInlineQuery
from aiogram.types import InlineQueryResultArticle, InputTextMessageContent

from bots.telegram.console.deeds import Deeds
from bots.telegram.console.linking import Reception
from bots.telegram.console.office import Office
from bots.telegram.console.place import Place
from bots.telegram.console.records import WAITING, waiting_key
from bots.telegram.console.request import Request
from bots.telegram.console.words import short
from bots.telegram.reading import Json, maybe, part, words
from bots.telegram.receiving import persistently
from router.errors import Rejected, Unparsable
from router.notebooks import Entry
from router.ports import Update

_log = structlog.get_logger(__name__)
#: what the console is told of
ALLOWED = ("message", "edited_message", "callback_query", "inline_query", "message_reaction")
#: seconds that the rest of an album is waited for
_ALBUM = 0.4
#: ready-made texts offered at once, and updates remembered
_CANNED, _HEARD = 50, 1000
Waiting = tuple[int, datetime, Json]


class Hearing:
    """Takes updates and has each carried out once."""

    def __init__(
        self, office: Office, place_of: Callable[[int, str, int], Place | None], fail: Callable[[BaseException], None]
    ) -> None:
        self._office = office
        self._fail = fail
        #: (user, operator, chat) → where it is drawn, None for a chat that is none of the console's
        self._place_of = place_of
        self._reception = Reception(office)
        self._deeds = Deeds(self._reception)
        self._queues: dict[int, asyncio.Queue[Waiting]] = {}
        #: who is carried out at the moment
        self.people: set[asyncio.Task[None]] = set()
        #: nobody is carried out any more
        self._over = False
        #: the latest updates, which Telegram hands over again when our answer got lost
        self._heard: dict[int, None] = {}

    async def keep(self, updates: Sequence[Update]) -> None:
        """Put updates where they are durable, then have them carried out. Raises `Retryable`."""
        now, fresh = self._office.host.clock.now(), dict[int, str]()
        for update in updates:
            number = update.external_id.partition(":")[2]
            if number.isdecimal():
                if int(number) not in self._heard:
                    fresh[int(number)] = json.dumps({"at": now.isoformat(), "update": json.loads(update.raw)})
            else:
                _log.warning("console.poison", update=update.external_id)
        await self._office.host.notes.write({waiting_key(known): Entry(text) for known, text in fresh.items()})
        for known, text in fresh.items():
            self._heard[known] = None
            self._hand_on(known, text)
        while len(self._heard) > _HEARD:
            del self._heard[next(iter(self._heard))]

    async def resume(self) -> None:
        """Carry out what was left when the hub stopped."""
        for key, text in (await self._office.host.notes.read(WAITING)).items():
            self._hand_on(int(key.removeprefix(WAITING)), text)

    def _hand_on(self, number: int, text: str) -> None:
        if self._over:
            return  # it waits in the notebook for the next start
        kept = json.loads(text)
        body = kept["update"] if isinstance(kept["update"], dict) else {}
        user = _user(body)
        waiting = (number, datetime.fromisoformat(kept["at"]), body)
        if user not in self._queues:
            self._queues[user] = asyncio.Queue()
            task = asyncio.create_task(self._person(user), name=f"telegram operator {user}")
            self.people.add(task)
            task.add_done_callback(self._gone)
        self._queues[user].put_nowait(waiting)

    def _gone(self, task: asyncio.Task[None]) -> None:
        """Forget somebody for whom nothing is left to do; when that failed, all of the console begins anew."""
        self.people.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self._fail(error)

    async def _person(self, user: int) -> None:
        """Carry out what one person asks for, one after the other, until nothing is left."""
        queue = self._queues[user]
        while not queue.empty():
            batch = [queue.get_nowait()]
            await self._rest_of_album(queue, batch)
            await self._safely(batch)
            done = {waiting_key(number): None for number, _, _ in batch}
            await persistently(lambda done=done: self._office.host.notes.write(done))  # type: ignore[misc]  # bound now
        del self._queues[user]

    async def _rest_of_album(self, queue: asyncio.Queue[Waiting], batch: list[Waiting]) -> None:
        """Add the other messages of an album, which come as updates of their own."""
        album = _album(batch[0][2])
        while album:
            try:
                following = await asyncio.wait_for(queue.get(), _ALBUM)
            except TimeoutError:
                return
            if _album(following[2]) != album:
                rest = [following, *(queue.get_nowait() for _ in range(queue.qsize()))]
                for each in rest:
                    queue.put_nowait(each)
                return
            batch.append(following)

    async def _safely(self, batch: Sequence[Waiting]) -> None:
        """Carry something out; what makes no sense is passed over, so that it never blocks what comes after it."""
        number = batch[0][0]
        try:
            await persistently(lambda: self._carry_out(batch))
        except (Rejected, Unparsable) as error:
            _log.warning("console.passed_over", update=number, reason=str(error))
        except Exception:
            _log.exception("console.failed", update=number)
            await self._apologise(batch[0])

    async def _apologise(self, waiting: Waiting) -> None:
        with suppress(Exception):
            request = await self._request(*waiting)
            if request is not None:
                await request.reply(request.words("trouble"), alert=True)

    async def _carry_out(self, batch: Sequence[Waiting]) -> None:
        number, at, body = batch[0]
        if "inline_query" in body:
            await self._offer_canned(part(body, "inline_query"))
            return
        request = await self._request(number, at, body)
        if request is not None:
            await self._deeds.do(request, body, [_message(each[2]) for each in batch])

    async def _request(self, number: int, at: datetime, body: Json) -> Request | None:
        """Return what somebody asks for; None when that is a stranger, or a chat that is none of ours."""
        user = _user(body)
        if not user:
            return None
        message, press = _message(body), maybe(body, "callback_query")
        chat = part(message, "chat")
        operator = await self._office.operator(user)
        if not operator:
            if chat.get("type") == "private" and "message" in body:
                operator = await self._reception.receive(part(message, "from"), message)
                place = self._place_of(user, operator, int(chat["id"])) if operator else None
                if place is not None:
                    await place.catch_up()
            elif press:
                await self._reception.turn_away(part(body, "callback_query"))
            return None
        place = self._place_of(user, operator, int(chat["id"]))
        key = f"telegram {self._office.line.client.id}:{number}"
        if place is None:
            return None
        return Request(self._office, key, operator, user, place, message, at, words(press, "id"))

    async def _offer_canned(self, query: Json) -> None:
        """Offer ready-made texts to whoever types the bot's name and some words."""
        user, text = int(part(query, "from")["id"]), words(query, "query").strip().casefold()
        operator = await self._office.operator(user)
        texts = self._office.host.book.rules.canned if operator else {}
        fits = {name: it for name, it in texts.items() if text in name.casefold() or text in it.casefold()}
        results: list[Any] = [
            InlineQueryResultArticle(
                id=str(n),
                title=name,
                description=short(it, 100),
                input_message_content=InputTextMessageContent(message_text=it, parse_mode=None),
            )
            for n, (name, it) in enumerate([*fits.items()][:_CANNED])
        ]
        method = AnswerInlineQuery(inline_query_id=words(query, "id"), results=results, is_personal=True, cache_time=0)
        await self._office.best_effort(method)

    def stop(self) -> None:
        """Let nobody be carried out any more, apart from `people`; what is left waits in the notebook."""
        self._over = True


def _message(body: Json) -> Json:
    """Return the message that an update is about; for a reaction, its number and chat."""
    for name in ("message", "edited_message"):
        if body.get(name) is not None:
            return part(body, name)
    if body.get("callback_query") is not None:
        return part(part(body, "callback_query"), "message")
    return part(body, "message_reaction")


def _user(body: Json) -> int:
    """Return who an update comes from; 0 for nobody."""
    for name in ("message", "edited_message", "callback_query", "inline_query", "message_reaction"):
        it = body.get(name)
        if isinstance(it, dict):
            who = it.get("user" if name == "message_reaction" else "from")
            number = who.get("id") if isinstance(who, dict) else 0
            return number if isinstance(number, int) else 0
    return 0


def _album(body: Json) -> str:
    message = body.get("message")
    found = message.get("media_group_id") if isinstance(message, dict) else ""
    return found if isinstance(found, str) else ""
