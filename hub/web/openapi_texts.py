"""What the API's documentation says besides what its models say."""

from __future__ import annotations

DESCRIPTION = """\
Everything the operator console does, and everything a program may do.

**Who asks.** A program sends a bearer token, which `hub token create` makes and which acts as one operator. Browsers
have a session instead. Either sees what that operator sees: the lines they serve and the conversations they take part
in; supervisors and admins see all lines. What one may not see looks like what does not exist: 404.

**Errors** are problem details (RFC 9457). `type` tells programs what went wrong, `detail` is a sentence for people. 429
and 503 say in `Retry-After` when to come back. 500 is a fault in the hub, and is logged there.

**Repeating a request** is safe with the same `Idempotency-Key`: it is carried out once and answered alike.

**What happens** is told by one feed with a rising cursor, as a long poll and over a WebSocket. Whoever comes back
resumes after the last cursor they have seen.
"""
TOKEN = "A token that `hub token create` made. Acts as its operator; needs neither cookie nor further headers."  # noqa: S105 - a sentence
SESSION = (
    "The cookie that signing in sets, for browsers. Requests that change something must come from the hub's own pages, "
    "or carry the header `X-Trunkline: 1`."
)
CHANNEL_TOKEN = "The channel's own token, as the settings file names it."  # noqa: S105 - a sentence
KEY = (
    "Names this request, for example with a UUID. The same request with the same key is carried out once, however "
    "often it comes; a different one with the same key is refused with 422. Without the header every request is new."
)
#: part of a path → what it is
PATH_PARTS = {
    "id": "Its id.",
    "file": "The file's id.",
    "line": "The line's id.",
    "channel": "The channel's name in the settings.",
    "delivery": "The delivery's id.",
    "message": "The message's id.",
    "leave": "The leave's id.",
    "update": "The update's id in the ledger.",
    "name": "The webhook's name in the settings.",
}
#: in the order in which they are shown
TAGS = {
    "Session": "Signing in and out, and one's own presence.",
    "Conversations": "Reading conversations, and all that operators do with them.",
    "Files": "Files of a conversation, streamed in and out.",
    "Clients": "Clients' cards.",
    "Staff": "Colleagues, lines and ready-made texts.",
    "Events": "The feed of everything that happens.",
    "Reports": "Figures of what happened, for those who lead.",
    "Webhooks": "The feed, sent to addresses of yours.",
    "Settings": "Who changed the rules and when, for admins.",
    "Ledger": "What came in and could not be understood, for admins.",
    "Channels": "For systems that are a channel themselves: what clients say goes in, answers come out.",
}
