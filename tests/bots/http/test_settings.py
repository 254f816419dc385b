"""What admins write about an http channel, and what they are told about mistakes."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from bots.http import HttpSettings, build
from hub.settings import SettingsErrors, load

SECRET = "whsec_" + base64.b64encode(b"x" * 32).decode()
ENV = {"TOKEN": "t" * 20, "SECRET": SECRET}
GOOD = """\
channels:
  shop:
    kind: http
    line: sales
    tokens: ["${TOKEN}", "${NEXT_TOKEN:-}"]
    webhook:
      url: https://shop.example/hook
      secret: ${SECRET}
      deduplicates: true
      timeout: 5s
    rate: { per_minute: 600, burst: 50 }
    max_file: 1000000
lines:
  sales:
    name: Sales
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "config.yaml"


def test_everything_an_admin_may_write(path: Path) -> None:
    """A token whose variable is not set is left out, and no secret is ever shown."""
    path.write_text(GOOD)
    settings = load(path, ENV).channels["shop"]
    assert isinstance(settings, HttpSettings)
    assert len(settings.tokens) == 1
    assert settings.webhook is not None
    assert settings.webhook.timeout.total_seconds() == 5
    assert ENV["TOKEN"] not in repr(settings)
    assert SECRET not in repr(settings)


def test_what_a_channel_can_do_follows_from_its_webhook(path: Path) -> None:
    """Without one it is fetched from; with one, sending again is harmless only where the receiver deduplicates."""
    path.write_text(GOOD)
    settings = load(path, ENV).channels["shop"]
    assert isinstance(settings, HttpSettings)
    assert settings.webhook is not None
    fetched = settings.model_copy(update={"webhook": None})
    doubles = settings.model_copy(update={"webhook": settings.webhook.model_copy(update={"deduplicates": False})})
    can = [build("shop", each).capabilities for each in (settings, fetched, doubles)]
    assert [(it.pulled, it.idempotent) for it in can] == [(False, True), (True, True), (False, False)]


@pytest.mark.parametrize(
    ("right", "wrong", "place", "expected"),
    [
        ('["${TOKEN}", "${NEXT_TOKEN:-}"]', '["aaaaaaaaaaaaaaaaaaaaaaaa"]', "tokens.0", "in plain"),
        ('["${TOKEN}", "${NEXT_TOKEN:-}"]', '["${SHORT}"]', "tokens.0", "20 to 500"),
        ('["${TOKEN}", "${NEXT_TOKEN:-}"]', '["${SPACED}"]', "tokens.0", "without spaces"),
        ('["${TOKEN}", "${NEXT_TOKEN:-}"]', "[]", "tokens", "at least 1"),
        ('["${TOKEN}", "${NEXT_TOKEN:-}"]', "${TOKEN}", "tokens", "list"),
        ('    tokens: ["${TOKEN}", "${NEXT_TOKEN:-}"]\n', "", "shop", "'tokens' is missing"),
        ("secret: ${SECRET}", f"secret: {SECRET}", "webhook.secret", "in plain"),
        ("secret: ${SECRET}", "secret: ${TOKEN}", "webhook.secret", "whsec_"),
        ("https://shop.example/hook", "ftp://shop.example", "webhook.url", "https://shop.example"),
        ("https://shop.example/hook", "https:///hook", "webhook.url", "https://shop.example"),
        ("https://shop.example/hook", "https://a:b@shop.example", "webhook.url", "in plain"),
        ("timeout: 5s", "timeout: 10m", "webhook.timeout", "expected"),
        ("burst: 50", "burst: 0", "rate.burst", "at least 1"),
        ("max_file", "max_size", "max_size", "did you mean 'max_file'"),
    ],
)
def test_mistakes_are_told_with_their_place(path: Path, right: str, wrong: str, place: str, expected: str) -> None:
    """Each with what was expected, and never with the secret itself."""
    assert right in GOOD
    path.write_text(GOOD.replace(right, wrong))
    with pytest.raises(SettingsErrors) as refusal:
        load(path, {**ENV, "SHORT": "x" * 19, "SPACED": "x y" * 10})
    told = [(problem.path, problem.message) for problem in refusal.value.problems]
    assert any(where.endswith(place) and expected in message for where, message in told), told
    assert not any("x" * 19 in message or SECRET in message for _, message in told)
