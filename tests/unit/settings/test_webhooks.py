"""Webhooks in the settings file: what is refused, and that secrets stay secret."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.unit.settings.conftest import GOOD, Loads, Refuses

SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
WEBHOOK = GOOD + 'webhooks:\n  crm:\n    url: https://crm.example/notices\n    secret: "${S}"\n'


def test_a_webhook_has_sensible_defaults(loads: Loads) -> None:
    crm = loads(WEBHOOK, S=SECRET).webhooks["crm"]
    assert crm.events == ("message", "conversation", "delivery")
    assert (crm.lines, crm.enabled, crm.give_up_after) == ((), True, timedelta(days=3))
    assert SECRET not in repr(crm)


@pytest.mark.parametrize(
    ("line", "place", "message"),
    [
        ("lines: [retail]", "webhooks.crm.lines.0", "there is no line named 'retail' under lines"),
        ("give_up_after: 5s", "webhooks.crm.give_up_after", "expected a duration from 1m to 14d"),
        (
            "{lines: [sales], events: [message, client]}",
            "webhooks.crm",
            "client events belong to no line; leave out lines, or these events",
        ),
    ],
)
def test_what_cannot_work_is_refused(refuses: Refuses, line: str, place: str, message: str) -> None:
    lines = [line] if not line.startswith("{") else ["lines: [sales]", "events: [message, client]"]
    (problem,) = refuses(WEBHOOK + "".join(f"    {each}\n" for each in lines), S=SECRET)
    assert (problem.path, problem.message) == (place, message)


def test_a_secret_stands_in_the_environment_and_is_long_enough(refuses: Refuses) -> None:
    (problem,) = refuses(WEBHOOK.replace("${S}", SECRET))
    assert (problem.path, problem.message.split(";")[0]) == ("webhooks.crm.secret", "a secret stands here in plain")
    (problem,) = refuses(WEBHOOK, S="whsec_c2hvcnQ=")
    assert problem.path == "webhooks.crm.secret"
    assert "24 to 64 random bytes" in problem.message
    assert "c2hvcnQ" not in str(problem)
