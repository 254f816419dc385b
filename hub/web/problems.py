"""Errors as people and programs read them: RFC 9457 problem details with full sentences."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from types import MappingProxyType

import msgspec
import structlog
from aiohttp import ClientPayloadError, hdrs, web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.typedefs import Handler
from msgspec import UNSET, Struct, UnsetType
from pydantic import ValidationError

from router.errors import Rejected, Retryable, Unparsable

log = structlog.get_logger(__name__)
#: seconds to wait before a busy hub is asked again, when nobody knows better
_RETRY_AFTER = 2.0
#: what reading a body may raise that breaks off, or whose Content-Encoding is not what it says
_BROKEN_BODY = (ClientPayloadError, web.RequestPayloadError, HttpProcessingError)


class FieldProblem(Struct, frozen=True):
    """What is wrong with one field."""

    #: its place, with dots between the steps
    field: str
    problem: str


class ProblemView(Struct, frozen=True, kw_only=True):
    """What went wrong, as RFC 9457 has it."""

    #: names the kind for programs, such as `/problems/refused/floor`; `about:blank` when the status says it all
    type: str
    title: str
    status: int
    #: a sentence for people
    detail: str
    #: what is wrong, field by field; left out where there are no fields
    errors: Sequence[FieldProblem] | UnsetType = UNSET


class Problem(Exception):
    """An error to tell the caller: an HTTP status, one sentence, and where it is not obvious, what each field lacks."""

    def __init__(
        self,
        status: HTTPStatus,
        detail: str,
        *,
        kind: str = "about:blank",
        fields: Sequence[Mapping[str, str]] = (),
        retry_after: float | None = None,
        headers: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.kind = kind
        self.fields = fields
        self.retry_after = retry_after
        self.headers = headers


def not_found(what: str) -> Problem:
    """Return the answer for something that does not exist or that the operator may not see: both look alike."""
    return Problem(HTTPStatus.NOT_FOUND, f"There is no such {what}, or you may not see it.")


def invalid(error: ValidationError, where: str) -> Problem:
    """Return what pydantic found wrong with `where`, field by field."""
    fields = [
        {"field": ".".join(str(part) for part in item["loc"]) or where, "problem": item["msg"]}
        for item in error.errors(include_url=False, include_context=False, include_input=False)
    ]
    listed = "; ".join(f"{item['field']}: {item['problem']}" for item in fields)
    return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, f"The {where} is not as expected: {listed}.", fields=fields)


def answer(problem: Problem) -> web.Response:
    """Return the problem as `application/problem+json`."""
    body = ProblemView(
        type=problem.kind,
        title=problem.status.phrase,
        status=problem.status.value,
        detail=problem.detail,
        errors=[FieldProblem(**named) for named in problem.fields] or UNSET,
    )
    return web.Response(
        body=msgspec.json.encode(body),
        status=problem.status,
        headers=_headers(problem),
        content_type="application/problem+json",
        charset="utf-8",
    )


def _headers(problem: Problem) -> dict[str, str]:
    headers = dict(problem.headers)
    if problem.retry_after is not None:
        headers["Retry-After"] = str(max(1, math.ceil(problem.retry_after)))
    if problem.status is HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    return headers


def _from_hub_error(error: Exception) -> Problem | None:
    if isinstance(error, Problem):
        return error
    if isinstance(error, Retryable):
        after = error.after.total_seconds() if error.after else _RETRY_AFTER
        detail = "The hub cannot do this right now. Nothing was lost: please try again in a moment."
        return Problem(HTTPStatus.SERVICE_UNAVAILABLE, detail, retry_after=after)
    if isinstance(error, _BROKEN_BODY):
        return Problem(HTTPStatus.BAD_REQUEST, "The body did not arrive whole, or is packed wrongly. Please try again.")
    if isinstance(error, Unparsable | Rejected):
        return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, str(error))
    return None


def _from_http(error: web.HTTPException) -> Problem:
    details = {
        404: "There is nothing at this address.",
        405: "This address does not take this method.",
        413: "The request is larger than the hub accepts.",
    }
    allowed = {name: value for name, value in error.headers.items() if name == hdrs.ALLOW}
    return Problem(HTTPStatus(error.status), details.get(error.status, f"{error.reason}."), headers=allowed)


@web.middleware
async def speak_problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn every error under `/api/` into problem details; what nobody expected is logged and answered with 500."""
    if not request.path.startswith("/api/"):
        return await handler(request)
    try:
        return await handler(request)
    except web.HTTPException as error:
        return answer(_from_http(error))
    except ConnectionError:
        raise
    except Exception as error:
        problem = _from_hub_error(error)
        if problem is None:
            log.exception("an API request failed", method=request.method, path=request.path)
            detail = "Something went wrong in the hub. It has been logged; trying again may help."
            problem = Problem(HTTPStatus.INTERNAL_SERVER_ERROR, detail)
        return answer(problem)
