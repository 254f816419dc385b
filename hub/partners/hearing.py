"""What another hub says to a client, carried out as commands of the operator whose work it does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from msgspec import Struct, convert

from hub.partners.telling import Teller
from hub.partners.wire import Wire
from hub.web.facade import Hub
from router.effects import Outcome
from router.errors import Conflict, Misconfigured, Rejected, Retryable, Unparsable
from router.media import Attachment
from router.model import Conversation

_log = structlog.get_logger(__name__)
#: bytes in one file
_MAX_FILE = 100_000_000


class _Author(Struct, frozen=True):
    kind: str
    name: str = ""


class _File(Struct, frozen=True):
    id: str
    name: str


class _Message(Struct, frozen=True):
    kind: str
    author: _Author
    text: str = ""
    attachments: Sequence[_File] = ()
    entities: Sequence[Mapping[str, Any]] = ()
    #: as operators have put them to it
    reactions: Sequence[str] = ()
    #: our id of it, where it is one that we told of
    own_id: str = ""


class _Delivery(Struct, frozen=True):
    id: str
    action: str
    chat: str
    message: _Message


class Hearing:
    """Carries deliveries out, each once: the key of its command is the delivery's id."""

    def __init__(self, operator: str, language: str, hub: Hub, wire: Wire, teller: Teller) -> None:
        self._operator = operator
        self._language = language
        self._hub = hub
        self._wire = wire
        self._teller = teller

    async def hear(self, raw: Mapping[str, Any]) -> None:
        """Return when a delivery is carried out durably, or the other hub knows why not.

        Raises `HubError`: give the same delivery again.
        """
        it = convert(dict(raw), _Delivery)
        said, about = it.message, {"conversation": it.chat}
        if said.kind == "closed":
            # What the client's side ended there was ended by us, and may have been handed over anew since.
            if said.author.kind != "client":
                await self._do(it, {"type": "close", **about})
        elif said.kind != "text":
            return  # the client is asked for a rating on our side
        elif it.action == "react":
            emoji = said.reactions[-1] if said.reactions else ""
            await self._done(it, {"type": "react", **about, "message": said.own_id, "emoji": emoji})
        elif it.action != "send":
            await self._failed(it, self._teller.say("unchangeable"))
        elif said.author.kind != "operator":
            # What their bot says is for our people: the client has been told here what to expect.
            text = self._teller.say("said", name=said.author.name, text=said.text)
            await self._do(it, {"type": "note", **about, "text": text})
        else:
            await self._reply(it)

    async def _reply(self, it: _Delivery) -> None:
        conversation = await self._hub.conversation(it.chat)
        if conversation is None:
            await self._failed(it, self._why(Outcome("", "not_found")))
            return
        try:
            files = [await self._file(it, file, conversation) for file in it.message.attachments]
        except (Rejected, Misconfigured) as error:
            await self._failed(it, str(error))
            return
        attached = [{"id": f.id, "name": f.name, "media_type": f.media_type, "size": f.size} for f in files]
        said = {"text": it.message.text, "attachments": attached, "entities": [*it.message.entities]}
        await self._done(it, {"type": "reply", "conversation": it.chat, **said})

    async def _done(self, it: _Delivery, body: Mapping[str, object]) -> None:
        """Carry out what the client is to see, or say there that they do not, and why."""
        outcome = await self._do(it, body)
        if outcome.refused:
            await self._failed(it, self._why(outcome))

    async def _do(self, it: _Delivery, body: Mapping[str, object]) -> Outcome:
        try:
            return await self._hub.command(self._operator, f"delivery {it.id}", body)
        except Unparsable as error:
            # It was carried out before, as it stood then: its text has been edited over there meanwhile.
            _log.warning("partner.unheard", operator=self._operator, delivery=it.id, reason=str(error))
            return Outcome("")

    async def _file(self, it: _Delivery, file: _File, conversation: Conversation) -> Attachment:
        """Keep a file for our client, once however often the delivery is given."""
        key, files = f"{self._operator}:{it.id}:{file.id}", self._hub.store.files
        kept = await files.kept_under(key)
        if kept is not None:
            return kept
        chunks, place = self._wire.download(it.chat, file.id), (conversation.channel, conversation.chat)
        try:
            return await files.put(chunks, name=file.name, channel=place[0], chat=place[1], limit=_MAX_FILE, key=key)
        except Conflict as error:
            raise Retryable("The file is being kept already.") from error

    def _why(self, outcome: Outcome) -> str:
        return self._hub.catalog.say(self._language, f"refused.{outcome.refused}", **outcome.values)

    async def _failed(self, it: _Delivery, reason: str) -> None:
        """Let whoever wrote see that it did not reach the client, and why."""
        await self._wire.post(f"deliveries/{it.id}/receipt", {"state": "failed", "reason": reason[:500]})
