"""Methods that get updates: the long poll and the webhook."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from tests.emulators.telegram.calls import Call, answers, check_range
from tests.emulators.telegram.errors import bad_request
from tests.emulators.telegram.table import UPDATE_TYPES
from tests.emulators.telegram.updates import DEFAULT_TYPES, Webhook

#: Telegram wants HTTPS; to this machine the emulator posts without.
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def _allow(call: Call) -> None:
    wanted = call.p.get("allowed_updates")
    if wanted is None:
        return
    unknown = set(wanted) - UPDATE_TYPES
    if unknown:
        raise bad_request(f"allowed_updates has no type {min(unknown)}")
    call.bot.updates.allowed = frozenset(wanted) or DEFAULT_TYPES


@answers("getUpdates")
async def get_updates(call: Call) -> list[Any]:
    """Return what waits, or wait for it; updates below `offset` are confirmed."""
    limit, timeout = call.p.get("limit", 100), call.p.get("timeout", 0)
    check_range("limit", limit, 1, 100)
    check_range("timeout", timeout, 0, 50)
    _allow(call)
    return await call.bot.updates.poll(call.p.get("offset", 0), limit, timeout)


@answers("setWebhook")
def set_webhook(call: Call) -> bool:
    """Have updates posted to a URL; an empty one ends it."""
    secret, connections = call.p.get("secret_token", ""), call.p.get("max_connections", 40)
    url = urlsplit(call.p["url"])
    if url.scheme != "https" and not (url.scheme == "http" and url.hostname in _LOOPBACK):
        raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
    if secret and not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", secret):
        raise bad_request("secret token contains unallowed characters")
    check_range("max_connections", connections, 1, 100)
    _allow(call)
    if call.p.get("drop_pending_updates"):
        call.bot.updates.drop()
    call.bot.updates.change_webhook(Webhook(call.p["url"], secret, connections))
    return True


@answers("deleteWebhook")
def delete_webhook(call: Call) -> bool:
    """Stop posting updates."""
    if call.p.get("drop_pending_updates"):
        call.bot.updates.drop()
    call.bot.updates.change_webhook(None)
    return True


@answers("getWebhookInfo")
def get_webhook_info(call: Call) -> dict[str, Any]:
    """Return how posting goes."""
    queue = call.bot.updates
    webhook = queue.webhook or Webhook("")
    shown: dict[str, Any] = {"url": webhook.url, "has_custom_certificate": False}
    shown["pending_update_count"] = len(queue.waiting)
    if webhook.last_error_message:
        shown |= {"last_error_date": webhook.last_error_date, "last_error_message": webhook.last_error_message}
    if webhook.url:
        shown["max_connections"] = webhook.max_connections
    return shown | ({"allowed_updates": sorted(queue.allowed)} if queue.allowed != DEFAULT_TYPES else {})
