"""How people act in a rehearsal, told with single clients and operators."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from msgspec.structs import replace

from router.lab.lives import Life
from router.lab.recording import PresenceChange, Recording, Response, Step, Visit
from router.lab.records import Directory, rerouted
from router.lab.simulation import played
from router.people import Presence
from tests.unit.router.lab.traffic import MONDAY, book_of, shop, traffic

SECOND = timedelta(seconds=1)


def rules(operators: list[str], **line: Any) -> dict[str, Any]:
    people = {name: {"name": name.capitalize()} for name in ("anna", "boris", "carl")}
    sales = {"name": "Sales", "operators": operators, "distribution": "strict", **line}
    return {"lines": {"sales": sales, "support": {"name": "Support", "operators": ["carl"]}}, "operators": people}


def visit(number: int = 0, after: float = 10, **more: Any) -> Visit:
    return Visit(f"v{number}", "sales", "shop", f"c{number}", MONDAY + after * SECOND, **more)


def recording(*visits: Visit, minutes: float = 60, **more: Any) -> Recording:
    present = dict.fromkeys(("anna", "boris", "carl"), Presence.AVAILABLE)
    until = MONDAY + timedelta(minutes=minutes)
    return Recording(MONDAY, until, visits, **{"present": present, **more})


def play(of: Recording, operators: list[str], **line: Any) -> list[Life]:
    return played(of, book_of(rules(operators, **line)))


def seconds(life: Life) -> list[tuple[str, float]]:
    """Return who held it, and from when."""
    return [(hold.operator, (hold.since - MONDAY) / SECOND) for hold in life.holds]


TOOK = Response("anna", 7, "took")


def test_somebody_else_who_is_asked_takes_as_long_as_who_took_it_in_truth() -> None:
    (life,) = play(recording(visit(responses=(TOOK,))), ["boris", "anna"])
    assert seconds(life) == [("boris", 17)]


def test_without_a_taking_of_its_own_the_operators_usual_one_counts() -> None:
    mine = [visit(n, n * 100, responses=(Response("boris", after, "took"),)) for n, after in enumerate((3, 5, 50), 1)]
    lives = play(recording(*mine, visit(9, 1000)), ["boris"])
    assert seconds(lives[-1]) == [("boris", 1005)]


def test_when_nobody_ever_took_anything_nobody_does() -> None:
    (life,) = play(recording(visit(), minutes=3), ["anna"])
    assert (life.taken_at, life.offers, life.returns) == (None, 1, 1)


def test_who_did_not_look_in_truth_does_not_look_for_that_long() -> None:
    """With the time-out of truth it goes to the next; with a longer one it is taken after that and the usual time."""
    of = recording(visit(responses=(Response("anna", 60, "nothing"), Response("boris", 4, "took"))))
    (life,) = play(of, ["anna", "boris"], offer_timeout="60s")
    assert (seconds(life), life.returns) == ([("boris", 74)], 1)
    (life,) = play(of, ["anna", "boris"], offer_timeout="5m")
    assert (seconds(life), life.returns) == ([("anna", 74)], 0)


def test_who_let_it_go_lets_it_go() -> None:
    of = recording(visit(responses=(Response("anna", 5, "let_go"), Response("boris", 4, "took"))))
    (life,) = play(of, ["anna", "boris"])
    assert (seconds(life), life.offers) == ([("boris", 19)], 2)


def test_who_was_not_there_is_not_asked() -> None:
    away = {"anna": Presence.AWAY, "boris": Presence.AVAILABLE}
    comes = PresenceChange(MONDAY + 15 * SECOND, "anna", Presence.AVAILABLE)
    of = recording(visit(responses=(TOOK,)), visit(1, 20, responses=(TOOK,)), present=away, changes=(comes,))
    assert [seconds(life) for life in play(of, ["anna", "boris"])] == [[("boris", 17)], [("anna", 27)]]


def test_hours_are_those_of_the_rules_played() -> None:
    hours = {"timezone": "UTC", "week": {"mon-sun": "00:30-24:00"}}
    (life,) = play(recording(visit(responses=(TOOK,))), ["anna"], hours=hours)
    assert seconds(life) == [("anna", 30 * 60 + 7)]


def test_asked_all_at_once_whoever_took_it_in_truth_takes_it() -> None:
    taken = [visit(n, n, responses=(Response("boris", 30, "took"),)) for n in (1, 2)]
    lives = play(recording(*taken), ["anna", "boris", "carl"], distribution="broadcast")
    assert [seconds(life) for life in lives] == [[("boris", 31)], [("boris", 32)]]


def test_asked_all_at_once_with_nobody_to_go_by_the_one_who_holds_the_least_takes_it() -> None:
    taken = [visit(n, n, responses=(Response("zoe", 30, "took"),)) for n in (1, 2, 3)]
    lives = play(recording(*taken), ["anna", "boris", "carl"], distribution="broadcast")
    assert [life.holds[0].operator for life in lives] == ["anna", "boris", "carl"]


def test_asked_all_at_once_while_all_are_full_it_is_taken_when_one_has_room() -> None:
    steps = (Step("close", 600),)
    taken = [visit(n, n, responses=(Response("anna", 1, "took"),), steps=steps) for n in (1, 2)]
    lives = play(recording(*taken), ["anna"], distribution="broadcast", capacity=1, unanswered="stay")
    assert seconds(lives[0]) == [("anna", 2)]
    assert 602 <= seconds(lives[1])[0][1] <= 662 + 1


def test_a_talk_goes_on_where_it_was_when_somebody_left() -> None:
    steps = (Step("reply", 10), Step("client", 20), Step("reply", 30), Step("close", 5))
    leaves = PresenceChange(MONDAY + 60 * SECOND, "anna", Presence.AWAY)
    (life,) = play(recording(visit(responses=(TOOK,), steps=steps), changes=(leaves,)), ["anna", "boris"])
    assert seconds(life) == [("anna", 17), ("boris", 67)]
    assert life.ended_at == MONDAY + (67 + 30 + 5) * SECOND


def test_who_gave_up_gives_up_unless_taken_by_then() -> None:
    of = recording(visit(gave_up=30.0), visit(1, 500, responses=(TOOK,)))
    assert play(of, [])[0].ended_at == MONDAY + 40 * SECOND
    life = play(of, ["anna"])[0]
    assert (seconds(life), life.ended_at) == ([("anna", 17)], None)


def test_a_client_who_is_closed_too_early_comes_back() -> None:
    """Under new rules that close sooner, the client's later message reopens the conversation."""
    steps = (Step("reply", 10), Step("client", 600), Step("reply", 10), Step("close", 5))
    of = recording(visit(responses=(TOOK,), steps=steps))
    (life,) = play(of, ["anna"], auto_close={"after": "2m"})
    assert seconds(life) == [("anna", 17), ("anna", 634)]
    assert life.ended_at == MONDAY + (634 + 15) * SECOND


