"""Operators whose work another hub does: what is refused, and that their tokens stay secret."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hub.logs import secrets_in
from hub.settings.changes import differences, next_start_only
from tests.unit.settings.conftest import GOOD, Loads, Refuses

TOKEN = "a-token-that-nobody-guesses"
URL = "https://hub.berlin.example/api/v1/channels/our-hub"
BERLIN = GOOD.replace(
    "operators:\n  anna:",
    f'operators:\n  berlin:\n    name: Berlin\n    hub: {{url: "{URL}", token: "${{T}}"}}\n  anna:',
)


def test_the_token_is_nowhere_in_the_rules(loads: Loads) -> None:
    settings = loads(BERLIN, T=TOKEN)
    partner = settings.partners["berlin"]
    assert (partner.url, partner.away_after) == (URL, timedelta(seconds=60))
    assert settings.rules.operators["berlin"].name == "Berlin"
    assert not hasattr(settings.rules.operators["berlin"], "hub")
    assert TOKEN not in repr(settings)
    assert TOKEN in set(secrets_in(settings))


def test_another_token_is_a_change_without_a_value_that_waits_for_the_next_start(loads: Loads) -> None:
    before, after = loads(BERLIN, T=TOKEN), loads(BERLIN, T=TOKEN + "-2")
    (change,) = differences(before, after)
    assert (change.setting, change.before, change.after) == ("operators.berlin.hub", None, None)
    assert next_start_only(before, after) == ("operators.berlin.hub has changed: this takes effect at the next start",)


@pytest.mark.parametrize(
    ("old", "new", "place", "message"),
    [
        (URL, "https://hub.berlin.example", "operators.berlin.hub.url", "expected the address of an http channel"),
        ('"${T}"', f'"{TOKEN}"', "operators.berlin.hub.token", "a secret stands here in plain"),
        ("url:", "uri:", "operators.berlin.hub.uri", "there is no key 'uri' here"),
        ("name: Berlin\n", "name: Berlin\n    role: admin\n", "operators.berlin", "another hub answers clients"),
    ],
)
def test_what_cannot_work_is_refused(refuses: Refuses, old: str, new: str, place: str, message: str) -> None:
    problems = {problem.path: problem.message for problem in refuses(BERLIN.replace(old, new), T=TOKEN)}
    assert problems[place].startswith(message)


def test_a_short_token_is_refused_and_not_shown(refuses: Refuses) -> None:
    (problem,) = refuses(BERLIN, T="hush")
    assert (problem.path, problem.message) == ("operators.berlin.hub.token", "expected at least 20 characters")
