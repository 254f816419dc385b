"""What admins write in YAML about how soon a line's clients are answered and helped."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from functools import cached_property
from itertools import pairwise
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema, field_validator, model_validator

from router.durations import Duration
from router.pledges import Target
from router.strict import Strict

_SHARE = re.compile(r"\s*([1-9][0-9]?)\s*%\s*")


def _share(value: Any) -> int:
    """Return the percents written as `80%`. Raises `ValueError`."""
    match = _SHARE.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError("expected a share of the time from 1% to 99%, such as 80%")
    return int(match[1])


Share = Annotated[
    int,
    BeforeValidator(_share),
    WithJsonSchema({"type": "string", "pattern": "^[1-9][0-9]?%$", "examples": ["50%", "80%"]}),
]
Goal = Annotated[Duration, Field(ge=timedelta(seconds=1), le=timedelta(days=90))]


class BreachRules(Strict):
    """What is done about a missed target, besides telling staff."""

    #: the class of `priorities` the conversation rises to, unless its own is higher
    raise_to: str | None = None
    #: an answer that is late goes back to the queue, for somebody else
    reassign: bool = False


class SlaRules(Strict):
    """By when clients are answered and helped."""

    #: from when a client waits for a person until one answers
    first_response: Goal | None = None
    #: from a client's first unanswered message until the next answer
    next_response: Goal | None = None
    #: from when a client first waits for a person until the conversation is closed, without the time we wait for them
    resolution: Goal | None = None
    #: count only while the line is open
    working_hours: bool = True
    #: shares of the time at which staff are warned, ascending
    warn_at: tuple[Share, ...] = (80,)
    on_breach: BreachRules = BreachRules()

    @field_validator("warn_at")
    @classmethod
    def _ascends(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if any(later <= earlier for earlier, later in pairwise(value)):
            raise ValueError("expected ascending shares such as [50%, 80%]")
        return value

    @model_validator(mode="after")
    def _makes_sense(self) -> SlaRules:
        if not self.goals:
            raise ValueError(f"expected at least one of {', '.join(Target)}")
        for name in (Target.FIRST_RESPONSE, Target.NEXT_RESPONSE):
            goal = self.goals.get(name)
            if goal and self.resolution and goal > self.resolution:
                raise ValueError(f"{name} is longer than resolution, which ends with the conversation: make it shorter")
        return self

    @cached_property
    def goals(self) -> Mapping[Target, timedelta]:
        """The targets that are set."""
        return {target: goal for target in Target if (goal := getattr(self, target))}