def test_it_is_handed_on_as_in_truth() -> None:
    steps = (Step("to_line", 10, "support"), Step("reply", 5), Step("to_operator", 5, "boris"), Step("close", 9))
    (life,) = play(recording(visit(responses=(TOOK,), steps=steps)), ["anna"])
    assert [operator for operator, _ in seconds(life)] == ["anna", "carl", "boris"]
    assert life.line == "sales"


def test_what_had_come_before_takes_up_room_and_is_not_counted() -> None:
    held = replace(visit(7), at=MONDAY - timedelta(hours=1), held_by="anna", steps=(Step("close", 300),))
    lives = play(recording(visit(responses=(TOOK,)), before=(held,)), ["anna"], capacity=1)
    assert [seconds(life) for life in lives] == [[("anna", 307)]]


def test_new_routes_apply_where_the_old_ones_had_led() -> None:
    def routes(line: str) -> Directory:
        intents = {"refund": {"line": line}}
        return Directory.of(book_of({**rules(["anna"]), "triage": {"intents": intents}}).rules, {"shop": "sales"})

    line_of = rerouted(routes("sales"), routes("support"))
    assert line_of(visit(intent="refund")) == "support"
    assert line_of(visit()) == "sales"
    assert line_of(replace(visit(intent="refund"), line="vip")) == "vip"


def test_the_same_recording_comes_out_the_same() -> None:
    of, book = (
        traffic(3, 400, 1, lines=3, operators=6),
        shop(3, 6, distribution="least_loaded", sla={"resolution": "5m"}),
    )
    first = played(of, book_of(book))
    assert first == played(of, book_of(book))
    assert len(first) == 400
