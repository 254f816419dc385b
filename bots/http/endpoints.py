"""The operations below `/api/v1/channels/<name>/`, each with what it takes and answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from aiohttp import web
from msgspec.structs import replace

from bots.http import answers, bodies
from bots.http.fetching import give_deliveries, take_receipt, take_receipts
from bots.http.files import give_file, take_file
from bots.http.receiving import (
    take_batch,
    take_deletion,
    take_edit,
    take_end,
    take_message,
    take_rating,
    take_reaction,
    take_typing,
)
from bots.http.running import Running
from router.ports import Endpoint

Operation = Callable[[Running, web.Request], Awaitable[web.StreamResponse]]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_BASE = "/channels/{channel}"


def _post(
    path: str, summary: str, handler: Operation, body: type | None, answer: type = answers.Accepted, status: int = 202
) -> Endpoint:
    return Endpoint("POST", _BASE + path, summary, handler, body=body, answer=answer, status=status)


_BOTH = (
    _post("/messages", "A client wrote", take_message, bodies.NewMessage, answers.Taken),
    _post("/messages/batch", "Clients wrote: up to 500 messages", take_batch, bodies.NewBatch, answers.Results),
    _post("/messages/{id}/edit", "A client edited a message", take_edit, bodies.NewEdit, answers.Taken),
    _post("/messages/{id}/delete", "A client took a message back", take_deletion, bodies.NewDeletion, answers.Taken),
    _post("/messages/{id}/reaction", "A client reacted to a message", take_reaction, bodies.NewReaction, answers.Taken),
    _post("/ratings", "A client rated the conversation", take_rating, bodies.NewRating, answers.Taken),
    _post("/ends", "A client closed the conversation", take_end, bodies.NewEnd, answers.Taken),
    _post("/typing", "A client is typing", take_typing, bodies.NewTyping),
    _post("/deliveries/{id}/receipt", "What became of a delivery", take_receipt, bodies.NewReceipt),
    _post("/receipts", "What became of up to 500 deliveries", take_receipts, bodies.NewReceipts),
    replace(
        _post("/files", "Upload a file: its bytes are the body", take_file, None, answers.File, 201),
        query=bodies.NewFile,
    ),
    Endpoint("GET", _BASE + "/files/{id}", "Read a file of a chat", give_file, query=bodies.WantedFile),
)
_FETCH = Endpoint(
    "GET",
    _BASE + "/deliveries",
    "Fetch what is said to clients",
    give_deliveries,
    query=bodies.WantedDeliveries,
    answer=answers.Deliveries,
)


def endpoints(guarded: Callable[[Operation], Handler], *, pulled: bool) -> Sequence[Endpoint]:
    """Return a channel's operations behind its guard; only a `pulled` one has deliveries to fetch."""
    wanted = (*_BOTH, _FETCH) if pulled else _BOTH
    return [replace(it, handler=guarded(it.handler)) for it in wanted]  # type: ignore[arg-type]  # an Operation, above
