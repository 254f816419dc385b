"""What a right settings file gives."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from hub.settings import load, next_start_only
from router.rules import Rules
from tests.unit.settings.conftest import GOOD, KINDS, Loads

ROOT = Path(__file__).parents[3]


def test_the_smallest_file_is_one_line(loads: Loads) -> None:
    """Everything but lines has a default."""
    settings = loads("lines: {sales: {name: Sales}}")
    assert (settings.hub.host, settings.hub.port, settings.store.url) == ("127.0.0.1", 8080, None)
    assert settings.channels == {}
    assert list(settings.consoles) == ["web"]


def test_the_rules_are_plain_rules(loads: Loads) -> None:
    """The core gets its own model, without the parts of the file that are none of its business."""
    rules = loads(GOOD).rules
    assert type(rules) is Rules
    assert set(rules.model_fields_set) <= set(Rules.model_fields)
    assert rules == Rules.model_validate(rules.model_dump(exclude={"triage"}))
    assert rules.lines_of("anna") == ("sales",)


def test_a_channel_has_its_own_kinds_settings(loads: Loads) -> None:
    """The kind decides which class reads the rest."""
    channel = loads(GOOD).channels["shop"]
    assert isinstance(channel, KINDS["site"].settings)
    assert (channel.kind, channel.line) == ("site", "sales")


def test_data_begins_at_the_files_folder(loads: Loads, path: Path) -> None:
    """The hub keeps its files in one place from wherever it is started; an absolute path stays."""
    assert loads(GOOD).hub.data == path.parent / "data"
    assert loads("hub: {data: /var/lib/trunkline}\nlines: {}").hub.data == Path("/var/lib/trunkline")


def test_every_setting_has_its_line(loads: Loads) -> None:
    """Explanations cite where a rule is written; a default is cited where its line begins."""
    where = loads(GOOD).where
    assert where["lines.sales.distribution"] == "config.yaml:11"
    assert where["lines.sales.operators.0"] == "config.yaml:10"
    assert where["lines.sales"] == where["lines.sales.offer_timeout"] == "config.yaml:8"
    assert where["channels.shop.line"] == "config.yaml:6"


@pytest.mark.parametrize("name", ["no", "yes", "on", "off", "0x", "1.2.3", "09:30", "2026-01-01", "1_000", "=", "y"])
def test_texts_stay_texts(loads: Loads, name: str) -> None:
    """Words and times that YAML 1.1 would turn into something else are taken as written."""
    assert loads(f"lines: {{sales: {{name: {name}}}}}").rules.lines["sales"].name == name


def test_times_of_day_need_no_quotes(loads: Loads) -> None:
    """09:00 is never read as 540."""
    settings = loads("lines: {a: {name: A, hours: {week: {mon-fri: 09:00-18:00, sat: }, closed: [2026-12-25]}}}")
    hours = settings.rules.lines["a"].hours
    assert hours is not None
    assert hours.closed == (date(2026, 12, 25),)
    assert len(hours.week) == 6


def test_keys_are_texts(loads: Loads) -> None:
    """A canned reply may be called 404, null or no."""
    assert loads("lines: {}\ncanned: {404: a, no: b, null: c}").rules.canned == {"404": "a", "no": "b", "null": "c"}


def test_the_environment_fills_in(loads: Loads) -> None:
    """Anywhere in a value, with a default for what is unset or empty, and with types made right."""
    text = 'hub: {port: ${PORT}, host: "${A}.${B:-example}"}\nlines: {s: {name: "$${A}", rating: "${RATE:-false}"}}'
    settings = loads(text.replace("${PORT}", '"${PORT}"'), PORT="81", A="shop", B="")
    assert (settings.hub.port, settings.hub.host) == (81, "shop.example")
    assert settings.rules.lines["s"].name == "${A}"
    assert settings.rules.lines["s"].rating is False


def test_an_empty_default_means_nothing(loads: Loads) -> None:
    """One file serves with and without a database address in the environment."""
    text = "store:\n  url: ${URL:-}\nlines: {}"
    assert loads(text).store.url is None
    assert loads(text, URL="mongodb://db/").store.url == "mongodb://db/"


def test_digits_from_the_environment_are_a_fine_text(loads: Loads) -> None:
    """A name does not become a number because of what the variable holds."""
    assert loads("lines:\n  s:\n    name: ${N}", N="123").rules.lines["s"].name == "123"


def test_secrets_are_never_shown(loads: Loads) -> None:
    """Not in what is printed of the settings."""
    text = "channels:\n  a: {kind: messenger, line: s, token: '${T}'}\nlines: {s: {name: S}}\nstore: {url: '${U}'}"
    settings = loads(text, T="hush-hush", U="mongodb://u:hush-hush@db/")
    assert "hush" not in repr(settings)
    assert settings.channels["a"].model_dump()["token"].get_secret_value() == "hush-hush"


def test_aliases_repeat_values(loads: Loads) -> None:
    """An anchor's value may be used again."""
    rules = loads("lines:\n  a: {name: A, auto_close: &c {after: 1d}}\n  b: {name: B, auto_close: *c}").rules
    assert rules.lines["b"].auto_close == rules.lines["a"].auto_close
    assert rules.lines["b"].auto_close is not None
    assert rules.lines["b"].auto_close.after == timedelta(days=1)


@pytest.mark.parametrize("raw", [b"\xef\xbb\xbf" + GOOD.encode(), GOOD.replace("\n", "\r\n").encode()])
def test_files_from_windows_are_read(loads: Loads, raw: bytes) -> None:
    """A byte order mark and CR LF change nothing."""
    assert loads(raw).where["lines.sales.distribution"] == "config.yaml:11"


def test_the_revision_tells_edits_apart(loads: Loads) -> None:
    """The same text has the same revision, another text another."""
    assert loads(GOOD).revision == loads(GOOD).revision != loads(GOOD + "\n").revision


def test_rules_apply_at_once_and_the_rest_at_the_next_start(loads: Loads) -> None:
    """What cannot be applied to a running hub is named; what can is not."""
    before = loads(GOOD)
    assert next_start_only(before, loads(GOOD)) == ()
    assert next_start_only(before, loads(GOOD.replace("strict", "even").replace("name: Anna", "name: Ann"))) == ()
    after = loads(GOOD.replace("port: 0", "port: 1").replace("shop:", "site:") + "store: {database: other}\n")
    assert sorted(sentence.split()[0] for sentence in next_start_only(before, after)) == [
        "channels.shop",
        "channels.site",
        "hub.port",
        "store.database",
    ]


def test_the_demo_file_is_right() -> None:
    """The file that `make run` starts is valid with nothing set in the environment."""
    settings = load(ROOT / "config.yaml", {})
    assert list(settings.channels) == ["shop-site"]
    assert settings.store.url is None
    assert {line.hours for line in settings.rules.lines.values()} == {None}


def test_the_demo_file_serves_the_container() -> None:
    """The same file is started by docker-compose, with the environment it sets."""
    env = {"TRUNKLINE_HOST": "0.0.0.0", "TRUNKLINE_STORE_URL": "mongodb://mongo/?replicaSet=rs0"}  # noqa: S104  # a container's own network
    settings = load(ROOT / "config.yaml", env)
    assert (settings.hub.host, settings.store.url) == ("0.0.0.0", "mongodb://mongo/?replicaSet=rs0")  # noqa: S104  # as above
