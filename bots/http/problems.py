"""Errors as programs read them: RFC 9457 problem details with full sentences."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from http import HTTPStatus

from aiohttp import web
from pydantic import ValidationError

#: problems told at once, and characters of a field's name: callers choose both
_TOLD = 20
_NAMED = 100


class Problem(Exception):
    """An error to tell the caller: an HTTP status, one sentence, and what each field lacks."""

    def __init__(
        self,
        status: HTTPStatus,
        detail: str,
        *,
        fields: Sequence[Mapping[str, str]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.fields = fields
        self.headers = headers or {}

    def answer(self) -> web.Response:
        """Return it as `application/problem+json`."""
        body: dict[str, object] = {
            "type": "about:blank",
            "title": self.status.phrase,
            "status": self.status.value,
            "detail": self.detail,
        }
        if self.fields:
            body["errors"] = list(self.fields)
        return web.Response(
            text=json.dumps(body), status=self.status, headers=self.headers, content_type="application/problem+json"
        )


def refused(channel: str) -> Problem:
    """Return what callers without the channel's token are told."""
    detail = f"Expected the header Authorization: Bearer with one of the tokens of the channel {channel!r}."
    return Problem(HTTPStatus.UNAUTHORIZED, detail, headers={"WWW-Authenticate": f'Bearer realm="{channel}"'})


def later(status: HTTPStatus, detail: str, seconds: float) -> Problem:
    """Return a problem that passes by itself: the same request may succeed after some seconds."""
    return Problem(status, detail, headers={"Retry-After": str(max(1, math.ceil(seconds)))})


def too_large(limit: int) -> Problem:
    """Return what to say about a body above `limit` bytes."""
    detail = f"The body is larger than the {limit} bytes that are taken here: send less at once."
    return Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail)


def field_problem(field: str, problem: str) -> Problem:
    """Return what is wrong with one field."""
    return Problem(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        f"The request is not as expected: {field}: {problem}.",
        fields=[{"field": field, "problem": problem}],
    )


def invalid(error: ValidationError, where: str) -> Problem:
    """Return what pydantic found wrong with `where`, field by field."""
    found = error.errors(include_url=False, include_context=False, include_input=False)[:_TOLD]
    fields = [
        {
            "field": ".".join(str(part)[:_NAMED] for part in item["loc"]) or where,
            "problem": item["msg"].removeprefix("Value error, "),
        }
        for item in found
    ]
    listed = "; ".join(f"{item['field']}: {item['problem']}" for item in fields)
    detail = f"The {where} is not as expected: {listed}."
    return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, detail, fields=fields)
