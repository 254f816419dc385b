"""Integrators' subscriptions, for admins: how they do, what is dead, and sending it again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated, Literal

from msgspec import Struct
from pydantic import Field

from hub.settings.model import NoticeType, SubscriptionSettings
from hub.web.access import only_admins
from hub.web.bodies import Body, Nothing
from hub.web.moment import Moment
from hub.web.operations import Call, operation
from hub.web.problems import Problem, not_found
from hub.web.views import Done
from hub.webhooks.status import Status, status_of
from router.delivery import Delivery, DeliveryState
from router.webhooks import channel_of

_FOR_ADMINS = (HTTPStatus.FORBIDDEN,)
#: what only admins may
_MAY = "look after webhooks"


class WantedNotices(Body):
    """Which notices to list, oldest first."""

    #: `dead`: given up, or refused for good
    state: Literal["dead"] = "dead"
    #: `next` of the page before
    after: Annotated[int, Field(ge=0, le=2**63 - 1)] = 0
    #: at most so many
    limit: Annotated[int, Field(ge=1, le=200)] = 50


class WebhookView(Struct, frozen=True, kw_only=True):
    """One subscription and how it does."""

    name: str
    url: str
    events: Sequence[NoticeType]
    #: empty for every line
    lines: Sequence[str]
    #: `gone`: the receiver wants no more; `paused`: the settings say so
    status: Status
    #: why it fails now
    reason: str
    #: notices still to be posted; not counted further than 100,000
    waiting: int
    #: notices given up or refused; counted likewise
    dead: int
    last_success: Moment | None
    last_failure: Moment | None


class Webhooks(Struct, frozen=True):
    """All subscriptions."""

    webhooks: Sequence[WebhookView]


class AttemptView(Struct, frozen=True):
    """One try at a notice; `queued` is the moment when somebody wanted it sent again."""

    at: Moment
    state: DeliveryState
    reason: str


class NoticeView(Struct, frozen=True, kw_only=True):
    """One notice and what was tried to deliver it."""

    #: the `webhook-id` it is posted with
    id: str
    type: str
    conversation: str
    state: DeliveryState
    reason: str
    attempts: Sequence[AttemptView]


class Notices(Struct, frozen=True):
    """A page of notices, oldest first."""

    notices: Sequence[NoticeView]
    #: names the next page; 0 at the end
    next: int


class Resent(Struct, frozen=True):
    """How many notices wait to be posted again."""

    resent: int


@operation("GET", "/webhooks", "All subscriptions and how they do", problems=_FOR_ADMINS)
async def webhooks(call: Call[Nothing, Nothing]) -> Webhooks:
    """For admins only."""
    only_admins(call.hub.rules, call.operator, _MAY)
    wanted = call.hub.settings.webhooks
    return Webhooks(webhooks=[await _webhook(call, name, settings) for name, settings in wanted.items()])


@operation(
    "GET", "/webhooks/{name}/deliveries", "A subscription's dead notices", query=WantedNotices, problems=_FOR_ADMINS
)
async def dead_notices(call: Call[Nothing, WantedNotices]) -> Notices:
    """For admins only. They are forgotten 30 days after what they tell of."""
    name, limit = _subscription(call), call.query.limit
    found = await call.hub.store.webhooks.dead(name, call.query.after, limit + 1)
    page = found[:limit]
    return Notices(notices=list(map(_notice, page)), next=page[-1].cursor if len(found) > limit else 0)


@operation(
    "POST",
    "/webhooks/{name}/deliveries/{id}/resend",
    "Post a dead notice again",
    problems=(*_FOR_ADMINS, HTTPStatus.CONFLICT),
)
async def resend_notice(call: Call[Nothing, Nothing]) -> Done:
    """For admins only. It is tried for as long as a new one; one that is being tried already goes on."""
    name, store = _subscription(call), call.hub.store.webhooks
    notice = await store.find(call.path("id"))
    if notice is None or notice.channel != channel_of(name):
        raise not_found("notice")
    if notice.state is DeliveryState.SENT:
        raise Problem(HTTPStatus.CONFLICT, "The receiver has taken this notice: only dead ones are sent again.")
    await store.resend(name, [notice.id], call.hub.clock.now())
    call.hub.webhooks.look_again(name)
    return Done()


@operation("POST", "/webhooks/{name}/resend", "Post all of a subscription's dead notices again", problems=_FOR_ADMINS)
async def resend_notices(call: Call[Nothing, Nothing]) -> Resent:
    """For admins only."""
    name = _subscription(call)
    count = await call.hub.store.webhooks.resend(name, None, call.hub.clock.now())
    call.hub.webhooks.look_again(name)
    return Resent(resent=count)


def _subscription(call: Call[Nothing, Nothing] | Call[Nothing, WantedNotices]) -> str:
    """Return the subscription that an admin names. Raises a `Problem` for others, and for one that does not exist."""
    only_admins(call.hub.rules, call.operator, _MAY)
    name = call.path("name")
    if name not in call.hub.settings.webhooks:
        raise not_found("webhook")
    return name


async def _webhook(call: Call[Nothing, Nothing], name: str, settings: SubscriptionSettings) -> WebhookView:
    standing = await call.hub.store.webhooks.standing(name)
    return WebhookView(
        name=name,
        url=settings.url,
        events=settings.events,
        lines=settings.lines,
        status=status_of(settings, standing.trouble),
        reason=standing.trouble,
        waiting=standing.waiting,
        dead=standing.dead,
        last_success=standing.last_success,
        last_failure=standing.last_failure,
    )


def _notice(it: Delivery) -> NoticeView:
    return NoticeView(
        id=it.id,
        type=str(json.loads(it.body)["type"]),
        conversation=it.conversation,
        state=it.state,
        reason=it.reason,
        attempts=[AttemptView(at=each.at, state=each.state, reason=each.reason) for each in it.attempts],
    )


OPERATIONS = (webhooks, dead_notices, resend_notice, resend_notices)
