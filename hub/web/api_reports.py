"""Reports, for those who lead."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Annotated

from msgspec import Struct
from pydantic import AwareDatetime, BeforeValidator, Field

from hub.recordings import recorded
from hub.web.access import only_leaders
from hub.web.bodies import Body, Nothing
from hub.web.moment import Moment
from hub.web.operations import Call, operation
from hub.web.problems import Problem, not_found
from router.effort import Effort, Efforts, Work, efforts
from router.lab.records import Directory

#: conversations that are read for one report; more take too long for a request
_MOST = 20_000
_PERIOD = timedelta(days=30)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}T")


def _rfc3339(value: object) -> object:
    """Refuse what pydantic takes for a number of seconds."""
    if isinstance(value, str) and not _DATE.match(value):
        raise ValueError("expected a time such as 2026-12-01T09:00:00Z")
    return value


_Time = Annotated[AwareDatetime, BeforeValidator(_rfc3339)]


class WantedReport(Body):
    """Of which time and line a report is."""

    #: only conversations that came to this line; empty for every line
    line: Annotated[str, Field(max_length=40)] = ""
    #: the beginning; thirty days before the end when it is left out
    since: _Time | None = None
    #: the end; now when it is left out
    until: _Time | None = None


class WorkView(Struct, frozen=True, kw_only=True):
    """What one operator did with conversations of one effort."""

    effort: Effort
    #: conversations they were asked to take, or held
    involved: int
    #: of these, those that they let go, left unanswered, returned or handed on, and did not end up with
    passed: int
    #: 0 to 1; null of none
    share: float | None
    took: int
    skipped: int
    unanswered: int
    returned: int
    handed_on: int


class OperatorEffort(Struct, frozen=True):
    """What one operator did."""

    operator: str
    name: str
    #: easy, usual, hard
    work: Sequence[WorkView]


class FindingView(Struct, frozen=True):
    """Somebody passes on clearly more of one kind than their colleagues do."""

    operator: str
    effort: Effort
    #: 0 to 1
    share: float
    colleagues: float
    #: the same in words
    sentence: str


class EffortReport(Struct, frozen=True, kw_only=True):
    """Who had, and passed on, easy and hard conversations."""

    since: Moment
    until: Moment
    #: conversations that came, were taken and ended within the period
    easy: int
    usual: int
    hard: int
    operators: Sequence[OperatorEffort]
    findings: Sequence[FindingView]


@operation(
    "GET",
    "/reports/effort",
    "Who takes and who passes on easy and hard conversations",
    query=WantedReport,
    problems=(HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND),
)
async def effort_report(call: Call[Nothing, WantedReport]) -> EffortReport:
    """For supervisors and admins.

    The effort of a conversation is how often it went back and forth, and three for each hand-over; the least and the
    most third of each line are easy and hard. A period of more than 20,000 conversations is refused: `hub report
    effort` reads any.
    """
    hub, wanted = call.hub, call.query
    only_leaders(hub.rules, call.operator, "read reports")
    if wanted.line and wanted.line not in hub.rules.lines:
        raise not_found("line")
    until = wanted.until or hub.clock.now()
    since = wanted.since or until - _PERIOD
    if since >= until:
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "The period ends before it begins: give a since before until.")
    if await hub.store.recordings.count(since, until) > _MOST:
        detail = f"More than {_MOST:,} conversations: choose a shorter period, or run hub report effort."
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, detail)
    directory = Directory.of(hub.rules, {name: it.line for name, it in hub.settings.channels.items()})
    found = await asyncio.to_thread(efforts, await recorded(hub.store.recordings, directory, since, until), wanted.line)
    return _view(call, found, since, until)


def _view(call: Call[Nothing, WantedReport], found: Efforts, since: datetime, until: datetime) -> EffortReport:
    speech = call.present.speech
    return EffortReport(
        since=since,
        until=until,
        easy=found.conversations[Effort.EASY],
        usual=found.conversations[Effort.USUAL],
        hard=found.conversations[Effort.HARD],
        operators=[
            OperatorEffort(name, speech.name_of(name), [_work(effort, it) for effort, it in work.items()])
            for name, work in found.operators.items()
        ],
        findings=[
            FindingView(
                each.operator,
                each.effort,
                each.share,
                each.colleagues,
                speech.own(
                    f"report.finding.{each.effort}",
                    name=speech.name_of(each.operator),
                    share=f"{each.share:.0%}",
                    colleagues=f"{each.colleagues:.0%}",
                ),
            )
            for each in found.findings
        ],
    )


def _work(effort: Effort, it: Work) -> WorkView:
    fields = {name: getattr(it, name) for name in Work.__struct_fields__}
    return WorkView(effort=effort, share=it.share, **fields)


OPERATIONS = (effort_report,)
