"""Who has, and passes on, easy and hard conversations."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import fisher_exact

from router.effort import Effort, Efforts, Work, chance, effort_of, efforts
from router.lab.lives import Life
from router.lab.recording import Recording, Response, Step, Visit
from tests.unit.router.lab.traffic import MONDAY

MINUTE = timedelta(minutes=1)
Did = Sequence[tuple[str, str]]


def visit(
    turns: int, *responses: tuple[str, str], handed: Sequence[tuple[str, str]] = (), line: str = "sales"
) -> Visit:
    """Return a visit that went back and forth so often; `handed` are (kind, by whom)."""
    said = [Step("reply" if n % 2 else "client", 10) for n in range(turns)]
    steps = [*said, *(Step(kind, 5, "somewhere", by) for kind, by in handed)]  # type: ignore[arg-type]  # kinds of steps
    asked = tuple(Response(who, 5, did) for who, did in responses)  # type: ignore[arg-type]  # kinds of responses
    return Visit("v", line, "shop", "c", MONDAY, responses=asked, steps=tuple(steps))


def life(*holders: str, line: str = "sales", ended: bool = True) -> Life:
    it = Life(line, MONDAY)
    for n, holder in enumerate(holders):
        it.held(holder, MONDAY + n * MINUTE)
    if ended:
        it.ended(MONDAY + timedelta(hours=1))
    return it


def report(*rows: tuple[Visit, Life], line: str = "") -> Efforts:
    visits, lives = zip(*rows, strict=True)
    return efforts(Recording(MONDAY, MONDAY + timedelta(days=1), visits, lives=lives), line)


def test_effort_is_turns_and_three_for_each_hand_over() -> None:
    """Messages in a row are one turn; handing on and returning count three each."""
    assert effort_of(visit(4)) == 4
    assert (
        effort_of(Visit("v", "l", "c", "k", MONDAY, steps=(Step("reply", 1), Step("reply", 1), Step("close", 1)))) == 1
    )
    assert effort_of(visit(2, handed=[("to_line", "anna"), ("let_go", "boris")])) == 8


def test_a_third_is_easy_and_a_third_is_hard_on_each_line_of_its_own() -> None:
    """What is much on one line may be little on another."""
    sales = [(visit(n), life("anna")) for n in (1, 1, 3, 3, 9, 9)]
    support = [(visit(n, line="support"), life("anna", line="support")) for n in (9, 9, 20, 20, 50, 50)]
    assert report(*sales, *support).conversations == dict.fromkeys(Effort, 4)
    assert report(*sales, *support, line="sales").conversations == dict.fromkeys(Effort, 2)


def test_where_all_are_alike_none_is_easy_or_hard() -> None:
    """Equal ones are never parted."""
    found = report(*[(visit(2), life("anna"))] * 6)
    assert found.conversations == {Effort.EASY: 0, Effort.USUAL: 6, Effort.HARD: 0}


def test_what_was_never_taken_or_has_not_ended_is_not_judged() -> None:
    """Nobody knows how much work it would have been."""
    found = report((visit(2), life()), (visit(2), life("anna", ended=False)), (visit(2), life("anna")))
    assert sum(found.conversations.values()) == 1


def test_everything_somebody_does_to_a_conversation_is_counted() -> None:
    """Skips, offers that ran out, what is returned and what is handed on, each for whoever did it."""
    skipped = visit(2, ("anna", "let_go"), ("boris", "took"))
    missed = visit(2, ("anna", "nothing"), ("boris", "took"))
    handed = visit(2, ("anna", "took"), ("boris", "took"), handed=[("to_operator", "anna")])
    returned = visit(2, ("anna", "took"), ("boris", "took"), handed=[("let_go", "anna")])
    found = report(
        (skipped, life("boris")),
        (missed, life("boris")),
        (handed, life("anna", "boris")),
        (returned, life("anna", "boris")),
    )
    anna = sum(found.operators["anna"].values(), Work())
    assert anna == Work(involved=4, passed=4, took=2, skipped=1, unanswered=1, returned=1, handed_on=1)
    assert sum(found.operators["boris"].values(), Work()) == Work(involved=4, passed=0, took=4)


def test_who_lets_go_and_takes_it_after_all_has_not_passed_it_on() -> None:
    """What counts is who ended up with it."""
    found = report((visit(2, ("anna", "nothing"), ("anna", "took")), life("anna")))
    assert found.operators["anna"][Effort.USUAL] == Work(involved=1, passed=0, took=1, unanswered=1)


def _mixed(easy: int, hard: int, skips_hard: int) -> list[tuple[Visit, Life]]:
    """Return what came when Anna was asked first each time, and let so many of the hard ones go."""
    rows = [(visit(1, ("anna", "took")), life("anna"))] * easy
    rows += [(visit(3, ("boris", "took")), life("boris"))] * easy
    rows += [(visit(9, ("anna", "let_go"), ("boris", "took")), life("boris"))] * skips_hard
    rows += [(visit(9, ("anna", "took")), life("anna"))] * (hard - skips_hard)
    return rows


def test_who_skips_hard_ones_more_than_colleagues_is_named() -> None:
    """With both shares, and only for the kind they skip."""
    (finding,) = report(*_mixed(20, 20, 15)).findings
    assert (finding.operator, finding.effort) == ("anna", Effort.HARD)
    assert (finding.share, finding.colleagues) == (0.75, 0.0)


@pytest.mark.parametrize(("easy", "hard", "skips"), [(3, 3, 2), (20, 20, 1), (20, 20, 0)])
def test_nobody_is_named_for_what_may_be_chance(easy: int, hard: int, skips: int) -> None:
    """Few conversations and small differences say nothing about a person."""
    assert report(*_mixed(easy, hard, skips)).findings == ()


def test_a_period_without_conversations_has_an_empty_report() -> None:
    found = efforts(Recording(MONDAY, MONDAY + timedelta(days=1), ()))
    assert (found.operators, found.findings, sum(found.conversations.values())) == ({}, (), 0)


@given(st.integers(1, 60), st.integers(1, 400), st.data())
def test_the_chance_is_that_of_fishers_exact_test(of: int, of_others: int, data: st.DataObject) -> None:
    """As another implementation tells it."""
    passed, others = data.draw(st.integers(0, of)), data.draw(st.integers(0, of_others))
    table = [[passed, of - passed], [others, of_others - others]]
    expected = fisher_exact(table, alternative="greater").pvalue
    assert chance(passed, of, others, of_others) == pytest.approx(expected, rel=1e-6, abs=1e-9)


_ROWS = st.lists(
    st.tuples(
        st.integers(0, 9),
        st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["took", "let_go", "nothing"])), max_size=4),
        st.lists(st.sampled_from("abc"), min_size=1, max_size=3),
    ),
    min_size=1,
    max_size=25,
)


@given(_ROWS)
def test_the_report_adds_up(rows: list[tuple[int, list[tuple[str, str]], list[str]]]) -> None:
    """Everybody involved is counted once for each conversation; exactly one of them ends up with it."""
    told = [(visit(turns, *responses), life(*holders)) for turns, responses, holders in rows]
    found = report(*told)
    assert sum(found.conversations.values()) == len(rows)
    every = [work for each in found.operators.values() for work in each.values()]
    assert sum(it.involved for it in every) == sum(len({w for w, _ in r} | set(h)) for _, r, h in rows)
    assert sum(it.took for it in every) == sum(did == "took" for _, r, _ in rows for _, did in r)
    assert all(it.passed <= it.involved for it in every)


@given(st.lists(st.integers(0, 12), min_size=1, max_size=40))
def test_what_is_hard_is_more_work_than_what_is_usual_and_that_than_what_is_easy(turns: list[int]) -> None:
    """Equal ones are judged alike, and where not all are alike, somebody's is easy or hard."""
    found = report(*((visit(n, (f"op{n}", "took")), life(f"op{n}")) for n in turns))
    judged = {
        n: {effort for effort, work in found.operators[f"op{n}"].items() if work.involved} for n in sorted(set(turns))
    }
    order = [{Effort.EASY: 0, Effort.USUAL: 1, Effort.HARD: 2}[effort] for (effort,) in judged.values()]
    assert order == sorted(order)
    assert len(order) == 1 or len(set(order)) > 1
