"""How the system gets its deliveries, and what it says became of them."""

from __future__ import annotations

from aiohttp import web
from pydantic import TypeAdapter, ValidationError

from bots.http.answers import Deliveries
from bots.http.bodies import Key, NewReceipt, NewReceipts, WantedDeliveries
from bots.http.door import announced, body_of
from bots.http.mapping import encoded, fetched_view
from bots.http.problems import field_problem, invalid
from bots.http.receiving import MESSAGE_LIMIT, done, understood
from bots.http.running import Running
from router.delivery import DeliveryState, Receipt

_KEY = TypeAdapter(Key)
_STATES = {"delivered": DeliveryState.DELIVERED, "read": DeliveryState.READ, "failed": DeliveryState.FAILED}
_NO_REASON = "The receiving system says that it could not be delivered."


async def give_deliveries(running: Running, request: web.Request) -> web.Response:
    """Answer with what comes after a cursor; that it is asked for says that all before has arrived.

    Without a cursor, or with 0, begins with the first delivery that nobody has fetched: a reader that knows nothing is
    never given the whole past.
    """
    try:
        wanted = WantedDeliveries.model_validate(dict(request.query))
    except ValidationError as error:
        raise invalid(error, "query") from error
    if wanted.after:
        await running.fetched(wanted.after)
    found = await running.outgoing(wanted.after or None, wanted.limit, wanted.wait)
    cursor = found[-1].cursor if found else wanted.after
    body = encoded(Deliveries([fetched_view(each) for each in found], cursor))
    return web.Response(body=body, headers={"Content-Type": "application/json"})


async def take_receipt(running: Running, request: web.Request) -> web.Response:
    """Record what became of one delivery."""
    try:
        delivery = _KEY.validate_python(request.match_info["id"])
    except ValidationError as error:
        raise field_problem("id", "expected 1 to 200 printable characters") from error
    announced(request, MESSAGE_LIMIT)
    said = understood(NewReceipt, await body_of(request, MESSAGE_LIMIT))
    await running.host.confirm([_receipt(delivery, said)])
    return done()


async def take_receipts(running: Running, request: web.Request) -> web.Response:
    """Record what became of many deliveries."""
    announced(request, MESSAGE_LIMIT)
    said = understood(NewReceipts, await body_of(request, MESSAGE_LIMIT))
    await running.host.confirm([_receipt(each.delivery, each) for each in said.receipts])
    return done()


def _receipt(delivery: str, said: NewReceipt) -> Receipt:
    reason = (said.reason.strip() or _NO_REASON) if said.state == "failed" else ""
    return Receipt(delivery, _STATES[said.state], reason)  # type: ignore[arg-type]  # one of the literal's states
