"""What a wrong settings file is told: every problem, at its place, with what was expected."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.settings import Problem, SettingsErrors, load
from hub.settings.document import MAX_BYTES
from tests.unit.settings.conftest import GOOD, KINDS, Refuses

ONE_LINE = "lines: {s: {name: S}}\n"


def only(problems: list[Problem]) -> Problem:
    assert len(problems) == 1, problems
    return problems[0]


def test_everything_wrong_is_told_at_once(refuses: Refuses) -> None:
    """Types, unknown keys, names that point nowhere, unset variables and secrets: one reading tells them all."""
    problems = refuses(
        "hub: {prt: 1}\n"
        "channels:\n"
        "  a: {kind: messenger, line: gone, token: abc}\n"
        "  b: {kind: mesenger, line: s}\n"
        "  c: {kind: messenger, line: s, token: '${UNSET}'}\n"
        "lines:\n"
        "  s: {name: 7, operators: [nobody, ann], offer_timeout: 60, hours: {week: {mo: 9-18}}}\n"
        "  s: {name: again}\n"
        "operators:\n"
        "  anna: {capacity: 0}\n"
        "triage: {intents: {refund: {line: lost, ask: [shoe_size]}}}\n"
    )
    assert [(p.line, p.path) for p in problems] == [
        (1, "hub.prt"),
        (3, "channels.a.line"),
        (3, "channels.a.token"),
        (4, "channels.b.kind"),
        (5, "channels.c.token"),
        (7, "lines.s.name"),
        (7, "lines.s.operators.0"),
        (7, "lines.s.operators.1"),
        (7, "lines.s.offer_timeout"),
        (7, "lines.s.hours.week"),
        (8, "lines"),
        (10, "operators.anna"),
        (10, "operators.anna.capacity"),
        (11, "triage.intents.refund"),
        (11, "triage.intents.refund.line"),
        (11, "triage.intents.refund.ask.0"),
    ]


def test_the_text_can_be_clicked(refuses: Refuses, path: Path) -> None:
    """Each problem begins with file:line:column, as editors and terminals know it, and a sentence closes the list."""
    path.write_text("lines: {s: {nam: S}}", "utf-8")
    with pytest.raises(SettingsErrors) as caught:
        load(path, {}, KINDS)
    assert str(caught.value).splitlines() == [
        f"{path}:1:9: lines.s: the key 'name' is missing here",
        f"{path}:1:13: lines.s.nam: there is no key 'nam' here; did you mean 'name'?",
        "These 2 problems must be mended before the settings can be used.",
    ]


@pytest.mark.parametrize(
    ("text", "place", "setting", "says"),
    [
        ("lines: {s: {name: 7}}", (1, 19), "lines.s.name", 'put it in quotes: "7"'),
        ("lines: {s: {name: true}}", (1, 19), "lines.s.name", 'put it in quotes: "true"'),
        ("lines: {s: {name: [a]}}", (1, 19), "lines.s.name", "expected a text, not a list"),
        ("lines: {s: {name: S, rating: maybe}}", (1, 30), "lines.s.rating", "true or false"),
        ("lines: {s: {name: S, rating: 1}}", (1, 30), "lines.s.rating", "true or false"),
        ("lines: {s: {name: S, distribution: evn}}", (1, 36), "lines.s.distribution", "did you mean 'even'"),
        ("lines: {s: {name: S, offer_timeout: 60}}", (1, 37), "lines.s.offer_timeout", "a duration such as 30s"),
        ("lines: {s: {name: S, operators: anna}}", (1, 33), "lines.s.operators", "a list such as"),
        ("lines: {s: S}", (1, 12), "lines.s", "keys with values"),
        ("lines: {Sales: {name: S}}", (1, 9), "lines.Sales", "small Latin letters"),
        ("lines: {s: {name: S, hours: {week: {}, closed: [86400]}}}", (1, 49), "lines.s.hours.closed.0", "in quotes"),
        ("lines: {s: {name: S, hours: {week: {}, closed: [2026-02-30]}}}", (1, 49), "lines.s.hours.closed.0", "a date"),
        ("lines: {s: {name: S, hours: {week: {mon: 25:00-26:00}}}}", (1, 36), "lines.s.hours.week", "25:00-26:00"),
        ("lines: {s: {name: S, hours: {week: {}, holidays: DD}}}", (1, 50), "lines.s.hours.holidays", "such as DE"),
        (
            "lines: {s: {name: S, hours: {week: {}, holidays: DE-BZ}}}",
            (1, 50),
            "lines.s.hours.holidays",
            "a part of DE",
        ),
        ("lines: {s: {name: S, hours: {week: {}, dates: {x: 9-10}}}}", (1, 47), "lines.s.hours.dates", "not a date"),
        ("lines: {}\noperators: {a: {name: A, leave: [{to: 2026-01-01}]}}", (2, 26), "operators.a.leave.0", "'from'"),
        ("lines: {s: {name: S, hours: {timezone: Mars, week: {}}}}", (1, 40), "lines.s.hours.timezone", "IANA"),
        ("lines: {}\noperators: {a: {name: A, capacity: many}}", (2, 36), "operators.a.capacity", "whole number"),
        ("lines: {}\noperators: {a: {name: A, capacity: true}}", (2, 36), "operators.a.capacity", "a number"),
        ("lines: {}\noperators: {a: {name: A, capacity: 0}}", (2, 36), "operators.a.capacity", "at least 1"),
        ("lines: {}\nhub: {port: 65536}", (2, 13), "hub.port", "at most 65535"),
        ("lines: {}\nhub: {public_url: chat.example}", (2, 19), "hub.public_url", "https://"),
        ("lines: {}\nstore: {url: postgres://db}", (2, 14), "store.url", "mongodb://"),
        ("lines: {}\nstore: {driver: mongo}", (2, 17), "store.driver", "'pymongo' or 'motor'"),
        ("lines: {}\nbus: {url: redis://r}", (2, 12), "bus.url", "later release"),
        ("lines: {}\nlanguage: de", (2, 11), "language", "'en' or 'ru'"),
        ("lines: {}\nconsoles: {web: {kind: pager}}", (2, 24), "consoles.web.kind", "'web', 'telegram'"),
        ("lines: {}\nconsoles: {team: {kind: telegram}}", (2, 12), "consoles.team", "'token'"),
        ("lines: {s: {name: S}}\nchannels: {a: {line: s}}", (2, 12), "channels.a", "a key 'kind'"),
        (
            "lines: {s: {name: S}}\nchannels: {a: {kind: sit, line: s}}",
            (2, 22),
            "channels.a.kind",
            "did you mean 'site'",
        ),
        ("lines: {}\nline: {}", (2, 1), "line", "did you mean 'lines'"),
        ("lines: {}\n<<: {hub: {}}", (2, 1), "<<", "merging with <<"),
        ("lines: {}\nlines: {}", (2, 1), "", "stands here already, in line 1"),
        ("hub: {}", (1, 1), "", "'lines' is missing"),
        ("- lines", (1, 1), "", "keys with values"),
        ("lines: {}\n[a]: b", (2, 1), "", "a plain key"),
        ('lines: {}\ncanned: {a: "\\uD800"}', (2, 13), "canned.a", "not text"),
        ('lines: {}\ncanned: {"\\e[2J": a}', (2, 10), "canned", "cannot be shown"),
        ("lines: {}\ncanned: {a: '${A'}", (2, 13), "canned.a", "expected ${NAME}"),
        ("lines: {}\ncanned: {a: '${NOT SET}'}", (2, 13), "canned.a", "expected ${NAME}"),
        ("lines: {}\ncanned: {a: '${UNSET}'}", (2, 13), "canned.a", "UNSET is not set"),
    ],
)
def test_one_mistake(refuses: Refuses, text: str, place: tuple[int, int], setting: str, says: str) -> None:
    """A single mistake gives a single problem, where it stands, that says what was expected."""
    problem = only(refuses(text))
    assert ((problem.line, problem.column), problem.path) == (place, setting)
    assert says in problem.message


@pytest.mark.parametrize(
    ("text", "place", "says"),
    [
        ("lines:\n\ts: {}", (2, 1), "indent with spaces"),
        ("lines: {s: {name: S", (1, 20), "not valid YAML"),
        ("lines:\n  s: {name: a: b}", (2, 14), "not valid YAML"),
        ("hub:\n  host: a\n port: 1", (3, 2), "not valid YAML"),
        ("hub: a: b", (1, 7), "in quotes"),
        ("hub: {port: ${PORT}}", (1, 14), "needs quotes"),
        ("lines: !!python/object/apply:os.system [id]", (1, 8), "the tag"),
        ("lines: !!str x", (1, 8), "the tag"),
        ("lines: *nobody", (1, 8), "undefined alias"),
        ("a: &x [*x]", (1, 4), "holds itself"),
        ("lines: {}\n---\nlines: {}", (2, 1), "another document"),
        ("a: " + "[" * 100, (1, 35), "nested too deeply"),
        ('a: "\\UFFFFFFFF"', None, "not valid YAML"),
        ("%YAML " + "1" * 5000 + ".1\n---\na: b", None, "not valid YAML"),
        ("a: b\0c", (1, 5), "U+0000"),
        ("lines:\n  a: \x1b[0m", (2, 6), "U+001B"),
        (b"lines: {}\ncanned: {a: \xff}", (2, 13), "UTF-8"),
        ("lines: {}".encode("utf-16"), (1, 1), "UTF-8"),
    ],
)
def test_what_is_no_yaml(refuses: Refuses, text: str | bytes, place: tuple[int, int] | None, says: str) -> None:
    """A file that cannot be read says where reading ended, and why."""
    problem = only(refuses(text))
    assert place is None or (problem.line, problem.column) == place
    assert says in problem.message


def test_a_bomb_of_aliases_is_refused(refuses: Refuses) -> None:
    """A few lines that write out to billions of values are told so instead of being written out."""
    rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    rows += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 10)]
    assert "more than 20000 values" in refuses("\n".join(rows))[0].message


def test_a_huge_file_is_refused_unread(refuses: Refuses) -> None:
    """Ten megabytes are no settings."""
    assert "larger than 256 KiB" in only(refuses(b"#" * 10_000_000)).message


def test_the_largest_file_is_still_read(refuses: Refuses) -> None:
    """A file at the limit is judged by what it says."""
    text = "x: y\n" + "#" * (MAX_BYTES - 5)
    assert [problem.path for problem in refuses(text)] == ["", "x"]


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing yet\n", "\ufeff"])
def test_an_empty_file_says_what_is_expected(refuses: Refuses, text: str) -> None:
    """As it is for a moment while some editors save."""
    assert "the file is empty" in only(refuses(text)).message


@pytest.mark.parametrize("end", [len("hub:\n"), GOOD.index("sales:\n"), GOOD.index("[anna") + 3, GOOD.index("Anna")])
def test_a_half_written_file_is_refused(refuses: Refuses, end: int) -> None:
    """A save that is seen in the middle changes nothing."""
    assert refuses(GOOD[:end])


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """So is a folder, and a path that no file can have."""
    for path in (tmp_path / "none.yaml", tmp_path, tmp_path / "nul\0"):
        with pytest.raises(SettingsErrors, match="cannot be read"):
            load(path, {}, KINDS)


class TestSecrets:
    """A secret comes from the environment, and from nowhere else."""

    TEXT = "channels:\n  a: {kind: messenger, line: s, token: %s}\n" + ONE_LINE

    @pytest.mark.parametrize("token", ["hush-hush", "'hush-hush'", "'hush-${T}'", "'${T:-hush-hush}'", "123456"])
    def test_in_plain_is_refused_and_not_repeated(self, refuses: Refuses, token: str) -> None:
        """The problem tells how to write it, without showing it again."""
        problem = next(p for p in refuses(self.TEXT % token, T="x") if p.path == "channels.a.token")
        assert "${CHANNELS_A_TOKEN}" in problem.message
        assert "hush" not in problem.message

    def test_unset_names_the_variable(self, refuses: Refuses) -> None:
        """The admin reads which variable to set, and nothing else about it."""
        problem = only(refuses(self.TEXT % "'${TOKEN}'"))
        assert "TOKEN is not set" in problem.message

    def test_in_an_address_is_found_as_well(self, refuses: Refuses) -> None:
        """A database's password in plain is a secret in plain."""
        problem = only(refuses("store: {url: 'mongodb://u:hush@db/'}\n" + ONE_LINE))
        assert problem.path == "store.url"
        assert "${STORE_URL}" in problem.message
        assert "hush" not in problem.message

    def test_may_be_left_out_by_an_empty_default(self, path: Path) -> None:
        """An optional secret may be absent from the environment."""
        text = "channels:\n  a: {kind: messenger, line: s, token: '${T}', extra: }\n" + ONE_LINE
        path.write_text(text.replace("extra: ", "extra: null"), "utf-8")
        assert load(path, {"T": "t"}, KINDS).channels["a"].model_dump()["extra"] is None
