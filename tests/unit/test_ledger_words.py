"""`hub ledger` in words: a table that people can read, and what is wrong in sentences."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

from crm_store.figures import Day, Gaps
from hub.commands.ledger import in_full, in_json, in_one_line, in_words
from router.store import Entry

DAY = date(2026, 3, 4)
GOOD = Day("shop", DAY, received=12, duplicates=1, poison=1, undecided=1, decided=10, committed=3, sent=2, waiting=1)
BAD = Day("a-long-name", DAY, received=2, decided=1, committed=5, sent=1, waiting=1, unknown=1, failed=1)

HOSTILE = Entry(
    "shop:4\x9b2J",
    "shop",
    '{\n  "text": "\x1b]0;\u202eПривет\x07"\n}',
    datetime(2026, 3, 4, 1, 30, tzinfo=UTC),
    seq=4,
    state="poison",
    reason="Expected\n\x1b[31ma text." + "." * 100,
    reasons=("Expected\x1b nothing.",),
)


def test_columns_are_aligned_and_summed() -> None:
    """Numbers to the right, names to the left, all channels below."""
    head, shop, long, everything, *_ = in_words([GOOD, BAD], []).splitlines()
    assert head.split() == [
        *("channel", "day", "received", "duplicates", "poison", "undecided", "decided"),
        *("committed", "sent", "waiting", "unknown", "failed"),
    ]
    assert len({len(head), len(shop), len(long), len(everything)}) == 1
    assert everything.split() == ["all", "14", "1", "1", "1", "11", "8", "3", "2", "1", "1"]


def test_sums_that_do_not_close_are_told() -> None:
    """Each with its channel and day; only when there is none do the sums close."""
    said = in_words([GOOD, BAD], [])
    assert "✗ a-long-name 2026-03-04: 2 received, but 1 decided, poison or undecided." in said
    assert "✗ a-long-name 2026-03-04: 5 committed, but 4 sent, waiting, unknown or failed." in said
    assert "✓ The sums close" not in said
    assert "✓ The sums close" in in_words([GOOD], [])


def test_gaps_are_told() -> None:
    """As stretches, the first ten of them; ids that are no sequence are not reproached with gaps."""
    many = tuple((n, n) for n in range(2, 30, 2))
    said = in_words([GOOD], [Gaps("shop", 1, 9, 6, ((4, 4), (7, 8))), Gaps("many", 1, 29, 16, many)])
    assert "! shop: 3 missing from 1 to 9: 4, 7-8." in said
    assert "18, 20 and 4 stretches more." in said
    assert "✓ whole: no number is missing from 1 to 3." in in_words([GOOD], [Gaps("whole", 1, 3, 3)])
    assert "do not follow one another" in in_words([GOOD], [Gaps("stamps", 1, 9999, 3)])


def test_programs_get_everything() -> None:
    """The sums that do not close too."""
    told = json.loads(in_json([BAD], [Gaps("shop", 1, 9, 6, ((4, 4),))]))
    assert told["days"][0]["day"] == "2026-03-04"
    assert len(told["days"][0]["unclosed"]) == 2
    assert told["gaps"][0]["missing"] == [[4, 4]]


def test_nothing_is_said_to_be_nothing() -> None:
    """Rather than an empty table."""
    assert in_words([], []) == "Nothing came in and nothing went out in this time."


def test_an_update_that_terminals_would_obey_stays_on_its_line() -> None:
    """Neither a platform's id nor a reason, which repeats what came, colours or overwrites the list of poison."""
    line = in_one_line(HOSTILE)
    assert line.startswith("2026-03-04 01:30  shop:4 2J  Expected [31ma text....")
    assert line.endswith("…")
    assert line.isprintable()


def test_an_update_is_shown_whole_without_what_terminals_obey() -> None:
    """In the lines in which it came."""
    assert in_full(HOSTILE).splitlines() == [
        "update       shop:4 2J",
        "channel      shop",
        "received_at  2026-03-04T01:30:00+00:00",
        "state        poison",
        "reason       Expected  [31ma text." + "." * 100,
        r"before       ['Expected\x1b nothing.']",
        "",
        "{",
        '  "text": " ]0; Привет "',
        "}",
    ]
