"""The errors of the Bot API: codes and descriptions as Telegram words them."""

from __future__ import annotations

from typing import Any


class ApiError(Exception):
    """What a call is answered instead of a result."""

    def __init__(self, code: int, description: str, **parameters: Any) -> None:
        super().__init__(description)
        #: HTTP status and `error_code`
        self.code = code
        self.description = description
        #: `retry_after` or `migrate_to_chat_id`
        self.parameters = parameters

    def body(self) -> dict[str, Any]:
        """Return the answer's JSON body."""
        body = {"ok": False, "error_code": self.code, "description": self.description}
        return body | ({"parameters": self.parameters} if self.parameters else {})


def bad_request(what: str, **parameters: Any) -> ApiError:
    """Return the error for a call that cannot be right, or not at this moment."""
    return ApiError(400, f"Bad Request: {what}", **parameters)


def forbidden(why: str) -> ApiError:
    """Return the error for what the bot may not do."""
    return ApiError(403, f"Forbidden: {why}")


def conflict(why: str) -> ApiError:
    """Return the error for two ways of receiving updates at once."""
    return ApiError(409, f"Conflict: {why}")


def too_many_requests(retry_after: int) -> ApiError:
    """Return the error for calls that come too fast; `retry_after` is in seconds."""
    return ApiError(429, f"Too Many Requests: retry after {retry_after}", retry_after=retry_after)


def unauthorized() -> ApiError:
    """Return the error for a token that is unknown or revoked."""
    return ApiError(401, "Unauthorized")
